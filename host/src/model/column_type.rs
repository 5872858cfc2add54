//! The types a column can have, with their documented grammar.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A column's type, as `data-type` of the contract spells it.
///
/// # Source
/// The grammar is the comment of `data-type` in `wit/v0.1/schema.wit`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnType {
    /// `ulid`: 26 characters of Crockford base 32, upper case.
    Ulid,
    /// `uuid`: 36 characters, lower case with hyphens.
    Uuid,
    /// `string` or `string(80)`: text, at most so many characters.
    String(Option<u32>),
    /// `text`: text without a limit of its own.
    Text,
    /// `integer`: 32 bits by convention, 64 in SQLite.
    Integer,
    /// `bigint`: 64 bits.
    BigInt,
    /// `float`: double precision, finite.
    Float,
    /// `decimal(12,2)`: exact, written as text.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// `boolean`.
    Boolean,
    /// `timestamp`: UTC, milliseconds.
    Timestamp,
    /// `date`: `YYYY-MM-DD`.
    Date,
    /// `time`: `HH:MM:SS.mmm`.
    Time,
    /// `json`: any JSON value.
    Json,
    /// `bytes`: base 64 in JSON.
    Bytes,
    /// `enum(a,b,c)`: one of the words.
    Enum(Vec<String>),
}

/// The text is no column type. Lists those that are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown column type {0:?}; known are ulid, uuid, string, string(80), text, integer, bigint, float, decimal(12,2), boolean, \
     timestamp, date, time, json, bytes, enum(a,b,c)"
)]
pub struct UnknownType(pub String);

impl FromStr for ColumnType {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        let unknown = || UnknownType(text.to_owned());
        let (word, arguments) = match text.split_once('(') {
            None => (text, None),
            Some((word, rest)) => (word, Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
        };
        match (word, arguments) {
            ("ulid", None) => Ok(Self::Ulid),
            ("uuid", None) => Ok(Self::Uuid),
            ("string", None) => Ok(Self::String(None)),
            ("string", Some(n)) => match n.trim().parse() {
                Ok(0) | Err(_) => Err(unknown()),
                Ok(n) => Ok(Self::String(Some(n))),
            },
            ("text", None) => Ok(Self::Text),
            ("integer", None) => Ok(Self::Integer),
            ("bigint", None) => Ok(Self::BigInt),
            ("float", None) => Ok(Self::Float),
            ("decimal", Some(arguments)) => {
                let (precision, scale) = arguments.split_once(',').ok_or_else(unknown)?;
                let precision = precision.trim().parse().map_err(|_| unknown())?;
                let scale = scale.trim().parse().map_err(|_| unknown())?;
                if (1..=38).contains(&precision) && scale <= precision { Ok(Self::Decimal { precision, scale }) } else { Err(unknown()) }
            }
            ("boolean", None) => Ok(Self::Boolean),
            ("timestamp", None) => Ok(Self::Timestamp),
            ("date", None) => Ok(Self::Date),
            ("time", None) => Ok(Self::Time),
            ("json", None) => Ok(Self::Json),
            ("bytes", None) => Ok(Self::Bytes),
            ("enum", Some(words)) => {
                let words: Vec<String> = words.split(',').map(|w| w.trim().to_owned()).collect();
                let bad = |w: &String| w.is_empty() || w.chars().any(|c| c.is_control() || matches!(c, '\'' | '"' | '(' | ')'));
                let repeats = words.iter().enumerate().any(|(i, w)| words[..i].contains(w));
                if words.iter().any(bad) || repeats { Err(unknown()) } else { Ok(Self::Enum(words)) }
            }
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ulid => f.write_str("ulid"),
            Self::Uuid => f.write_str("uuid"),
            Self::String(None) => f.write_str("string"),
            Self::String(Some(n)) => write!(f, "string({n})"),
            Self::Text => f.write_str("text"),
            Self::Integer => f.write_str("integer"),
            Self::BigInt => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::Boolean => f.write_str("boolean"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Json => f.write_str("json"),
            Self::Bytes => f.write_str("bytes"),
            Self::Enum(words) => write!(f, "enum({})", words.join(",")),
        }
    }
}

impl ColumnType {
    /// Whether every value of the other type is one of this, so that none is refused or changed by it.
    pub fn takes_all_of(&self, other: &Self) -> bool {
        use ColumnType::{BigInt, Decimal, Enum, Integer, String, Text};
        match (other, self) {
            _ if other == self => true,
            (Integer, BigInt) | (String(_) | Enum(_), String(None) | Text) | (Text, String(None)) => true,
            (String(Some(old)), String(Some(new))) => new >= old,
            (Enum(old), Enum(new)) => old.iter().all(|word| new.contains(word)),
            (Decimal { precision, scale }, Decimal { precision: more, scale: finer }) => {
                finer >= scale && more.saturating_sub(*finer) >= precision.saturating_sub(*scale)
            }
            _ => false,
        }
    }
}

impl Serialize for ColumnType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ColumnType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_reads_back_as_written() {
        let all = "ulid uuid string string(80) text integer bigint float decimal(12,2) boolean timestamp date time json bytes enum(a,b,c)";
        for text in all.split(' ') {
            assert_eq!(text.parse::<ColumnType>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_type_is_refused_with_the_list() {
        for bad in [
            "",
            "varchar",
            "string(0)",
            "string(-1)",
            "string(80",
            "decimal",
            "decimal(2,3)",
            "decimal(39,1)",
            "enum()",
            "enum(a,a)",
            "enum(a')",
            "text(3)",
        ] {
            let error = bad.parse::<ColumnType>().unwrap_err().to_string();
            assert!(error.contains("known are ulid"), "{bad}: {error}");
        }
    }
}
