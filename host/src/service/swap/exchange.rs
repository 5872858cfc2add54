//! What is served of a folder that has changed.
//!
//! All files are asked for together, as when the host starts. If one that is served would be lost by that, though its file was not taken out,
//! it stays with the code that it has; and if the rest does not agree with it then, nothing of the change is taken.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::administration::InstallError;
use super::auto::upgrade_all;
use super::served::Served;
use crate::model::{ContentHash, PluginName};
use crate::service::agreement::file_name;
use crate::service::error::ServiceError;
use crate::service::folder::Stamp;
use crate::service::handlers::Handlers;
use crate::service::host::Host;
use crate::service::live::Live;
use crate::service::load::{Files, Plugin, PluginSet, Refusal, load_one};
use crate::service::readiness;
use crate::service::serving::{HandlingPlugin, PluginState, Readiness};
use crate::service::settings::Settings;
use crate::service::state::State;
use crate::store::ledger::Mark;

/// How long a call may go on in code that is served no more.
const GRACE: Duration = Duration::from_secs(10);

type Loaded = Result<Plugin, Refusal>;

/// Exchanges plugins while they are served.
#[derive(Debug)]
pub(in crate::service) struct Exchange {
    host: Host,
    live: Live,
    served: Arc<Served>,
    /// Apply what new files bring.
    auto_upgrade: bool,
    /// The files as they were read last.
    known: BTreeMap<PathBuf, (Stamp, Loaded)>,
    /// What the database was when it was decided what is served; none where that is not known.
    decided_at: Option<Mark>,
    /// Plugins whose code is served no more, and since when.
    leaving: Vec<(Instant, Arc<HandlingPlugin>)>,
}

impl Exchange {
    pub(in crate::service) fn new(host: Host, live: Live, served: Arc<Served>, auto_upgrade: bool) -> Self {
        let decided_at = live.mark().ok();
        Self { host, live, served, auto_upgrade, known: BTreeMap::new(), decided_at, leaving: Vec::new() }
    }

    /// Takes those of the files for read that are served, as they were before they were read.
    pub(super) fn know(&mut self, files: &BTreeMap<PathBuf, Option<Stamp>>) {
        for plugin in self.served.set().plugins.into_values() {
            if let Some(Some(stamp)) = files.get(&plugin.file) {
                self.known.insert(plugin.file.clone(), (stamp.clone(), Ok(plugin)));
            }
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        self.host.settings()
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// Whether a file was refused on a database that is another now: what stood against it may be gone.
    pub(super) fn may_take_more(&self) -> bool {
        // One that cannot be asked is told of by who watches it.
        self.served.lacks_some() && self.live.mark().is_ok_and(|mark| self.decided_at.as_ref() != Some(&mark))
    }

    /// Serves what the folder holds now, as far as it can be served.
    pub(super) fn take(&mut self, files: &BTreeMap<PathBuf, Option<Stamp>>) {
        let before = self.served.set();
        self.decided_at = self.live.mark().ok();
        self.read(files, &before);
        let fresh: Vec<Loaded> = self.known.values().map(|(_, loaded)| loaded.clone()).collect();
        if let Err(error) = self.exchange(&before, fresh) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what changed in the plugins folder cannot be taken; what is served stays"
            );
        }
    }

    /// The file in which a plugin is, or would be put.
    pub(super) fn file_of(&mut self, name: &PluginName, files: &BTreeMap<PathBuf, Option<Stamp>>) -> Result<PathBuf, InstallError> {
        let before = self.served.set();
        self.read(files, &before);
        let owner = |loaded: &Loaded| match loaded {
            Ok(plugin) => Some(plugin.manifest.name.clone()),
            Err(refusal) => refusal.plugin.clone(),
        };
        let mut owned = self.known.iter().filter_map(|(path, (_, loaded))| Some((path, owner(loaded)?)));
        if let Some((path, _)) = owned.clone().find(|(_, owner)| owner == name) {
            return Ok(path.clone());
        }
        let path = self.settings().plugins_folder.join(format!("{name}.wasm"));
        match owned.find(|(other, _)| **other == path) {
            Some((_, owner)) => Err(InstallError::FileTaken { file: file_name(&path), owner }),
            None => Ok(path),
        }
    }

