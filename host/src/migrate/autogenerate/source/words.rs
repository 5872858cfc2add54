//! Names and values in Rust.

use crate::model::{Name, Value};

/// A string of Rust.
pub(super) fn text(text: &str) -> String {
    format!("{text:?}")
}

pub(super) fn name(name: &Name) -> String {
    text(name.as_str())
}

pub(super) fn names(all: &[Name]) -> String {
    format!("[{}]", all.iter().map(name).collect::<Vec<_>>().join(", "))
}

/// What the SDK's `Value` is made from.
pub(super) fn value(value: &Value) -> String {
    match value {
        Value::Null => "None::<i64>".to_owned(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(number) if i32::try_from(*number).is_ok() => number.to_string(),
        Value::Integer(number) => format!("{number}_i64"),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(content) => text(content),
        Value::Bytes(bytes) if bytes.is_empty() => "Vec::<u8>::new()".to_owned(),
        Value::Bytes(bytes) => {
            let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte}_u8")).collect();
            format!("vec![{}]", bytes.join(", "))
        }
    }
}

pub(super) fn attribute(key: &str, value: &str) -> String {
    format!(".attribute({}, {value})", text(key))
}

/// The name of a constraint, where it has one.
pub(super) fn named(constraint: Option<&Name>) -> String {
    constraint.map(|constraint| format!(".named({})", name(constraint))).unwrap_or_default()
}
