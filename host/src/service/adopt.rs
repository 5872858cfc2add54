//! `tenon adopt`: takes over a database whose tables another program's migrations made.
//!
//! What decides is the schema, not a version number: each plugin's revisions are replayed, and the first of its stages that leaves what is
//! there is the one that is recorded. Where the version number is the id of a revision, that one has to be it; one that nobody knows says
//! nothing. Later revisions that leave the same stay pending: a step that was not recorded is seen, one that never ran is not.
//!
//! All or nothing: it is for a database that tenon has not worked on, so that it is done once. The file is looked at without a byte of it being
//! changed; only when everything fits is it opened to be written to, looked at again under the lock, and recorded in one transaction.

mod stages;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal, causes};
use super::pending::{Proven, proven};
use super::stamp::{self, Stamped};
use super::state::State;
use crate::migrate::Step;
use crate::model::{Node, PluginName};
use crate::store::{AlembicVersions, StoredObject};
pub use stages::{Match, Mismatch};
use stages::{Stages, Verdict};

/// What was found, and what was recorded.
#[derive(Debug, Default, Serialize)]
pub struct Adopted {
    /// What `alembic_version` says.
    pub versions: BTreeSet<String>,
    /// Those of them that are no revision's id.
    pub unknown: Vec<String>,
    /// The plugins whose tables are there.
    pub matched: Vec<Match>,
    /// The plugins of which nothing is there.
    pub absent: Vec<PluginName>,
    /// Where a plugin's tables are there and are not what its revisions leave.
    pub mismatched: Vec<Mismatch>,
    /// The objects that now belong to their plugins.
    pub owned: Vec<String>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
}

/// Why nothing was adopted.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// There is no file.
    #[error("there is no database {}", .0.display())]
    NoDatabase(PathBuf),
    /// The database is not Alembic's.
    #[error("{} is no database of Alembic's: {reason}; what another program made is recorded by `tenon stamp`", database.display())]
    NotAlembics {
        /// The file.
        database: PathBuf,
        /// What speaks against it.
        reason: String,
    },
    /// It has no version.
    #[error(
        "the table alembic_version is empty: Alembic has applied nothing; `tenon upgrade` begins from nothing, `tenon stamp` records what is there"
    )]
    NoVersion,
    /// None of the plugins' tables are there.
    #[error("nothing that is there is a plugin's of this folder; put the plugins there whose tables Alembic made")]
    Nothing,
    /// A plugin is applied already.
    #[error("{0} is recorded already; adopt is for a database that tenon has not worked on, `tenon stamp` records more")]
    Recorded(Node),
    /// What a plugin stands on is missing.
    #[error(
        "the tables of {node} are there, and those of {needs}, on which it stands, are not; make them first, or take the plugin's file away"
    )]
    Needs {
        /// The revision.
        node: Node,
        /// The revision or plugin.
        needs: String,
    },
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
    /// Whether everything fits, and is recorded.
    pub fn is_complete(&self) -> bool {
        self.mismatched.is_empty() && self.refused.is_empty()
    }
}

/// What there is, but for the host's own.
#[derive(Debug, PartialEq)]
struct Look {
    versions: BTreeSet<String>,
    objects: Vec<StoredObject>,
}

impl Look {
    fn at(host: &Host, live: &Live) -> Result<Self, AdoptError> {
        let database = host.settings().database.clone();
        let versions = match live.alembic_versions().map_err(ServiceError::from)? {
            AlembicVersions::Absent if !database.exists() => return Err(AdoptError::NoDatabase(database)),
            AlembicVersions::Absent => {
                return Err(AdoptError::NotAlembics { database, reason: "it has no table alembic_version".to_owned() });
            }
            AlembicVersions::Other(what) => {
                return Err(AdoptError::NotAlembics { database, reason: format!("its alembic_version {what}") });
            }
            AlembicVersions::Rows(versions) if versions.is_empty() => return Err(AdoptError::NoVersion),
            AlembicVersions::Rows(versions) => versions,
        };
        Ok(Self { versions, objects: live.stored_objects().map_err(ServiceError::from)? })
    }
}

