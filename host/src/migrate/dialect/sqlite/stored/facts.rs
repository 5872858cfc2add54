//! What a stored text says, in pieces that can be compared: each column, each constraint, an index or view as a whole.

use std::borrow::Cow;

use super::{Rule, Span, StoredColumn, StoredConstraint, StoredError, StoredReference, StoredTable};
use crate::migrate::dialect::sqlite::table::action_words;
use crate::migrate::difference::Fact;
use crate::model::sql::{Kind, SqlTextError, Token, identifier, tokens};

/// The facts of one object's text.
///
/// # Errors
/// It is a table's, and not one that this reads; or no text that SQLite keeps.
pub(in crate::migrate::dialect::sqlite) fn facts(sql: &str) -> Result<Vec<Fact>, StoredError> {
    let all: Vec<Token<'_>> = tokens(sql).map_err(unclosed)?.into_iter().filter(|token| !token.is_blank()).collect();
    if all.get(1).is_some_and(|token| token.is_word("TABLE")) {
        return of_table(&StoredTable::read(sql)?);
    }
    Ok(vec![Fact { key: key_of(&all), name: None, shown: shown(sql) }])
}

pub(super) fn unclosed(_: SqlTextError) -> StoredError {
    StoredError { expected: "the end of a quote or comment", at: 0 }
}

/// The tokens with one blank between them, without what means nothing: blanks, comments, case of words, quotes of names that need none.
pub(super) fn key_of(all: &[Token<'_>]) -> String {
    let words = all.iter().filter(|token| !token.is_blank() && token.kind != Kind::Semicolon).map(word_of);
    words.collect::<Vec<_>>().join(" ")
}

fn word_of<'a>(token: &Token<'a>) -> Cow<'a, str> {
    match token.kind {
        Kind::Word => Cow::Owned(token.text.to_ascii_lowercase()),
        // What needs its quotes could be a keyword, a number or several words without them.
        Kind::QuotedName => Cow::Owned(identifier(&token.name().unwrap_or_default().to_ascii_lowercase()).into_owned()),
        _ => Cow::Borrowed(token.text),
    }
}

/// The same of a text.
pub(super) fn key(text: &str) -> Result<String, StoredError> {
    Ok(key_of(&tokens(text).map_err(unclosed)?))
}

