//! Replays revisions on an empty database in memory, to learn what they do without touching anything.
//!
//! The ledger's digests and canonical operations come from here, and so does `--sql`. The clock of a step is its `created`, its
//! generator is seeded by plugin and revision, and no setting can be read: the same component always replays the same.

use std::collections::{BTreeMap, BTreeSet};

use super::grants;
use super::live::Live;
use super::load::PluginSet;
use super::owner_changes::OwnerChanges;
use super::settings::Settings;
use super::step::{self, Done, StepError};
use crate::migrate::canonical;
use crate::migrate::dialect::alteration::Abilities;
use crate::migrate::dialect::{Dialect as _, SQLITE, StoredError};
use crate::migrate::difference::Facts;
use crate::migrate::executor::{Executed, Executor, PassedOver, Permissions, WrittenOperation};
use crate::migrate::shape::Shapes;
use crate::migrate::{Backend as _, BackendError, ObjectKind, Step};
use crate::model::{ContentHash, Manifest, Name, Node, Object, Operation, PluginName, Problem, Revision};
use crate::runtime::{Component, Direction, MigrationStep};
use crate::store::StorageError;

/// What a replayed step is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// What digests are taken of. The guest runs as on a real database and has all that its manifest asks for, whatever the operator
    /// gives it: what a plugin does must not depend on whose it is.
    Online,
    /// As [`Mode::Online`], with what the operator gives.
    Rehearsal,
    /// The guest is told that SQL is being written out; it has what the operator gives.
    Offline,
}

/// What one revision did.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// Its operations, in order.
    pub operations: Vec<Operation>,
    /// The same as statements, one for one; empty unless they were asked for.
    pub written: Vec<WrittenOperation>,
    /// Those that had nothing to do; empty unless statements were asked for.
    pub passed_over: Vec<PassedOver>,
    /// What became of the objects' owners.
    pub owners: OwnerChanges,
}

impl Replayed {
    /// All that it called for, in order, those that had nothing to do among them; with its statements where it took effect.
    pub fn called(&self) -> impl Iterator<Item = (&Operation, Option<&WrittenOperation>)> {
        let passed_over = |after: usize| self.passed_over.iter().filter(move |other| other.after == after);
        let before = move |place: usize| passed_over(place).map(|other| (&other.operation, None));
        let done = self.operations.iter().enumerate();
        let all = done.flat_map(move |(place, operation)| before(place).chain([(operation, self.written.get(place))]));
        all.chain(before(self.operations.len()))
    }

    /// The digest of the canonical form.
    pub fn digest(&self) -> ContentHash {
        canonical::digest(&self.operations)
    }
}

/// Why a replay ended.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A revision does not run on an empty database.
    #[error("{node} cannot be replayed on an empty database")]
    Step {
        /// The revision.
        node: Node,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// A revision does, with all that its plugin asks for, and not with what the operator gives.
    #[error("{node} cannot be applied with what the configuration gives plugin {}", node.plugin)]
    Short {
        /// The revision.
        node: Node,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// A revision makes other objects with what the operator gives than with all that its plugin asks for.
    #[error("{node} makes other tables, indexes or views with what the configuration gives plugin {} than without", node.plugin)]
    Unsteady {
        /// The revision.
        node: Node,
    },
    /// The plugin that a step needs is not loaded.
    #[error("{node} cannot be replayed: its plugin is not loaded")]
    NotLoaded {
        /// The revision.
        node: Node,
    },
    /// A text that the database keeps cannot be read.
    #[error("{object} cannot be compared")]
    Unreadable {
        /// Whose text.
        object: String,
        /// Where.
        #[source]
        source: StoredError,
    },
    /// The database in memory failed.
    #[error("the replay's database failed")]
    Database(#[from] BackendError),
    /// Its bookkeeping could not be read.
    #[error("the replay's database failed")]
    Storage(#[from] StorageError),
}

impl ReplayError {
    /// As [`StepError::may_pass`].
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Step { source, .. } | Self::Short { source, .. } => source.may_pass(),
            Self::Database(error) => error.may_pass(),
            Self::Storage(error) => error.may_pass(),
            Self::Unsteady { .. } | Self::NotLoaded { .. } | Self::Unreadable { .. } => false,
        }
    }
}

/// One step of a replay.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReplayStep<'a> {
    /// What to run.
    pub step: &'a Step,
    /// How the guest is told that it runs.
    pub mode: Mode,
    /// Of the component.
    pub manifest: &'a Manifest,
    /// The code.
    pub component: &'a Component,
}

/// The steps that apply `nodes`, with the loaded components.
///
/// # Errors
/// [`ReplayError::NotLoaded`].
pub(super) fn upgrades<'a>(
    set: &'a PluginSet,
    steps: &'a [Step],
    mode: impl Fn(&Node) -> Mode,
) -> Result<Vec<ReplayStep<'a>>, ReplayError> {
    let replay_step = |step: &'a Step| {
        let node = step.node();
        let plugin = set.plugins.get(&node.plugin).ok_or_else(|| ReplayError::NotLoaded { node: node.clone() })?;
        Ok(ReplayStep { step, mode: mode(node), manifest: &plugin.manifest, component: &plugin.component })
    };
    steps.iter().map(replay_step).collect()
}

