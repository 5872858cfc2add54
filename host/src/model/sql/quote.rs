//! The one place where a name becomes part of SQL.

use std::borrow::Cow;

use crate::model::Name;

/// The name as it stands in a statement. Quotes only where they are needed, so that `.schema` reads as people write.
///
/// Any text without a NUL, also one that is no [`Name`]: what a file has may be older than our rules. Double quotes
/// never fall back to a string, because every connection has DQS off.
pub fn identifier(name: &str) -> Cow<'_, str> {
    let starts = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if starts && plain && !is_keyword(name) { Cow::Borrowed(name) } else { Cow::Owned(format!("\"{}\"", name.replace('"', "\"\""))) }
}

/// Several names, with commas between them.
pub fn identifiers(names: &[Name]) -> String {
    names.iter().map(|name| identifier(name.as_str())).collect::<Vec<_>>().join(", ")
}

fn is_keyword(name: &str) -> bool {
    KEYWORDS.binary_search_by(|word| word.bytes().cmp(name.bytes().map(|b| b.to_ascii_uppercase()))).is_ok()
}

/// All words of SQLite's grammar, also those that it takes for names where no keyword can stand, and the two that are values.
///
/// # Source
/// `sqlite3_keyword_name` of SQLite 3.54 and <https://sqlite.org/lang_keywords.html>; sorted.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "ABORT", "ACTION", "ADD", "AFTER", "ALL", "ALTER", "ALWAYS", "ANALYZE", "AND", "AS", "ASC", "ATTACH", "AUTOINCREMENT", "BEFORE",
    "BEGIN", "BETWEEN", "BY", "CASCADE", "CASE", "CAST", "CHECK", "COLLATE", "COLUMN", "COMMIT", "CONFLICT", "CONSTRAINT", "CREATE",
    "CROSS", "CURRENT", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "DATABASE", "DEFAULT", "DEFERRABLE", "DEFERRED", "DELETE",
    "DESC", "DETACH", "DISTINCT", "DO", "DROP", "EACH", "ELSE", "END", "ESCAPE", "EXCEPT", "EXCLUDE", "EXCLUSIVE", "EXISTS", "EXPLAIN",
    "FAIL", "FALSE", "FILTER", "FIRST", "FOLLOWING", "FOR", "FOREIGN", "FROM", "FULL", "GENERATED", "GLOB", "GROUP", "GROUPS", "HAVING",
    "IF", "IGNORE", "IMMEDIATE", "IN", "INDEX", "INDEXED", "INITIALLY", "INNER", "INSERT", "INSTEAD", "INTERSECT", "INTO", "IS",
    "ISNULL", "JOIN", "KEY", "LAST", "LEFT", "LIKE", "LIMIT", "MATCH", "MATERIALIZED", "NATURAL", "NO", "NOT", "NOTHING", "NOTNULL",
    "NULL", "NULLS", "OF", "OFFSET", "ON", "OR", "ORDER", "OTHERS", "OUTER", "OVER", "PARTITION", "PLAN", "PRAGMA", "PRECEDING",
    "PRIMARY", "QUERY", "RAISE", "RANGE", "RECURSIVE", "REFERENCES", "REGEXP", "REINDEX", "RELEASE", "RENAME", "REPLACE", "RESTRICT",
    "RETURNING", "RIGHT", "ROLLBACK", "ROW", "ROWS", "SAVEPOINT", "SELECT", "SET", "TABLE", "TEMP", "TEMPORARY", "THEN", "TIES", "TO",
    "TRANSACTION", "TRIGGER", "TRUE", "UNBOUNDED", "UNION", "UNIQUE", "UPDATE", "USING", "VACUUM", "VALUES", "VIEW", "VIRTUAL", "WHEN",
    "WHERE", "WINDOW", "WITH", "WITHIN", "WITHOUT",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;

    use super::*;

    #[test]
    fn every_word_that_sqlite_does_not_take_for_a_column_is_quoted() {
        assert!(KEYWORDS.is_sorted());
        let connection = Connection::open_in_memory().unwrap();
        let words = include_str!("../../../tests/data/sql_words.txt").split_whitespace();
        for word in words.chain(KEYWORDS.iter().copied()) {
            let taken = |text: &str| {
                connection.execute_batch(&format!("DROP TABLE IF EXISTS t; CREATE TABLE t ({text} x); SELECT {text} FROM t")).is_ok()
            };
            let quoted = identifier(word);
            assert!(taken(&quoted), "{word}");
            assert!(KEYWORDS.contains(&word) == quoted.starts_with('"'), "{word}");
            assert!(taken(word) || quoted != word, "{word} must be quoted");
        }
    }

    #[test]
    fn quotes_stand_only_where_they_are_needed() {
        for (name, expected) in [
            ("users", "users"),
            ("_Users2", "_Users2"),
            ("order", "\"order\""),
            ("2nd", "\"2nd\""),
            ("a b", "\"a b\""),
            ("a$", "\"a$\""),
            ("größe", "\"größe\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ] {
            assert_eq!(identifier(name), expected);
        }
    }

    proptest! {
        #[test]
        fn an_identifier_names_exactly_that_column(name in "[a-zA-Z_]{1,3}|[ a-z.$%(),;?\"'`é-]{1,8}|[^\\x00]{1,40}") {
            let connection = Connection::open_in_memory().unwrap();
            let statement = connection.prepare(&format!("SELECT 1 AS {}", identifier(&name))).unwrap();
            prop_assert_eq!(statement.column_name(0).unwrap(), name);
        }
    }
}
