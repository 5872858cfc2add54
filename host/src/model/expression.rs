//! Whether a piece of SQL from a plugin stays the piece that it claims to be when the host puts it into a statement of its own.
//!
//! The host writes `CHECK (…)`, `DEFAULT (…)`, `WHERE …` and `CREATE VIEW v AS …` around text that a plugin wrote. This room does not
//! know what the text means, only that it cannot end early, open something that swallows what follows, or hide in a comment. Whether
//! it is right, and what it may read, the database decides, which prepares it alone before it is used.
//!
//! # Source
//! SQLite 3.54's `tokenize.c`. Two of its tokens are not what they seem: `$a(…)` and its kin (`@ # :`) swallow everything up to a closing
//! parenthesis, quotes included, and `[…]` is a quoted name.

/// Why a text is not one expression or one query. Says what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// Nothing but blanks.
    #[error("the SQL is empty")]
    Empty,
    /// Over [`MAX_BYTES`].
    #[error("the SQL is {0} bytes long; at most {MAX_BYTES} are taken")]
    TooLong(usize),
    /// A NUL or another control character besides tab and line breaks.
    #[error("the SQL holds the control character {0:?}")]
    Control(char),
    /// `--` or `/*`.
    #[error("the SQL holds a comment; leave it out")]
    Comment,
    /// `;` outside quotes.
    #[error("the SQL holds a `;`; write one expression without it")]
    Semicolon,
    /// `?`, `$`, `@`, `#` or `:` outside quotes.
    #[error("the SQL holds a `{0}` outside quotes; parameters are not possible here")]
    Parameter(char),
    /// A quote that does not end.
    #[error("the SQL has a {0} that is never closed")]
    Unclosed(char),
    /// A parenthesis too many.
    #[error("the SQL closes a parenthesis that it did not open")]
    Unopened,
    /// Over [`MAX_DEPTH`].
    #[error("the SQL is nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A query that does not begin like one.
    #[error("the SQL must be one SELECT; it begins with neither SELECT, VALUES nor WITH")]
    NoQuery,
}

/// Longest text taken, in bytes. The longest view known to us has 6,000.
pub const MAX_BYTES: usize = 64 << 10;

/// Deepest nesting of parentheses: well below the 1,000 at which SQLite gives up, and the depth of its parser's stack.
pub const MAX_DEPTH: usize = 50;

/// Checks that `text` can stand between parentheses.
///
/// # Errors
/// The first reason why it cannot; see [`ExpressionError`].
pub fn check_expression(text: &str) -> Result<(), ExpressionError> {
    if text.len() > MAX_BYTES {
        return Err(ExpressionError::TooLong(text.len()));
    }
    if text.trim().is_empty() {
        return Err(ExpressionError::Empty);
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(ExpressionError::Control(c));
    }
    let mut scanner = Scanner::new(text);
    while scanner.step()?.is_some() {}
    if scanner.depth > 0 { Err(ExpressionError::Unclosed('(')) } else { Ok(()) }
}

/// Checks that `text` can stand after `CREATE VIEW v AS`.
///
/// # Errors
/// Those of [`check_expression`], and [`ExpressionError::NoQuery`].
pub fn check_query(text: &str) -> Result<(), ExpressionError> {
    check_expression(text)?;
    let word: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    let begins = ["select", "values", "with"].iter().any(|begin| word.eq_ignore_ascii_case(begin));
    if begins { Ok(()) } else { Err(ExpressionError::NoQuery) }
}

/// The byte at which the parenthesis closes that `text` begins with; none when it does not begin with one or never closes it.
pub fn closing_parenthesis(text: &str) -> Option<usize> {
    if !text.starts_with('(') {
        return None;
    }
    let mut scanner = Scanner::new(text);
    loop {
        let at = scanner.step().ok()??;
        if scanner.depth == 0 {
            return Some(at);
        }
    }
}

