//! JSON Schemas (2020-12) that plugins declare, and what is held against them.
//!
//! A schema is a small program of somebody else's that runs over what a third one sends. So one that can be used is bounded in every
//! way: its text ([`JsonSchema::parse`]), where it may lead (`structure`), and the work that it makes of any value (`effort`). What is
//! left is compiled and asked by the crate `jsonschema` ([`Checker`]), without network or file system and with regular expressions that
//! take linear time. `format` is told to clients and not checked, which is what 2020-12 says.

mod checker;
mod effort;
mod structure;
#[cfg(test)]
mod tests;

pub use self::checker::{Checker, Misfit};
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::json::strict;

/// Longest text of a schema, in bytes. What schemars makes of a body of fifty fields has some 5 kB.
const MOST_BYTES: usize = 64 << 10;

/// How deep a schema may nest. Every object inside an object of a body takes two.
const MOST_DEPTH: usize = 64;

/// A JSON Schema that was checked: an object, of bounded size, that refers to nothing outside itself and compiles.
#[derive(Debug, Clone, PartialEq)]
pub struct JsonSchema(Value);

impl JsonSchema {
    /// Reads a schema's text.
    ///
    /// # Errors
    /// Why it cannot be used, for its author.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > MOST_BYTES {
            return Err(format!("has {} bytes; at most {MOST_BYTES} are possible", text.len()));
        }
        let value = strict::value(text.as_bytes()).map_err(|flaw| format!("is not JSON that can be used: {flaw}"))?;
        if !value.is_object() {
            return Err("is not a JSON object".to_owned());
        }
        if depth(&value) > MOST_DEPTH {
            return Err(format!("nests more than {MOST_DEPTH} deep"));
        }
        let schema = Self(value);
        Checker::new(&schema).map(|_| schema)
    }

    /// The schema.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// How many regular expressions are in it, at the most.
    pub fn patterns(&self) -> usize {
        patterns(&self.0)
    }
}

impl Serialize for JsonSchema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// How many values a value is made of.
fn size(value: &Value) -> u64 {
    1 + parts(value).map(size).sum::<u64>()
}

// None of these can go deeper than the reader of the text does.

fn patterns(value: &Value) -> usize {
    let own = match value {
        Value::Object(members) => {
            let by_name = members.get("patternProperties").and_then(Value::as_object).map_or(0, serde_json::Map::len);
            by_name + usize::from(members.contains_key("pattern"))
        }
        _ => 0,
    };
    own + parts(value).map(patterns).sum::<usize>()
}

fn depth(value: &Value) -> usize {
    1 + parts(value).map(depth).max().unwrap_or_default()
}

fn parts(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(members) => Box::new(members.values()),
        _ => Box::new(std::iter::empty()),
    }
}
