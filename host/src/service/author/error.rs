//! Why no revision was written.

use std::io;
use std::path::PathBuf;

use crate::migrate::autogenerate::{LookAlike, Unwritable};
use crate::migrate::{GraphError, PlanError, TargetError};
use crate::model::{PluginName, Problem, RevisionId};
use crate::service::error::ServiceError;
use crate::service::folder::FolderError;

/// Why no revision was written.
#[derive(Debug, thiserror::Error)]
pub enum AuthorError {
    /// The folder is none of a crate.
    #[error("{} is no plugin's crate: {why}; say which with --plugin", .folder.display())]
    NoCrate {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Cargo could not be run.
    #[error("cargo could not be run; it builds the plugin, and has to be installed")]
    Cargo(#[source] io::Error),
    /// The crate does not build. Cargo has said why.
    #[error("{package} does not build; what cargo says of it stands above")]
    Build {
        /// The package.
        package: String,
    },
    /// A signal ended the build.
    #[error("the build of {package} was stopped")]
    Stopped {
        /// The package.
        package: String,
    },
    /// The build left no component.
    #[error("the build of {package} left no component; its Cargo.toml must have `crate-type = [\"cdylib\"]` under [lib]")]
    NoComponent {
        /// The package.
        package: String,
    },
    /// What was built cannot be used.
    #[error("what was built cannot be used: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// The plugins folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another of the host's verbs.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// There are several heads, and none was named.
    #[error(
        "plugin {plugin} has several heads: {}; say which with --head, or merge them: tenon merge {} -m \"…\"",
        shown(.heads),
        .heads.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    )]
    SeveralHeads {
        /// The plugin.
        plugin: PluginName,
        /// Its heads.
        heads: Vec<RevisionId>,
    },
    /// A word that names nothing.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A revision that is not there, or may be several.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The revisions do not hold together.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// One revision is meant, and none is named.
    #[error("{asked} names no revision")]
    NoRevision {
        /// What was asked for.
        asked: String,
    },
    /// Several files say that they are the revision that is meant.
    #[error(
        "{} all say that they are revision {id}; give all but one another id",
        .paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    SeveralFiles {
        /// The revision.
        id: RevisionId,
        /// The files.
        paths: Vec<PathBuf>,
    },
    /// A parent that is no head.
    #[error(
        "revision {parent} is not a head; plugin {plugin} has the heads {}{}",
        shown(.heads),
        if *may_splice { "; give --splice to begin a new branch at it" } else { "" }
    )]
    NotHead {
        /// The parent.
        parent: RevisionId,
        /// The plugin.
        plugin: PluginName,
        /// Its heads.
        heads: Vec<RevisionId>,
        /// Whether the command has that option.
        may_splice: bool,
    },
    /// A parent twice.
    #[error("revision {parent} is named twice")]
    NamedTwice {
        /// The parent.
        parent: RevisionId,
    },
    /// Base and a revision as parents.
    #[error("base has nothing beside it: what comes after a revision does not begin at base")]
    BesideBase,
    /// There is nothing to bring together.
    #[error(
        "a merge is of several heads, and {} is one; plugin {plugin} has {}",
        .parent.as_ref().map_or("base", RevisionId::as_str),
        shown(.heads)
    )]
    MergeOfOne {
        /// The one parent.
        parent: Option<RevisionId>,
        /// The plugin.
        plugin: PluginName,
        /// Its heads.
        heads: Vec<RevisionId>,
    },
    /// A label that is taken or is none.
    #[error("the label {label} {why}")]
    Label {
        /// The label.
        label: String,
        /// Why.
        why: String,
    },
    /// An id that is taken or is none.
    #[error("{id:?} cannot be the id of a revision: {why}")]
    Id {
        /// The id.
        id: String,
        /// Why.
        why: String,
    },
    /// A dependency that is none.
    #[error("{asked:?} cannot be depended on: {why}")]
    DependsOn {
        /// What was asked for.
        asked: String,
        /// Why.
        why: String,
    },
    /// A message that cannot stand in a file's first line.
    #[error("the message {why}")]
    Message {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The plugin's revisions do not run.
    #[error("the plugin's revisions cannot be replayed: {0}")]
    Unproven(String),
    /// What differs cannot be written as a revision.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unwritable(Vec<Unwritable>),
    /// What differs cannot be written as a revision, and the rest needs it.
    #[error("{}; the rest cannot be written without that", .left_out.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Needed {
        /// What cannot.
        left_out: Vec<Unwritable>,
        /// What became of the rest.
        #[source]
        source: Box<AuthorError>,
    },
    /// The revision would not do what it is for.
    #[error("the revision that would be written fails on an empty database: {0}")]
    Fails(Problem),
    /// The revision would leave something else than is declared.
    #[error("the revision that would be written does not leave what is declared (`-` is declared, `+` is left):{0}")]
    Differs(String),
    /// Renames that nobody said.
    #[error(
        "{}; if nothing is renamed, give {}, or --accept-drop-add for all: what goes is lost, with its values",
        .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        .0.iter().map(|pair| format!("--accept-drop-add={}", pair.label())).collect::<Vec<_>>().join(" ")
    )]
    LookAlike(Vec<LookAlike>),
    /// What was accepted as no rename does not look like one.
    #[error("--accept-drop-add={asked} is no drop and add that looks like a rename; there are {known}")]
    NoLookAlike {
        /// What was accepted.
        asked: String,
        /// What looks like one.
        known: String,
    },
    /// The new file is not in the plugin.
    #[error(
        "the plugin does not pick {id} up: its migrations must be `tenon_sdk::migrations!()`, and its build.rs must say \
         cargo::rerun-if-changed=migrations"
    )]
    NotPickedUp {
        /// The revision.
        id: RevisionId,
    },
    /// The crate is of another plugin than a moment ago.
    #[error("the crate is plugin {to}, and was {from} a moment ago")]
    Renamed {
        /// Before.
        from: PluginName,
        /// Now.
        to: PluginName,
    },
    /// A file that could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// No editor is set.
    #[error("set EDITOR to the editor that the file is to be opened in")]
    NoEditor,
    /// A file that could not be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is in the way.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
}

impl From<Unwritable> for AuthorError {
    fn from(unwritable: Unwritable) -> Self {
        Self::Unwritable(vec![unwritable])
    }
}

fn shown(ids: &[RevisionId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
