//! Single database values: parameters, defaults, cells that are looked at.

pub use crate::bindings::tenon::plugin::types::Value;

use crate::bindings::tenon::plugin::types::Attribute;
use crate::error::{Problem, Result};
use crate::field::{Date, Decimal, Time, Timestamp, Ulid, Uuid};

/// The parameters of a statement, each turned into a [`Value`]: `params![1, "paid", None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] };
}

macro_rules! from {
    ($($type:ty => $value:ident |$it:ident| $convert:expr),* $(,)?) => { $(
        impl From<$type> for Value {
            fn from($it: $type) -> Self {
                Self::$value($convert)
            }
        }
    )* };
}

from! {
    bool => Boolean |it| it,
    i16 => Integer |it| it.into(),
    i32 => Integer |it| it.into(),
    i64 => Integer |it| it,
    u16 => Integer |it| it.into(),
    u32 => Integer |it| it.into(),
    f64 => Real |it| it,
    &str => Text |it| it.to_owned(),
    String => Text |it| it,
    &String => Text |it| it.clone(),
    Vec<u8> => Bytes |it| it,
    &[u8] => Bytes |it| it.to_owned(),
    Ulid => Text |it| it.into(),
    Uuid => Text |it| it.into(),
    Timestamp => Text |it| it.into(),
    Date => Text |it| it.into(),
    Time => Text |it| it.into(),
    Decimal => Text |it| it.into(),
    &Ulid => Text |it| it.as_str().to_owned(),
    &Uuid => Text |it| it.as_str().to_owned(),
    &Timestamp => Text |it| it.as_str().to_owned(),
    &Date => Text |it| it.as_str().to_owned(),
    &Time => Text |it| it.as_str().to_owned(),
    &Decimal => Text |it| it.as_str().to_owned(),
    serde_json::Value => Text |it| it.to_string(),
}

impl From<&Value> for Value {
    fn from(value: &Value) -> Self {
        value.clone()
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A type that a cell can be read into.
#[diagnostic::on_unimplemented(
    message = "a cell cannot be read into `{Self}`",
    note = "take bool, i32, i64, u32, u64, f64, String, Vec<u8>, Ulid, Uuid, Timestamp, Date, Time, Decimal, Value, or an Option of one"
)]
pub trait FromValue: Sized {
    /// Reads a cell.
    ///
    /// # Errors
    /// `internal`: it is of another type.
    fn from_value(value: Value) -> Result<Self>;
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Self> {
        if value == Value::Null { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

#[cold]
fn unfit(value: &Value, wanted: &str) -> Problem {
    let kind = match value {
        Value::Null => "null",
        Value::Boolean(_) => "a boolean",
        Value::Integer(_) => "an integer",
        Value::Real(_) => "a real number",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    Problem::internal(format!("is {kind}, and {wanted} was asked for"))
}

macro_rules! read {
    ($($type:ty = $wanted:literal { $($pattern:pat => $read:expr),* $(,)? })*) => { $(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self> {
                match value {
                    $($pattern => $read,)*
                    other => Err(unfit(&other, $wanted)),
                }
            }
        }
    )* };
}

read! {
    // Stored booleans are numbers.
    bool = "a boolean" { Value::Boolean(it) => Ok(it), Value::Integer(0) => Ok(false), Value::Integer(1) => Ok(true) }
    i64 = "an integer" { Value::Integer(it) => Ok(it) }
    f64 = "a number" { Value::Real(it) => Ok(it), Value::Integer(it) => Ok(it as f64) }
    String = "text" { Value::Text(it) => Ok(it) }
    Vec<u8> = "bytes" { Value::Bytes(it) => Ok(it) }
    // A decimal without a fraction may be stored as a number.
    Decimal = "a decimal" { Value::Text(it) => Ok(it.into()), Value::Integer(it) => Ok(it.to_string().into()) }
}

macro_rules! by {
    ($($through:ty => $($type:ty)*;)*) => { $($(
        impl FromValue for $type {
            fn from_value(value: Value) -> Result<Self> {
                let it = <$through>::from_value(value)?;
                <$type>::try_from(it).map_err(|error| Problem::internal(error.to_string()))
            }
        }
    )*)* };
}

by! {
    i64 => i16 i32 u16 u32 u64;
    String => Ulid Uuid Timestamp Date Time;
}

/// A named setting of the contract.
pub(crate) fn attribute(key: &str, value: impl Into<Value>) -> Attribute {
    Attribute { key: key.to_owned(), value: value.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn params_take_each_value_by_its_own_type() {
        let params: &[Value] = params![1, "a", None::<i64>, true];
        assert_eq!(params, [Value::Integer(1), Value::Text("a".into()), Value::Null, Value::Boolean(true)]);
    }
}
