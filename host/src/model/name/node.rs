//! A revision among those of all plugins.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{NameError, PluginName, RevisionId};

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
