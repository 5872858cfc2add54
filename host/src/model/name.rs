//! Names and ids as types, so that a swapped argument does not compile and an unchecked string cannot get in.

mod node;
mod object;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use node::Node;
pub use object::{Name, StoredName, TABLE_FUNCTIONS};

/// Why a string is not a name. Says what would be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not `[a-z][a-z0-9-]*`, or longer than 63 characters.
    #[error("{0:?} is not a plugin name: use a lower-case letter, then letters, digits and hyphens, at most 63")]
    Plugin(String),
    /// Not `[A-Za-z0-9_]{1,64}`.
    #[error("{0:?} is not a revision id: use letters, digits and underscores, at most 64")]
    Revision(String),
    /// Not `[a-z][a-z0-9]*`, longer than 63 characters, or a word of targets.
    #[error("{0:?} is no label: use a lower-case letter, then letters and digits, at most 63, and none of head, heads, base, current")]
    Label(String),
    /// Not `plugin@revision`.
    #[error("{0:?} does not name a revision: write plugin@revision")]
    Node(String),
    /// Empty, too long, or with a character that is not shown.
    #[error("{0:?} cannot name a table, column or index: use 1 to 63 bytes without quotes, control characters and invisible ones")]
    Object(String),
    /// `sqlite_…` and `pragma_…` belong to the database, `tenon_…` to the host.
    #[error("{0:?} is reserved: names that begin with `sqlite_`, `pragma_`, `tenon_` or `pg_`, `json_each` and `json_tree` are taken")]
    Reserved(String),
    /// It means something of the database's own where a table stands.
    #[error("{0:?} cannot name a table or view: the database has something of that name itself")]
    ReservedTable(String),
}

macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The text as it was given.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_type! {
    /// A plugin's name: `[a-z][a-z0-9-]*`, at most 63 characters.
    PluginName
}
text_type! {
    /// A name for a revision besides its id: `[a-z][a-z0-9]*`, at most 63 characters, and none of the words of targets. It can stand
    /// where an id can, and before the `@` of a target.
    Label
}
text_type! {
    /// A revision's id within its plugin: `[A-Za-z0-9_]`, 1 to 64 characters. The characters `@ - + :` belong to targets.
    RevisionId
}

impl FromStr for PluginName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut bytes = text.bytes();
        let head = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        let tail = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if head && tail && text.len() <= 63 { Ok(Self(text.into())) } else { Err(NameError::Plugin(text.into())) }
    }
}

impl FromStr for Label {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let mut bytes = text.bytes();
        let head = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        let tail = bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let is_word = matches!(text, "head" | "heads" | "base" | "current");
        if head && tail && !is_word && text.len() <= 63 { Ok(Self(text.into())) } else { Err(NameError::Label(text.into())) }
    }
}

impl RevisionId {
    /// How many bytes the longest has.
    pub const LONGEST: usize = 64;
}

impl FromStr for RevisionId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let good = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if good && (1..=Self::LONGEST).contains(&text.len()) { Ok(Self(text.into())) } else { Err(NameError::Revision(text.into())) }
    }
}

#[cfg(test)]
mod tests;
