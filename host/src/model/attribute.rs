//! Named settings on what a plugin says, and the reader that refuses the unknown ones.

use super::value::Value;

/// A named setting, as it crossed the contract.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// The documented key.
    pub key: String,
    /// Its value.
    pub value: Value,
}

/// Something in what a plugin said that cannot be so: the thing, and the reason with the way out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{subject}: {reason}")]
pub struct Mistake {
    /// What it is about, e.g. `table orders, column user_id`.
    pub subject: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Mistake {
    /// Names the thing and the reason.
    pub fn new(subject: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { subject: subject.into(), reason: reason.into() }
    }
}

/// Reads attributes by key; what nobody asked for is a mistake that lists the keys that would have been read.
///
/// A key that the contract documents but this host does not carry out yet is named with [`AttributeReader::not_yet`], and refused
/// as "not yet supported", never ignored.
#[derive(Debug)]
pub struct AttributeReader<'a> {
    subject: String,
    attributes: &'a [Attribute],
    known: Vec<&'static str>,
    later: Vec<&'static str>,
}

impl<'a> AttributeReader<'a> {
    /// Begins to read the attributes of `subject`.
    pub fn new(subject: impl Into<String>, attributes: &'a [Attribute]) -> Self {
        Self { subject: subject.into(), attributes, known: Vec::new(), later: Vec::new() }
    }

    /// Most columns have no attributes at all, and nobody will be told which they could have.
    fn know(&mut self, key: &'static str) {
        if !self.attributes.is_empty() {
            self.known.push(key);
        }
    }

    /// The value of `key`, if it was given.
    ///
    /// # Errors
    /// The key was given twice.
    pub fn value(&mut self, key: &'static str) -> Result<Option<&'a Value>, Mistake> {
        self.know(key);
        let mut found = self.attributes.iter().filter(|a| a.key == key);
        let first = found.next();
        if found.next().is_some() {
            return Err(self.mistake(format!("attribute `{key}` is given twice")));
        }
        Ok(first.map(|a| &a.value))
    }

    /// The text of `key`.
    ///
    /// # Errors
    /// It is not text, or given twice.
    pub fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, Mistake> {
        match self.value(key)? {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong_kind(key, "text", other)),
        }
    }

    /// The boolean of `key`; false when absent.
    ///
    /// # Errors
    /// It is not a boolean, or given twice.
    pub fn flag(&mut self, key: &'static str) -> Result<bool, Mistake> {
        self.flag_or(key, false)
    }

    /// The boolean of `key`, or what it is when absent.
    ///
    /// # Errors
    /// As [`AttributeReader::flag`].
    pub fn flag_or(&mut self, key: &'static str, absent: bool) -> Result<bool, Mistake> {
        match self.value(key)? {
            None => Ok(absent),
            Some(Value::Boolean(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong_kind(key, "a boolean", other)),
        }
    }

    /// The non-negative integer of `key`.
    ///
    /// # Errors
    /// It is not one, or given twice.
    pub fn count(&mut self, key: &'static str) -> Result<Option<u64>, Mistake> {
        match self.value(key)? {
            None => Ok(None),
            Some(Value::Integer(n)) if *n >= 0 => Ok(Some(n.unsigned_abs())),
            Some(other) => Err(self.wrong_kind(key, "a non-negative integer", other)),
        }
    }

    /// All texts of a key that may repeat, in order.
    ///
    /// # Errors
    /// One of them is not text.
    pub fn texts(&mut self, key: &'static str) -> Result<Vec<&'a str>, Mistake> {
        self.know(key);
        let mut texts = Vec::new();
        for attribute in self.attributes.iter().filter(|a| a.key == key) {
            match &attribute.value {
                Value::Text(text) => texts.push(text.as_str()),
                other => return Err(self.wrong_kind(key, "text", other)),
            }
        }
        Ok(texts)
    }

    /// Names keys that the contract knows and this host does not carry out yet.
    pub fn not_yet(&mut self, keys: &[&'static str]) {
        self.later.extend(keys);
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// An attribute remains that was not asked for.
    pub fn finish(self) -> Result<(), Mistake> {
        for Attribute { key, .. } in self.attributes {
            if self.later.contains(&key.as_str()) {
                return Err(self.mistake(format!("attribute `{key}` is not yet supported by this version of tenon")));
            }
            if !self.known.contains(&key.as_str()) {
                let known = if self.known.is_empty() { "it takes none".to_owned() } else { format!("known are {}", self.known.join(", ")) };
                return Err(self.mistake(format!("unknown attribute {key:?}; {known}")));
            }
        }
        Ok(())
    }

    /// A mistake about the thing being read.
    pub fn mistake(&self, reason: impl Into<String>) -> Mistake {
        Mistake::new(self.subject.clone(), reason)
    }

    fn wrong_kind(&self, key: &str, wanted: &str, got: &Value) -> Mistake {
        self.mistake(format!("attribute `{key}` must be {wanted}, not {}", got.kind()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(key: &str, value: Value) -> Attribute {
        Attribute { key: key.into(), value }
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_known_ones() {
        let given = [attribute("strict", Value::Boolean(true)), attribute("colour", Value::Null)];
        let mut reader = AttributeReader::new("table t", &given);
        assert!(reader.flag("strict").unwrap());
        assert_eq!(reader.finish().unwrap_err().to_string(), "table t: unknown attribute \"colour\"; known are strict");
    }

    #[test]
    fn a_key_of_a_later_version_says_not_yet() {
        let given = [attribute("search", "title".into())];
        let mut reader = AttributeReader::new("table t", &given);
        reader.not_yet(&["search"]);
        assert!(reader.finish().unwrap_err().reason.contains("not yet supported"));
    }

    #[test]
    fn a_wrong_kind_and_a_repetition_are_mistakes() {
        let given = [attribute("strict", "yes".into()), attribute("a", Value::Null), attribute("a", Value::Null)];
        let mut reader = AttributeReader::new("table t", &given);
        assert!(reader.flag("strict").unwrap_err().reason.contains("must be a boolean, not text"));
        assert!(reader.value("a").unwrap_err().reason.contains("twice"));
    }
}
