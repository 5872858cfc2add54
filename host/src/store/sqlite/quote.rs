//! Names and values as SQL text. The only place in this room where text becomes SQL.

use std::fmt::Write as _;

use crate::model::Value;

/// `name` as an identifier: in double quotes, quotes inside doubled.
///
/// # Source
/// <https://sqlite.org/lang_keywords.html>. Double quotes never fall back to a string here: every connection has DQS off.
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `text` as a string literal.
///
/// A NUL cannot stand in SQL text, so text that holds one is written as the bytes it consists of.
pub fn quote_text(text: &str) -> String {
    if text.contains('\0') {
        return format!("CAST({} AS TEXT)", quote_bytes(text.as_bytes()));
    }
    format!("'{}'", text.replace('\'', "''"))
}

/// `value` as a literal that reads back as the same value.
pub fn quote_value(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(flag) => u8::from(*flag).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) if number.is_nan() => "NULL".to_owned(),
        Value::Real(number) if number.is_infinite() => if *number > 0.0 { "9e999" } else { "-9e999" }.to_owned(),
        // Rust's shortest form that reads back; `1.0` keeps its point, so it stays a REAL.
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => quote_text(text),
        Value::Bytes(bytes) => quote_bytes(bytes),
    }
}

fn quote_bytes(bytes: &[u8]) -> String {
    let mut literal = String::with_capacity(2 * bytes.len() + 3);
    literal.push_str("x'");
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(literal, "{byte:02x}");
    }
    literal.push('\'');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::Integer),
            prop::num::f64::NORMAL.prop_map(Value::Real),
            ".*".prop_map(Value::Text),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn a_literal_reads_back_as_the_value(value in any_value()) {
            let connection = rusqlite::Connection::open_in_memory().unwrap();
            let read = connection.query_row(&format!("SELECT {}", quote_value(&value)), [], |row| {
                Ok(match row.get_ref(0)? {
                    rusqlite::types::ValueRef::Null => Value::Null,
                    rusqlite::types::ValueRef::Integer(n) => Value::Integer(n),
                    rusqlite::types::ValueRef::Real(n) => Value::Real(n),
                    rusqlite::types::ValueRef::Text(t) => Value::Text(String::from_utf8(t.to_vec()).unwrap()),
                    rusqlite::types::ValueRef::Blob(b) => Value::Bytes(b.to_vec()),
                })
            }).unwrap();
            prop_assert_eq!(read, value);
        }

        #[test]
        fn an_identifier_names_exactly_that_column(name in "[^\\x00]{1,40}") {
            let connection = rusqlite::Connection::open_in_memory().unwrap();
            let sql = format!("SELECT 1 AS {}", quote_identifier(&name));
            let statement = connection.prepare(&sql).unwrap();
            prop_assert_eq!(statement.column_name(0).unwrap(), name);
        }
    }

    #[test]
    fn infinities_and_nul_bytes_have_literals() {
        assert_eq!(quote_value(&Value::Real(f64::NEG_INFINITY)), "-9e999");
        assert_eq!(quote_text("a\0b"), "CAST(x'610062' AS TEXT)");
        assert_eq!(quote_text("it's"), "'it''s'");
    }
}
