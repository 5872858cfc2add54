//! `tenon adopt`: takes over a database whose tables another program's migrations made.
//!
//! What decides is the schema, not a version number: each plugin's revisions are replayed, newest last, and the newest that leaves what is there
//! is the one that is recorded. Where the version number is the id of a revision, that one has to be it.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{Plugin, PluginSet, Refusal, causes};
use super::prove::{self, Orders};
use super::replay::facts_of;
use super::stamp::{self, Stamped};
use crate::migrate::difference::{Difference, Facts, differences};
use crate::migrate::{Point, Target};
use crate::model::{Name, Node, ObjectKind, PluginName, RevisionId};

/// What was found, and what was recorded.
#[derive(Debug, Serialize)]
pub struct Adopted {
    /// What `alembic_version` says.
    pub versions: Vec<String>,
    /// The revisions whose tables are there, and that are recorded now.
    pub matched: Vec<Node>,
    /// What became of the objects.
    pub stamped: Vec<Stamped>,
    /// Where a plugin's tables are there and are not what any of its revisions leaves: the nearest, and in what it differs.
    pub mismatched: Vec<Mismatch>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
}

/// A plugin whose tables are there and otherwise.
#[derive(Debug, Serialize)]
pub struct Mismatch {
    /// The revision that was compared.
    pub revision: Node,
    /// `-` is what it leaves, `+` what is there.
    pub differences: Vec<Difference>,
}

/// Why nothing was adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The database is not Alembic's.
    #[error("there is no table alembic_version in {0}: this is no database of Alembic's")]
    NotAlembics(String),
    /// It has no version.
    #[error("the table alembic_version is empty: no migration is applied, and `tenon upgrade` begins from nothing")]
    NoVersion,
    /// None of the plugins' tables are there.
    #[error("alembic_version says {}, and no plugin in the folder has tables that are there", .0.join(", "))]
    Nothing(Vec<String>),
    /// A plugin is applied already.
    #[error("revisions of plugin {0} are recorded already; adopt is for a database that tenon has not worked on")]
    Recorded(PluginName),
    /// A plugin's revisions do not run.
    #[error("the revisions of plugin {plugin} cannot be replayed: {why}")]
    Unproven {
        /// The plugin.
        plugin: PluginName,
        /// Why.
        why: String,
    },
    /// Another of the host's verbs.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

impl Adopted {
    /// Whether everything fits.
    pub fn is_complete(&self) -> bool {
        self.mismatched.is_empty() && self.refused.is_empty()
    }
}

/// Reads `alembic_version`, finds the revision of each plugin whose tables are there, and records it. Where one plugin's tables are there and do
/// not fit, nothing is recorded.
///
/// # Errors
/// See [`AdoptError`].
pub fn from_alembic(host: &Host) -> Result<Adopted, AdoptError> {
    host.require_folder().map_err(AdoptError::Service)?;
    let live = Live::open_read_only(host.settings()).map_err(ServiceError::from)?;
    let versions = live.alembic_versions().map_err(ServiceError::from)?;
    let versions = versions.ok_or_else(|| AdoptError::NotAlembics(host.settings().database.display().to_string()))?;
    if versions.is_empty() {
        return Err(AdoptError::NoVersion);
    }
    let files = host.files().map_err(ServiceError::from)?;
    let books = live.books().map_err(ServiceError::from)?;
    let (set, state) = host.load(&live, books, Ok(files))?;
    if let Some((_, entry)) = state.entries.first() {
        return Err(AdoptError::Recorded(entry.plugin.clone()));
    }
    let there = facts_there(&live)?;
    let (mut matched, mut mismatched) = (Vec::new(), Vec::new());
    for plugin in set.plugins.values() {
        match compared(host, &set, plugin, &there, &versions)? {
            Some(Ok(node)) => matched.push(node),
            Some(Err(mismatch)) => mismatched.push(mismatch),
            None => {}
        }
    }
    if matched.is_empty() && mismatched.is_empty() {
        return Err(AdoptError::Nothing(versions));
    }
    let mut stamped = Vec::new();
    if mismatched.is_empty() {
        drop(live);
        for node in &matched {
            let target = Target::of(node.plugin.clone(), Point::Revision(node.revision.to_string()));
            stamped.push(stamp::stamp(host, &target)?);
        }
    }
    Ok(Adopted { versions, matched, stamped, mismatched, refused: set.refused })
}

/// What the objects that are there say, but for the host's own.
fn facts_there(live: &Live) -> Result<Facts, ServiceError> {
    let texts = live.texts()?;
    let mut objects: Vec<(ObjectKind, Name, &str)> = Vec::new();
    for (object, text) in &texts {
        let Some((kind, name)) = object.split_once(' ') else { continue };
        // What cannot be a plugin's is none.
        if let (Ok(kind), Ok(name)) = (kind.parse(), name.parse()) {
            objects.push((kind, name, text));
        }
    }
    let known = objects.iter().filter_map(|(kind, name, text)| facts_of([(*kind, name, *text)]).ok());
    Ok(known.flatten().collect())
}

/// The newest of a plugin's revisions that leaves what is there, or how the nearest differs; none where nothing of the plugin's is there.
fn compared(
    host: &Host,
    set: &PluginSet,
    plugin: &Plugin,
    there: &Facts,
    versions: &[String],
) -> Result<Option<Result<Node, Mismatch>>, AdoptError> {
    let orders = Orders::of(None);
    let states = orders.anew(set, plugin).and_then(|history| prove::states(host.settings(), set, plugin, &history));
    let states: Vec<(RevisionId, Facts)> =
        states.map_err(|error| AdoptError::Unproven { plugin: plugin.manifest.name.clone(), why: causes(&error) })?;
    let node = |id: &RevisionId| Node::new(plugin.manifest.name.clone(), id.clone());
    let differs = |facts: &Facts| {
        let own: Facts =
            there.iter().filter(|(object, _)| facts.contains_key(*object)).map(|(object, facts)| (object.clone(), facts.clone())).collect();
        differences(facts, &own)
    };
    let told: BTreeSet<&str> = versions.iter().map(String::as_str).collect();
    let candidates: Vec<&(RevisionId, Facts)> = match states.iter().find(|(id, _)| told.contains(id.as_str())) {
        Some(named) => vec![named],
        None => states.iter().rev().collect(),
    };
    let is_there = |facts: &Facts| facts.keys().any(|object| there.contains_key(object));
    let candidates: Vec<&(RevisionId, Facts)> = candidates.into_iter().filter(|(_, facts)| is_there(facts)).collect();
    if let Some((id, _)) = candidates.iter().find(|(_, facts)| differs(facts).is_empty()) {
        return Ok(Some(Ok(node(id))));
    }
    let nearest = candidates.into_iter().map(|(id, facts)| (id, differs(facts))).min_by_key(|(_, differences)| differences.len());
    Ok(nearest.map(|(id, differences)| Err(Mismatch { revision: node(id), differences })))
}
