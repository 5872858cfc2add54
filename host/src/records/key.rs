//! What identifies a row in a path: one value, or several joined by commas, each percent-encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::collection::{Collection, Field};
use super::error::quoted;
use super::value;
use crate::model::problem::{Place, Reason};
use crate::model::{ColumnType, Problem, Value};

/// All but the characters that RFC 3986 leaves unreserved.
pub(super) const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Reads a key as it stands in a path, still percent-encoded.
///
/// # Errors
/// 400: `invalid-ulid` for a ULID that is none, else `invalid-key`.
pub(super) fn parse(collection: &Collection, key: &str) -> Result<Vec<Value>, Problem> {
    let parts: Vec<&str> = match collection.key.len() {
        1 => vec![key],
        _ => key.split(',').collect(),
    };
    if parts.len() != collection.key.len() {
        let names: Vec<_> = collection.key_fields().map(|field| field.name.as_str()).collect();
        let detail = format!("the key of {} is {}, joined by commas in this order", collection.name, names.join(","));
        return Err(Problem::new(400, "invalid-key", detail));
    }
    let parse_one = |(field, part): (&Field, &str)| {
        let invalid = |code: &str, detail: String| {
            let reason = Reason { place: Place::Path, at: field.name.to_string(), code: "format".to_owned(), detail: detail.clone() };
            Problem::new(400, code, detail).with_errors(vec![reason])
        };
        let text = percent_decode_str(part).decode_utf8().map_err(|_| invalid("invalid-key", format!("{} is not UTF-8", field.name)))?;
        value::from_text(field, &text).map_err(|(_, detail)| match field.data_type {
            ColumnType::Ulid => invalid("invalid-ulid", format!("{} is not a ULID: 26 characters of Crockford's base 32", quoted(&text))),
            _ => invalid("invalid-key", format!("{} {detail}", field.name)),
        })
    };
    collection.key_fields().zip(parts).map(parse_one).collect()
}

/// Writes a key as it stands in a path.
pub(super) fn write(collection: &Collection, key: &[Value]) -> String {
    let part = |(field, value)| utf8_percent_encode(&text(field, value), UNRESERVED).to_string();
    collection.key_fields().zip(key).map(part).collect::<Vec<_>>().join(",")
}

/// A key in a sentence.
pub(super) fn named(collection: &Collection, key: &[Value]) -> String {
    let part = |(field, value): (&Field, &Value)| format!("{} {}", field.name, quoted(&text(field, value)));
    collection.key_fields().zip(key).map(part).collect::<Vec<_>>().join(" and ")
}

/// 404 for the row with this key.
pub(super) fn not_found(collection: &Collection, key: &[Value]) -> Problem {
    Problem::not_found(format!("there is no row in {} with {}", collection.name, named(collection, key)))
}

/// A stored value as a path writes it.
fn text(field: &Field, value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Real(x) => x.to_string(),
        // Stored with a space and without a zone; written as it is read.
        Value::Text(moment) if field.data_type == ColumnType::Timestamp => format!("{}Z", moment.replacen(' ', "T", 1)),
        Value::Text(text) => text.clone(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}
