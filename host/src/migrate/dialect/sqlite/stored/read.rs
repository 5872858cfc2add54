//! The grammar of a stored `CREATE TABLE`.
//!
//! # Source
//! `parse.y` of SQLite 3.54: `create_table`, `columnlist`, `carglist`, `conslist`, `table_option_set`. Three oddities are kept: a
//! `CONSTRAINT x` may have nothing after it, table constraints need no comma between them, and a name may stand in single quotes.

use crate::model::ReferenceAction;
use crate::model::sql::{Kind, Token, tokens};

use super::{Rule, Span, StoredColumn, StoredConstraint, StoredError, StoredReference, StoredTable};

type Read<T> = Result<T, StoredError>;

/// Reads a whole text.
pub(super) fn table(sql: &str) -> Read<StoredTable> {
    let all = tokens(sql).map_err(|_| StoredError { expected: "the end of a quote or comment", at: 0 })?;
    let mut cursor = Cursor { tokens: all.into_iter().filter(|token| !token.is_blank()).collect(), at: 0, length: sql.len() };
    cursor.expect_word("CREATE")?;
    cursor.expect_word("TABLE")?;
    let (_, name) = cursor.name()?;
    cursor.expect(Kind::Open, "`(`")?;
    let mut columns = Vec::new();
    let mut constraints = Vec::new();
    loop {
        columns.push(cursor.column()?);
        if !cursor.comma() {
            break;
        }
        if cursor.begins_table_constraint() {
            while cursor.kind() != Some(Kind::Close) {
                constraints.push(cursor.table_constraint()?);
                cursor.comma();
            }
            break;
        }
    }
    cursor.expect(Kind::Close, "`)`")?;
    let (mut strict, mut without_rowid) = (false, false);
    while cursor.peek().is_some_and(|token| token.kind != Kind::Semicolon) {
        if cursor.word("WITHOUT") {
            cursor.expect_word("ROWID")?;
            without_rowid = true;
        } else {
            cursor.expect_word("STRICT")?;
            strict = true;
        }
        cursor.comma();
    }
    Ok(StoredTable { sql: sql.to_owned(), name, columns, constraints, strict, without_rowid })
}

/// A place among the tokens that are not blank.
struct Cursor<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    length: usize,
}

