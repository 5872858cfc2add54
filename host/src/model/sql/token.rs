//! SQLite's own division of a text into tokens.
//!
//! What SQLite reads as one token is one here, so that nothing can hide between two readings. The exceptions are operators of several
//! characters, which are several tokens here: none of them begins what a quote, a comment or a parameter begins.
//!
//! # Source
//! `sqlite3GetToken` of SQLite 3.54. Where SQLite forgives a comment without an end, this does not. Where SQLite takes a vertical tab
//! for a space after another one only and for an error elsewhere, this always takes it for a space.

use std::borrow::Cow;

use super::SqlTextError;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Blanks; also a byte order mark, but not within a word.
    Space,
    /// `-- …` up to the end of the line, `/* … */`.
    Comment,
    /// `'…'`.
    Text,
    /// `x'…'`.
    Blob,
    /// `"…"`, `` `…` `` or `[…]`.
    QuotedName,
    /// A keyword or a name without quotes.
    Word,
    /// A number; also what begins like one and is none, such as `1a`.
    Number,
    /// `?` or `?12`.
    Parameter,
    /// `:a`, `@a`, `#a`, `$a`, and `$a::b(…)`, which swallows what stands between the parentheses, quotes too.
    NamedParameter,
    /// `(`.
    Open,
    /// `)`.
    Close,
    /// `;`.
    Semicolon,
    /// One character of anything else.
    Other,
}

/// A token, its text, and the byte at which it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the type says they are")]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub at: usize,
}

impl<'a> Token<'a> {
    /// Space or comment.
    pub fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Space | Kind::Comment)
    }

    /// Whether it is this keyword.
    pub fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is where a name stands, without its quotes: SQLite takes a text for one there, too.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        let inside = || &self.text[1..self.text.len() - 1];
        match (self.kind, self.text.as_bytes().first()) {
            (Kind::Word, _) => Some(Cow::Borrowed(self.text)),
            (Kind::QuotedName, Some(b'[')) => Some(Cow::Borrowed(inside())),
            (Kind::QuotedName, Some(b'`')) => Some(Cow::Owned(inside().replace("``", "`"))),
            (Kind::QuotedName, _) => Some(Cow::Owned(inside().replace("\"\"", "\""))),
            (Kind::Text, _) => Some(Cow::Owned(inside().replace("''", "'"))),
            _ => None,
        }
    }
}

/// All tokens; their texts joined are the input.
///
/// # Errors
/// [`SqlTextError::Control`] for a NUL, [`SqlTextError::Unclosed`] for a quote, comment or parameter without its end.
pub fn tokens(sql: &str) -> Result<Vec<Token<'_>>, SqlTextError> {
    if sql.contains('\0') {
        return Err(SqlTextError::Control('\0'));
    }
    let (mut all, mut at) = (Vec::new(), 0);
    while at < sql.len() {
        let (kind, length) = first(&sql[at..]).map_err(|what| SqlTextError::Unclosed { what, at })?;
        all.push(Token { kind, text: &sql[at..at + length], at });
        at += length;
    }
    Ok(all)
}

/// Whether a word or a quoted name of the text is that name; so it is said of a text that is none. What else has the name counts too.
pub fn mentions(sql: &str, name: &str) -> bool {
    let Ok(all) = tokens(sql) else { return true };
    let names = all.iter().filter(|token| token.kind != Kind::Text).filter_map(Token::name);
    names.into_iter().any(|other| other.eq_ignore_ascii_case(name))
}

