//! One database value.

use serde::{Deserialize, Serialize};

/// One database value: a parameter, a default, a cell that is looked at. Rows in bulk never take this form.
///
/// Its serialisation is exact and frozen, because digests are taken of it: a real number is text (JSON has no infinities, and not
/// every reader of JSON numbers gives back every bit), bytes are base 64.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// SQL NULL.
    Null,
    /// Stored as 0 or 1.
    Boolean(bool),
    /// 64 bits, exact.
    Integer(i64),
    /// Finite where it came from JSON; a database may hold infinities.
    #[serde(with = "real")]
    Real(f64),
    /// UTF-8.
    Text(String),
    /// Any bytes.
    #[serde(with = "bytes")]
    Bytes(Vec<u8>),
}

/// The shortest digits that give the number back, in scientific notation: `1.999e1`, `-0e0`, `inf`, `NaN`.
mod real {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:e}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Base 64 with padding.
mod bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Value {
    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_reads_back_as_written_bit_for_bit() {
        let reals = [0.1 + 0.2, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 5e-324, f64::MAX, 1e22, 9_007_199_254_740_993.0];
        for value in reals {
            let text = serde_json::to_string(&Value::Real(value)).unwrap();
            let Value::Real(back) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
            assert_eq!(back.to_bits(), value.to_bits(), "{text}");
        }
        let nan = serde_json::to_string(&Value::Real(f64::NAN)).unwrap();
        assert!(matches!(serde_json::from_str(&nan), Ok(Value::Real(number)) if number.is_nan()));
        let others = [
            Value::Null,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Integer(i64::MAX),
            "a\0'\u{1F600}".into(),
            Value::Bytes(vec![0, 255, 1]),
        ];
        for value in others {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value, "{text}");
        }
    }

    #[test]
    fn the_written_form_is_frozen() {
        let all =
            [Value::Null, Value::Boolean(true), 5.into(), Value::Real(19.99), Value::Real(-0.0), "a".into(), Value::Bytes(vec![0, 255])];
        let text = r#"["null",{"boolean":true},{"integer":5},{"real":"1.999e1"},{"real":"-0e0"},{"text":"a"},{"bytes":"AP8="}]"#;
        assert_eq!(serde_json::to_string(&all).unwrap(), text);
    }
}
