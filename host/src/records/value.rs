//! One value of a column: from a body's JSON, or from the text of a path or query, into the form in which it is stored.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::collection::Field;
use super::error::{in_body, quoted};
use super::tags;
use crate::model::json::{Json, Top, compacted, read};
use crate::model::scalar::{self, NotDecimal, NotInteger};
use crate::model::schema::Format;
use crate::model::{ColumnType, Default, Reason, Value};

/// What is wrong with a value: a code and a sentence.
pub(super) type Fault = (&'static str, String);

/// The stored form of a JSON value for this column; `None` when it does not fit, with the reasons added.
///
/// Null is the caller's business, except that it is a value like others where the column holds JSON.
pub(super) fn from_json(field: &Field, value: &Json<'_>, infinite: &[String], pointer: &str, reasons: &mut Vec<Reason>) -> Option<Value> {
    if field.is_tags() {
        return tags::check(value, pointer, reasons).map(Value::Text);
    }
    let read = if field.is_json() {
        if infinite.is_empty() {
            Ok(any_json(field, value))
        } else {
            Err(infinite.iter().map(|below| (format!("{pointer}{below}"), not_finite())).collect())
        }
    } else {
        scalar_json(field, value).map_err(|fault| vec![(pointer.to_owned(), fault)])
    };
    read.map_err(|faults: Vec<_>| reasons.extend(faults.into_iter().map(|(at, (code, detail))| in_body(at, code, detail)))).ok()
}

/// The stored form of a value that is written as plain text, in a path or a query.
pub(super) fn from_text(field: &Field, text: &str) -> Result<Value, Fault> {
    match field.data_type {
        ColumnType::Boolean => match text {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err(("type", format!("must be true or false, not {}", quoted(text)))),
        },
        ColumnType::Integer | ColumnType::BigInt | ColumnType::Float => match read(text.as_bytes()) {
            // `read` allows spaces around; a parameter does not.
            Ok(Top::Other(Json::Number(number))) if number.len() == text.len() => number_value(field, number),
            _ => Err(("type", format!("must be a number, not {}", quoted(text)))),
        },
        _ => string_value(field, text),
    }
}

/// Checks that a body could have given the column the default that it declares, and that it is written as that would be stored: what a
/// row gets by saying nothing must be no worse than what it may say, and found by the same filters.
///
/// # Errors
/// Why it does not fit, for a person.
pub(super) fn check_default(field: &Field) -> Result<(), String> {
    let Some(json) = field.default_json() else { return Ok(()) };
    if let Some(Default::Value(Value::Text(text))) = field.default.as_ref().filter(|_| field.is_json()) {
        return match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) if !field.is_tags() || json.is_array() => Ok(()),
            Ok(_) => Err("is no list of labels".to_owned()),
            Err(error) => Err(format!("is no JSON: {error}")),
        };
    }
    let mut reasons = Vec::new();
    match read(&json) {
        Ok(Top::Other(Json::Null)) if field.nullable || field.is_json() => {}
        Ok(Top::Other(Json::Null)) => return Err("is null, which the column may not be".to_owned()),
        Ok(Top::Other(value)) => match from_json(field, &value, &[], "", &mut reasons) {
            Some(Value::Text(stored)) if !is_spelt(field, &stored) => {
                return Err(format!("is not written as it is stored: write {stored:?}"));
            }
            _ => {}
        },
        _ => return Err("has no form in JSON".to_owned()),
    }
    reasons.pop().map_or(Ok(()), |reason| Err(reason.detail))
}

/// Whether the default is the text in which its value is stored. The database makes numbers and booleans alike by itself.
fn is_spelt(field: &Field, stored: &str) -> bool {
    match &field.default {
        // Filters find a whole second also as SQLite's own clock writes it.
        Some(Default::Value(Value::Text(text))) if field.data_type == ColumnType::Timestamp => {
            text == stored || stored.strip_suffix(".000") == Some(text)
        }
        Some(Default::Value(Value::Text(text))) => text == stored,
        // A column of decimals makes text of it: `7` is right where there is nothing after the point.
        Some(Default::Value(Value::Integer(n))) => n.to_string() == stored,
        _ => false,
    }
}

fn scalar_json(field: &Field, value: &Json<'_>) -> Result<Value, Fault> {
    let wanted = match (&field.data_type, value) {
        (ColumnType::Boolean, Json::Boolean(flag)) => return Ok(Value::Boolean(*flag)),
        (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float, Json::Number(number)) => return number_value(field, number),
        (ColumnType::Boolean, _) => "a boolean",
        (ColumnType::Integer | ColumnType::BigInt, _) => "an integer",
        (ColumnType::Float, _) => "a number",
        (_, Json::String(text)) => return string_value(field, text),
        (ColumnType::Decimal { .. }, _) => "a string that holds a decimal number",
        (ColumnType::Bytes, _) => "a string in base 64",
        _ => "a string",
    };
    Err(("type", format!("must be {wanted}, not {}", value.kind())))
}