    /// Why a plugin would not be served if it were in the folder, in the place of its file; nothing when it would be.
    pub(super) fn refusals(&mut self, files: &BTreeMap<PathBuf, Option<Stamp>>, plugin: Plugin) -> Result<Vec<String>, InstallError> {
        let before = self.served.set();
        self.read(files, &before);
        let (name, hash, file) = (plugin.manifest.name.clone(), plugin.hash(), plugin.file.clone());
        let others = self.known.iter().filter(|(path, _)| **path != file).map(|(_, (_, loaded))| loaded.clone());
        let set = self.decide(&before, others.chain([Ok(plugin)]).collect())?;
        if set.plugins.get(&name).is_some_and(|taken| taken.hash() == hash) {
            return Ok(Vec::new());
        }
        let told: Vec<String> = set.refused.iter().filter(|refusal| !before.refused.contains(refusal)).map(ToString::to_string).collect();
        Ok(if told.is_empty() { vec!["it does not agree with the plugins that are served".to_owned()] } else { told })
    }

    /// The plugin as it is served, if that is its code.
    pub(super) fn state_of(&self, name: &PluginName, hash: ContentHash) -> Option<PluginState> {
        let snapshot = self.served.serving().snapshot();
        snapshot.plugins.iter().find(|plugin| plugin.name == *name && plugin.component == hash).cloned()
    }

    /// Stops the calls that outlive their plugin for too long.
    pub(super) fn end_leaving(&mut self, now: Instant) {
        self.leaving.retain(|(since, plugin)| {
            // Nobody else has it: no call is in flight.
            let in_use = Arc::strong_count(plugin) > 1;
            if in_use && now.duration_since(*since) > GRACE {
                tracing::warn!(plugin = %plugin.name, seconds = GRACE.as_secs(), "calls into its former code take too long, and are stopped");
                plugin.component.retire();
                return false;
            }
            in_use
        });
    }

    /// Reads the files that changed.
    fn read(&mut self, files: &BTreeMap<PathBuf, Option<Stamp>>, before: &PluginSet) {
        let mut known = BTreeMap::new();
        for (path, stamp) in files {
            // One that is gone again is taken out the next time.
            let Some(stamp) = stamp else { continue };
            let same = self.known.remove(path).filter(|(old, _)| old == stamp);
            let loaded = same.map_or_else(|| self.load(path, before), |(_, loaded)| loaded);
            known.insert(path.clone(), (stamp.clone(), loaded));
        }
        self.known = known;
    }

    fn load(&self, path: &Path, before: &PluginSet) -> Loaded {
        let loaded = load_one(self.host.runtime(), path)?;
        // Nothing but its times changed: what is known of it stays.
        let same = before.plugins.get(&loaded.manifest.name).filter(|old| old.hash() == loaded.hash() && old.file == loaded.file);
        Ok(same.cloned().unwrap_or(loaded))
    }

    fn exchange(&mut self, before: &PluginSet, fresh: Vec<Loaded>) -> Result<(), ServiceError> {
        let mut set = self.decide(before, fresh)?;
        if self.auto_upgrade && !upgrade_all(&self.host) {
            set = self.with_those_that_can_answer(set, before)?;
        }
        if self.auto_upgrade {
            // What it applied itself is no news.
            self.decided_at = self.live.mark().ok();
        }
        self.serve(set, before)
    }

    fn decide(&self, before: &PluginSet, fresh: Vec<Loaded>) -> Result<PluginSet, ServiceError> {
        let whole = self.agreed(fresh.clone())?;
        let lost = lost(before, &fresh, &whole);
        if lost.is_empty() {
            return Ok(whole);
        }
        let others = fresh.iter().filter(|loaded| !lost.iter().any(|plugin| is_of(loaded, plugin))).cloned();
        let kept = self.agreed(others.chain(lost.iter().map(|plugin| Ok((*plugin).clone()))).collect())?;
        let kept = match self::lost(before, &fresh, &kept).is_empty() {
            true => kept,
            // Something new stands against something that is served.
            false => {
                let is_there = |plugin: &&Plugin| fresh.iter().any(|loaded| is_of(loaded, plugin));
                self.agreed(before.plugins.values().filter(is_there).cloned().map(Ok).collect())?
            }
        };
        // What was wrong with the new ones is what is told.
        let told = whole.refused.into_iter().filter(|refusal| !kept.refused.iter().any(|known| known.file == refusal.file));
        let mut refused: Vec<Refusal> = told.chain(kept.refused.iter().cloned()).collect();
        refused.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(PluginSet { refused, ..kept })
    }

