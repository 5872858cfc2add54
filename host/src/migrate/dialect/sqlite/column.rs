//! Columns: declared types, defaults, the clause.

use crate::migrate::dialect::DialectError;
use crate::model::schema::Generated;
use crate::model::sql::{constant, identifier};
use crate::model::{Column, ColumnType, Default, Name, Value};

use super::sql_text::expression;

/// The declared type of a column. A STRICT table takes only SQLite's own words.
///
/// `DECIMAL_TEXT(12,2)` has TEXT affinity by its name, so that `1.50` stays `1.50`; plain `DECIMAL` would make it the number 1.5.
pub(super) fn declared_type(data_type: &ColumnType, strict: bool) -> String {
    use ColumnType::{BigInt, Boolean, Bytes, Date, Decimal, Enum, Float, Integer, Json, String, Text, Time, Timestamp, Ulid, Uuid};
    let word = match (data_type, strict) {
        (Integer | BigInt | Boolean, true) => "INTEGER",
        (Float, true) => "REAL",
        (Bytes, _) => "BLOB",
        (_, true) | (Text, false) => "TEXT",
        (Ulid, false) => "VARCHAR(26)",
        (Uuid, false) => "VARCHAR(36)",
        (String(None), false) => "VARCHAR",
        (String(Some(length)), false) => return format!("VARCHAR({length})"),
        (Enum(words), false) => return format!("VARCHAR({})", words.iter().map(|word| word.chars().count()).max().unwrap_or(0)),
        (Decimal { precision, scale }, false) => return format!("DECIMAL_TEXT({precision},{scale})"),
        (Integer, false) => "INTEGER",
        (BigInt, false) => "BIGINT",
        (Float, false) => "FLOAT",
        (Boolean, false) => "BOOLEAN",
        (Timestamp, false) => "DATETIME",
        (Date, false) => "DATE",
        (Time, false) => "TIME",
        (Json, false) => "JSON",
    };
    word.to_owned()
}

/// `name TYPE COLLATE x DEFAULT y NOT NULL GENERATED ALWAYS AS (z) STORED`.
pub(super) fn clause(column: &Column, strict: bool) -> Result<String, DialectError> {
    let mut sql = format!("{} {}", identifier(column.name.as_str()), declared_type(&column.data_type, strict));
    if let Some(collate) = &column.collate {
        sql.push_str(&format!(" COLLATE {}", identifier(collate)));
    }
    if let Some(default) = &column.default {
        sql.push_str(&format!(" DEFAULT {}", default_text(&column.name, default)?));
    }
    if !column.nullable {
        sql.push_str(" NOT NULL");
    }
    if let Some(Generated { expression: text, stored }) = &column.generated {
        let subject = || format!("what computes column {}", column.name);
        let text = expression(text).map_err(|error| DialectError::Text { subject: subject(), error })?;
        sql.push_str(&format!(" GENERATED ALWAYS AS ({text}) {}", if *stored { "STORED" } else { "VIRTUAL" }));
    }
    Ok(sql)
}

/// Booleans are `'1'` and `'0'`, as the schemas that tenon takes over have them; the column's affinity makes them numbers.
pub(super) fn default_text(column: &Name, default: &Default) -> Result<String, DialectError> {
    match default {
        Default::Value(Value::Boolean(flag)) => Ok(format!("'{}'", u8::from(*flag))),
        Default::Value(value) => Ok(constant(value)),
        Default::Expression(text) => match expression(text) {
            Ok(text) => Ok(format!("({text})")),
            Err(error) => Err(DialectError::Text { subject: format!("the default of column {column}"), error }),
        },
    }
}