fn number_value(field: &Field, number: &str) -> Result<Value, Fault> {
    let (value, size) = if field.data_type == ColumnType::Float {
        let real = scalar::real(number).ok_or_else(not_finite)?;
        (Value::Real(real), real)
    } else {
        let integer = scalar::integer(number).map_err(|error| match error {
            NotInteger::Fraction => ("type", "must be an integer, without a fraction".to_owned()),
            NotInteger::Range => ("range", "must fit into 64 bits".to_owned()),
        })?;
        #[allow(clippy::cast_precision_loss, reason = "only compared with bounds that are doubles themselves")]
        (Value::Integer(integer), integer as f64)
    };
    in_bounds(field, size).map(|()| value)
}

fn string_value(field: &Field, text: &str) -> Result<Value, Fault> {
    let format = |stored: Option<String>, wanted: &str| {
        stored.map(Value::Text).ok_or_else(|| ("format", format!("must be {wanted}, not {}", quoted(text))))
    };
    match &field.data_type {
        ColumnType::Ulid => format(scalar::ulid(text), "a ULID (26 characters of Crockford's base 32)"),
        ColumnType::Uuid => format(scalar::uuid(text), "a UUID (36 characters with hyphens)"),
        ColumnType::Timestamp => format(scalar::timestamp(text), "a moment in RFC 3339, e.g. 2026-11-22T08:09:32.000Z"),
        ColumnType::Date => format(scalar::date(text), "a date, YYYY-MM-DD"),
        ColumnType::Time => format(scalar::time(text), "a time of day, HH:MM:SS or HH:MM:SS.mmm"),
        ColumnType::Decimal { precision, scale } => {
            let decimal = scalar::decimal(text, *precision, *scale).map_err(|error| match error {
                NotDecimal::Form => ("format", format!("must be a decimal number like 12.50, not {}", quoted(text))),
                NotDecimal::Digits => {
                    ("range", format!("must have at most {} digits before the point and {scale} after it", precision - scale))
                }
            })?;
            in_bounds(field, decimal.parse().unwrap_or(f64::NAN)).map(|()| Value::Text(decimal))
        }
        ColumnType::Enum(words) => one_of(words, text).map(|()| text.into()),
        ColumnType::Bytes => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| ("format", "must be base 64, with padding".to_owned()))?;
            in_length(field, None, bytes.len(), "bytes").map(|()| Value::Bytes(bytes))
        }
        // Besides `string` and `text` no type comes here with a string.
        other => {
            one_of(&field.rules.one_of, text)?;
            let declared = if let ColumnType::String(most) = other { *most } else { None };
            in_length(field, declared, text.chars().count(), "characters").map(|()| text.into())
        }
    }
}

/// JSON of any shape, as text without needless spaces, or as its bytes in a BLOB column.
fn any_json(field: &Field, value: &Json<'_>) -> Value {
    let text = match value {
        Json::Null => "null".to_owned(),
        Json::Boolean(flag) => flag.to_string(),
        Json::Number(number) if field.rules.format == Some(Format::Json) => (*number).to_owned(),
        // A column declared JSON has numeric affinity: SQLite would make a number of it anyway, so it is made here, exactly.
        Json::Number(number) => {
            return scalar::integer(number).map(Value::Integer).unwrap_or_else(|_| scalar::real(number).map_or(Value::Null, Value::Real));
        }
        Json::String(text) => serde_json::Value::from(text.as_ref()).to_string(),
        Json::Array(text) | Json::Object(text) => compacted(text),
    };
    if field.rules.format == Some(Format::Json) { Value::Bytes(text.into_bytes()) } else { Value::Text(text) }
}

fn one_of(words: &[String], text: &str) -> Result<(), Fault> {
    if words.is_empty() || words.iter().any(|word| word == text) {
        return Ok(());
    }
    Err(("enum", format!("must be one of {}, not {}", words.join(", "), quoted(text))))
}

fn not_finite() -> Fault {
    ("non-finite", "must be a finite number that a double can hold".to_owned())
}

fn in_bounds(field: &Field, size: f64) -> Result<(), Fault> {
    if let Some(min) = field.rules.min.filter(|min| size < *min) {
        return Err(("range", format!("must be at least {min}")));
    }
    match field.rules.max.filter(|max| size > *max) {
        Some(max) => Err(("range", format!("must be at most {max}"))),
        None => Ok(()),
    }
}

fn in_length(field: &Field, declared: Option<u32>, length: usize, unit: &str) -> Result<(), Fault> {
    let length = length as u64;
    let most = [declared.map(u64::from), field.rules.max_length].into_iter().flatten().min();
    if let Some(least) = field.rules.min_length.filter(|least| length < *least) {
        return Err(("length", format!("must have at least {least} {unit}, not {length}")));
    }
    match most.filter(|most| length > *most) {
        Some(most) => Err(("length", format!("must have at most {most} {unit}, not {length}"))),
        None => Ok(()),
    }
}
