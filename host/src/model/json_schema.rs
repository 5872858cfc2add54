//! JSON Schemas (2020-12) that plugins declare.

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::json::strict;

/// Longest text of a schema, in bytes. What schemars makes of a body of fifty fields has some 5 kB.
const MOST_BYTES: usize = 64 << 10;

/// How deep a schema may nest. Every object inside an object of a body takes two.
const MOST_DEPTH: usize = 64;

/// A JSON Schema that was checked: an object, of bounded size, that refers to nothing outside itself.
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
        Ok(Self(value))
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

// Neither can go deeper than the reader of the text does.

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
