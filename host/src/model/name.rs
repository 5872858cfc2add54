//! Names and ids as types, so that a swapped argument does not compile and an unchecked string cannot get in.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::{is_harmful, plain};

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

/// One node of the graph over all plugins: a revision of a plugin, written `plugin@revision`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The plugin that owns the revision.
    pub plugin: PluginName,
    /// The revision's id within that plugin.
    pub revision: RevisionId,
}

impl Node {
    /// Joins the two halves.
    pub fn new(plugin: PluginName, revision: RevisionId) -> Self {
        Self { plugin, revision }
    }
}

impl FromStr for Node {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let (plugin, revision) = text.split_once('@').ok_or_else(|| NameError::Node(text.into()))?;
        Ok(Self { plugin: plugin.parse()?, revision: revision.parse()? })
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.plugin, self.revision)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_macros_of_the_sdk_let_through() {
        for line in include_str!("../../../guest-sdk/tests/names.txt").lines().filter(|line| !line.starts_with('#')) {
            let [kind, good, text] = line.splitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
            let text: String = serde_json::from_str(text).unwrap();
            let accepted = match kind {
                "object" => text.parse::<Name>().is_ok(),
                "table" => text.parse::<Name>().is_ok_and(|name| name.require_table_name().is_ok()),
                "plugin" => text.parse::<PluginName>().is_ok(),
                "revision" => text.parse::<RevisionId>().is_ok(),
                "version" => text.parse::<semver::Version>().is_ok(),
                other => panic!("{other}"),
            };
            assert_eq!(accepted, good == "good", "{kind} {text:?}");
        }
    }

    #[test]
    fn object_names_hold_no_nul() {
        assert!("a\0b".parse::<Name>().is_err());
    }

    #[test]
    fn object_names_show_all_that_is_in_them() {
        for good in ["ſtreet", "Straße", "日本"] {
            assert!(good.parse::<Name>().is_ok(), "a letter is shown as what it is: {good}");
        }
        for hidden in ["\u{200b}", "\u{200d}", "\u{2060}", "\u{202e}", "\u{feff}", "\u{e0041}"] {
            let error = format!("us{hidden}ers").parse::<Name>().unwrap_err().to_string();
            assert!(!error.contains(hidden) && error.contains("invisible"), "{error}");
        }
    }

    #[test]
    fn tables_do_not_take_the_names_of_the_databases_own() {
        for taken in ["pragma_table_list", "PRAGMA_x", "sqlite_schema", "json_tree"] {
            assert!(matches!(taken.parse::<Name>(), Err(NameError::Reserved(_))), "{taken}");
        }
        for taken in ["DbStat", "fts5", "jsonb_each", "main", "Temp"] {
            let name: Name = taken.parse().expect("a column may be called so");
            assert_eq!(name.require_table_name(), Err(NameError::ReservedTable(taken.into())));
        }
        assert_eq!("users".parse::<Name>().unwrap().require_table_name(), Ok(()));
    }

    #[test]
    fn object_names_are_one_whatever_their_case() {
        let a: Name = "Users".parse().unwrap();
        let b: Name = "users".parse().unwrap();
        assert_eq!(a, b);
        assert_eq!(std::collections::HashSet::from([a, b]).len(), 1);
    }

    #[test]
    fn a_name_begins_with_a_prefix_whatever_its_case() {
        let begins = |name: &str, prefix: &str| name.parse::<Name>().unwrap().begins_with(&prefix.parse().unwrap());
        assert!(begins("Shop_users", "shop_") && begins("shop_", "SHOP_") && begins("日本の", "日本"));
        assert!(!begins("shop", "shop_") && !begins("workshop_x", "shop_") && !begins("日", "日本") && !begins("é", "e"));
    }

    #[test]
    fn nodes_round_trip() {
        let node: Node = "shop@a1b2".parse().unwrap();
        assert_eq!(node.to_string(), "shop@a1b2");
        assert!("shop".parse::<Node>().is_err());
        assert!("shop@".parse::<Node>().is_err());
    }
}
