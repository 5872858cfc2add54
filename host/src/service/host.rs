//! What every verb begins with: the operator's settings and the engine.

use std::collections::BTreeMap;

use super::error::ServiceError;
use super::folder;
use super::load::{self, PluginSet};
use super::settings::Settings;
use crate::model::{Name, PluginName};
use crate::runtime::{Runtime, RuntimeConfig};

/// The operator's settings and the engine. One per process.
#[derive(Debug)]
pub struct Host {
    settings: Settings,
    runtime: Runtime,
}

impl Host {
    /// Starts the engine.
    ///
    /// # Errors
    /// The engine cannot be made on this machine.
    pub fn new(settings: Settings) -> Result<Self, ServiceError> {
        let config = RuntimeConfig { limits: settings.limits.clone(), cache: settings.cache_folder.clone() };
        Ok(Self { settings, runtime: Runtime::new(config)? })
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The engine.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Refuses to go on without a plugins folder: before anything is made.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn require_folder(&self) -> Result<(), ServiceError> {
        folder::scan(&self.settings.plugins_folder)?;
        Ok(())
    }

    /// Loads the plugins folder.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    pub fn load(&self, owners: &BTreeMap<Name, PluginName>) -> Result<PluginSet, ServiceError> {
        Ok(load::load(&self.runtime, &self.settings.plugins_folder, owners)?)
    }

    /// Loads the plugins folder; one that is not there counts as empty, for verbs that can do without files.
    ///
    /// # Errors
    /// The folder is there and cannot be read.
    pub fn load_if_there(&self, owners: &BTreeMap<Name, PluginName>) -> Result<PluginSet, ServiceError> {
        match self.load(owners) {
            Err(ServiceError::Folder(error)) if error.source.kind() == std::io::ErrorKind::NotFound => Ok(PluginSet::default()),
            other => other,
        }
    }
}
