//! A JSON text as a value, with nothing in it that two readers could understand differently.

use std::cell::{Cell, RefCell};
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Malformed, read};
use crate::model::problem::pointer_step;

/// Why a text is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It is not JSON, or nests too deep.
    Malformed(Malformed),
    /// A member is given twice.
    Twice {
        /// JSON pointer to it.
        pointer: String,
    },
    /// A number that no double can hold.
    Infinite {
        /// JSON pointer to it.
        pointer: String,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(Malformed { line, column, reason }) => write!(f, "line {line}, column {column}: {reason}"),
            Self::Twice { pointer } => write!(f, "{pointer:?} is given twice"),
            Self::Infinite { pointer } => write!(f, "the number at {pointer:?} is too large"),
        }
    }
}

/// Reads a whole text.
///
/// # Errors
/// The first [`Flaw`].
pub fn value(bytes: &[u8]) -> Result<Value, Flaw> {
    read(bytes).map_err(Flaw::Malformed)?;
    let path = Path::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // The text is JSON and not too deep, so two things can still be wrong, and the path ends where it is.
    path.deserialize(&mut deserializer).map_err(|_| {
        let pointer = path.steps.borrow().iter().map(|step| format!("/{}", pointer_step(step))).collect();
        if path.twice.get() { Flaw::Twice { pointer } } else { Flaw::Infinite { pointer } }
    })
}

/// Where the reader is; stays there when it gives up.
#[derive(Debug, Default)]
struct Path {
    steps: RefCell<Vec<String>>,
    twice: Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for &Path {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &Path {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        loop {
            self.steps.borrow_mut().push(values.len().to_string());
            let item = items.next_element_seed(self)?;
            self.steps.borrow_mut().pop();
            match item {
                Some(item) => values.push(item),
                None => return Ok(values.into()),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            self.steps.borrow_mut().push(name.clone());
            if values.contains_key(&name) {
                self.twice.set(true);
                return Err(A::Error::custom("twice"));
            }
            let value = members.next_value_seed(self)?;
            self.steps.borrow_mut().pop();
            values.insert(name, value);
        }
        Ok(values.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unambiguous_is_what_serde_reads() {
        for text in ["null", " [1, -2.5e3, \"a\\u00e9\", {\"\": [true, {}]}] ", "{\"a\":{\"b\":1},\"c\":{\"b\":1}}", "18446744073709551616"]
        {
            assert_eq!(value(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_is_not_says_where() {
        let twice = |pointer: &str| Flaw::Twice { pointer: pointer.into() };
        assert_eq!(value(br#"{"a":1,"\u0061":2}"#).unwrap_err(), twice("/a"));
        assert_eq!(value(br#"[0,{"a/b":[{"x":1,"x":1}]}]"#).unwrap_err(), twice("/1/a~1b/0/x"));
        assert_eq!(value(br#"{"a":[1,1e999]}"#).unwrap_err(), Flaw::Infinite { pointer: "/a/1".into() });
        assert!(matches!(value(b"{\"a\":}"), Err(Flaw::Malformed(Malformed { line: 1, column: 6, .. }))));
        assert!(matches!(value("[".repeat(100_000).as_bytes()), Err(Flaw::Malformed(_))));
    }
}
