//! Why a verb was refused or failed. Names the plugin, the revision and the step; the cause is the source.

use std::path::{Path, PathBuf};

use semver::Version;

use super::folder::FolderError;
use super::load::Refusal;
use super::replay::ReplayError;
use super::script::{RangeOfOne, TurnedRange};
use super::serving::StartError;
use super::settings::SettingsError;
use super::step::StepError;
use super::unfinished::folder_of;
use crate::migrate::canonical::CanonicalError;
use crate::migrate::offline::ScriptError;
use crate::migrate::{BackendError, DialectError, GraphError, PlanError, TargetError};
use crate::model::{Mistake, Node, PluginName};
use crate::runtime::{Direction, RuntimeError};
use crate::store::StorageError;

/// Why a verb was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The operator's configuration.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// A plugin's file is to be archived, and is not the one any more that was loaded.
    #[error(
        "{file}, the file of plugin {plugin}, is to be archived with its revisions and cannot be read as it was loaded; put it back, or try again"
    )]
    FileReplaced {
        /// The plugin.
        plugin: PluginName,
        /// Its file's name.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The plugins folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The engine.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The plugins' histories together with the ledger.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// What was asked for cannot be read.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// What was asked for cannot be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database, under a step.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// An operation that cannot be said in the database's SQL.
    #[error(transparent)]
    Dialect(#[from] DialectError),
    /// The replay on an empty database.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The ledger, where it says what an applied revision did.
    #[error(transparent)]
    Recorded(#[from] CanonicalError),
    /// A range of `--sql`.
    #[error(transparent)]
    Range(#[from] Box<RangeOfOne>),
    /// The same.
    #[error(transparent)]
    TurnedRange(#[from] Box<TurnedRange>),
    /// A step cannot be written out as SQL.
    #[error(transparent)]
    Script(#[from] ScriptError),
    /// A step was refused or failed and was rolled back.
    #[error("{direction} of {node} (plugin version {version}) failed and was rolled back")]
    Step {
        /// Up or down.
        direction: Direction,
        /// The revision.
        node: Node,
        /// Of the component that ran.
        version: Version,
        /// Why.
        #[source]
        source: Box<StepError>,
    },
    /// The plugin's file is needed and not there.
    #[error("{node} needs the file of plugin {}, which is not in the plugins folder or was refused", node.plugin)]
    NotLoaded {
        /// The revision.
        node: Node,
    },
    /// What is recorded in a database that is not there, nobody looks for.
    #[error("there is no database {}: `tenon ensure-version` makes an empty one, `tenon upgrade` one with what the revisions make", .0.display())]
    NoDatabase(PathBuf),
    /// A revision would stand on one that is recorded no more.
    #[error("{node} is recorded and stands on {missing}, which would be recorded no more; stamp plugin {} first, or all at once", node.plugin)]
    StandsOnForgotten {
        /// The revision.
        node: Node,
        /// What it stands on.
        missing: Node,
    },
    /// A declared collection cannot be served.
    #[error(transparent)]
    Collection(#[from] Mistake),
    /// The threads that serve could not be started.
    #[error(transparent)]
    Serving(#[from] StartError),
    /// Neither the archive nor the folder has a component that can undo the revision.
    #[error(
        "{node} cannot be undone: the component that applied it is not archived, and the plugins folder has none that applies it the same way"
    )]
    NotArchived {
        /// The revision.
        node: Node,
    },
    /// The archived component cannot be used any more.
    #[error("{node} cannot be undone: the archived component {reason}")]
    ArchiveUnusable {
        /// The revision.
        node: Node,
        /// Why.
        reason: String,
    },
    /// Another process changed what is applied while this one ran.
    #[error("another process changed what is applied while this one ran ({node}); look at `tenon current` and run the command again")]
    ChangedMeanwhile {
        /// The revision at which it was noticed.
        node: Node,
    },
    /// What a revision makes is somebody else's.
    #[error("{node} makes {object}, which is there and belongs to plugin {owner}")]
    OwnedByOther {
        /// The revision.
        node: Node,
        /// Kind and name.
        object: String,
        /// Whose it is.
        owner: PluginName,
    },
    /// Nobody's file is written over.
    #[error("the backup {} cannot be made: it is there already; name another", .0.display())]
    BackupThere(PathBuf),
    /// A backup was made and cannot be given its name.
    #[error("a backup was made, and cannot be called {}; name another", path.display())]
    BackupUnnamed {
        /// What it was to be called.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Another process changed something while this one looked.
    #[error("another process changed the database while this one looked at it; run the command again")]
    ChangedInBetween,
    /// `repair` was asked for something that is as it should be.
    #[error("there is no drift of {subject:?}; {}", some(.items))]
    NoSuchDrift {
        /// As it was given.
        subject: String,
        /// What there is.
        items: Vec<String>,
    },
    /// Accepting it would not help.
    #[error("{subject} cannot be accepted: {reason}; restore a backup, or put back the file that applied it")]
    BeyondRepair {
        /// The item.
        subject: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing could undo what is applied once the file is gone.
    #[error("plugin {0} stays: no file of the folder and no archive has what applied it, so that nothing could undo it; see `tenon drift`")]
    NothingToUndoIt(PluginName),
    /// Others need what would be removed.
    #[error("plugin {plugin} stays: {}", .because.join("; "))]
    Needed {
        /// The plugin.
        plugin: PluginName,
        /// Who needs what of it.
        because: Vec<String>,
    },
    /// A plugin's file cannot be removed.
    #[error("{}the file {} cannot be removed", if *dropped { "what the plugin owned is dropped, and " } else { "" }, file.display())]
    FileStays {
        /// Its data is gone.
        dropped: bool,
        /// The file.
        file: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A plugin's file became another one meanwhile, which is not removed.
    #[error("{}{file} was just replaced by another file; look at that, and try again", if *dropped { "what the plugin owned is dropped, and " } else { "" })]
    FileChanged {
        /// Its data is gone.
        dropped: bool,
        /// The file's name.
        file: String,
    },
    /// Rows or columns with their values would go.
    #[error("this would lose data: {}; look at `tenon upgrade --plan`, and give --allow-destructive if that is meant", .0.join("; "))]
    Destructive(Vec<String>),
    /// A copy of the database cannot be made.
    #[error("no copy of the database can be made in {}", directory.display())]
    NoRoomForCopy {
        /// Where it would be.
        directory: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A plugin that was asked for, or that what was asked for needs, was refused.
    #[error("{what}: {refusal}")]
    LeftOut {
        /// What cannot be done.
        what: String,
        /// The file, and why it was refused.
        refusal: Box<Refusal>,
    },
    /// There is no such plugin.
    #[error("there is no plugin or file {name:?}; plugins here are {known}")]
    UnknownPlugin {
        /// As it was given.
        name: String,
        /// Those that are.
        known: String,
    },
    /// A file that was named cannot be used.
    #[error("{0}")]
    Refused(Refusal),
}

fn some(items: &[String]) -> String {
    match items {
        [] => "there is none at all".to_owned(),
        items => format!("what there is: {}", items.join(", ")),
    }
}

impl ServiceError {
    /// What cannot be planned: a plugin that was refused is not unknown, and why it was is told.
    pub(super) fn of_plan(error: PlanError, refused: &[Refusal]) -> Self {
        let (plugin, what) = match &error {
            PlanError::UnknownPlugin { plugin, .. } => (plugin, format!("nothing can be done with plugin {plugin}")),
            PlanError::LeftOut { plugin } => (plugin, error.to_string()),
            PlanError::NeedsLeftOut { needs, .. } => (&needs.plugin, error.to_string()),
            _ => return error.into(),
        };
        match refused.iter().find(|refusal| refusal.plugin.as_ref() == Some(plugin)) {
            Some(refusal) => Self::LeftOut { what, refusal: Box::new(refusal.clone()) },
            None => error.into(),
        }
    }

    /// Whether the same may be done another time: it was the machine's doing, or another process's.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Storage(error) => error.may_pass(),
            Self::Backend(error) => error.may_pass(),
            Self::Replay(error) => error.may_pass(),
            Self::Step { source, .. } => source.may_pass(),
            Self::LeftOut { refusal, .. } => refusal.may_pass,
            Self::Refused(refusal) => refusal.may_pass,
            Self::FileReplaced { .. } | Self::ChangedMeanwhile { .. } | Self::ChangedInBetween => true,
            _ => false,
        }
    }

    /// No copy of the database can be made beside that file.
    pub(super) fn no_room(neighbour: &Path, source: std::io::Error) -> Self {
        Self::NoRoomForCopy { directory: folder_of(neighbour).to_owned(), source }
    }

    /// A step that failed.
    pub fn step(node: &Node, version: &Version, direction: Direction, source: StepError) -> Self {
        Self::Step { direction, node: node.clone(), version: version.clone(), source: Box::new(source) }
    }
}