/// Runs `steps`, in order, on an empty database; with `writing`, each operation is also written out as a SQLite of such abilities has to do
/// it.
///
/// # Shape
/// One per step, in the same order.
/// # Errors
/// See [`ReplayError`].
pub(super) fn replay(settings: &Settings, steps: &[ReplayStep<'_>], writing: Option<Abilities>) -> Result<Vec<Replayed>, ReplayError> {
    let mut replay = Replay::begin(settings)?;
    steps.iter().map(|step| replay.step(*step, writing)).collect()
}

/// A database in memory on which revisions run, one after another.
#[derive(Debug)]
pub(super) struct Replay<'a> {
    settings: &'a Settings,
    /// None after a step that failed and could not be taken back.
    live: Option<Live>,
    /// The names that each plugin has made.
    had: BTreeMap<PluginName, BTreeSet<Name>>,
    /// Whether a plugin may read what it asks for, or what it is given.
    reads: BTreeMap<PluginName, bool>,
}

impl<'a> Replay<'a> {
    /// Begins with nothing.
    ///
    /// # Errors
    /// Only when memory runs out.
    pub(super) fn begin(settings: &'a Settings) -> Result<Self, ReplayError> {
        let mut live = Live::in_memory(settings)?;
        live.begin()?;
        Ok(Self { settings, live: Some(live), had: BTreeMap::new(), reads: BTreeMap::new() })
    }

    /// Takes one step. One that fails leaves nothing.
    ///
    /// # Errors
    /// See [`ReplayError`].
    pub(super) fn step(&mut self, step: ReplayStep<'_>, writing: Option<Abilities>) -> Result<Replayed, ReplayError> {
        let ReplayStep { step, mode, manifest, component } = step;
        let node = step.node();
        let not_loaded = || ReplayError::NotLoaded { node: node.clone() };
        let revision = manifest.revision(&node.revision).ok_or_else(not_loaded)?;
        let mut live = self.live.take().ok_or_else(not_loaded)?;
        let given = self.settings.plugin(&manifest.name);
        let had = self.had.entry(manifest.name.clone()).or_default();
        let permissions = match mode {
            Mode::Online => Permissions::of(manifest),
            Mode::Rehearsal | Mode::Offline => grants::permissions(manifest, &given, || had.clone()),
        };
        // Only where they change: what was decided under the old ones is forgotten.
        if self.reads.insert(manifest.name.clone(), mode == Mode::Online) != Some(mode == Mode::Online) {
            match mode {
                Mode::Online => live.grant_reads(&manifest.name, grants::asked_reads(manifest)),
                Mode::Rehearsal | Mode::Offline => live.grant_reads(&manifest.name, given.reads),
            }
        }
        live.savepoint()?;
        let mut executor = Executor::new(live, permissions, &SQLITE, mode == Mode::Offline);
        if let Some(abilities) = writing {
            executor = executor.writing(abilities);
        }
        // What the guest logs is heard when the step is taken for good; a trap still carries its last words.
        let quiet = tracing::Dispatch::none();
        let run = || step::run(component, guest_step(manifest, revision, direction_of(step)), executor);
        let (mut live, result) = tracing::dispatcher::with_default(&quiet, run);
        let Done { operations, written, passed_over } = match result {
            Ok(done) => done,
            Err(source) => {
                self.live = live.undo().is_ok().then_some(live);
                let (node, source) = (node.clone(), Box::new(source));
                return Err(match mode {
                    Mode::Rehearsal => ReplayError::Short { node, source },
                    Mode::Online | Mode::Offline => ReplayError::Step { node, source },
                });
            }
        };
        live.release()?;
        had.extend(grants::names_made(&operations));
        let owners = live.take_owner_changes();
        self.live = Some(live);
        Ok(Replayed { operations, written, passed_over, owners })
    }