/// Reads `alembic_version`, finds at which of its revisions each plugin is whose tables are there, and records that. Where one plugin's tables
/// do not fit, or a file was refused, nothing is recorded.
///
/// # Errors
/// See [`AdoptError`].
pub fn from_alembic(host: &Host) -> Result<Adopted, AdoptError> {
    host.require_folder()?;
    let live = Live::open_read_only(host.settings()).map_err(ServiceError::from)?;
    let looked = Look::at(host, &live)?;
    let (set, state) = host.load(&live, live.books().map_err(ServiceError::from)?, host.files())?;
    drop(live);
    if let Some((_, entry)) = state.entries.first() {
        return Err(AdoptError::Recorded(entry.node()));
    }
    let mut adopted = Adopted { versions: looked.versions.clone(), refused: set.refused.clone(), ..Adopted::default() };
    let is_known =
        |version: &&String| set.plugins.values().any(|plugin| plugin.manifest.revisions.iter().any(|it| it.id.as_str() == **version));
    adopted.unknown = looked.versions.iter().filter(|version| !is_known(version)).cloned().collect();
    let mut without_tables = BTreeSet::new();
    for (name, plugin) in &set.plugins {
        let unproven = |error| AdoptError::Unproven { plugin: name.clone(), why: causes(&error) };
        let stages = Stages::of(host.settings(), &set, plugin, &looked.versions).map_err(unproven)?;
        match stages.compare(&looked.objects) {
            Verdict::Fits(found) => adopted.matched.push(found),
            Verdict::Differs(found) => adopted.mismatched.push(found),
            Verdict::Absent => adopted.absent.push(name.clone()),
        }
        if stages.are_empty() {
            without_tables.insert(name);
        }
    }
    if adopted.is_complete() {
        if adopted.matched.is_empty() {
            return Err(AdoptError::Nothing);
        }
        require_together(&set, &adopted, &without_tables)?;
        adopted.owned = record(host, &set, &state, &looked, &adopted.matched)?.owned;
    }
    Ok(adopted)
}

/// Refuses to record what stands on something that is not recorded with it.
fn require_together(set: &PluginSet, adopted: &Adopted, without_tables: &BTreeSet<&PluginName>) -> Result<(), AdoptError> {
    let nodes: BTreeSet<&Node> = adopted.matched.iter().flat_map(|found| &found.all).collect();
    for node in &nodes {
        let Some(plugin) = set.plugins.get(&node.plugin) else { continue };
        let depends_on = plugin.manifest.revision(&node.revision).map(|revision| revision.depends_on.as_slice()).unwrap_or_default();
        let missing = depends_on.iter().find(|needed| !nodes.contains(needed)).map(Node::to_string);
        let required = plugin.manifest.requires.iter().map(|requirement| &requirement.plugin);
        let mut absent = required.filter(|name| adopted.absent.contains(name) && !without_tables.contains(name));
        if let Some(needs) = missing.or_else(|| absent.next().map(|name| format!("plugin {name}"))) {
            return Err(AdoptError::Needs { node: (*node).clone(), needs });
        }
    }
    Ok(())
}

/// Records all that was found, if it is still so once nobody else can write.
fn record(host: &Host, set: &PluginSet, state: &State, looked: &Look, matched: &[Match]) -> Result<Stamped, AdoptError> {
    let found: HashSet<&Node> = matched.iter().flat_map(|found| &found.all).collect();
    let steps: Vec<Step> = state.graph.in_order().filter(|node| found.contains(node)).cloned().map(Step::Upgrade).collect();
    let done = |step: &Step| {
        let replayed = proven(set, step.node()).ok_or_else(|| ServiceError::NotLoaded { node: step.node().clone() })?;
        Ok((step.node().clone(), replayed.clone()))
    };
    let replayed: HashMap<_, _> = steps.iter().map(done).collect::<Result<_, ServiceError>>()?;
    tracing::debug!("taking the write lock");
    let mut live = Live::open(host.settings()).map_err(ServiceError::from)?;
    live.begin().map_err(ServiceError::from)?;
    let work = || {
        if Look::at(host, &live)? != *looked || !live.ledger().map_err(ServiceError::from)?.is_empty() {
            return Err(ServiceError::ChangedInBetween.into());
        }
        live.prepare_within().map_err(ServiceError::from)?;
        let mut stamped = Stamped::default();
        stamp::record(&mut live, set, state, &Proven { steps, replayed }, &mut stamped)?;
        live.commit().map_err(ServiceError::from)?;
        Ok(stamped)
    };
    let result = work();
    live.end_quietly(result)
}
