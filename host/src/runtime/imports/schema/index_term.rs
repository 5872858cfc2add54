//! One term of an index: `name`, `name COLLATE NOCASE DESC`, `(expression) DESC`.

use crate::model::schema::{IndexKey, IndexTerm};
use crate::model::sql::{check_expression, closing_parenthesis};
use crate::runtime::mistakes::{Mistakes, quoted};

use super::Columns;
use super::column::known_collation;

/// Reads a term. `columns` are those of the table, where they are known.
pub(super) fn index_term(subject: &str, columns: Option<&Columns>, term: &str, mistakes: &mut Mistakes) -> Option<IndexTerm> {
    let subject = format!("{subject}, term {}", quoted(term));
    let parsed = if term.trim_start().starts_with('(') { expression(term.trim()) } else { column(term.trim()) };
    let term = parsed.map_err(|reason| mistakes.note(&subject, reason)).ok()?;
    if let (IndexKey::Column(name), Some(columns)) = (&term.key, columns)
        && !columns.contains(name.as_str())
    {
        mistakes.note(&subject, format!("{name} is no column of the table; write an expression in parentheses"));
    }
    Some(term)
}

fn expression(term: &str) -> Result<IndexTerm, String> {
    check_expression(term).map_err(|reason| reason.to_string())?;
    let close = closing_parenthesis(term).ok_or("the parenthesis is never closed")?;
    let inside = check_expression(&term[1..close]).map_err(|reason| reason.to_string())?;
    let (rest, collate, descending) = suffixes(&term[close + 1..])?;
    if !rest.is_empty() {
        return Err("after the expression only COLLATE and DESC may follow".to_owned());
    }
    Ok(IndexTerm { key: IndexKey::Expression(inside.to_owned()), collate, descending })
}

fn column(term: &str) -> Result<IndexTerm, String> {
    let (name, collate, descending) = suffixes(term)?;
    let name = name.parse().map_err(|reason| format!("{reason}; an expression stands in parentheses"))?;
    Ok(IndexTerm { key: IndexKey::Column(name), collate, descending })
}

/// Takes ` DESC` and ` COLLATE x` off the end. Words are split at blanks only, so that a column's name may hold some.
fn suffixes(term: &str) -> Result<(&str, Option<String>, bool), String> {
    let (rest, descending) = match last_word(term) {
        Some((rest, word)) if word.eq_ignore_ascii_case("desc") => (rest, true),
        _ => (term, false),
    };
    if let Some((before, collation)) = last_word(rest)
        && let Some((name, word)) = last_word(before)
        && word.eq_ignore_ascii_case("collate")
    {
        return Ok((name.trim(), Some(known_collation(collation)?), descending));
    }
    Ok((rest.trim(), None, descending))
}

/// The last word, and what stands before it. A word alone has nothing before it, and is a name, whatever it says.
fn last_word(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_end();
    let blank = text.rfind([' ', '\t', '\n', '\r'])?;
    Some((&text[..blank], &text[blank + 1..]))
}