/// A text on one line.
fn shown(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_table(table: &StoredTable) -> Result<Vec<Fact>, StoredError> {
    let mut facts = Vec::new();
    for column in &table.columns {
        facts.push(of_column(table, column)?);
        for constraint in &column.constraints {
            facts.extend(of_constraint(table, Some(column), constraint)?);
        }
    }
    for constraint in &table.constraints {
        facts.extend(of_constraint(table, None, constraint)?);
    }
    let options = [(table.strict, "STRICT"), (table.without_rowid, "WITHOUT ROWID")];
    let option = |word: &str| Fact { key: word.to_owned(), name: None, shown: word.to_owned() };
    facts.extend(options.into_iter().filter(|(set, _)| *set).map(|(_, word)| option(word)));
    Ok(facts)
}

/// What a column's text says of it, besides the constraints that are the table's.
#[derive(Debug, Default)]
pub(super) struct ColumnParts {
    pub(super) data_type: Option<String>,
    pub(super) collate: Option<String>,
    pub(super) default: Option<String>,
    pub(super) not_null: Option<String>,
    pub(super) generated: Option<String>,
}

/// The parts of a column, without those that mean nothing.
pub(super) fn parts(table: &StoredTable, column: &StoredColumn) -> Result<ColumnParts, StoredError> {
    // One whose value is never NULL need not say so.
    let in_key = table.primary_key().iter().any(|name| name.eq_ignore_ascii_case(&column.name));
    let implied = table.rowid_alias().is_some_and(|alias| alias.name == column.name) || (table.without_rowid && in_key);
    let mut parts = ColumnParts { data_type: column.data_type.as_ref().map(|span| table.text(span).to_owned()), ..ColumnParts::default() };
    for constraint in &column.constraints {
        match &constraint.rule {
            Rule::Collate(name) if !name.eq_ignore_ascii_case("BINARY") => parts.collate = Some(format!("COLLATE {}", identifier(name))),
            Rule::Default(span) => {
                let value = without_parentheses(table.text(span));
                parts.default = (!value.eq_ignore_ascii_case("NULL")).then(|| format!("DEFAULT {value}"));
            }
            Rule::NotNull if !implied => parts.not_null = Some(format!("NOT NULL{}", on_conflict(table, constraint)?)),
            Rule::Generated { expression, stored } => {
                let kind = if *stored { "STORED" } else { "VIRTUAL" };
                parts.generated = Some(format!("GENERATED ALWAYS AS ({}) {kind}", table.text(expression)));
            }
            _ => {}
        }
    }
    Ok(parts)
}

/// A column as a whole.
fn of_column(table: &StoredTable, column: &StoredColumn) -> Result<Fact, StoredError> {
    let ColumnParts { data_type, collate, default, not_null, generated } = parts(table, column)?;
    let parts = [Some(identifier(&column.name).into_owned()), data_type, collate, default, not_null, generated];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok(Fact { key: format!("column {}", key(&text)?), name: None, shown: shown(&text) })
}

/// A constraint of a column or a table; none where it says something of its column alone.
pub(super) fn of_constraint(
    table: &StoredTable,
    column: Option<&StoredColumn>,
    constraint: &StoredConstraint,
) -> Result<Option<Fact>, StoredError> {
    let over = || match column {
        Some(column) => Ok(format!("({})", identifier(&column.name))),
        None => first_list(table.text(&constraint.span)),
    };
    let text = match &constraint.rule {
        Rule::PrimaryKey { descending, autoincrement, .. } => {
            let descending = if *descending { " DESC" } else { "" };
            let counts = if *autoincrement { " AUTOINCREMENT" } else { "" };
            format!("PRIMARY KEY {}{descending}{counts}", over()?)
        }
        Rule::Unique { .. } => format!("UNIQUE {}", over()?),
        Rule::Check(expression) => format!("CHECK ({})", table.text(expression)),
        Rule::ForeignKey { reference, .. } => format!("FOREIGN KEY {} {}", over()?, referring(reference)),
        _ => return Ok(None),
    };
    let text = match constraint.rule {
        Rule::ForeignKey { .. } => text,
        _ => text + &on_conflict(table, constraint)?,
    };
    let named = constraint.name.as_ref().map(|name| format!("CONSTRAINT {} ", identifier(name))).unwrap_or_default();
    Ok(Some(Fact { key: key(&text)?, name: constraint.name.clone(), shown: shown(&(named + &text)) }))
}

/// Where a key leads, without what is so anyway.
fn referring(reference: &StoredReference) -> String {
    let StoredReference { table, columns, on_delete, on_update, deferred } = reference;
    let mut text = format!("REFERENCES {}", identifier(table));
    if !columns.is_empty() {
        let columns: Vec<Cow<'_, str>> = columns.iter().map(|column| identifier(column)).collect();
        text.push_str(&format!(" ({})", columns.join(", ")));
    }
    for (event, action) in [("DELETE", on_delete), ("UPDATE", on_update)] {
        if let Some(words) = action_words(*action) {
            text.push_str(&format!(" ON {event} {words}"));
        }
    }
    if *deferred {
        text.push_str(" DEFERRABLE INITIALLY DEFERRED");
    }
    text
}

/// ` ON CONFLICT IGNORE`, where a constraint ends so.
pub(super) fn on_conflict(table: &StoredTable, constraint: &StoredConstraint) -> Result<String, StoredError> {
    let all: Vec<Token<'_>> =
        tokens(table.text(&constraint.span)).map_err(unclosed)?.into_iter().filter(|token| !token.is_blank()).collect();
    let mut depth = 0_usize;
    for (place, token) in all.iter().enumerate() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0
            && token.is_word("ON")
            && let [conflict, action, ..] = &all[place + 1..]
            && conflict.is_word("CONFLICT")
            && !action.is_word("ABORT")
        {
            return Ok(format!(" ON CONFLICT {}", action.text));
        }
    }
    Ok(String::new())
}

/// The first list in parentheses, with them.
fn first_list(text: &str) -> Result<String, StoredError> {
    let all = tokens(text).map_err(unclosed)?;
    let Some(span) = list_at(text, &all) else { return Ok(String::new()) };
    // Ascending is what it is without the word.
    let inside = all.iter().filter(|token| span.contains(&token.at) && !token.is_word("ASC"));
    Ok(inside.map(|token| token.text).collect())
}

/// Where the first parenthesis and its other half stand.
pub(super) fn list_at(text: &str, all: &[Token<'_>]) -> Option<Span> {
    let from = all.iter().position(|token| token.kind == Kind::Open)?;
    let mut depth = 0_usize;
    for token in &all[from..] {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(all[from].at..token.at + token.text.len());
        }
    }
    debug_assert!(false, "a parenthesis without its other half in {text}");
    None
}

/// A value without parentheses around all of it, which change nothing.
pub(super) fn without_parentheses(text: &str) -> &str {
    let inner = text.trim();
    let Ok(all) = tokens(inner) else { return inner };
    match list_at(inner, &all) {
        Some(span) if span == (0..inner.len()) => without_parentheses(&inner[1..inner.len() - 1]),
        _ => inner,
    }
}