    /// The same after a revision failed: a plugin that could answer and cannot now goes on with the code that it has, and its file is refused.
    fn with_those_that_can_answer(&self, set: PluginSet, before: &PluginSet) -> Result<PluginSet, ServiceError> {
        let tables = self.live.tables()?;
        let (new, old) = (State::read(&self.live, &set)?, State::read(&self.live, before)?);
        let stays = |plugin: &Plugin| {
            let answered = before.plugins.get(&plugin.manifest.name).filter(|old| old.hash() != plugin.hash())?;
            let is_ready = |plugin: &Plugin, state: &State| readiness::of_plugin(plugin, state, &tables) == Readiness::Ready;
            (is_ready(answered, &old) && !is_ready(plugin, &new)).then(|| answered.clone())
        };
        let PluginSet { plugins, mut refused, .. } = set;
        let mut files = Vec::new();
        for plugin in plugins.into_values() {
            files.push(Ok(match stays(&plugin) {
                Some(answered) => {
                    refused.push(Refusal::of(&plugin, "its revisions are not all applied".to_owned()));
                    answered
                }
                None => plugin,
            }));
        }
        let kept = self.agreed(files)?;
        refused.extend(kept.refused.iter().cloned());
        refused.sort_by(|a, b| a.file.cmp(&b.file));
        Ok(PluginSet { refused, ..kept })
    }

    /// Those of the files that agree with each other and prove that they do what they say.
    fn agreed(&self, files: Vec<Loaded>) -> Result<PluginSet, ServiceError> {
        Ok(self.host.load(&self.live, self.live.books()?, Ok(Files::of(files)))?.0)
    }

    fn serve(&mut self, set: PluginSet, before: &PluginSet) -> Result<(), ServiceError> {
        for refusal in set.refused.iter().filter(|refusal| !before.refused.iter().any(|known| known == *refusal)) {
            let goes_on = refusal.plugin.as_ref().and_then(|name| set.plugins.get(name)).or_else(|| of_file(&set, &refusal.file));
            match goes_on {
                Some(plugin) => {
                    tracing::error!("{refusal}; plugin {} {} goes on with the code it has", plugin.manifest.name, plugin.manifest.version);
                }
                None => tracing::error!("{refusal}"),
            }
        }
        let settings = self.host.settings();
        let gone = self.served.exchange(set, |set, before| Handlers::of(set, settings, before), &self.live)?;
        let now = Instant::now();
        self.leaving.extend(gone.into_iter().map(|plugin| (now, plugin)));
        Ok(())
    }
}

/// The served plugins that a set does not have, although their files were not taken out, or that it has in a file that was refused.
fn lost<'a>(before: &'a PluginSet, fresh: &[Loaded], set: &PluginSet) -> Vec<&'a Plugin> {
    let is_meant = |plugin: &Plugin| fresh.iter().any(|loaded| is_of(loaded, plugin));
    let is_lost = |(name, plugin): &(&PluginName, &'a Plugin)| !set.plugins.contains_key(*name) && is_meant(plugin);
    before.plugins.iter().filter(is_lost).map(|(_, plugin)| plugin).collect()
}

/// Whether what was read is meant to be the plugin: by its name, or where nobody could ask for that, by its file's.
fn is_of(loaded: &Loaded, plugin: &Plugin) -> bool {
    match loaded {
        Ok(new) => new.manifest.name == plugin.manifest.name,
        Err(refusal) => plugin.file.file_name().is_some_and(|name| *name == *refusal.file),
    }
}

/// The plugin that is served although its file of this name is not.
fn of_file<'a>(set: &'a PluginSet, file: &str) -> Option<&'a Plugin> {
    set.plugins.values().find(|plugin| plugin.file.file_name().is_some_and(|name| *name == *file))
}