/// Walks over a text in SQLite's tokens, as far as they matter here.
struct Scanner<'a> {
    /// Every character that matters is ASCII, and no byte of a longer one is.
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, depth: 0 }
    }

    /// Takes one character or one quoted run; answers where it began, and none at the end.
    fn step(&mut self) -> Result<Option<usize>, ExpressionError> {
        let began = self.at;
        let Some(&byte) = self.bytes.get(began) else { return Ok(None) };
        let next = self.bytes.get(began + 1).copied();
        self.at += 1;
        match byte {
            b'\'' | b'"' | b'`' => self.quoted(byte)?,
            b'[' => self.until(b']', '[')?,
            b'(' => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(ExpressionError::TooDeep);
                }
            }
            b')' => self.depth = self.depth.checked_sub(1).ok_or(ExpressionError::Unopened)?,
            b'-' if next == Some(b'-') => return Err(ExpressionError::Comment),
            b'/' if next == Some(b'*') => return Err(ExpressionError::Comment),
            b';' => return Err(ExpressionError::Semicolon),
            b'?' | b'$' | b'@' | b'#' | b':' => return Err(ExpressionError::Parameter(char::from(byte))),
            _ => {}
        }
        Ok(Some(began))
    }

    /// To the end of a quoted run, in which the quote is written twice.
    fn quoted(&mut self, quote: u8) -> Result<(), ExpressionError> {
        loop {
            self.until(quote, char::from(quote))?;
            if self.bytes.get(self.at) != Some(&quote) {
                return Ok(());
            }
            self.at += 1;
        }
    }

    fn until(&mut self, end: u8, opened_by: char) -> Result<(), ExpressionError> {
        let length = self.bytes[self.at..].iter().position(|&b| b == end).ok_or(ExpressionError::Unclosed(opened_by))?;
        self.at += length + 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn honest_expressions_pass() {
        for good in [
            "CURRENT_TIMESTAMP",
            "total_amount >= 0",
            "status IN ('paid', 'it''s open; really -- yes')",
            "lower(\"Order Lines\") <> `x` AND [a b] IS NOT NULL",
            "CASE WHEN a THEN (b - -c) ELSE d / 2 END",
            "x'00ff' || json_extract(data, '$.a[0]')",
            "größe > 1\n\tAND b",
        ] {
            assert_eq!(check_expression(good), Ok(()), "{good}");
        }
        assert_eq!(check_query(" select * from t"), Ok(()));
        assert_eq!(check_query("WITH a AS (SELECT 1) SELECT * FROM a"), Ok(()));
    }

    #[test]
    fn what_could_leave_its_place_is_refused_with_the_reason() {
        use ExpressionError as E;
        let deep = "(".repeat(51);
        let long = "a".repeat(MAX_BYTES + 1);
        for (bad, reason) in [
            ("", E::Empty),
            (" \n ", E::Empty),
            ("1; DROP TABLE users", E::Semicolon),
            ("1) , (2", E::Unopened),
            ("((1)", E::Unclosed('(')),
            ("1 -- x", E::Comment),
            ("1 /* x", E::Comment),
            ("'a", E::Unclosed('\'')),
            ("'a''", E::Unclosed('\'')),
            ("\"a", E::Unclosed('"')),
            ("`a", E::Unclosed('`')),
            ("[a", E::Unclosed('[')),
            ("a\0b", E::Control('\0')),
            ("'\u{7}'", E::Control('\u{7}')),
            ("a = ?1", E::Parameter('?')),
            ("$a(')", E::Parameter('$')),
            ("@a", E::Parameter('@')),
            ("#a", E::Parameter('#')),
            (":a", E::Parameter(':')),
            (&deep, E::TooDeep),
            (&long, E::TooLong(MAX_BYTES + 1)),
        ] {
            assert_eq!(check_expression(bad), Err(reason), "{bad}");
        }
        assert_eq!(check_query("DELETE FROM t"), Err(E::NoQuery));
        assert_eq!(check_query("selection"), Err(E::NoQuery));
    }

    #[test]
    fn finds_the_parenthesis_that_closes_the_first() {
        assert_eq!(closing_parenthesis("(a(b)')')) DESC"), Some(8));
        assert_eq!(closing_parenthesis("(a"), None);
        assert_eq!(closing_parenthesis("a)"), None);
    }

    /// Text made of the pieces that lexers trip over.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "'", "\"", "`", "[", "]", "(", ")", "-", "--", "/*", "*/", ";", "\0", "\n", " ", "$a(", "@a", ":", "#", "?", "x'", "1", "a",
            "1)", "(1", "AS b, ", ",", "é", "\u{1}", "\\", "0x", "1e", ".", "||", "->", "<>", "!", "SELECT ", "FROM ", "NULL ", "\u{feff}",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// The oracle is SQLite itself: whatever passes here stays between its parentheses there.
        #[test]
        fn what_passes_stays_between_its_parentheses(text in hostile()) {
            if check_expression(&text).is_ok() {
                let connection = rusqlite::Connection::open_in_memory().unwrap();
                let statement = format!("SELECT ({text}) AS only");
                if let Ok(statement) = connection.prepare(&statement) {
                    prop_assert_eq!(statement.column_names().collect::<Vec<_>>(), ["only"]);
                }
            }
        }

        #[test]
        fn what_passes_has_come_to_an_end(text in hostile()) {
            if check_expression(&text).is_ok() {
                for open in ["'", "\"", "`", "[", "(", ")", ";", "--"] {
                    let more = format!("{text} {open}");
                    prop_assert!(check_expression(&more).is_err(), "{more}");
                }
            }
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = check_expression(&text);
            let _ = check_query(&text);
            let _ = closing_parenthesis(&text);
        }
    }
}
