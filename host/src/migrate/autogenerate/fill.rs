//! What rows that are there get in a column that comes, or that takes no NULL any more.
//!
//! On the way back a value that was dropped is not known any more. Where none can be made up that every rule of the table lets in, none
//! is: the downgrade is refused before it writes anything, with the rows that are in its way, and its author was told.

use crate::model::{Column, ColumnType, Default, Value};

use super::demands::Demands;

/// The fewest characters of a text that is to be another in each row: `unknown-`, and the number of one of 10^9 rows.
const DISTINCT_TEXT: u32 = 17;

/// The fewest digits before the point of a decimal that is to be another in each of 10^9 rows.
const DISTINCT_DIGITS: u8 = 9;

/// What rows get.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fill {
    /// NULL.
    Null,
    /// The same in each.
    Same(Default),
    /// Another in each.
    Distinct(Default),
    /// What comes of the rest of the row.
    Computed,
    /// None can be made up, for this reason.
    Missing(&'static str),
}

/// In a column that is added as it is declared.
pub(super) fn declared(column: &Column) -> Fill {
    match default_of(column) {
        _ if column.generated.is_some() => Fill::Computed,
        Some(default) => Fill::Same(default.clone()),
        None if column.nullable => Fill::Null,
        None => Fill::Missing("it has no default"),
    }
}

/// In a column that comes back. A default that would break a rule is none that rows could have.
pub(super) fn restored(column: &Column, demands: Demands) -> Fill {
    let default = default_of(column);
    match (demands, default) {
        _ if column.generated.is_some() => Fill::Computed,
        (Demands { differs: true, .. } | Demands { refers: true, .. }, _) if column.nullable => Fill::Null,
        (_, None) if column.nullable => Fill::Null,
        (Demands { refers: true, differs: false, .. }, Some(default)) => Fill::Same(default.clone()),
        (Demands { refers: true, .. }, _) => Fill::Missing(REFERS),
        (Demands { differs: true, .. }, _) => distinct(&column.data_type, demands),
        (_, Some(default)) => Fill::Same(default.clone()),
        (_, None) => nothing(&column.data_type),
    }
}

/// In the rows that have NULL where a column takes none again. Other rows have values, from which they have to differ.
pub(super) fn refused_again(column: &Column, demands: Demands) -> Fill {
    let is_apart = matches!(column.data_type, ColumnType::Ulid | ColumnType::Uuid | ColumnType::String(_) | ColumnType::Text);
    match (demands, default_of(column)) {
        (Demands { differs: true, .. }, _) if !is_apart => Fill::Missing(DIFFERS),
        (Demands { refers: true, differs: false, .. }, Some(default)) => Fill::Same(default.clone()),
        (Demands { refers: true, .. }, _) => Fill::Missing(REFERS),
        (Demands { differs: true, .. }, _) => distinct(&column.data_type, demands),
        (_, Some(default)) => Fill::Same(default.clone()),
        (_, None) => nothing(&column.data_type),
    }
}

const REFERS: &str = "each leads to a row that is there";
const DIFFERS: &str = "each row has another";
const IS_READ: &str = "only the field that reads it knows which JSON it can be";

fn default_of(column: &Column) -> Option<&Default> {
    column.default.as_ref().filter(|default| **default != Default::Value(Value::Null))
}

/// A value of the type that is another in each row, of its number.
fn distinct(data_type: &ColumnType, demands: Demands) -> Fill {
    let expression = match data_type {
        _ if !demands.has_rowid => None,
        ColumnType::Ulid => Some("printf('%026d', rowid)".to_owned()),
        ColumnType::Uuid => Some("printf('00000000-0000-0000-%04x-%012x', (rowid >> 48) & 65535, rowid & 281474976710655)".to_owned()),
        ColumnType::String(Some(most)) if *most < DISTINCT_TEXT => None,
        ColumnType::String(_) | ColumnType::Text => Some("'unknown-' || rowid".to_owned()),
        ColumnType::Integer | ColumnType::BigInt => Some("rowid".to_owned()),
        ColumnType::Float => Some("CAST(rowid AS REAL)".to_owned()),
        ColumnType::Decimal { precision, scale } if precision.saturating_sub(*scale) < DISTINCT_DIGITS => None,
        ColumnType::Decimal { scale: 0, .. } => Some("CAST(rowid AS TEXT)".to_owned()),
        ColumnType::Decimal { scale, .. } => Some(format!("rowid || '.{}'", "0".repeat(usize::from(*scale)))),
        ColumnType::Timestamp => Some("strftime('%Y-%m-%d %H:%M:%f', rowid / 1000.0, 'unixepoch')".to_owned()),
        // Too few values for many rows, or none that is plainly made up.
        ColumnType::Boolean | ColumnType::Enum(_) | ColumnType::Date | ColumnType::Time | ColumnType::Json | ColumnType::Bytes => None,
    };
    expression.map_or(Fill::Missing(DIFFERS), |text| Fill::Distinct(Default::Expression(text)))
}

/// A value of the type that means nothing; none of JSON, for `null` is no list, and a list no map.
fn nothing(data_type: &ColumnType) -> Fill {
    let text = |text: &str| Value::Text(text.to_owned());
    Fill::Same(Default::Value(match data_type {
        ColumnType::Ulid => text("00000000000000000000000000"),
        ColumnType::Uuid => text("00000000-0000-0000-0000-000000000000"),
        ColumnType::String(_) | ColumnType::Text => text(""),
        ColumnType::Boolean => Value::Boolean(false),
        ColumnType::Integer | ColumnType::BigInt => Value::Integer(0),
        ColumnType::Float => Value::Real(0.0),
        ColumnType::Decimal { scale, .. } => text(&format!("{:.*}", usize::from(*scale), 0.0)),
        ColumnType::Timestamp => text("1970-01-01 00:00:00.000"),
        ColumnType::Date => text("1970-01-01"),
        ColumnType::Time => text("00:00:00.000"),
        ColumnType::Json => return Fill::Missing(IS_READ),
        ColumnType::Bytes => Value::Bytes(Vec::new()),
        ColumnType::Enum(words) => text(words.first().map_or("", String::as_str)),
    }))
}
