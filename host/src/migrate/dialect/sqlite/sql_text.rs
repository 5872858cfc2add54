//! What a plugin wrote as SQL, as it stands in a statement of ours or in a script.
//!
//! A script has nobody to bind parameters, and its reader, SQLite's shell, takes more for the end of a statement than SQLite does.

use std::borrow::Cow;

use crate::migrate::dialect::DialectError;
use crate::model::Value;
use crate::model::sql::{Kind, SqlTextError, Token, check_expression, check_query, check_statement, literal, token, tokens};

/// As many as SQLite takes (SQLITE_MAX_VARIABLE_NUMBER).
const MOST_PARAMETERS: usize = 32_766;

/// One expression, without space around it.
pub(super) fn expression(text: &str) -> Result<Cow<'_, str>, SqlTextError> {
    whole(check_expression(text)?)
}

/// One SELECT without parameters, without space around it.
pub(super) fn query(text: &str) -> Result<Cow<'_, str>, SqlTextError> {
    whole(check_query(text)?)
}

/// One data statement with its parameters written out; comments become spaces.
///
/// Where it sorts or groups, a whole number is written as a sum, because `ORDER BY 1` means the first column and `ORDER BY ?` does not.
pub(super) fn with_parameters(text: &str, params: &[Value]) -> Result<String, DialectError> {
    let all = check_statement(text).map_err(|error| DialectError::Text { subject: "a statement to execute".to_owned(), error })?;
    let sorts = all.iter().any(|token| token.is_word("BY"));
    let on_one_line = ends_a_statement(&all);
    let (mut sql, mut taken) = (String::new(), 0);
    let mut follows_parameter = false;
    for token in &all {
        let piece = match token.kind {
            Kind::Parameter => {
                let number = number(token.text, taken)?;
                taken = taken.max(number);
                params.get(number - 1).map(|value| bound(value, sorts)).unwrap_or_default()
            }
            Kind::NamedParameter => return Err(DialectError::NamedParameter(token.text.to_owned())),
            _ => spoken(token, on_one_line).to_owned(),
        };
        let is_parameter = token.kind == Kind::Parameter;
        // `SELECT?` and `X?` are two tokens each; with a literal in its place they must not become one.
        let touches = |a: Option<&u8>, b: Option<&u8>| a.zip(b).is_some_and(|(&a, &b)| sticky(a) && (sticky(b) || b == b'('));
        if (is_parameter || follows_parameter) && touches(sql.as_bytes().last(), piece.as_bytes().first()) {
            sql.push(' ');
        }
        sql.push_str(&piece);
        follows_parameter = is_parameter;
    }
    if taken == params.len() { Ok(sql) } else { Err(DialectError::Parameters { taken, given: params.len() }) }
}

/// An expression that stands anywhere: compound ones and negative numbers are in parentheses, since `a-?` with `-1` must not
/// become a comment. With `as_sum`, a whole number does not look like one.
pub(super) fn bound(value: &Value, as_sum: bool) -> String {
    match value {
        Value::Integer(number) if as_sum => format!("({number}+0)"),
        Value::Boolean(flag) if as_sum => format!("({}+0)", u8::from(*flag)),
        _ => {
            let text = literal(value);
            if text.starts_with('-') { format!("({text})") } else { text }
        }
    }
}

/// Bytes that could join their neighbour to one token.
fn sticky(byte: u8) -> bool {
    token::in_word(byte) || matches!(byte, b'.' | b'\'' | b'"' | b'`' | b'[')
}

/// A parameter's number: its own, or one more than the largest so far.
fn number(text: &str, largest: usize) -> Result<usize, DialectError> {
    let number = match &text[1..] {
        "" => Some(largest + 1),
        digits => digits.parse().ok(),
    };
    number.filter(|number| (1..=MOST_PARAMETERS).contains(number)).ok_or_else(|| DialectError::ParameterNumber(text.to_owned()))
}

fn whole(text: &str) -> Result<Cow<'_, str>, SqlTextError> {
    let all = tokens(text)?;
    Ok(if ends_a_statement(&all) { all.iter().map(|token| spoken(token, true)).collect() } else { Cow::Borrowed(text) })
}

/// A token's text; a comment's is a space, and on one line that of every space is.
fn spoken<'a>(token: &Token<'a>, on_one_line: bool) -> &'a str {
    if token.kind == Kind::Comment || (on_one_line && token.kind == Kind::Space) { " " } else { token.text }
}

/// Whether SQLite's shell could take the text for two statements: a line with nothing but `/` or `go` ends one, as a `;` does.
fn ends_a_statement(all: &[Token<'_>]) -> bool {
    all.iter().any(|token| token.text == "/" || token.text.eq_ignore_ascii_case("go"))
}
