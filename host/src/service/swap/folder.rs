//! A file is dropped into the plugins folder, replaced or taken out.
//!
//! Asks for the names, sizes and times of the files, which needs no help of the system's and works on every file system. What was changed is
//! taken when it has been the same for a while: a file that is still being copied waits.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Wrong;
use super::administration::{InstallError, Installed};
use super::exchange::Exchange;
use super::hidden::{Former, write};
use super::settling::{Glance, Settling};
use crate::model::PluginName;
use crate::service::agreement::file_name;
use crate::service::error::ServiceError;
use crate::service::folder::{FolderError, glance};
use crate::service::load::{Plugin, load_one};
use crate::service::remove::{Extent, Removal, remove};
use crate::service::serving::Serving;

/// How long it is waited before something is tried again that could not be done.
const PAUSE: Duration = Duration::from_secs(2);

/// How long at most, when it was tried often: it may cost a minute's compiling.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// When something is tried again.
#[derive(Debug, Clone, Copy)]
struct Again {
    at: Instant,
    pause: Duration,
}

impl Again {
    fn after(pause: Duration) -> Self {
        Self { at: Instant::now() + pause, pause }
    }

    fn soon() -> Self {
        Self::after(PAUSE)
    }

    /// After twice the pause: what did not pass meanwhile may last.
    fn later(self) -> Self {
        Self::after((self.pause * 2).min(LONGEST_PAUSE))
    }
}

/// Looks at the plugins folder.
#[derive(Debug)]
pub(in crate::service) struct FolderWatch {
    exchange: Exchange,
    /// What was taken last.
    taken: Glance,
    settling: Settling,
    /// It could not be decided what is served of it: when that is tried again.
    undecided: Option<Instant>,
    /// Not all of it could be taken, for a reason that may pass by itself: when that is tried again.
    again: Option<Again>,
    /// The folder could not be read, and that was said.
    is_lost: bool,
}

impl FolderWatch {
    /// `taken` is what the folder held before that was read which is served.
    pub(in crate::service) fn new(mut exchange: Exchange, taken: Glance) -> Self {
        exchange.know(&taken);
        let again = exchange.may_find_otherwise().then(Again::soon);
        Self { exchange, taken, settling: Settling::default(), undecided: None, again, is_lost: false }
    }

    pub(super) fn serving(&self) -> Arc<Serving> {
        self.exchange.serving()
    }

    pub(super) fn look(&mut self) -> Wrong {
        let now = Instant::now();
        let seen = match glance(&self.exchange.settings().plugins_folder) {
            Ok(seen) => seen,
            Err(error) => {
                if !std::mem::replace(&mut self.is_lost, true) {
                    tracing::error!(error = &error as &dyn std::error::Error, "the plugins folder cannot be read; what is served stays");
                }
                return Some("it cannot be read; what was served of it is served as before");
            }
        };
        self.is_lost = false;
        let settled = self.settling.settled(&self.taken, &seen, now);
        let is_open = self.undecided.is_some_and(|at| now >= at);
        let is_due = self.again.is_some_and(|again| now >= again.at);
        if settled != self.taken || is_open || is_due || self.exchange.may_take_more() {
            self.take(settled, is_due);
        }
        self.undecided.map(|_| "what changed in it cannot be taken yet; what was served of it is served as before")
    }

    /// Serves what those files hold, as far as it can be served; what may pass by itself is tried `anew` or not.
    fn take(&mut self, files: Glance, anew: bool) {
        let again = || Some(Instant::now() + PAUSE);
        // Before anything is done: what panics in there is tried again, and told until then.
        self.undecided = again();
        let decided = self.exchange.take(&files, anew);
        self.taken = files;
        self.undecided = again().filter(|_| !decided);
        self.again = self.exchange.may_find_otherwise().then(|| match self.again {
            Some(again) if anew => again.later(),
            Some(again) => again,
            None => Again::soon(),
        });
    }

