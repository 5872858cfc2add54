//! Single database values: parameters, defaults, cells that are looked at.

pub use crate::bindings::tenon::plugin::types::Value;

use crate::bindings::tenon::plugin::types::Attribute;
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
    serde_json::Value => Text |it| it.to_string(),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
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
