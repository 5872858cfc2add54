//! What is served of a folder that has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::administration::InstallError;
use super::auto::Auto;
use super::decision::{Loaded, decide, is_of, name_of};
use super::served::Served;
use crate::model::{ContentHash, PluginName};
use crate::service::agreement::file_name;
use crate::service::error::ServiceError;
use crate::service::folder::Stamp;
use crate::service::handlers::Handlers;
use crate::service::host::Host;
use crate::service::live::Live;
use crate::service::load::{Files, Plugin, PluginSet, Refusal, causes, load_one};
use crate::service::readiness;
use crate::service::serving::{PluginState, Readiness, Serving};
use crate::service::settings::Settings;
use crate::service::state::State;
use crate::store::ledger::Mark;

/// Exchanges plugins while they are served.
#[derive(Debug)]
pub(in crate::service) struct Exchange {
    host: Host,
    live: Live,
    served: Arc<Served>,
    /// What new files bring is applied.
    auto: Option<Auto>,
    /// The files as they were read last.
    known: BTreeMap<PathBuf, (Stamp, Loaded)>,
    /// What the database was when it was decided what is served; none where that is not known.
    decided_at: Option<Mark>,
    /// Why it could not be decided, as it was said last.
    said: Option<String>,
}

impl Exchange {
    /// `decided_at` is what the database was before it was decided what is served.
    pub(in crate::service) fn new(host: Host, live: Live, served: Arc<Served>, auto: Option<Auto>, decided_at: Option<Mark>) -> Self {
        Self { host, live, served, auto, known: BTreeMap::new(), decided_at, said: None }
    }

