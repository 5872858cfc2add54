//! Whether a piece of SQL from a plugin stays the piece that it claims to be when the host puts it into a statement of its own.
//!
//! The host writes `CHECK (…)`, `DEFAULT (…)`, `WHERE …` and `CREATE VIEW v AS …` around text that a plugin wrote. This file does not
//! know what the text means, only that it cannot end early, open something that swallows what follows, or hide in a comment. Whether
//! it is right, and what it may read, the database decides, which prepares it alone before it is used.

use super::{Kind, MAX_BYTES, MAX_DEPTH, SqlTextError, Token, tokens};

/// Checks that `text` can stand between parentheses. Answers it without the space around it.
///
/// # Errors
/// The first reason why it cannot.
pub fn check_expression(text: &str) -> Result<&str, SqlTextError> {
    piece(text).map(|(text, _)| text)
}

/// Checks that `text` can stand after `CREATE VIEW v AS`. Answers it without the space around it.
///
/// # Errors
/// Those of [`check_expression`], and [`SqlTextError::NoQuery`].
pub fn check_query(text: &str) -> Result<&str, SqlTextError> {
    let (text, first) = piece(text)?;
    let begins = ["SELECT", "VALUES", "WITH"].iter().any(|word| first.is_word(word));
    if begins { Ok(text) } else { Err(SqlTextError::NoQuery) }
}

/// The byte at which the parenthesis closes that `text` begins with; none when it does not begin with one or never closes it.
pub fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for token in tokens(text).ok()? {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return (token.kind == Kind::Close).then_some(token.at);
        }
    }
    None
}

/// The text without the space around it, and its first token.
fn piece(text: &str) -> Result<(&str, Token<'_>), SqlTextError> {
    if text.len() > MAX_BYTES {
        return Err(SqlTextError::TooLong(text.len()));
    }
    if let Some(c) = text.chars().find(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err(SqlTextError::Control(c));
    }
    let all = tokens(text)?;
    for token in &all {
        match token.kind {
            Kind::Comment => return Err(SqlTextError::Comment),
            Kind::Semicolon => return Err(SqlTextError::Semicolon),
            Kind::Parameter | Kind::NamedParameter => return Err(SqlTextError::Parameter(token.text.chars().next().unwrap_or('?'))),
            _ => {}
        }
    }
    require_balance(&all, MAX_DEPTH)?;
    let mut spoken = all.iter().filter(|token| !token.is_blank());
    let first = *spoken.next().ok_or(SqlTextError::Empty)?;
    let last = spoken.next_back().unwrap_or(&first);
    Ok((&text[first.at..last.at + last.text.len()], first))
}

/// Checks that every parenthesis has its other half, and that no more than `most` are open at a time.
pub(super) fn require_balance(tokens: &[Token<'_>], most: usize) -> Result<(), SqlTextError> {
    let mut open = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open if open.len() == most => return Err(SqlTextError::TooDeep),
            Kind::Open => open.push(token.at),
            Kind::Close => _ = open.pop().ok_or(SqlTextError::Unopened { at: token.at })?,
            _ => {}
        }
    }
    open.pop().map_or(Ok(()), |at| Err(SqlTextError::Unclosed { what: "(", at }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::sql::tests::hostile;

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
            "a || ';--' || \")\"",
            "(a)",
        ] {
            assert_eq!(check_expression(good), Ok(good), "{good}");
        }
        assert_eq!(check_query(" select * from t"), Ok("select * from t"));
        assert_eq!(check_query("WITH a AS (SELECT 1) SELECT * FROM a\n"), Ok("WITH a AS (SELECT 1) SELECT * FROM a"));
    }

    #[test]
    fn only_what_is_space_to_sqlite_is_taken_off() {
        assert_eq!(check_expression("\u{feff} \ta\u{feff}"), Ok("a\u{feff}"), "a byte order mark in a word is a part of it");
        assert_eq!(check_expression("\u{a0}a\u{a0} "), Ok("\u{a0}a\u{a0}"));
        assert_eq!(check_expression("\u{feff}\n"), Err(SqlTextError::Empty));
    }

    #[test]
    fn what_could_leave_its_place_is_refused_with_the_reason() {
        use SqlTextError as E;
        let unclosed = |what, at| E::Unclosed { what, at };
        let deep = "(".repeat(51);
        let long = "a".repeat(MAX_BYTES + 1);
        for (bad, reason) in [
            ("", E::Empty),
            (" \n ", E::Empty),
            ("1; DROP TABLE users", E::Semicolon),
            ("1) , (2", E::Unopened { at: 1 }),
            ("1) CHECK (1", E::Unopened { at: 1 }),
            ("((1)", unclosed("(", 0)),
            ("1 -- x", E::Comment),
            ("1 /* x */", E::Comment),
            ("1 /* x", unclosed("/*", 2)),
            ("1 /*/", unclosed("/*", 2)),
            ("'a", unclosed("'", 0)),
            ("'a''", unclosed("'", 0)),
            ("\"a", unclosed("\"", 0)),
            ("`a", unclosed("`", 0)),
            ("[a", unclosed("[", 0)),
            ("a\0b", E::Control('\0')),
            ("'\u{7}'", E::Control('\u{7}')),
            ("a = ?1", E::Parameter('?')),
            ("$a(')", E::Parameter('$')),
            ("1 + $a(' )", unclosed("(", 4)),
            ("x'0", unclosed("'", 0)),
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
        assert_eq!(check_query("\"select\" 1"), Err(E::NoQuery));
        assert_eq!(check_query("SELECT 1; SELECT 2"), Err(E::Semicolon));
        assert_eq!(check_query("SELECT ?"), Err(E::Parameter('?')));
    }

    #[test]
    fn finds_the_parenthesis_that_closes_the_first() {
        assert_eq!(closing_parenthesis("(a(b)')')) DESC"), Some(8));
        assert_eq!(closing_parenthesis("(a"), None);
        assert_eq!(closing_parenthesis("a)"), None);
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
