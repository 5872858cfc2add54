//! The texts of indexes, views and triggers, word by word.

use super::{Read, name, names, unsayable};
use crate::migrate::dialect::sqlite::stored::facts::list_at;
use crate::migrate::dialect::sqlite::stored::{Span, StoredError};
use crate::migrate::shape::{Said, Unsayable};
use crate::model::schema::{IndexKey, IndexTerm, Timing, TriggerEvent};
use crate::model::sql::{Kind, Token, tokens};
use crate::model::{Index, Name, Trigger, View};

/// A place among the tokens of a text that are not blank.
pub(super) struct Words<'a> {
    pub(super) sql: &'a str,
    pub(super) all: &'a [Token<'a>],
    pub(super) at: usize,
}

impl<'a> Words<'a> {
    fn place(&self) -> usize {
        self.all.get(self.at).map_or(self.sql.len(), |token| token.at)
    }

    pub(super) fn take(&mut self, word: &str) -> bool {
        let is = self.all.get(self.at).is_some_and(|token| token.is_word(word));
        self.at += usize::from(is);
        is
    }

    pub(super) fn word(&mut self, word: &'static str) -> Read<()> {
        if self.take(word) { Ok(()) } else { Err(StoredError { expected: word, at: self.place() }) }
    }

    fn name(&mut self) -> Read<String> {
        let found = self.all.get(self.at).and_then(Token::name);
        self.at += 1;
        found.map(String::from).ok_or(StoredError { expected: "a name", at: self.place() })
    }

    /// The text from the next token up to the first of these words outside parentheses; all the rest, where there is none.
    fn until(&mut self, word: &str) -> &'a str {
        let (from, mut depth) = (self.place(), 0_usize);
        while let Some(token) = self.all.get(self.at) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth = depth.saturating_sub(1),
                _ if depth == 0 && token.is_word(word) => break,
                _ => {}
            }
            self.at += 1;
        }
        self.sql[from..self.place()].trim()
    }

    /// A list in parentheses, by its commas.
    fn list(&mut self) -> Read<Vec<&'a str>> {
        let missing = StoredError { expected: "`(`", at: self.place() };
        let Span { start, end } = list_at(self.sql, &self.all[self.at.min(self.all.len())..]).ok_or(missing)?;
        let (mut from, mut depth, mut items) = (start + 1, 0_usize, Vec::new());
        while let Some(token) = self.all.get(self.at).filter(|token| token.at < end) {
            match token.kind {
                Kind::Open => depth += 1,
                Kind::Close => depth -= 1,
                _ if depth == 1 && token.text == "," => {
                    items.push(self.sql[from..token.at].trim());
                    from = token.at + 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        items.push(self.sql[from..end - 1].trim());
        Ok(items)
    }

    pub(super) fn index(&mut self, unique: bool) -> Read<(Name, Said<Index>)> {
        let own = self.name()?;
        self.word("ON")?;
        let table = self.name()?.parse().map_err(|_| StoredError { expected: "a name that a table can have", at: self.place() })?;
        let terms: Said<Vec<IndexTerm>> = self.list()?.into_iter().map(index_term).collect();
        let filter = self.take("WHERE").then(|| self.until(";").trim_end_matches(';').to_owned());
        Ok((table, name(&own).and_then(|name| Ok(Index { name, terms: terms?, unique, filter }))))
    }

    pub(super) fn view(&mut self) -> Read<Said<View>> {
        let own = self.name()?;
        if !self.take("AS") {
            return Ok(unsayable("a view with a list of columns"));
        }
        let query = self.sql[self.place()..].trim_end_matches(|c: char| c.is_whitespace() || c == ';').to_owned();
        Ok(name(&own).map(|name| View { name, query }))
    }

    pub(super) fn trigger(&mut self) -> Read<Said<Trigger>> {
        let own = self.name()?;
        let timing = if self.take("BEFORE") {
            Timing::Before
        } else if self.take("INSTEAD") {
            self.word("OF")?;
            Timing::InsteadOf
        } else {
            let after = self.take("AFTER");
            if after { Timing::After } else { Timing::Before }
        };
        let mut of = Vec::new();
        let event = if self.take("INSERT") {
            TriggerEvent::Insert
        } else if self.take("DELETE") {
            TriggerEvent::Delete
        } else {
            self.word("UPDATE")?;
            if self.take("OF") {
                of = self.until("ON").split(',').map(|text| text.trim().to_owned()).collect();
            }
            TriggerEvent::Update
        };
        self.word("ON")?;
        let table = self.name()?;
        if self.take("FOR") {
            self.word("EACH")?;
            self.word("ROW")?;
        }
        let condition = self.take("WHEN").then(|| self.until("BEGIN").to_owned());
        self.word("BEGIN")?;
        let body = self.statements();
        Ok((|| {
            let of: Vec<String> = of.iter().map(|text| unquoted(text)).collect();
            Ok(Trigger { name: name(&own)?, table: name(&table)?, timing, event, of: names(&of)?, condition, body })
        })())
    }

    /// The statements up to the last END.
    fn statements(&mut self) -> Vec<String> {
        let end = self.all.iter().rposition(|token| token.is_word("END")).unwrap_or(self.all.len());
        let mut from = self.place();
        let mut statements = Vec::new();
        for token in self.all.iter().take(end).skip(self.at).filter(|token| token.kind == Kind::Semicolon) {
            statements.push(self.sql[from..token.at].trim().to_owned());
            from = token.at + 1;
        }
        statements
    }
}

fn unquoted(text: &str) -> String {
    let all = tokens(text).unwrap_or_default();
    all.first().and_then(Token::name).map_or_else(|| text.to_owned(), String::from)
}

/// A column or an expression, with COLLATE and DESC after it.
fn index_term(text: &str) -> Said<IndexTerm> {
    let all = tokens(text).map_err(|error| Unsayable(error.to_string()))?;
    let mut words: Vec<&Token<'_>> = all.iter().filter(|token| !token.is_blank()).collect();
    let ends = |words: &[&Token<'_>], word: &str| words.last().is_some_and(|token| token.is_word(word));
    if ends(&words, "FIRST") || ends(&words, "LAST") {
        return unsayable("an index with NULLS FIRST or NULLS LAST");
    }
    let descending = ends(&words, "DESC");
    if descending || ends(&words, "ASC") {
        words.pop();
    }
    let collate = match &words[..] {
        [.., word, collation] if word.is_word("COLLATE") && words.len() > 2 => collation.name().map(|name| name.to_ascii_uppercase()),
        _ => None,
    };
    if collate.is_some() {
        words.truncate(words.len() - 2);
    }
    let key = match &words[..] {
        [] => return unsayable("an index without a term"),
        [one] if one.name().is_some() => IndexKey::Column(name(&one.name().unwrap_or_default())?),
        [first, ..] => {
            let last = words[words.len() - 1];
            let written = &text[first.at..last.at + last.text.len()];
            // One pair is the term's; further ones are the expression's own.
            let is_whole = list_at(text, &all).is_some_and(|span| text[span].len() == written.len());
            IndexKey::Expression(if is_whole { written[1..written.len() - 1].trim() } else { written }.to_owned())
        }
    };
    Ok(IndexTerm { key, collate, descending })
}
