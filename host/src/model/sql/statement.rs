//! Whether a text is one statement of data: what a plugin may send to be run as it stands.

use super::expression::{check_expression, require_balance};
use super::{Kind, MAX_BYTES, SqlTextError, Token, tokens};

/// With what a statement of data begins.
const VERBS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES"];

/// Checks that `text` is one statement of data. Answers its tokens, without blanks around it and without its `;`.
///
/// # Errors
/// The first reason why it is none.
pub fn check_statement(text: &str) -> Result<Vec<Token<'_>>, SqlTextError> {
    if text.len() > MAX_BYTES {
        return Err(SqlTextError::TooLong(text.len()));
    }
    let mut all = tokens(text)?;
    let is_over = |token: &Token<'_>| token.is_blank() || token.kind == Kind::Semicolon;
    let end = all.iter().rposition(|token| !is_over(token)).ok_or(SqlTextError::Empty)?;
    all.truncate(end + 1);
    let start = all.iter().position(|token| !token.is_blank()).ok_or(SqlTextError::Empty)?;
    all.drain(..start);
    if !VERBS.iter().any(|verb| all[0].is_word(verb)) {
        return Err(SqlTextError::NoStatement);
    }
    if all.iter().any(|token| token.kind == Kind::Semicolon) {
        return Err(SqlTextError::Several);
    }
    // How deep a statement may be, the database says, which compiles it before anything else is done with it.
    require_balance(&all, usize::MAX)?;
    Ok(all)
}

/// Checks that `text` can be one statement of a trigger's body.
///
/// # Errors
/// As for [`check_statement`]; and for what SQLite takes in no trigger, or what would end the transaction of whoever fires it.
pub fn check_trigger_statement(text: &str) -> Result<(), SqlTextError> {
    let all = check_statement(text)?;
    if !["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE"].iter().any(|verb| all[0].is_word(verb)) {
        return Err(SqlTextError::NoTriggerStatement);
    }
    if let Some(parameter) = all.iter().find(|token| matches!(token.kind, Kind::Parameter | Kind::NamedParameter)) {
        return Err(SqlTextError::Parameter(parameter.text.chars().next().unwrap_or('?')));
    }
    if all.iter().any(|token| token.is_word("ROLLBACK")) { Err(SqlTextError::Rollback) } else { Ok(()) }
}

/// Checks that `text` can be a trigger's condition. Answers it without the space around it.
///
/// # Errors
/// As for [`check_expression`], and for what would end the transaction of whoever fires it.
pub fn check_trigger_condition(text: &str) -> Result<&str, SqlTextError> {
    let text = check_expression(text)?;
    // A condition may raise, as a body may.
    if tokens(text)?.iter().any(|token| token.is_word("ROLLBACK")) { Err(SqlTextError::Rollback) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spoken(text: &str) -> Result<String, SqlTextError> {
        check_statement(text).map(|tokens| tokens.iter().map(|token| token.text).collect())
    }

    #[test]
    fn one_statement_of_data_passes() {
        for sql in [
            "SELECT 1",
            "select 1;",
            " -- note\n WITH x AS (SELECT ';') SELECT * FROM x ; -- end",
            "/*/ comment ; */ INSERT INTO t VALUES ('a;b', \"c;d\", [e;f], `g;h`)",
            "\u{feff}VALUES (1)",
            "REPLACE INTO t VALUES (?1, :a, @b, $c)",
            "SELECT a::b",
            "UPDATE OR ABORT t SET a = 'OR ROLLBACK'",
            "DELETE FROM t;;",
        ] {
            assert!(check_statement(sql).is_ok(), "{sql}");
        }
        assert_eq!(spoken(" /* a */ SELECT 1 -- b\n ;; ").as_deref(), Ok("SELECT 1"));
    }

    #[test]
    fn anything_but_one_statement_of_data_is_refused() {
        for sql in ["", " ", "-- nothing", ";", " ; /* ; */"] {
            assert_eq!(spoken(sql), Err(SqlTextError::Empty), "{sql}");
        }
        assert_eq!(spoken("SELECT 1; DELETE FROM t"), Err(SqlTextError::Several));
        assert_eq!(spoken("SELECT 1\0"), Err(SqlTextError::Control('\0')));
        for sql in [
            "PRAGMA foreign_keys = 0",
            "ATTACH 'x' AS y",
            "BEGIN",
            "COMMIT",
            "SAVEPOINT a",
            "CREATE TABLE t (a)",
            "EXPLAIN SELECT 1",
            "VACUUM",
            "(SELECT 1)",
            "\"SELECT\" 1",
            "SELECTS 1",
        ] {
            assert_eq!(spoken(sql), Err(SqlTextError::NoStatement), "{sql}");
        }
        assert_eq!(spoken("SELECT (1"), Err(SqlTextError::Unclosed { what: "(", at: 7 }));
        assert_eq!(spoken("SELECT 1)"), Err(SqlTextError::Unopened { at: 8 }));
        let long = format!("SELECT '{}'", "x".repeat(MAX_BYTES));
        assert_eq!(spoken(&long), Err(SqlTextError::TooLong(long.len())));
    }

    #[test]
    fn a_trigger_ends_nobodys_transaction() {
        for good in ["UPDATE t SET a = 'ROLLBACK'", "SELECT RAISE(ABORT, 'no')", "insert or ignore into t values (new.a)"] {
            assert_eq!(check_trigger_statement(good), Ok(()), "{good}");
        }
        for bad in ["SELECT RAISE(rollback, 'no')", "INSERT OR ROLLBACK INTO t VALUES (1)", "INSERT INTO t VALUES (1) ON CONFLICT ROLLBACK"]
        {
            assert_eq!(check_trigger_statement(bad), Err(SqlTextError::Rollback), "{bad}");
        }
        for (condition, answer) in [
            (" new.a = 'ROLLBACK' ", Ok("new.a = 'ROLLBACK'")),
            ("RAISE(ABORT, 'no')", Ok("RAISE(ABORT, 'no')")),
            ("new.a > 1 OR raise ( rollback , 'no')", Err(SqlTextError::Rollback)),
            ("1; DELETE FROM t", Err(SqlTextError::Semicolon)),
        ] {
            assert_eq!(check_trigger_condition(condition), answer, "{condition}");
        }
        assert_eq!(check_trigger_statement("WITH a AS (SELECT 1) DELETE FROM t"), Err(SqlTextError::NoTriggerStatement));
        assert_eq!(check_trigger_statement("DELETE FROM t WHERE a = ?"), Err(SqlTextError::Parameter('?')));
        assert_eq!(check_trigger_statement("DELETE FROM t; DELETE FROM u"), Err(SqlTextError::Several));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = check_statement(&text);
        }
    }
}