/// Whether the byte can stand inside a word.
pub fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// The kind and length of the first token, or what opened it and has no end.
///
/// A token ends before or after an ASCII byte, or at the end of the text, so its length is a character boundary.
fn first(sql: &str) -> Result<(Kind, usize), &'static str> {
    let bytes = sql.as_bytes();
    let second = bytes.get(1).copied();
    Ok(match bytes[0] {
        _ if sql.starts_with('\u{feff}') => (Kind::Space, '\u{feff}'.len_utf8()),
        byte if is_space(byte) => (Kind::Space, run(bytes, 1, is_space)),
        b'-' if second == Some(b'-') => (Kind::Comment, run(bytes, 2, |byte| byte != b'\n')),
        // The star of the beginning is not that of the end: `/*/` has none.
        b'/' if second == Some(b'*') => (Kind::Comment, through(sql, 2, "*/").ok_or("/*")?),
        b'\'' => (Kind::Text, quoted(bytes).ok_or("'")?),
        b'"' => (Kind::QuotedName, quoted(bytes).ok_or("\"")?),
        b'`' => (Kind::QuotedName, quoted(bytes).ok_or("`")?),
        b'[' => (Kind::QuotedName, through(sql, 1, "]").ok_or("[")?),
        b'x' | b'X' if second == Some(b'\'') => (Kind::Blob, through(sql, 2, "'").ok_or("'")?),
        b'(' => (Kind::Open, 1),
        b')' => (Kind::Close, 1),
        b';' => (Kind::Semicolon, 1),
        b'?' => (Kind::Parameter, run(bytes, 1, |byte| byte.is_ascii_digit())),
        b'$' | b'@' | b'#' | b':' => (Kind::NamedParameter, named_parameter(bytes).ok_or("(")?),
        byte if byte.is_ascii_digit() => (Kind::Number, number(bytes)),
        b'.' if second.is_some_and(|byte| byte.is_ascii_digit()) => (Kind::Number, number(bytes)),
        byte if in_word(byte) => (Kind::Word, run(bytes, 1, in_word)),
        _ => (Kind::Other, 1),
    })
}

/// Where a run of such bytes ends that goes on at `from`.
fn run(bytes: &[u8], from: usize, of: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&byte| !of(byte)).map_or(bytes.len(), |length| from + length)
}

/// Where the first `end` ends from `from` on.
fn through(sql: &str, from: usize, end: &str) -> Option<usize> {
    Some(from + sql[from..].find(end)? + end.len())
}

/// Where the quotes end with which the text begins; a doubled quote is one of its characters.
fn quoted(bytes: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == bytes[0])? + 1;
        if bytes.get(at) != Some(&bytes[0]) {
            return Some(at);
        }
        at += 1;
    }
}

/// Where a parameter's name ends; none when it opens a parenthesis and does not close it before the next space.
fn named_parameter(bytes: &[u8]) -> Option<usize> {
    let (mut at, mut is_named) = (1, false);
    loop {
        match bytes.get(at) {
            Some(&byte) if in_word(byte) => (at, is_named) = (at + 1, true),
            Some(b':') if bytes.get(at + 1) == Some(&b':') => at += 2,
            Some(b'(') if is_named => {
                let end = run(bytes, at, |byte| byte != b')' && !is_space(byte));
                return (bytes.get(end) == Some(&b')')).then_some(end + 1);
            }
            _ => return Some(at),
        }
    }
}