    /// Puts a component into the folder, as the plugin of that name and in the place of its file, and serves it. What would not be served is
    /// not put there.
    pub(super) fn install(&mut self, name: &PluginName, component: &[u8]) -> Result<Installed, InstallError> {
        let (file, there) = self.file_of(name)?;
        let written = write(&self.exchange.settings().plugins_folder, component)?;
        let loaded = load_one(self.exchange.host().runtime(), written.path()).map_err(|refusal| InstallError::Refused(refusal.reasons))?;
        if loaded.manifest.name != *name {
            return Err(InstallError::AnotherPlugin { found: loaded.manifest.name, asked: name.clone() });
        }
        let hash = loaded.hash();
        let reasons = self.exchange.refusals(&there, Plugin { file: file.clone(), ..loaded })?;
        if !reasons.is_empty() {
            return Err(InstallError::Refused(reasons));
        }
        // All that took a while, in which somebody may have put another file there.
        if self.as_it_is(&there, &file)? != there {
            return Err(InstallError::Restless(file_name(&file)));
        }
        let former = Former::replaced_by(written, &file, self.exchange.host().runtime().limits().component_bytes)?;
        self.take(self.as_it_is(&self.taken, &file)?, false);
        if self.undecided.is_some() {
            // Its revisions may be applied by now, beside which the former file could not answer.
            former.let_go();
            return Err(InstallError::NotYet(file_name(&file)));
        }
        let Some(plugin) = self.exchange.state_of(name, hash) else {
            let reasons = self.exchange.refusal_of(&file_name(&file));
            let is_ours = former.is_in_place();
            drop(former);
            self.take(self.as_it_is(&self.taken, &file)?, false);
            if !is_ours {
                return Err(InstallError::Restless(file_name(&file)));
            }
            return Err(if reasons.is_empty() { InstallError::NotServed } else { InstallError::Refused(reasons) });
        };
        let replaced = former.let_go();
        tracing::info!(plugin = %name, hash = hash.short(), file = %file.display(), "installed over HTTP");
        Ok(Installed::of(&plugin, file_name(&file), replaced))
    }

    /// The file in which a plugin is, or would be put, and the files with it as it is at this moment: whatever came under its name since the last
    /// look is known before it is written over.
    fn file_of(&mut self, name: &PluginName) -> Result<(PathBuf, Glance), InstallError> {
        let mut file = self.exchange.settings().plugins_folder.join(format!("{name}.wasm"));
        let mut there = self.taken.clone();
        // From its name to its file, and on only while somebody moves files about.
        for _ in 0..3 {
            there = self.as_it_is(&there, &file)?;
            let found = self.exchange.file_of(name, &there)?;
            if found == file {
                return Ok((file, there));
            }
            file = found;
        }
        Err(InstallError::Restless(file_name(&file)))
    }

    /// Those files with one of them as it is at this moment, without waiting for whether it stays so.
    fn as_it_is(&self, files: &Glance, file: &Path) -> Result<Glance, FolderError> {
        let mut files = files.clone();
        match glance(&self.exchange.settings().plugins_folder)?.remove(file) {
            Some(stamp) => _ = files.insert(file.to_owned(), stamp),
            None => _ = files.remove(file),
        }
        Ok(files)
    }

    /// Takes a plugin's file out of the folder; what it owns stays.
    pub(super) fn remove(&mut self, name: &PluginName) -> Result<Removal, ServiceError> {
        // Its file may be another's since a moment ago.
        if let Some(file) = self.exchange.file_known(name, &self.taken) {
            let now = self.as_it_is(&self.taken, &file)?;
            if now != self.taken {
                self.take(now, false);
            }
            if self.exchange.is_of_another(&file, name) {
                return Err(ServiceError::FileChanged { dropped: false, file: file_name(&file) });
            }
        }
        let host = self.exchange.host().of(self.exchange.served_files());
        let removal = remove(&host, name.as_str(), Extent::KeepData, &self.taken)?;
        if let Some(file) = &removal.file {
            let file = self.exchange.settings().plugins_folder.join(file);
            self.take(self.as_it_is(&self.taken, &file)?, false);
        }
        tracing::info!(plugin = %name, file = removal.file, "removed over HTTP");
        Ok(removal)
    }
}
