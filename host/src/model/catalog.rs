//! What is found in a live database: objects with their owners, columns, references, and how far a statement reaches.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::name::{Name, PluginName};

/// Kinds of objects that have an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectKind {
    /// A table.
    Table,
    /// An index.
    Index,
    /// A view.
    View,
    /// A trigger.
    Trigger,
}

impl ObjectKind {
    /// The lower-case word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Index => "index",
            Self::View => "view",
            Self::Trigger => "trigger",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for ObjectKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Table, Self::Index, Self::View, Self::Trigger]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| format!("unknown kind of object {word:?}; known are table, index, view, trigger"))
    }
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name, as stored.
    pub name: Name,
    /// The table it belongs to; its own name for a table or view.
    pub table: Name,
    /// The plugin that owns it; none for an object that tenon did not make.
    pub owner: Option<PluginName>,
}

/// A column of a live table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredColumn {
    /// Its name.
    pub name: Name,
    /// Its declared type, as stored, e.g. `VARCHAR(26)`.
    pub declared_type: String,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// Whether a row that says nothing of it gets a value.
    pub has_default: bool,
    /// Whether it is computed, and cannot be given a value.
    pub generated: bool,
}

/// A table as a database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTexts {
    /// The text that made it.
    pub table: String,
    /// The texts that made its indexes and triggers, in the order in which they were made.
    pub others: Vec<String>,
}

/// A foreign key of a live table that points to another, with the number of rows that use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The table that refers.
    pub table: Name,
    /// Its columns.
    pub columns: Vec<String>,
    /// Rows whose key is not NULL.
    pub rows: u64,
}

/// What a statement can reach: the tables that it can change besides its target, cascades and triggers included, and what it calls.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Footprint {
    /// The table that the statement names; none for a SELECT.
    pub target: Option<Name>,
    /// All others.
    pub others: BTreeSet<Name>,
    /// What the functions that it calls, for one row, can take at most, in milliseconds: those of CHECKs and indexes included, loops not.
    pub calls: u64,
}

/// What a statement does to the rows of one table, its own or one that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowChanges {
    /// Rows that are there before it.
    pub before: u64,
    /// Rows that are there after it.
    pub after: u64,
    /// Rows that come.
    pub inserted: u64,
    /// Rows that go.
    pub deleted: u64,
    /// How often a row gets other values; not known of a table without rowids.
    pub updated: Option<u64>,
}

impl fmt::Display for RowChanges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { before, after, inserted, deleted, updated } = *self;
        let rows = if before == 1 { "row" } else { "rows" };
        match before == after {
            true => write!(f, "{before} {rows} before and after: ")?,
            false => write!(f, "{before} {rows} before, {after} after: ")?,
        }
        let counted = [(deleted, "deleted"), (inserted, "inserted"), (updated.unwrap_or(0), "updated")];
        let mut said: Vec<String> = counted.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        match updated {
            None => said.push("how many updated cannot be told of a table without rowids".to_owned()),
            Some(_) if said.is_empty() => said.push("none changed".to_owned()),
            Some(_) => {}
        }
        f.write_str(&said.join(", "))
    }
}
