//! Plugins are installed and removed by whoever has the operator's key.
//!
//! The thread that looks at the folder does it, between two looks: what is asked for here and what lies in the folder cannot come in each
//! other's way.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, sync_channel};

use serde::Serialize;

use super::hidden::sweep;
use super::{FolderWatch, Said, Watch};
use crate::model::PluginName;
use crate::service::error::ServiceError;
use crate::service::facts;
use crate::service::folder::FolderError;
use crate::service::host::Host;
use crate::service::inventory::{self, Inventory};
use crate::service::operator::OperatorKey;
use crate::service::remove::Removal;
use crate::service::serving::{PluginState, Readiness};

/// What is served of a plugin that was installed.
#[derive(Debug, Serialize)]
pub struct Installed {
    /// Its name.
    pub name: PluginName,
    /// Its version.
    pub version: semver::Version,
    /// Its file's name.
    pub file: String,
    /// SHA-256 of the file.
    pub hash: String,
    /// It took a file's place.
    pub replaced: bool,
    /// Whether its endpoints answer.
    pub ready: bool,
    /// Why they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to run so that they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Installed {
    pub(super) fn of(plugin: &PluginState, file: String, replaced: bool) -> Self {
        let PluginState { name, version, component, readiness, .. } = plugin;
        let (reason, command) = match readiness {
            Readiness::Ready => (None, None),
            Readiness::NotReady { reason, command } => (Some(reason.clone()), Some(command.clone())),
        };
        let ready = reason.is_none();
        Self { name: name.clone(), version: version.clone(), file, hash: component.to_string(), replaced, ready, reason, command }
    }
}

/// Why a component was not installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// It is no plugin, or does not agree with what is served. What was there is served as before.
    #[error("the component was refused, and what was served is served as before: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// It says another name than it was sent under.
    #[error("the component is plugin {found} and was sent as {asked}; send it under its own name")]
    AnotherPlugin {
        /// Its name.
        found: PluginName,
        /// That under which it was sent.
        asked: PluginName,
    },
    /// The file that it would be is another plugin's.
    #[error("{file} is the file of plugin {owner}; rename it in the plugins folder first")]
    FileTaken {
        /// The file's name.
        file: String,
        /// Whose it is.
        owner: PluginName,
    },
    /// Its file is another whenever one looks.
    #[error("the plugins folder is being changed, {0} among its files; try again when it is at rest")]
    Restless(String),
    /// It could not be exchanged. What was there is served as before.
    #[error("the component could not be exchanged; what was served is served as before, and the log says why")]
    NotServed,
    /// It could not be exchanged yet, by no fault of its own. Its file stays.
    #[error("{0} is in the plugins folder and could not be exchanged yet; that is tried again, and the log says what is in the way")]
    NotYet(String),
    /// What has the file's name is nothing that could be put back.
    #[error("{file} in the plugins folder cannot be replaced, because it could not be put back ({reason}); remove it by hand first")]
    Irreplaceable {
        /// The file's name.
        file: String,
        /// Why not.
        reason: String,
    },
    /// The plugins folder cannot be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The plugins folder cannot be written to.
    #[error("the plugins folder cannot be written to")]
    Unwritable(#[from] io::Error),
    /// Something else.
    #[error(transparent)]
    Service(#[from] ServiceError),
}

/// What was asked for was not done, or not to its end.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Undone {
    /// The server ends, and exchanges nothing any more.
    #[error("the server is stopping")]
    Stopping,
    /// It failed by a fault of the server's, which is in the log.
    #[error("it panicked")]
    Panicked,
}

/// Looks at plugins and exchanges them, for whoever has the key.
#[derive(Debug)]
pub struct Administration {
    key: OperatorKey,
    host: Host,
    say: Sender<Said<FolderWatch>>,
    is_ending: Arc<AtomicBool>,
}

impl Administration {
    pub(in crate::service) fn new(key: OperatorKey, host: Host, watch: &Watch<FolderWatch>) -> Self {
        sweep(&host.settings().plugins_folder);
        Self { key, host, say: watch.say.clone(), is_ending: Arc::clone(&watch.ending) }
    }

    /// Whether somebody may use it who has this.
    pub fn allows(&self, key: &[u8]) -> bool {
        self.key.is(key)
    }

    /// Bytes that a component may have.
    pub fn component_bytes(&self) -> usize {
        usize::try_from(self.host.runtime().limits().component_bytes).unwrap_or(usize::MAX)
    }

    /// Lists the folder's plugins. Reads all files.
    ///
    /// # Errors
    /// As [`inventory::list`].
    pub fn list(&self) -> Result<Inventory, ServiceError> {
        inventory::list(&self.host)
    }

    /// What one of the folder's plugins says of itself.
    ///
    /// # Errors
    /// As [`inventory::inspect`].
    pub fn inspect(&self, name: &PluginName) -> Result<serde_json::Value, ServiceError> {
        inventory::inspect(&self.host, name.as_str()).map(|plugin| facts::of_plugin(&plugin))
    }

    /// Puts a component into the folder and serves it, when it can be served. Waits until it is.
    ///
    /// # Errors
    /// See [`InstallError`]; [`Undone`] when nobody could.
    pub fn install(&self, name: PluginName, component: Vec<u8>) -> Result<Result<Installed, InstallError>, Undone> {
        self.have(move |watch| watch.install(&name, &component))
    }

    /// Takes a plugin's file out of the folder. What it owns stays, and so does what can undo it.
    ///
    /// # Errors
    /// As [`from_folder`](crate::service::remove::from_folder); [`Undone`] when nobody could.
    pub fn remove(&self, name: PluginName) -> Result<Result<Removal, ServiceError>, Undone> {
        self.have(move |watch| watch.remove(&name))
    }

    fn have<T: Send + 'static>(&self, work: impl FnOnce(&mut FolderWatch) -> T + Send + 'static) -> Result<T, Undone> {
        let (tell, told) = sync_channel(1);
        let order = move |watch: &mut FolderWatch| {
            // Who asked waits for it, or has gone.
            let _ = tell.send(work(watch));
        };
        self.say.send(Said::Do(Box::new(order))).map_err(|_| Undone::Stopping)?;
        // Nobody answers an order that is left at the end, or that panicked.
        told.recv().map_err(|_| if self.is_ending.load(Ordering::Relaxed) { Undone::Stopping } else { Undone::Panicked })
    }
}
