//! Where a new revision stands: what it comes after, what it depends on, and what it is called beside its id.
//!
//! What can be seen without the plugin is looked at before anything is built.

use crate::migrate::graph::is_reserved;
use crate::migrate::{Point, Target};
use crate::model::{Label, Node, RevisionId};
use crate::service::load::{Plugin, PluginSet};

use super::Request;
use super::error::AuthorError;
use super::history::History;

/// What was asked for, as far as it can be understood without the plugin.
#[derive(Debug)]
pub(super) struct Place {
    heads: Vec<Target>,
    /// They need not be heads.
    splice: bool,
    /// It is to bring several heads together.
    merge: bool,
    depends_on: Vec<(String, Target)>,
    labels: Vec<Label>,
}

impl Place {
    /// Reads a request.
    ///
    /// # Errors
    /// What no plugin could make right: a word that is no target or label, or an id that targets cannot name.
    pub(super) fn read(request: &Request, id: &RevisionId) -> Result<Self, AuthorError> {
        if is_reserved(id) {
            let why = "targets use this word for something else".to_owned();
            return Err(AuthorError::Id { id: id.to_string(), why });
        }
        let heads = request.heads.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let depends_on = request.depends_on.iter().map(|text| read_dependency(text)).collect::<Result<_, _>>()?;
        let mut labels: Vec<Label> = Vec::new();
        for text in &request.labels {
            let refuse = |why: String| AuthorError::Label { label: text.clone(), why };
            let label: Label = text.parse().map_err(|error| refuse(format!("cannot be used: {error}")))?;
            if labels.contains(&label) {
                return Err(refuse("is given twice".to_owned()));
            }
            if label.as_str() == id.as_str() {
                return Err(refuse("is the id that the revision is to have".to_owned()));
            }
            labels.push(label);
        }
        Ok(Self { heads, splice: request.splice, merge: request.merge, depends_on, labels })
    }

    /// The names that targets may use for it.
    pub(super) fn labels(&self) -> Vec<String> {
        self.labels.iter().map(Label::to_string).collect()
    }

    /// The parents; the one head when none is asked for.
    ///
    /// # Errors
    /// There are several heads, or what is asked for is none.
    pub(super) fn parents(&self, history: &History) -> Result<Vec<RevisionId>, AuthorError> {
        if self.heads.is_empty() {
            return history.only_head().map(Vec::from_iter);
        }
        let mut parents: Vec<RevisionId> = Vec::new();
        for asked in &self.heads {
            if asked.point == Point::Base && self.heads.len() > 1 {
                return Err(AuthorError::BesideBase);
            }
            for parent in history.named(asked)? {
                if parents.contains(&parent) {
                    return Err(AuthorError::NamedTwice { parent });
                }
                parents.push(parent);
            }
        }
        let (plugin, heads) = (history.plugin.clone(), history.heads());
        if let Some(parent) = parents.iter().find(|parent| !self.splice && !heads.contains(parent)) {
            return Err(AuthorError::NotHead { parent: parent.clone(), plugin, heads, may_splice: !self.merge });
        }
        if self.merge && parents.len() < 2 {
            return Err(AuthorError::MergeOfOne { parent: parents.pop(), plugin, heads });
        }
        Ok(parents)
    }

    /// What it depends on, each a loaded revision of a plugin that is required.
    ///
    /// # Errors
    /// One is none.
    pub(super) fn depends_on(&self, set: &PluginSet, plugin: &Plugin) -> Result<Vec<Node>, AuthorError> {
        let mut all = Vec::new();
        for (asked, target) in &self.depends_on {
            let refuse = |why: String| AuthorError::DependsOn { asked: asked.clone(), why };
            let Some(on) = &target.plugin else { continue };
            let name = &plugin.manifest.name;
            if on == name {
                return Err(refuse("it is of the same plugin: name it with --head".to_owned()));
            }
            if !plugin.manifest.requires.iter().any(|requirement| requirement.plugin == *on) {
                return Err(refuse(format!("plugin {name} does not require {on}: say so in its Cargo.toml or describe")));
            }
            let other = set.plugins.get(on).ok_or_else(|| refuse(format!("plugin {on} is not in the plugins folder, or was refused")))?;
            let found = History::declared(&other.manifest)?.named(target)?;
            if found.is_empty() {
                return Err(refuse("it names no revision".to_owned()));
            }
            all.extend(found.into_iter().map(|revision| Node::new(on.clone(), revision)));
        }
        Ok(all)
    }

    /// That nothing of the plugin is called as the revision is going to be.
    ///
    /// # Errors
    /// Something is.
    pub(super) fn require_free(&self, plugin: &Plugin, id: &RevisionId) -> Result<(), AuthorError> {
        for revision in &plugin.manifest.revisions {
            if revision.labels.iter().any(|label| label.as_str() == id.as_str()) {
                return Err(AuthorError::Id { id: id.to_string(), why: format!("it is a label of revision {}", revision.id) });
            }
            for label in &self.labels {
                let refuse = |why: String| Err(AuthorError::Label { label: label.to_string(), why });
                if revision.id.as_str() == label.as_str() {
                    return refuse("is the id of a revision".to_owned());
                }
                if revision.labels.contains(label) {
                    return refuse(format!("is revision {}'s already", revision.id));
                }
            }
        }
        Ok(())
    }
}

fn read_dependency(text: &str) -> Result<(String, Target), AuthorError> {
    match text.parse::<Target>() {
        Ok(target) if target.plugin.is_some() => Ok((text.to_owned(), target)),
        _ => Err(AuthorError::DependsOn { asked: text.to_owned(), why: "it names no plugin's revision; write PLUGIN@REVISION".to_owned() }),
    }
}
