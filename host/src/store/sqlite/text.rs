//! What a plugin's SQL text may look like, before SQLite sees it.
//!
//! The authorizer decides what a statement may *do*; here is decided what only the text shows: that it is one statement of data, and
//! that no conflict clause can roll back the host's transaction (`ROLLBACK` inside a statement is not shown to the authorizer).
//!
//! The tokens follow SQLite's own tokenizer (`sqlite3GetToken`) where a difference could hide something: a byte order mark is a space,
//! `/*/` does not end a comment, `$name(…)` is one parameter whatever stands between the parentheses. The last is refused instead.

use std::collections::HashSet;

use crate::model::Problem;

/// Longest text of one statement.
///
/// Larger than any statement a person writes; rows in bulk go through parameters. Compiling takes time in proportion to it, and the
/// statement cache keeps the text.
pub const MAX_SQL_BYTES: usize = 64 * 1024;

/// With what a statement of a plugin may begin.
const VERBS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH", "VALUES"];

/// One token that matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// An unquoted identifier, keyword or number.
    Word(String),
    /// A quoted identifier or a string, without its quotes: SQLite takes either where a name stands.
    Quoted(String),
    /// Any other character.
    Sign(char),
}

impl Token {
    fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(text) if text.eq_ignore_ascii_case(word))
    }
}

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
    let refused = |detail: &str| Err(Problem::new(400, "sql", detail));
    if sql.len() > MAX_SQL_BYTES {
        return Err(Problem::new(
            413,
            "too-large",
            format!("a statement is at most {MAX_SQL_BYTES} bytes long; this one has {}", sql.len()),
        ));
    }
    if sql.contains('\0') {
        return refused("a statement cannot hold a NUL character");
    }
    let tokens = tokens(sql)?;
    let end = tokens.iter().position(|token| *token == Token::Sign(';')).unwrap_or(tokens.len());
    match tokens[..end].first() {
        None => return refused("the statement is empty"),
        Some(first) if VERBS.iter().any(|verb| first.is_word(verb)) => {}
        Some(_) => return refused("only SELECT, INSERT, UPDATE, DELETE, REPLACE, VALUES and WITH are statements for plugins"),
    }
    if tokens[end..].iter().any(|token| *token != Token::Sign(';')) {
        return refused("one statement at a time: there is more text after the first `;`");
    }
    let tokens = &tokens[..end];
    let rolls_back = |window: &[Token]| match window {
        [a, b, ..] if b.is_word("ROLLBACK") => a.is_word("OR") || a.is_word("CONFLICT"),
        [a, Token::Sign('('), b] => a.is_word("RAISE") && b.is_word("ROLLBACK"),
        _ => false,
    };
    if tokens.windows(2).any(rolls_back) || tokens.windows(3).any(rolls_back) {
        return refused("a statement cannot roll the transaction back (OR ROLLBACK); use OR ABORT, or quote a column called \"rollback\"");
    }
    let names = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Word(text) | Token::Quoted(text) => Some(text.to_ascii_lowercase()),
            Token::Sign(_) => None,
        })
        .collect();
    Ok(CheckedText { names })
}

fn tokens(sql: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            // A vertical tab is a space to SQLite only after another one; taking it for one always hides nothing.
            ' ' | '\t' | '\n' | '\x0b' | '\x0c' | '\r' | '\u{feff}' => first.len_utf8(),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest[2..].find("*/").map_or(rest.len(), |at| at + 4),
            '\'' | '"' | '`' => quoted(rest, first, &mut tokens),
            '[' => {
                let end = rest.find(']').unwrap_or(rest.len());
                tokens.push(Token::Quoted(rest[1..end].to_owned()));
                (end + 1).min(rest.len())
            }
            '?' => rest[1..].find(|c: char| !c.is_ascii_digit()).map_or(rest.len(), |at| at + 1),
            '$' | '@' | '#' | ':' => {
                let name = rest[1..].find(|c: char| !is_word(c) && c != ':').map_or(rest.len(), |at| at + 1);
                if name > 1 && rest[name..].starts_with('(') {
                    let detail = format!("a parameter's name cannot be followed by a parenthesis: {}(", &rest[..name]);
                    return Err(Problem::new(400, "sql", detail));
                }
                name
            }
            c if is_word(c) => {
                let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
                tokens.push(Token::Word(rest[..end].to_owned()));
                end
            }
            other => {
                tokens.push(Token::Sign(other));
                other.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// What may stand in an identifier: SQLite's `IdChar`.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$' || !c.is_ascii()
}

/// Takes one quoted token off the front; answers its length in bytes. An unclosed one takes all: SQLite refuses it.
fn quoted(rest: &str, quote: char, tokens: &mut Vec<Token>) -> usize {
    let mut content = String::new();
    let mut at = 1;
    loop {
        let Some(end) = rest[at..].find(quote) else {
            content.push_str(&rest[at..]);
            tokens.push(Token::Quoted(content));
            return rest.len();
        };
        content.push_str(&rest[at..at + end]);
        at += end + 1;
        if rest[at..].starts_with(quote) {
            content.push(quote);
            at += 1;
        } else {
            tokens.push(Token::Quoted(content));
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refusal(sql: &str) -> String {
        check(sql).expect_err(sql).detail
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
            "SELECT \"OR\", 'ROLLBACK', x OR \"rollback\" FROM t",
            "UPDATE OR ABORT t SET a = 'OR ROLLBACK'",
        ] {
            assert!(check(sql).is_ok(), "{sql}");
        }
    }

    #[test]
    fn anything_but_one_statement_of_data_is_refused() {
        assert!(refusal("").contains("empty"));
        assert!(refusal("-- nothing").contains("empty"));
        assert!(refusal(";").contains("empty"));
        assert!(refusal("SELECT 1; DELETE FROM t").contains("one statement"));
        assert!(refusal("SELECT 1\0").contains("NUL"));
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
        ] {
            assert!(refusal(sql).contains("statements for plugins"), "{sql}");
        }
        assert!(refusal(&format!("SELECT '{}'", "x".repeat(MAX_SQL_BYTES))).contains("at most"));
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
        fn no_odd_mixture_panics_the_check(parts in prop::collection::vec(prop::sample::select(vec!["'", "\"", "[", "]", "`", "--", "/*", "*/", "\n", ";", "$a", "(", "OR", " ", "ROLLBACK", "é", "\u{feff}", "?1", ":", "x"]), 0..20)) {
            let _ = check(&parts.concat());
        }
    }
}
