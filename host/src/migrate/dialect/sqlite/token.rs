//! SQLite's own division of SQL text into tokens, as far as it takes to know what is text, what is a name and what is neither.
//!
//! # Source
//! `sqlite3GetToken` of SQLite 3.54. Where SQLite forgives (a comment without an end), this does not.

use crate::migrate::dialect::SqlTextError;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Space,
    Comment,
    /// `'…'`, `x'…'`, `"…"`, `` `…` ``, `[…]`.
    Quoted,
    Word,
    Number,
    /// `?` or `?12`.
    Parameter,
    /// `:name` and its like.
    NamedParameter,
    Open,
    Close,
    Semicolon,
    Other,
}

/// A token and its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
}

impl Token<'_> {
    /// Space or comment.
    pub(super) fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Space | Kind::Comment)
    }
}

/// All tokens; their texts joined are the input.
pub(super) fn tokens(sql: &str) -> Result<Vec<Token<'_>>, SqlTextError> {
    if sql.contains('\0') {
        return Err(SqlTextError::Nul);
    }
    let mut rest = sql;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (kind, length) = first(rest)?;
        let (text, after) = rest.split_at(length);
        all.push(Token { kind, text });
        rest = after;
    }
    Ok(all)
}

/// Whether the byte can stand inside a word.
pub(super) fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The kind and length of the first token. Lengths end on ASCII bytes or at the end, so they are character boundaries.
fn first(sql: &str) -> Result<(Kind, usize), SqlTextError> {
    let bytes = sql.as_bytes();
    let second = bytes.get(1).copied();
    let run = |from: usize, of: fn(u8) -> bool| bytes[from..].iter().position(|&b| !of(b)).map_or(bytes.len(), |length| from + length);
    Ok(match bytes[0] {
        b' ' | b'\t' | b'\n' | b'\r' | 0x0c => (Kind::Space, run(1, |b| matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0c))),
        b'-' if second == Some(b'-') => (Kind::Comment, run(2, |b| b != b'\n')),
        b'/' if second == Some(b'*') => match sql[2..].find("*/") {
            Some(length) => (Kind::Comment, length + 4),
            None => return Err(SqlTextError::Unterminated("a comment")),
        },
        quote @ (b'\'' | b'"' | b'`') => (Kind::Quoted, quoted(bytes, 0, quote)?),
        b'x' | b'X' if second == Some(b'\'') => (Kind::Quoted, quoted(bytes, 1, b'\'')?),
        b'[' => match sql.find(']') {
            Some(end) => (Kind::Quoted, end + 1),
            None => return Err(SqlTextError::Unterminated("a quoted name")),
        },
        b'(' => (Kind::Open, 1),
        b')' => (Kind::Close, 1),
        b';' => (Kind::Semicolon, 1),
        b'?' => (Kind::Parameter, run(1, |b| b.is_ascii_digit())),
        b'$' | b'@' | b':' | b'#' => (Kind::NamedParameter, run(1, in_word)),
        b if b.is_ascii_digit() => (Kind::Number, run(1, |b| in_word(b) || b == b'.')),
        b'.' if second.is_some_and(|b| b.is_ascii_digit()) => (Kind::Number, run(1, in_word)),
        b if in_word(b) => (Kind::Word, run(1, in_word)),
        _ => (Kind::Other, 1),
    })
}

/// Where a quoted text ends that begins at `start`; a doubled quote is one of its characters.
fn quoted(bytes: &[u8], start: usize, quote: u8) -> Result<usize, SqlTextError> {
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        if byte == quote {
            if bytes.get(at) != Some(&quote) {
                return Ok(at);
            }
            at += 1;
        }
    }
    Err(SqlTextError::Unterminated(if quote == b'\'' { "a text in quotes" } else { "a quoted name" }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(sql: &str) -> Vec<(Kind, &str)> {
        tokens(sql).unwrap().into_iter().filter(|token| token.kind != Kind::Space).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn quotes_and_comments_hide_what_they_hold() {
        let sql = "a'?;''?' \"b;\"\"?\" `c?` [d;?] x'00' -- ? ;\n/* ; ? */ ?2 (.5) 1e5;";
        let expected = [
            (Kind::Word, "a"),
            (Kind::Quoted, "'?;''?'"),
            (Kind::Quoted, "\"b;\"\"?\""),
            (Kind::Quoted, "`c?`"),
            (Kind::Quoted, "[d;?]"),
            (Kind::Quoted, "x'00'"),
            (Kind::Comment, "-- ? ;"),
            (Kind::Comment, "/* ; ? */"),
            (Kind::Parameter, "?2"),
            (Kind::Open, "("),
            (Kind::Number, ".5"),
            (Kind::Close, ")"),
            (Kind::Number, "1e5"),
            (Kind::Semicolon, ";"),
        ];
        assert_eq!(kinds(sql), expected);
    }

    #[test]
    fn what_has_no_end_is_refused() {
        for sql in ["'a", "'a''", "\"a", "`a", "[a", "/* a", "x'0"] {
            assert!(matches!(tokens(sql), Err(SqlTextError::Unterminated(_))), "{sql}");
        }
        assert_eq!(tokens("a\0b"), Err(SqlTextError::Nul));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_lose_a_byte(sql in "[-a'\"`\\[\\]xX?:$;/*() é\n0.]{0,24}|.{0,24}") {
            if let Ok(all) = tokens(&sql) {
                prop_assert_eq!(all.iter().map(|token| token.text).collect::<String>(), sql);
            }
        }
    }
}
