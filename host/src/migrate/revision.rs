//! What the graph is built of: facts about revisions, whoever states them.

use chrono::{DateTime, Utc};

use crate::model::{Label, Manifest, Node, PluginName, RevisionId};

/// What is known of one revision: from a loaded plugin's manifest, or from the ledger's row of an applied one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionFacts {
    /// Whose revision, and its id.
    pub node: Node,
    /// Parents within the plugin: none starts from base, two or more is a merge.
    pub parents: Vec<RevisionId>,
    /// Revisions of other plugins that must be applied first, and cannot be undone before this one.
    pub depends_on: Vec<Node>,
    /// Revisions of other plugins that come after this one where both are still to be applied. Order only: nothing is pulled in
    /// by it, nothing is protected by it, and a plugin that is not there is passed over.
    pub run_before: Vec<Node>,
    /// Plugins that its plugin required, when this was stated. What it orders and protects: decision 0002.
    pub requires: Vec<PluginName>,
    /// One line for a person, as the plugin wrote it: escape it before a terminal sees it.
    pub message: String,
    /// When it was written.
    pub created: DateTime<Utc>,
    /// Why there is no way back, if there is none.
    pub irreversible: Option<String>,
    /// Names that a target may use for it, of the loaded file.
    pub labels: Vec<Label>,
}

/// What is known of a loaded plugin. One without revisions is a plugin, too: targets may name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFacts {
    /// Its name.
    pub plugin: PluginName,
    /// The plugins that it requires.
    pub requires: Vec<PluginName>,
    /// Its history, in any order.
    pub revisions: Vec<RevisionFacts>,
}

impl From<&Manifest> for PluginFacts {
    fn from(manifest: &Manifest) -> Self {
        let requires: Vec<PluginName> = manifest.requires.iter().map(|requirement| requirement.plugin.clone()).collect();
        let facts = |revision: &crate::model::Revision| RevisionFacts {
            node: Node::new(manifest.name.clone(), revision.id.clone()),
            parents: revision.down.clone(),
            depends_on: revision.depends_on.clone(),
            run_before: revision.run_before.clone(),
            requires: requires.clone(),
            message: revision.message.clone(),
            created: revision.created,
            irreversible: revision.irreversible.clone(),
            labels: revision.labels.clone(),
        };
        Self { plugin: manifest.name.clone(), requires: requires.clone(), revisions: manifest.revisions.iter().map(facts).collect() }
    }
}