    /// Carries out operations as a plugin's own, all that its manifest asks for given. The inner error is the plugin's; nothing is left then.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn apply(&mut self, manifest: &Manifest, operations: &[Operation]) -> Result<Result<(), Problem>, ReplayError> {
        let gone = || BackendError::Refused("the replay's database is gone after an earlier failure".to_owned());
        let mut live = self.live.take().ok_or_else(gone)?;
        live.savepoint()?;
        let mut executor = Executor::new(live, Permissions::of(manifest), &SQLITE, false);
        let applied = operations.iter().try_for_each(|operation| executor.apply(operation.clone()));
        let settled = applied.and_then(|()| executor.settle());
        let Executed { backend: mut live, fault, .. } = executor.finish();
        match (fault, settled) {
            (Some(fault), _) => Err(fault.into()),
            (None, Ok(())) => {
                live.release()?;
                self.live = Some(live);
                Ok(Ok(()))
            }
            (None, Err(problem)) => {
                live.undo()?;
                self.live = Some(live);
                Ok(Err(problem))
            }
        }
    }

    /// What a plugin's objects are now, piece by piece.
    ///
    /// # Errors
    /// As for [`Replay::facts_of`].
    pub(super) fn shapes_of(&self, plugin: &PluginName) -> Result<Shapes, ReplayError> {
        let texts = self.live.as_ref().map(|live| live.texts_of(plugin)).transpose()?.unwrap_or_default();
        shapes_of(texts.iter().map(|(object, text)| (object.kind, &object.name, text.as_str())))
    }

    /// What a plugin's objects are now.
    ///
    /// # Errors
    /// The database fails, or keeps a text that cannot be read.
    pub(super) fn facts_of(&self, plugin: &PluginName) -> Result<Facts, ReplayError> {
        let texts = self.live.as_ref().map(|live| live.texts_of(plugin)).transpose()?.unwrap_or_default();
        facts_of(texts.iter().map(|(object, text)| (object.kind, &object.name, text.as_str())))
    }

    /// The text of an object; none when it is not there.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn text_of(&self, kind: ObjectKind, name: &Name) -> Result<Option<String>, ReplayError> {
        Ok(self.live.as_ref().map(|live| live.text_of(kind, name)).transpose()?.flatten())
    }

    /// Runs operations on rows, past every check.
    #[cfg(test)]
    pub(super) fn fill(&mut self, operations: &[Operation]) {
        let (live, plugin) = (self.live.as_mut().unwrap(), "mine".parse().unwrap());
        let statements = operations.iter().flat_map(|operation| SQLITE.statements(operation).unwrap());
        statements.for_each(|sql| live.run(&plugin, &sql).unwrap());
    }

    /// The same, of an operation that a rule of a table may forbid.
    #[cfg(test)]
    pub(super) fn offer(&mut self, operation: &Operation) {
        let (live, plugin) = (self.live.as_mut().unwrap(), "mine".parse().unwrap());
        for sql in SQLITE.statements(operation).unwrap() {
            if let Err(error) = live.run(&plugin, &sql) {
                assert!(error.to_string().contains("a constraint of the schema does not allow it"), "{error}: {sql}");
            }
        }
    }

    /// The rows of a table, of these columns, in the order of its rowids, as text for a test to compare.
    #[cfg(test)]
    pub(super) fn values(&mut self, table: &Name, columns: &[Name]) -> Vec<String> {
        let (live, plugin) = (self.live.as_mut().unwrap(), "mine".parse().unwrap());
        let sql = format!("SELECT {} FROM {} ORDER BY rowid", crate::model::sql::identifiers(columns), SQLITE.identifier(table.as_str()));
        live.shown_rows(&plugin, &sql).unwrap()
    }

    /// The objects that a plugin owns now.
    ///
    /// # Errors
    /// The database fails.
    pub(super) fn objects_of(&self, plugin: &PluginName) -> Result<Vec<Object>, ReplayError> {
        let mut objects = self.live.as_ref().map(Live::objects).transpose()?.unwrap_or_default();
        objects.retain(|object| object.owner.as_ref() == Some(plugin));
        Ok(objects)
    }
}

/// What the texts of objects say.
///
/// # Errors
/// One is none that the database would keep.
pub(super) fn facts_of<'a>(texts: impl IntoIterator<Item = (ObjectKind, &'a Name, &'a str)>) -> Result<Facts, ReplayError> {
    let facts = |(kind, name, text): (ObjectKind, &Name, &str)| match SQLITE.facts(text) {
        Ok(facts) => Ok(((kind, name.clone()), facts)),
        Err(source) => Err(ReplayError::Unreadable { object: format!("{kind} {name}"), source }),
    };
    texts.into_iter().map(facts).collect()
}

/// The same, piece by piece.
///
/// # Errors
/// As for [`facts_of`].
pub(super) fn shapes_of<'a>(texts: impl IntoIterator<Item = (ObjectKind, &'a Name, &'a str)>) -> Result<Shapes, ReplayError> {
    let mut shapes = Shapes::default();
    for (kind, name, text) in texts {
        let unreadable = |source| ReplayError::Unreadable { object: format!("{kind} {name}"), source };
        shapes.add(name.clone(), SQLITE.shape(text).map_err(unreadable)?);
    }
    Ok(shapes)
}

/// The step as the guest is told of it.
pub(super) fn guest_step<'a>(manifest: &'a Manifest, revision: &'a Revision, direction: Direction) -> MigrationStep<'a> {
    let seed = ContentHash::of(format!("{}@{}", manifest.name, revision.id).as_bytes());
    MigrationStep { plugin: &manifest.name, revision: &revision.id, direction, created: revision.created, seed: seed.into_bytes() }
}

/// Which of the guest's two functions a step calls.
pub(super) fn direction_of(step: &Step) -> Direction {
    match step {
        Step::Upgrade(_) => Direction::Upgrade,
        Step::Downgrade(_) => Direction::Downgrade,
    }
}
