//! Rows become JSON, cell by cell, straight into one buffer.
//!
//! What the database holds is hostile too: text that is no UTF-8, JSON columns that hold none, values of another type than the column
//! declares (SQLite allows them). Whatever is there, the answer is well-formed JSON and says what is there as far as JSON can.

use super::collection::Field;
use crate::model::json;
use crate::model::query::{Cell, Row};
use crate::model::{ColumnType, Value};

/// How a column's cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// As they are stored.
    Plain,
    Float,
    Decimal(u8),
    Boolean,
    Timestamp,
    Json,
    Bytes,
}

impl Shape {
    pub(super) fn of(field: &Field) -> Self {
        match field.data_type {
            _ if field.is_json() => Self::Json,
            ColumnType::Float => Self::Float,
            ColumnType::Decimal { scale, .. } => Self::Decimal(scale),
            ColumnType::Boolean => Self::Boolean,
            ColumnType::Timestamp => Self::Timestamp,
            ColumnType::Bytes => Self::Bytes,
            _ => Self::Plain,
        }
    }

    /// Appends one cell as a JSON value.
    pub(super) fn cell(self, cell: Cell<'_>, out: &mut Vec<u8>) {
        match (self, cell) {
            (Self::Boolean, Cell::Integer(n)) => boolean(n != 0, out),
            #[allow(clippy::float_cmp, reason = "SQLite's own rule: a number is true unless it is zero")]
            (Self::Boolean, Cell::Real(x)) => boolean(x != 0.0, out),
            #[allow(clippy::cast_precision_loss, reason = "the column holds doubles; SQLite keeps whole ones as integers")]
            (Self::Float, Cell::Integer(n)) => Cell::Real(n as f64).write_json(out),
            (Self::Decimal(scale), Cell::Integer(n)) => decimal(&n.to_string(), scale, out),
            (Self::Decimal(scale), Cell::Real(x)) if x.is_finite() => decimal(&x.to_string(), scale, out),
            (Self::Timestamp, Cell::Text(text)) => timestamp(text, out),
            (Self::Json, Cell::Text(bytes) | Cell::Bytes(bytes)) => {
                if !json::append_compact(bytes, out) {
                    Cell::Text(bytes).write_json(out);
                }
            }
            (Self::Bytes, Cell::Text(bytes)) => Cell::Bytes(bytes).write_json(out),
            (_, cell) => cell.write_json(out),
        }
    }
}

/// Writes the shown fields of rows as JSON objects.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Encoder {
    /// What stands before each value: the brace or comma, the name and the colon.
    columns: Vec<(Box<[u8]>, Shape)>,
}

impl Encoder {
    /// For rows whose first cells are the shown ones of these fields, in order.
    pub(super) fn new(fields: &[Field]) -> Self {
        let column = |(index, field): (usize, &Field)| {
            let mut before = vec![if index == 0 { b'{' } else { b',' }];
            Cell::Text(field.name.as_str().as_bytes()).write_json(&mut before);
            before.push(b':');
            (before.into_boxed_slice(), Shape::of(field))
        };
        Self { columns: fields.iter().filter(|field| field.is_shown()).enumerate().map(column).collect() }
    }

    /// Appends one row.
    pub(super) fn row(&self, row: &dyn Row, out: &mut Vec<u8>) {
        for (index, (before, shape)) in self.columns.iter().enumerate() {
            out.extend_from_slice(before);
            shape.cell(row.cell(index), out);
        }
        if self.columns.is_empty() {
            out.push(b'{');
        }
        out.push(b'}');
    }
}

/// A value as the cell that it becomes when it is stored.
pub(super) fn as_cell(value: &Value) -> Cell<'_> {
    match value {
        Value::Null => Cell::Null,
        Value::Boolean(flag) => Cell::Integer(i64::from(*flag)),
        Value::Integer(n) => Cell::Integer(*n),
        Value::Real(x) => Cell::Real(*x),
        Value::Text(text) => Cell::Text(text.as_bytes()),
        Value::Bytes(bytes) => Cell::Bytes(bytes),
    }
}

/// A cell as a value of its own. Text that is not UTF-8 is kept as bytes.
pub(super) fn as_value(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(n) => Value::Integer(n),
        Cell::Real(x) => Value::Real(x),
        Cell::Text(text) => std::str::from_utf8(text).map_or_else(|_| Value::Bytes(text.to_vec()), Value::from),
        Cell::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

fn boolean(flag: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if flag { b"true" } else { b"false" });
}