/// Words that end a column's type, because they begin a constraint.
const COLUMN_CONSTRAINTS: [&str; 11] =
    ["CONSTRAINT", "DEFAULT", "NULL", "NOT", "PRIMARY", "UNIQUE", "CHECK", "REFERENCES", "DEFERRABLE", "COLLATE", "AS"];

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    fn kind(&self) -> Option<Kind> {
        self.peek().map(|token| token.kind)
    }

    /// Where the next token begins.
    fn place(&self) -> usize {
        self.peek().map_or(self.length, |token| token.at)
    }

    /// Where the last token ended.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(0, |token| token.at + token.text.len())
    }

    fn missing<T>(&self, expected: &'static str) -> Read<T> {
        Err(StoredError { expected, at: self.place() })
    }

    fn is_word(&self, ahead: usize, word: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is_word(word))
    }

    fn word(&mut self, word: &str) -> bool {
        let is = self.is_word(0, word);
        self.at += usize::from(is);
        is
    }

    fn words(&mut self, words: &[&str]) -> bool {
        let are = words.iter().enumerate().all(|(ahead, word)| self.is_word(ahead, word));
        self.at += if are { words.len() } else { 0 };
        are
    }

    fn expect_word(&mut self, word: &'static str) -> Read<()> {
        if self.word(word) { Ok(()) } else { self.missing(word) }
    }

    fn expect(&mut self, kind: Kind, what: &'static str) -> Read<()> {
        if self.kind() == Some(kind) {
            self.at += 1;
            Ok(())
        } else {
            self.missing(what)
        }
    }

    fn comma(&mut self) -> bool {
        let is = self.peek().is_some_and(|token| token.text == ",");
        self.at += usize::from(is);
        is
    }

    fn name(&mut self) -> Read<(String, Span)> {
        let Some(token) = self.peek().copied() else { return self.missing("a name") };
        let Some(name) = token.name() else { return self.missing("a name") };
        self.at += 1;
        Ok((name.into_owned(), token.at..token.at + token.text.len()))
    }

    /// What stands between a parenthesis and its other half.
    fn parenthesised(&mut self) -> Read<Span> {
        self.expect(Kind::Open, "`(`")?;
        let from = self.end();
        let mut depth = 1_usize;
        loop {
            match self.kind() {
                None => return self.missing("`)`"),
                Some(Kind::Open) => depth += 1,
                Some(Kind::Close) => depth -= 1,
                Some(_) => {}
            }
            if depth == 0 {
                let to = self.place();
                self.at += 1;
                return Ok(from..to);
            }
            self.at += 1;
        }
    }

    fn column(&mut self) -> Read<StoredColumn> {
        let (name, name_span) = self.name()?;
        let data_type = self.data_type()?;
        let mut constraints = Vec::new();
        while let Some(constraint) = self.column_constraint()? {
            if let Rule::Deferral(now) = constraint.rule
                && let Some(StoredConstraint { rule: Rule::ForeignKey { reference, .. }, .. }) =
                    constraints.iter_mut().rev().find(|one: &&mut StoredConstraint| matches!(one.rule, Rule::ForeignKey { .. }))
            {
                reference.deferred = now;
            }
            constraints.push(constraint);
        }
        Ok(StoredColumn { name, span: name_span.start..self.end(), name_end: name_span.end, data_type, constraints })
    }

    fn begins_column_constraint(&self) -> bool {
        COLUMN_CONSTRAINTS.iter().any(|word| self.is_word(0, word)) || (self.is_word(0, "GENERATED") && self.is_word(1, "ALWAYS"))
    }

    fn data_type(&mut self) -> Read<Option<Span>> {
        let from = self.place();
        let is_part =
            |cursor: &Self| matches!(cursor.kind(), Some(Kind::Word | Kind::QuotedName | Kind::Text)) && !cursor.begins_column_constraint();
        if !is_part(self) {
            return Ok(None);
        }
        while is_part(self) {
            self.at += 1;
        }
        if self.kind() == Some(Kind::Open) {
            self.parenthesised()?;
        }
        Ok(Some(from..self.end()))
    }

    fn constraint_name(&mut self) -> Read<Option<String>> {
        if self.word("CONSTRAINT") { Ok(Some(self.name()?.0)) } else { Ok(None) }
    }

    fn column_constraint(&mut self) -> Read<Option<StoredConstraint>> {
        if !self.begins_column_constraint() {
            return Ok(None);
        }
        let from = self.place();
        let name = self.constraint_name()?;
        let rule = if self.words(&["PRIMARY", "KEY"]) {
            let descending = self.word("DESC");
            self.word("ASC");
            self.on_conflict()?;
            Rule::PrimaryKey { terms: Vec::new(), descending, autoincrement: self.word("AUTOINCREMENT") }
        } else if self.words(&["NOT", "NULL"]) {
            self.on_conflict()?;
            Rule::NotNull
        } else if self.word("NULL") {
            self.on_conflict()?;
            Rule::Null
        } else if self.word("UNIQUE") {
            self.on_conflict()?;
            Rule::Unique { terms: Vec::new() }
        } else if self.word("CHECK") {
            self.check()?
        } else if self.word("DEFAULT") {
            Rule::Default(self.default()?)
        } else if self.word("COLLATE") {
            Rule::Collate(self.name()?.0)
        } else if self.word("REFERENCES") {
            Rule::ForeignKey { columns: Vec::new(), reference: self.reference()? }
        } else if self.word("GENERATED") {
            self.expect_word("ALWAYS")?;
            self.expect_word("AS")?;
            self.generated()?
        } else if self.word("AS") {
            self.generated()?
        } else if let Some(deferred) = self.deferral() {
            Rule::Deferral(deferred)
        } else if name.is_some() {
            Rule::Nothing
        } else {
            return self.missing("a constraint");
        };
        Ok(Some(StoredConstraint { name, span: from..self.end(), rule }))
    }

    fn check(&mut self) -> Read<Rule> {
        let expression = self.parenthesised()?;
        self.on_conflict()?;
        Ok(Rule::Check(expression))
    }

    fn generated(&mut self) -> Read<Rule> {
        let expression = self.parenthesised()?;
        let stored = self.word("STORED");
        self.word("VIRTUAL");
        Ok(Rule::Generated { expression, stored })
    }

    fn default(&mut self) -> Read<Span> {
        let from = self.place();
        if self.kind() == Some(Kind::Open) {
            self.parenthesised()?;
            return Ok(from..self.end());
        }
        if self.peek().is_some_and(|token| matches!(token.text, "+" | "-")) {
            self.at += 1;
        }
        match self.kind() {
            Some(Kind::Word | Kind::Number | Kind::Text | Kind::Blob | Kind::QuotedName) => self.at += 1,
            _ => return self.missing("a default"),
        }
        Ok(from..self.end())
    }

    fn on_conflict(&mut self) -> Read<()> {
        if !self.words(&["ON", "CONFLICT"]) {
            return Ok(());
        }
        let known = ["ROLLBACK", "ABORT", "FAIL", "IGNORE", "REPLACE"].iter().any(|word| self.word(word));
        if known { Ok(()) } else { self.missing("what to do on a conflict") }
    }

    fn reference(&mut self) -> Read<StoredReference> {
        let (table, _) = self.name()?;
        let columns = if self.kind() == Some(Kind::Open) { self.terms()?.0 } else { Vec::new() };
        let (mut on_delete, mut on_update) = (ReferenceAction::NoAction, ReferenceAction::NoAction);
        loop {
            if self.words(&["ON", "DELETE"]) {
                on_delete = self.action()?;
            } else if self.words(&["ON", "UPDATE"]) {
                on_update = self.action()?;
            } else if self.words(&["ON", "INSERT"]) {
                self.action()?;
            } else if self.word("MATCH") {
                self.name()?;
            } else {
                break;
            }
        }
        let deferred = self.deferral().unwrap_or(false);
        Ok(StoredReference { table, columns, on_delete, on_update, deferred })
    }

    /// Whether a key is deferred, where the text says something of it.
    fn deferral(&mut self) -> Option<bool> {
        let never = self.words(&["NOT", "DEFERRABLE"]);
        if !never && !self.word("DEFERRABLE") {
            return None;
        }
        let deferred = self.words(&["INITIALLY", "DEFERRED"]) && !never;
        self.words(&["INITIALLY", "IMMEDIATE"]);
        Some(deferred)
    }

    fn action(&mut self) -> Read<ReferenceAction> {
        if self.words(&["SET", "NULL"]) {
            Ok(ReferenceAction::SetNull)
        } else if self.words(&["SET", "DEFAULT"]) {
            Ok(ReferenceAction::SetDefault)
        } else if self.word("CASCADE") {
            Ok(ReferenceAction::Cascade)
        } else if self.word("RESTRICT") {
            Ok(ReferenceAction::Restrict)
        } else if self.words(&["NO", "ACTION"]) {
            Ok(ReferenceAction::NoAction)
        } else {
            self.missing("an action")
        }
    }

    /// Columns in parentheses, each with COLLATE, ASC and DESC as it likes; whether the first is DESC, and whether it counts.
    fn terms(&mut self) -> Read<(Vec<String>, bool)> {
        self.expect(Kind::Open, "`(`")?;
        let mut names = Vec::new();
        loop {
            names.push(self.name()?.0);
            if self.word("COLLATE") {
                self.name()?;
            }
            let _ = self.word("ASC") || self.word("DESC");
            let _ = self.words(&["NULLS", "FIRST"]) || self.words(&["NULLS", "LAST"]);
            if !self.comma() {
                break;
            }
        }
        let autoincrement = self.word("AUTOINCREMENT");
        self.expect(Kind::Close, "`)`")?;
        Ok((names, autoincrement))
    }

    fn begins_table_constraint(&self) -> bool {
        self.is_word(0, "CONSTRAINT")
            || self.is_word(0, "CHECK")
            || self.is_word(0, "UNIQUE")
            || (self.is_word(0, "PRIMARY") && self.is_word(1, "KEY"))
            || (self.is_word(0, "FOREIGN") && self.is_word(1, "KEY"))
    }

    fn table_constraint(&mut self) -> Read<StoredConstraint> {
        let from = self.place();
        let name = self.constraint_name()?;
        let rule = if self.words(&["PRIMARY", "KEY"]) {
            let (terms, autoincrement) = self.terms()?;
            self.on_conflict()?;
            Rule::PrimaryKey { terms, descending: false, autoincrement }
        } else if self.word("UNIQUE") {
            let (terms, _) = self.terms()?;
            self.on_conflict()?;
            Rule::Unique { terms }
        } else if self.word("CHECK") {
            self.check()?
        } else if self.words(&["FOREIGN", "KEY"]) {
            let (columns, _) = self.terms()?;
            self.expect_word("REFERENCES")?;
            Rule::ForeignKey { columns, reference: self.reference()? }
        } else if name.is_some() {
            Rule::Nothing
        } else {
            return self.missing("a constraint");
        };
        Ok(StoredConstraint { name, span: from..self.end(), rule })
    }
}