    /// Takes those of the files for read that are served, as they were before they were read.
    pub(super) fn know(&mut self, files: &BTreeMap<PathBuf, Stamp>) {
        for plugin in self.served.set().plugins.into_values() {
            if let Some(stamp) = files.get(&plugin.file) {
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

    pub(super) fn serving(&self) -> Arc<Serving> {
        Arc::clone(self.served.serving())
    }

    /// Whether a file was refused, or not all of it applied, for a reason that may be gone although nothing has changed.
    pub(super) fn may_find_otherwise(&self) -> bool {
        self.served.lacks(|refusal| refusal.may_pass) || self.auto.as_ref().is_some_and(Auto::may_find_otherwise)
    }

    /// Whether a file was refused, or not applied, on a database that is another now: what stood against it may be gone.
    pub(super) fn may_take_more(&self) -> bool {
        let is_lacking = self.served.lacks(|_| true) || self.auto.as_ref().is_some_and(Auto::is_lacking);
        // One that cannot be asked is told of by who watches it.
        is_lacking && self.live.mark().is_ok_and(|mark| self.decided_at.as_ref() != Some(&mark))
    }

    /// Serves what the folder holds now, as far as it can be served; what may pass is tried `anew` or not. Answers whether that was decided: else
    /// it is to be tried again.
    pub(super) fn take(&mut self, files: &BTreeMap<PathBuf, Stamp>, anew: bool) -> bool {
        let before = self.served.set();
        self.decided_at = self.live.mark().ok();
        if anew {
            self.known.retain(|_, (_, loaded)| !loaded.as_ref().is_err_and(|refusal| refusal.may_pass));
        }
        self.read(files, &before);
        let fresh: Vec<Loaded> = self.known.values().map(|(_, loaded)| loaded.clone()).collect();
        let exchanged = self.exchange(&before, fresh, anew);
        let why = exchanged.as_ref().err().map(|error| causes(error));
        if let Some(error) = why.as_ref().filter(|why| self.said.as_ref() != Some(why)) {
            tracing::error!(error, "what changed in the plugins folder cannot be taken yet; what is served stays, and it is tried again");
        }
        self.said = why;
        exchanged.is_ok()
    }

    /// The file in which a plugin is, or would be put.
    pub(super) fn file_of(&mut self, name: &PluginName, files: &BTreeMap<PathBuf, Stamp>) -> Result<PathBuf, InstallError> {
        self.read(files, &self.served.set());
        let mut owned = self.known.iter().filter_map(|(path, (_, loaded))| Some((path, name_of(loaded)?)));
        if let Some((path, _)) = owned.clone().find(|(_, owner)| *owner == name) {
            return Ok(path.clone());
        }
        let path = self.settings().plugins_folder.join(format!("{name}.wasm"));
        match owned.find(|(other, _)| **other == path) {
            Some((_, owner)) => Err(InstallError::FileTaken { file: file_name(&path), owner: owner.clone() }),
            None => Ok(path),
        }
    }

    /// The file that a plugin is served from, or that says it is the plugin.
    pub(super) fn file_known(&mut self, name: &PluginName, files: &BTreeMap<PathBuf, Stamp>) -> Option<PathBuf> {
        self.read(files, &self.served.set());
        let known = || self.known.iter().find(|(_, (_, loaded))| name_of(loaded) == Some(name)).map(|(path, _)| path.clone());
        self.served.set().plugins.remove(name).map(|plugin| plugin.file).or_else(known)
    }

    /// Whether a plugin is served from a file that says it is another.
    pub(super) fn is_of_another(&self, file: &Path, name: &PluginName) -> bool {
        let other = self.known.get(file).and_then(|(_, loaded)| name_of(loaded)).filter(|other| *other != name);
        other.is_some() && self.served.set().plugins.get(name).is_some_and(|plugin| plugin.file == file)
    }

    /// Why a plugin would not be served if it were in the folder, in the place of its file; nothing when it would be.
    pub(super) fn refusals(&mut self, files: &BTreeMap<PathBuf, Stamp>, plugin: Plugin) -> Result<Vec<String>, InstallError> {
        let before = self.served.set();
        self.read(files, &before);
        let (name, hash, file) = (plugin.manifest.name.clone(), plugin.hash(), plugin.file.clone());
        let others = self.known.iter().filter(|(path, _)| **path != file).map(|(_, (_, loaded))| loaded.clone());
        let fresh: Vec<Loaded> = others.chain([Ok(plugin)]).collect();
        let set = decide(&self.host, &self.live, &before, &fresh)?;
        if set.plugins.get(&name).is_some_and(|taken| taken.hash() == hash) {
            return Ok(Vec::new());
        }
        let told: Vec<String> = set.refused.iter().filter(|refusal| !before.refused.contains(refusal)).map(ToString::to_string).collect();
        Ok(if told.is_empty() { vec!["it does not agree with the plugins that are served".to_owned()] } else { told })
    }

    /// The plugins folder as it is served: a plugin that goes on although its file is another now is the one that its file is.
    pub(super) fn served_files(&self) -> Files {
        let served = self.served.set();
        let others =
            self.known.values().map(|(_, loaded)| loaded).filter(|loaded| !served.plugins.values().any(|plugin| is_of(loaded, plugin)));
        Files::of(others.cloned().chain(served.plugins.values().cloned().map(Ok)))
    }

    /// Why the file of that name is not served.
    pub(super) fn refusal_of(&self, file: &str) -> Vec<String> {
        self.served.set().refused.into_iter().filter(|refusal| refusal.file == file).map(|refusal| refusal.to_string()).collect()
    }

    /// The plugin as it is served, if that is its code.
    pub(super) fn state_of(&self, name: &PluginName, hash: ContentHash) -> Option<PluginState> {
        let snapshot = self.served.serving().snapshot();
        snapshot.plugins.iter().find(|plugin| plugin.name == *name && plugin.component == hash).cloned()
    }

    /// Reads the files that are not known as they are.
    fn read(&mut self, files: &BTreeMap<PathBuf, Stamp>, before: &PluginSet) {
        let mut known = BTreeMap::new();
        for (path, stamp) in files {
            let same = self.known.remove(path).filter(|(old, _)| old == stamp);
            let loaded = same.map_or_else(|| self.load(path, before), |(_, loaded)| loaded);
            known.insert(path.clone(), (stamp.clone(), loaded));
        }
        self.known = known;
    }

    fn load(&mut self, path: &Path, before: &PluginSet) -> Loaded {
        let mut loaded = load_one(self.host.runtime(), path)?;
        loaded.let_go();
        self.host.failures().forget(loaded.hash());
        if let Some(auto) = &mut self.auto {
            auto.forget_failure(&loaded.manifest.name);
        }
        // Nothing but its times changed: what is known of it stays.
        let same = before.plugins.get(&loaded.manifest.name).filter(|old| old.hash() == loaded.hash() && old.file == loaded.file);
        Ok(same.cloned().unwrap_or(loaded))
    }

    fn exchange(&mut self, before: &PluginSet, mut fresh: Vec<Loaded>, anew: bool) -> Result<(), ServiceError> {
        let set = loop {
            let set = decide(&self.host, &self.live, before, &fresh)?;
            let Some(auto) = &mut self.auto else { break set };
            auto.upgrade(&self.host, &set, anew)?;
            let behind = self.behind(&set, before)?;
            if behind.is_empty() {
                break set;
            }
            // One file less each time; the others may be applied beside the former ones.
            for loaded in &mut fresh {
                if let Some(plugin) = loaded.as_ref().ok().filter(|plugin| behind.contains(&plugin.manifest.name)) {
                    let may_pass = self.auto.as_ref().is_some_and(|auto| auto.may_pass(&plugin.manifest.name, &set));
                    *loaded = Err(Refusal { may_pass, ..Refusal::of(plugin, "its revisions are not all applied".to_owned()) });
                }
            }
        };
        if let Some(auto) = &mut self.auto {
            let named: BTreeSet<&PluginName> = self.known.values().filter_map(|(_, loaded)| name_of(loaded)).collect();
            let loaded = self.known.values().filter_map(|(_, loaded)| loaded.as_ref().ok());
            let code: BTreeSet<(&PluginName, ContentHash)> =
                loaded.chain(set.plugins.values()).map(|plugin| (&plugin.manifest.name, plugin.hash())).collect();
            auto.keep(|plugin| named.contains(plugin) || set.plugins.contains_key(plugin), |plugin, hash| code.contains(&(plugin, hash)));
            auto.tell(&set);
        }
        self.serve(set, before)
    }

    /// The plugins of a set that cannot answer, although they could with the code that is served.
    fn behind(&self, set: &PluginSet, before: &PluginSet) -> Result<BTreeSet<PluginName>, ServiceError> {
        let tables = self.live.tables()?;
        let (new, old) = (State::read(&self.live, set)?, State::read(&self.live, before)?);
        let is_ready = |plugin: &Plugin, state: &State| readiness::of_plugin(plugin, state, &tables) == Readiness::Ready;
        let could_answer = |plugin: &&Plugin| {
            let served = before.plugins.get(&plugin.manifest.name).filter(|served| served.hash() != plugin.hash());
            served.is_some_and(|served| is_ready(served, &old)) && !is_ready(plugin, &new)
        };
        Ok(set.plugins.values().filter(could_answer).map(|plugin| plugin.manifest.name.clone()).collect())
    }

    fn serve(&mut self, set: PluginSet, before: &PluginSet) -> Result<(), ServiceError> {
        let told = |refusal: &Refusal| {
            let goes_on = refusal.plugin.as_ref().and_then(|name| set.plugins.get(name)).or_else(|| of_file(&set, &refusal.file));
            let goes_on = goes_on.map(|plugin| (&plugin.manifest.name, &plugin.manifest.version));
            goes_on.map_or_else(
                || refusal.to_string(),
                |(name, version)| format!("{refusal}; plugin {name} {version} goes on with the code it has"),
            )
        };
        let told: Vec<String> = set.refused.iter().filter(|refusal| !before.refused.contains(refusal)).map(told).collect();
        let settings = self.host.settings();
        self.served.exchange(set, |set, before| Handlers::of(set, settings, before), &self.live)?;
        // What could not be exchanged is decided anew, and would be told again.
        told.iter().for_each(|told| tracing::error!("{told}"));
        Ok(())
    }
}

/// The plugin that is served although its file of this name is not.
fn of_file<'a>(set: &'a PluginSet, file: &str) -> Option<&'a Plugin> {
    set.plugins.values().find(|plugin| file_name(&plugin.file) == file)
}
