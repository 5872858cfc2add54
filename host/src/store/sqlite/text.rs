//! What a plugin's statement may look like, before SQLite sees it.
//!
//! The authorizer decides what a statement may *do*; here is decided what only the text shows: that it is one statement of data, and
//! that no conflict clause can roll back the host's transaction (`ROLLBACK` inside a statement is not shown to the authorizer).

use std::collections::HashSet;

use super::problems;
use crate::model::Problem;
use crate::model::sql::{Kind, SqlTextError, Token, check_statement};

/// A text that passed; knows which names stand in it.
#[derive(Debug)]
pub(super) struct CheckedText {
    names: HashSet<String>,
}

impl CheckedText {
    /// Whether the plugin itself wrote this name, quoted or not.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.names.contains(&name.to_ascii_lowercase())
    }
}

/// Checks the text of one statement.
pub(super) fn check(sql: &str) -> Result<CheckedText, Problem> {
    let mut tokens = check_statement(sql).map_err(refusal)?;
    tokens.retain(|token| !token.is_blank());
    // SQLite may read `$a(…)`. Nobody writes it, and whoever does hides something from a simpler reader.
    let named = tokens.iter().filter(|token| token.kind == Kind::NamedParameter);
    if let Some((name, _)) = named.filter_map(|token| token.text.split_once('(')).next() {
        let detail = format!("a parameter's name cannot be followed by a parenthesis: {name}(");
        return Err(Problem::new(400, "sql", detail));
    }
    let rolls_back = |window: &[Token<'_>]| match window {
        [a, b, ..] if b.is_word("ROLLBACK") => a.is_word("OR") || a.is_word("CONFLICT"),
        [a, open, b] => a.is_word("RAISE") && open.kind == Kind::Open && b.is_word("ROLLBACK"),
        _ => false,
    };
    if tokens.windows(2).any(rolls_back) || tokens.windows(3).any(rolls_back) {
        let detail = "a statement cannot roll the transaction back (OR ROLLBACK); use OR ABORT, or quote a column called \"rollback\"";
        return Err(Problem::new(400, "sql", detail));
    }
    let names = tokens.iter().filter_map(Token::name).map(|name| name.to_ascii_lowercase()).collect();
    Ok(CheckedText { names })
}

fn refusal(error: SqlTextError) -> Problem {
    let mut problem = match error {
        SqlTextError::TooLong(_) => Problem::new(413, "too-large", error.to_string()),
        _ => Problem::new(400, "sql", error.to_string()),
    };
    problems::add_position(&mut problem, error.position());
    problem
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::sql::MAX_BYTES;
    use crate::model::sql::tests::hostile;

    fn refusal(sql: &str) -> String {
        check(sql).expect_err(sql).detail
    }

    #[test]
    fn one_statement_of_data_passes() {
        for sql in [
            "SELECT 1",
            " -- note\n WITH x AS (SELECT ';') SELECT * FROM x ; -- end",
            "REPLACE INTO t VALUES (?1, :a, @b, $c)",
            "SELECT \"OR\", 'ROLLBACK', x OR \"rollback\" FROM t",
            "UPDATE OR ABORT t SET a = 'OR ROLLBACK'",
        ] {
            assert!(check(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn anything_but_one_statement_of_data_is_refused() {
        assert!(refusal("-- nothing").contains("empty"));
        assert!(refusal("SELECT 1; DELETE FROM t").contains("one statement"));
        assert!(refusal("SELECT 1\0").contains("'\\0'"));
        assert!(refusal("PRAGMA foreign_keys = 0").contains("statements for plugins"));
        assert!(refusal("SELECT 'a").contains("never closed (at byte 7)"));
        let long = check(&format!("SELECT '{}'", "x".repeat(MAX_BYTES))).unwrap_err();
        assert_eq!((long.status, long.code.as_str(), long.detail.contains("at most")), (413, "too-large", true));
    }

    #[test]
    fn every_way_to_roll_back_from_inside_a_statement_is_refused() {
        for sql in [
            "INSERT OR ROLLBACK INTO t VALUES (1)",
            "insert/**/or/**/rollback into t values (1)",
            "UPDATE t SET a = 1 WHERE 1 \u{feff}OR \u{feff}ROLLBACK",
            "INSERT OR \x0bROLLBACK INTO t VALUES (1)",
            "SELECT ?OR ROLLBACK",
            "INSERT INTO t VALUES (1) ON CONFLICT ROLLBACK",
            "SELECT RAISE(ROLLBACK, 'x')",
            "SELECT RAISE ( rollback , 'x')",
            "SELECT '--' \n, 1 OR ROLLBACK",
            "SELECT 1 /*/ */ OR ROLLBACK -- */",
        ] {
            assert!(refusal(sql).contains("roll the transaction back"), "{sql}");
        }
    }

    #[test]
    fn a_parameter_cannot_hide_a_quote() {
        // SQLite reads `$a(')` as one parameter, so that what follows would be code here and a string to a simpler reader.
        assert!(refusal("WITH x AS (SELECT $a(')) INSERT OR ROLLBACK INTO t VALUES ('')").contains("parenthesis"));
        assert!(refusal("SELECT @a::b(;)").contains("parenthesis"));
    }

    #[test]
    fn a_text_knows_the_names_that_stand_in_it() {
        let text = check("SELECT a FROM \"Users\" u, [b c], 'd' WHERE x = 'it''s'").unwrap();
        for name in ["users", "USERS", "b c", "d", "it's", "u"] {
            assert!(text.mentions(name), "{name}");
        }
        assert!(!text.mentions("orders"));
    }

    proptest! {
        #[test]
        fn no_text_panics_the_check(sql in "\\PC*") {
            let _ = check(&sql);
        }

        #[test]
        fn no_odd_mixture_panics_the_check(sql in hostile()) {
            let _ = check(&sql);
            let _ = check(&format!("SELECT {sql}"));
        }
    }
}