/// A number that a column with numeric affinity made of a decimal's text, brought back to its form.
fn decimal(number: &str, scale: u8, out: &mut Vec<u8>) {
    let scale = usize::from(scale);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let text = if fraction.len() > scale {
        number.to_owned()
    } else if scale == 0 {
        whole.to_owned()
    } else {
        format!("{whole}.{fraction:0<scale$}")
    };
    Cell::Text(text.as_bytes()).write_json(out);
}

/// `YYYY-MM-DD HH:MM:SS`, with or without a fraction, becomes RFC 3339 with milliseconds; anything else is shown as it is.
fn timestamp(text: &[u8], out: &mut Vec<u8>) {
    let digit_at = |i: usize| text.get(i).is_some_and(u8::is_ascii_digit);
    let shaped = text.len() >= 19
        && [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18].into_iter().all(digit_at)
        && (text[4], text[7], text[13], text[16]) == (b'-', b'-', b':', b':')
        && matches!(text[10], b' ' | b'T');
    let fraction = match text.get(19..) {
        Some([]) => Some(*b"000"),
        Some([b'.', rest @ ..]) if !rest.is_empty() && rest.iter().all(u8::is_ascii_digit) => {
            let mut thousandths = *b"000";
            thousandths.iter_mut().zip(rest).for_each(|(digit, given)| *digit = *given);
            Some(thousandths)
        }
        _ => None,
    };
    let (true, Some(fraction)) = (shaped, fraction) else { return Cell::Text(text).write_json(out) };
    out.push(b'"');
    out.extend_from_slice(&text[..10]);
    out.push(b'T');
    out.extend_from_slice(&text[11..19]);
    out.push(b'.');
    out.extend_from_slice(&fraction);
    out.extend_from_slice(b"Z\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(shape: Shape, cell: Cell<'_>) -> String {
        let mut out = Vec::new();
        shape.cell(cell, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn stored_moments_read_as_rfc_3339_with_milliseconds() {
        for (stored, shown) in [
            ("2026-11-22 08:09:32", "\"2026-11-22T08:09:32.000Z\""),
            ("2026-11-22 08:09:32.5", "\"2026-11-22T08:09:32.500Z\""),
            ("2026-11-22T08:09:32.123456", "\"2026-11-22T08:09:32.123Z\""),
            ("yesterday", "\"yesterday\""),
            ("2026-11-22 08:09:32.", "\"2026-11-22 08:09:32.\""),
        ] {
            assert_eq!(written(Shape::Timestamp, Cell::Text(stored.as_bytes())), shown);
        }
    }

    #[test]
    fn floats_keep_their_point_and_every_bit() {
        assert_eq!(written(Shape::Float, Cell::Integer(5)), "5.0");
        assert_eq!(written(Shape::Float, Cell::Real(0.1 + 0.2)), "0.30000000000000004");
        assert_eq!(written(Shape::Float, Cell::Real(f64::INFINITY)), "null");
    }

    #[test]
    fn what_is_not_json_is_a_string_and_what_is_not_utf_8_is_replaced() {
        assert_eq!(written(Shape::Json, Cell::Text(b"{ \"a\" : 1.10 }")), "{\"a\":1.10}");
        assert_eq!(written(Shape::Json, Cell::Bytes(b"\x80\x04pickle")), "\"\u{fffd}\\u0004pickle\"");
        assert_eq!(written(Shape::Plain, Cell::Text(b"a\xffb\"")), "\"a\u{fffd}b\\\"\"");
        assert_eq!(written(Shape::Json, Cell::Integer(5)), "5");
    }

    #[test]
    fn cells_of_another_type_are_shown_as_they_are() {
        assert_eq!(written(Shape::Boolean, Cell::Integer(2)), "true");
        assert_eq!(written(Shape::Boolean, Cell::Text(b"yes")), "\"yes\"");
        assert_eq!(written(Shape::Timestamp, Cell::Integer(7)), "7");
        assert_eq!(written(Shape::Bytes, Cell::Bytes(b"\x00\xff")), "\"AP8=\"");
        assert_eq!(written(Shape::Decimal(2), Cell::Real(12.5)), "\"12.50\"");
        assert_eq!(written(Shape::Decimal(2), Cell::Integer(-3)), "\"-3.00\"");
        assert_eq!(written(Shape::Decimal(0), Cell::Integer(3)), "\"3\"");
    }
}
