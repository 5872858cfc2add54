//! The history of one plugin by itself, and what a person names in it: the words are those of targets.

use crate::migrate::history::meant;
use crate::migrate::{Graph, PlanError, PluginFacts, Point, Target};
use crate::model::{Manifest, Node, PluginName, RevisionId};

use super::error::AuthorError;

/// The history of a plugin, as if there were no other.
#[derive(Debug)]
pub(super) struct History {
    pub(super) plugin: PluginName,
    graph: Graph,
}

impl History {
    /// As the plugin declares it.
    ///
    /// # Errors
    /// The revisions do not hold together.
    pub(super) fn declared(manifest: &Manifest) -> Result<Self, AuthorError> {
        Self::of(PluginFacts::from(manifest))
    }

    /// Of a plugin that has no revision yet.
    ///
    /// # Errors
    /// As for [`History::of`].
    pub(super) fn empty(plugin: &PluginName) -> Result<Self, AuthorError> {
        Self::of(PluginFacts { plugin: plugin.clone(), requires: Vec::new(), revisions: Vec::new() })
    }

    /// What other plugins have to do with it is left out: they need not be there.
    ///
    /// # Errors
    /// The revisions do not hold together.
    pub(super) fn of(mut facts: PluginFacts) -> Result<Self, AuthorError> {
        facts.requires.clear();
        for revision in &mut facts.revisions {
            revision.requires.clear();
            revision.depends_on.clear();
            revision.run_before.clear();
        }
        Ok(Self { plugin: facts.plugin.clone(), graph: Graph::build([facts], [])? })
    }

    /// The revisions that none comes after.
    pub(super) fn heads(&self) -> Vec<RevisionId> {
        self.graph.heads(&self.plugin).into_iter().map(|node| node.revision.clone()).collect()
    }

    /// The one head; none where there is no revision.
    ///
    /// # Errors
    /// [`AuthorError::SeveralHeads`].
    pub(super) fn only_head(&self) -> Result<Option<RevisionId>, AuthorError> {
        let mut heads = self.heads();
        match heads.len() {
            0 | 1 => Ok(heads.pop()),
            _ => Err(AuthorError::SeveralHeads { plugin: self.plugin.clone(), heads }),
        }
    }

    /// The revisions that are meant; base is none.
    ///
    /// # Errors
    /// There is no such revision, or several where one is meant.
    pub(super) fn named(&self, target: &Target) -> Result<Vec<RevisionId>, AuthorError> {
        let target = Target { plugin: Some(target.plugin.clone().unwrap_or_else(|| self.plugin.clone())), ..target.clone() };
        match meant(&self.graph, &target) {
            Ok(nodes) => Ok(nodes.into_iter().map(|Node { revision, .. }| revision).collect()),
            Err(PlanError::ManyHeads { label: None, .. }) if target.point == Point::Head => self.only_head().map(Vec::from_iter),
            Err(error) => Err(error.into()),
        }
    }
}
