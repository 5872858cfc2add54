//! What a plugin wrote as SQL, checked before it becomes part of a statement.

use crate::migrate::dialect::SqlTextError;
use crate::model::Value;

use super::literal::bound;
use super::token::{Kind, Token, in_word, tokens};

/// As many as SQLite takes (SQLITE_MAX_VARIABLE_NUMBER).
const MOST_PARAMETERS: usize = 32_766;

/// One expression: not empty, balanced, without comments, `;` and parameters. Answers it without space around.
pub(super) fn expression(text: &str) -> Result<String, SqlTextError> {
    let all = tokens(text)?;
    balanced(&all)?;
    for token in &all {
        match token.kind {
            Kind::Comment => return Err(SqlTextError::Comment),
            Kind::Semicolon => return Err(SqlTextError::Semicolon),
            Kind::Parameter | Kind::NamedParameter => return Err(SqlTextError::Parameter),
            _ => {}
        }
    }
    if all.iter().all(Token::is_blank) { Err(SqlTextError::Empty) } else { Ok(said(&all).trim().to_owned()) }
}

/// One SELECT without parameters; comments become spaces, a `;` at the end goes.
pub(super) fn query(text: &str) -> Result<String, SqlTextError> {
    let all = statement(text, &["SELECT", "WITH", "VALUES"], "SELECT, WITH and VALUES")?;
    if all.iter().any(|token| matches!(token.kind, Kind::Parameter | Kind::NamedParameter)) {
        return Err(SqlTextError::Parameter);
    }
    Ok(said(&all))
}

/// One data statement with its parameters written out. Answers the number of parameters that it takes, too.
///
/// Where it sorts or groups, a whole number is written as a sum, because `ORDER BY 1` means the first column and `ORDER BY ?` does not.
pub(super) fn with_parameters(text: &str, params: &[Value]) -> Result<(String, usize), SqlTextError> {
    const WORDS: [&str; 7] = ["INSERT", "REPLACE", "UPDATE", "DELETE", "SELECT", "WITH", "VALUES"];
    let all = statement(text, &WORDS, "INSERT, REPLACE, UPDATE, DELETE, SELECT, WITH and VALUES")?;
    let sorts = all.iter().any(|token| token.kind == Kind::Word && token.text.eq_ignore_ascii_case("BY"));
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
            Kind::NamedParameter => return Err(SqlTextError::NamedParameter(token.text.to_owned())),
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
    Ok((sql, taken))
}

/// Bytes that could join their neighbour to one token.
fn sticky(byte: u8) -> bool {
    in_word(byte) || matches!(byte, b'.' | b'\'' | b'"' | b'`' | b'[')
}

/// A parameter's number: its own, or one more than the largest so far.
fn number(text: &str, largest: usize) -> Result<usize, SqlTextError> {
    let number = match &text[1..] {
        "" => Some(largest + 1),
        digits => digits.parse().ok(),
    };
    number.filter(|number| (1..=MOST_PARAMETERS).contains(number)).ok_or_else(|| SqlTextError::ParameterNumber(text.to_owned()))
}

/// The text again, without its comments.
fn said(all: &[Token<'_>]) -> String {
    let on_one_line = ends_a_statement(all);
    all.iter().map(|token| spoken(token, on_one_line)).collect()
}

/// A token's text; a comment's is a space, and on one line that of every space is.
fn spoken<'a>(token: &Token<'a>, on_one_line: bool) -> &'a str {
    if token.kind == Kind::Comment || (on_one_line && token.kind == Kind::Space) { " " } else { token.text }
}

/// Whether SQLite's shell could take the text for two statements: a line with nothing but `/` or `go` ends one, as a `;` does.
fn ends_a_statement(all: &[Token<'_>]) -> bool {
    all.iter().any(|token| token.text == "/" || token.text.eq_ignore_ascii_case("go"))
}

/// The tokens of one balanced statement that begins with one of `words`, without blanks around it and without its `;`.
fn statement<'a>(text: &'a str, words: &[&str], allowed: &'static str) -> Result<Vec<Token<'a>>, SqlTextError> {
    let mut all = tokens(text)?;
    let is_over = |token: &Token<'_>| token.is_blank() || token.kind == Kind::Semicolon;
    while all.last().is_some_and(is_over) {
        all.pop();
    }
    let start = all.iter().position(|token| !token.is_blank()).ok_or(SqlTextError::Empty)?;
    all.drain(..start);
    if all.iter().any(|token| token.kind == Kind::Semicolon) {
        return Err(SqlTextError::Semicolon);
    }
    balanced(&all)?;
    let found = all[0].text;
    if words.iter().any(|word| word.eq_ignore_ascii_case(found)) {
        Ok(all)
    } else {
        Err(SqlTextError::NotAllowed { found: found.to_owned(), allowed })
    }
}

fn balanced(all: &[Token<'_>]) -> Result<(), SqlTextError> {
    let mut depth = 0_usize;
    for token in all {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.checked_sub(1).ok_or(SqlTextError::Unbalanced)?,
            _ => {}
        }
    }
    if depth == 0 { Ok(()) } else { Err(SqlTextError::Unbalanced) }
}
