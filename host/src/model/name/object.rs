//! Names of what is in a database.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::NameError;
use crate::model::text::{is_harmful, plain};

/// The name of a table, column, index, constraint or view.
///
/// 1 to 63 bytes (PostgreSQL's limit, so that a schema can move), no control characters, no quotes. Kept as given, compared without
/// regard to ASCII case, because SQLite does the same: `Users` and `users` are one table.
#[derive(Clone)]
pub struct Name(Box<str>);

impl Name {
    /// The text as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins so, whatever the case.
    pub fn begins_with(&self, prefix: &Self) -> bool {
        self.0.get(..prefix.0.len()).is_some_and(|head| head.eq_ignore_ascii_case(&prefix.0))
    }

    /// Whether a table or view may have it, and not only a column or index.
    ///
    /// # Errors
    /// [`NameError::ReservedTable`].
    pub fn require_table_name(&self) -> Result<(), NameError> {
        let taken = MODULES.iter().chain(&SCHEMAS).any(|taken| self == *taken);
        if taken { Err(NameError::ReservedTable(self.0.to_string())) } else { Ok(()) }
    }
}

/// SQLite's table-valued functions that plugins may use. A table of that name would hide the function from every statement.
pub const TABLE_FUNCTIONS: [&str; 2] = ["json_each", "json_tree"];

/// Prefixes that plugins may not use. A table `pragma_table_list` would hide the function of that name, from the host too.
const RESERVED: [&str; 4] = ["sqlite_", "pragma_", "tenon_", "pg_"];

/// The other virtual tables of the bundled SQLite, some of which can be named without being made; a test asks SQLite for them.
const MODULES: [&str; 11] =
    ["dbstat", "fts3", "fts3tokenize", "fts4", "fts4aux", "fts5", "fts5vocab", "jsonb_each", "jsonb_tree", "rtree", "rtree_i32"];

/// What stands before the point in `main.users`.
const SCHEMAS: [&str; 2] = ["main", "temp"];

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // The joiners mean something in a sentence of some scripts; in a name they make two that look like one.
        let bad = |c: char| is_harmful(c) || matches!(c, '"' | '\'' | '`' | '[' | ']' | '\u{200c}' | '\u{200d}');
        let is_plain = || text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if text.is_empty() || text.len() > 63 || !is_plain() && (text.trim() != text || text.contains(bad)) {
            return Err(NameError::Object(text.into()));
        }
        if TABLE_FUNCTIONS.iter().any(|function| text.eq_ignore_ascii_case(function)) {
            return Err(NameError::Reserved(text.into()));
        }
        let reserved = |prefix: &&str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
        if RESERVED.iter().any(reserved) {
            return Err(NameError::Reserved(text.into()));
        }
        Ok(Self(text.into()))
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.0.bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let unlike = self.0.bytes().zip(other.0.bytes()).filter(|(one, other)| one != other);
        let mut unlike = unlike.map(|(one, other)| one.to_ascii_lowercase().cmp(&other.to_ascii_lowercase()));
        unlike.find(|order| order.is_ne()).unwrap_or_else(|| self.0.len().cmp(&other.0.len()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A name as it stands in a schema, whoever chose it: also one that no declaration could have. Compared as a [`Name`] is.
///
/// Shown without what a terminal would obey.
#[derive(Debug, Clone)]
pub struct StoredName(Box<str>);

impl StoredName {
    /// The text as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StoredName {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<&Name> for StoredName {
    fn from(name: &Name) -> Self {
        Self(name.0.clone())
    }
}

impl PartialEq for StoredName {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for StoredName {}

impl fmt::Display for StoredName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&plain(&self.0))
    }
}