/// Where a number ends: `1`, `1.5e-3`, `0x1f`, `1_000`, and whatever stands directly behind it and makes it none.
fn number(bytes: &[u8]) -> usize {
    let digits = |from| run(bytes, from, |byte| byte.is_ascii_digit() || byte == b'_');
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    run(bytes, end, in_word)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;
    use crate::model::sql::tests::{hostile, odd};

    fn kinds(sql: &str) -> Vec<(Kind, &str)> {
        tokens(sql).unwrap().into_iter().filter(|token| token.kind != Kind::Space).map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn quotes_and_comments_hide_what_they_hold() {
        let sql = "a'?;''?' \"b;\"\"?\" `c?` [d;?] x'00' -- ? ;\n/* ; ? */ ?2 (.5) 1e5;";
        let expected = [
            (Kind::Word, "a"),
            (Kind::Text, "'?;''?'"),
            (Kind::QuotedName, "\"b;\"\"?\""),
            (Kind::QuotedName, "`c?`"),
            (Kind::QuotedName, "[d;?]"),
            (Kind::Blob, "x'00'"),
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
    fn a_parameter_swallows_what_stands_between_its_parentheses() {
        assert_eq!(kinds("$a(')"), [(Kind::NamedParameter, "$a(')")]);
        assert_eq!(kinds("@a::b(;)c"), [(Kind::NamedParameter, "@a::b(;)"), (Kind::Word, "c")]);
        assert_eq!(kinds(":a:b"), [(Kind::NamedParameter, ":a"), (Kind::NamedParameter, ":b")]);
        assert_eq!(kinds("$('')"), [(Kind::NamedParameter, "$"), (Kind::Open, "("), (Kind::Text, "''"), (Kind::Close, ")")]);
        assert_eq!(kinds("?OR"), [(Kind::Parameter, "?"), (Kind::Word, "OR")]);
    }

    #[test]
    fn odd_spaces_and_comments_are_read_as_sqlite_reads_them() {
        assert_eq!(kinds("\u{feff}OR \u{feff}\u{b}ROLLBACK"), [(Kind::Word, "OR"), (Kind::Word, "ROLLBACK")]);
        assert_eq!(kinds("a\u{feff}b\u{a0}"), [(Kind::Word, "a\u{feff}b\u{a0}")]);
        assert_eq!(kinds("/*/ ' */ a -- '"), [(Kind::Comment, "/*/ ' */"), (Kind::Word, "a"), (Kind::Comment, "-- '")]);
    }

    #[test]
    fn numbers_take_what_belongs_to_them() {
        for number in ["1", "1.", ".5", "1.5e-3", "1e+5", "0x1F", "1_000.000_1", "1a", "1ea"] {
            assert_eq!(kinds(number), [(Kind::Number, number)]);
        }
        assert_eq!(kinds("1e+"), [(Kind::Number, "1e"), (Kind::Other, "+")]);
        assert_eq!(kinds("1.2.x"), [(Kind::Number, "1.2"), (Kind::Other, "."), (Kind::Word, "x")]);
    }

    #[test]
    fn what_has_no_end_is_refused_with_its_place() {
        for (sql, what) in [
            ("'a", "'"),
            ("'a''", "'"),
            ("\"a", "\""),
            ("`a", "`"),
            ("[a", "["),
            ("/* a", "/*"),
            ("/*/", "/*"),
            ("x'0", "'"),
            ("$a(b", "("),
            ("$a(b )", "("),
        ] {
            assert_eq!(tokens(&format!("é, {sql}")), Err(SqlTextError::Unclosed { what, at: 4 }), "{sql}");
        }
        assert_eq!(tokens("a\0b"), Err(SqlTextError::Control('\0')));
    }

    #[test]
    fn a_name_is_known_in_all_its_quotes() {
        let names: Vec<_> = tokens("a \"b\"\"c\" `d``e` [f] 'it''s' x'00' 1 ? ,").unwrap().iter().filter_map(Token::name).collect();
        assert_eq!(names, ["a", "b\"c", "d`e", "f", "it's"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn no_text_makes_it_panic_or_lose_a_byte(sql in "[-a'\"`\\[\\]xX?:$;/*() é\n0.]{0,24}|.{0,24}") {
            if let Ok(all) = tokens(&sql) {
                prop_assert_eq!(all.iter().map(|token| token.text).collect::<String>(), sql);
            }
        }

        /// The oracle is SQLite itself: what it takes stays the same with a space after each token. (After operators there is none,
        /// which are one character each here, and not all of them there.)
        #[test]
        fn what_sqlite_reads_as_one_token_is_one(text in prop_oneof![hostile(), odd()]) {
            let connection = Connection::open_in_memory().unwrap();
            let columns = |text: &str| connection.prepare(&format!("SELECT {text}\n")).map(|statement| statement.column_count());
            if let (Ok(columns_before), Ok(all)) = (columns(&text), tokens(&text)) {
                let spaced: String = all.iter().flat_map(|token| [token.text, if token.kind == Kind::Other { "" } else { "\n" }]).collect();
                prop_assert_eq!(columns(&spaced).unwrap_or_else(|error| panic!("{error}: {spaced:?}")), columns_before);
            }
        }

        /// Nothing that SQLite takes is refused, but for a comment without an end and a NUL, at which it stops to read.
        #[test]
        fn what_sqlite_takes_has_an_end(text in prop_oneof![hostile(), odd()]) {
            if let (Ok(_), Err(error)) = (Connection::open_in_memory().unwrap().prepare(&format!("SELECT {text}\n")), tokens(&text)) {
                prop_assert!(matches!(error, SqlTextError::Unclosed { what: "/*", .. } | SqlTextError::Control(_)), "{:?}", error);
            }
        }

        /// What follows the text is read by SQLite as what it is, so that nothing of it was swallowed, and nothing of the text is left.
        #[test]
        fn where_the_tokens_end_sqlite_begins_anew(text in prop_oneof![hostile(), odd()]) {
            let connection = Connection::open_in_memory().unwrap();
            let is_one_statement = tokens(&text).is_ok_and(|all| all.iter().all(|token| token.kind != Kind::Semicolon));
            if is_one_statement && connection.prepare(&format!("SELECT {text}\n")).is_ok() {
                let error = connection.prepare(&format!("SELECT {text}\n; SELECT 1")).err();
                prop_assert!(matches!(error, Some(rusqlite::Error::MultipleStatement)), "{:?}", error);
            }
        }
    }
}
