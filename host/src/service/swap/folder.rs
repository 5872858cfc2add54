//! A file is dropped into the plugins folder, replaced or taken out.
//!
//! Asks for the names, sizes and times of the files, which needs no help of the system's and works on every file system. What was changed is
//! taken when it has been the same for a while: a file that is still being copied waits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::administration::{InstallError, Installed, write};
use super::exchange::Exchange;
use crate::model::PluginName;
use crate::service::agreement::file_name;
use crate::service::error::ServiceError;
use crate::service::folder::{Stamp, glance};
use crate::service::load::{Plugin, load_one};
use crate::service::remove::{Extent, Removal, remove};

/// How long the files must have been as they are.
const SETTLED: Duration = Duration::from_millis(500);

type Glance = BTreeMap<PathBuf, Option<Stamp>>;

/// Looks at the plugins folder.
#[derive(Debug)]
pub(in crate::service) struct FolderWatch {
    exchange: Exchange,
    /// What was taken last.
    taken: Glance,
    /// What was there at the last look, and since when.
    before: Option<(Glance, Instant)>,
    /// The folder could not be read, and that was said.
    is_lost: bool,
}

impl FolderWatch {
    /// `taken` is what the folder held before that was read which is served.
    pub(in crate::service) fn new(mut exchange: Exchange, taken: Glance) -> Self {
        exchange.know(&taken);
        Self { exchange, taken, before: None, is_lost: false }
    }

    pub(super) fn look(&mut self) {
        self.exchange.end_leaving(Instant::now());
        let now = match glance(&self.exchange.settings().plugins_folder) {
            Ok(now) => now,
            Err(error) => {
                if !std::mem::replace(&mut self.is_lost, true) {
                    tracing::error!(error = &error as &dyn std::error::Error, "the plugins folder cannot be read; what is served stays");
                }
                return;
            }
        };
        self.is_lost = false;
        let since = match self.before.take() {
            Some((before, since)) if before == now => since,
            _ => Instant::now(),
        };
        if (now != self.taken || self.exchange.may_take_more()) && since.elapsed() >= SETTLED {
            self.exchange.take(&now);
            self.taken = now.clone();
        }
        self.before = Some((now, since));
    }

    /// Puts a component into the folder, as the plugin of that name and in the place of its file, and serves it. What would not be served is
    /// not put there.
    pub(super) fn install(&mut self, name: &PluginName, component: &[u8]) -> Result<Installed, InstallError> {
        let file = self.exchange.file_of(name, &self.taken)?;
        let written = write(&self.exchange.settings().plugins_folder, component)?;
        let loaded = load_one(self.exchange.host().runtime(), written.path()).map_err(|refusal| InstallError::Refused(refusal.reasons))?;
        if loaded.manifest.name != *name {
            return Err(InstallError::AnotherPlugin { found: loaded.manifest.name, asked: name.clone() });
        }
        let hash = loaded.hash();
        let reasons = self.exchange.refusals(&self.taken, Plugin { file: file.clone(), ..loaded })?;
        if !reasons.is_empty() {
            return Err(InstallError::Refused(reasons));
        }
        let replaced = self.taken.contains_key(&file);
        written.place(&file)?;
        self.taken.insert(file.clone(), glance(&self.exchange.settings().plugins_folder)?.remove(&file).flatten());
        self.exchange.take(&self.taken);
        tracing::info!(plugin = %name, hash = hash.short(), file = %file.display(), "installed over HTTP");
        let plugin = self.exchange.state_of(name, hash).ok_or(InstallError::NotServed)?;
        Ok(Installed::of(&plugin, file_name(&file), replaced))
    }

    /// Takes a plugin's file out of the folder; what it owns stays.
    pub(super) fn remove(&mut self, name: &PluginName) -> Result<Removal, ServiceError> {
        let removal = remove(self.exchange.host(), name.as_str(), Extent::KeepData)?;
        let there = glance(&self.exchange.settings().plugins_folder)?;
        self.taken.retain(|path, _| there.contains_key(path));
        self.exchange.take(&self.taken);
        tracing::info!(plugin = %name, file = removal.file, "removed over HTTP");
        Ok(removal)
    }
}
