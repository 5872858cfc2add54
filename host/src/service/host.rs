//! What every verb begins with: the operator's settings and the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::error::ServiceError;
use super::folder::{self, FolderError};
use super::grants;
use super::live::{Books, Live};
use super::load::{self, Files, Plugin, PluginSet};
use super::plugin_settings::table;
use super::prove;
use super::settings::Settings;
use super::state::State;
use crate::model::{Name, PluginName};
pub use crate::runtime::{COMPILE_COMMAND, compile};
use crate::runtime::{Component, Limits, Runtime, RuntimeConfig};
use crate::store::StorageError;

/// A database, and what is known of it and of the files before anything is made of either.
pub(super) struct Opened {
    /// The database.
    pub live: Live,
    /// What is written down in it.
    pub books: Books,
    /// The files, each by itself.
    pub files: Result<Files, FolderError>,
}

/// The operator's settings and the engine. One per process, for as many threads as there are.
#[derive(Debug, Clone)]
pub struct Host {
    settings: Settings,
    runtime: Arc<Runtime>,
    /// Proofs that were tried in vain.
    failures: Arc<prove::Failures>,
    /// Warnings that were given.
    said: Arc<Mutex<BTreeSet<String>>>,
    /// What counts as the files of the plugins folder, where that is not what is in it.
    given: Option<Files>,
}

impl Host {
    /// Starts the engine.
    ///
    /// # Errors
    /// The engine cannot be made on this machine.
    pub fn new(settings: Settings) -> Result<Self, ServiceError> {
        Self::with(settings, None)
    }

    /// The same for a process that runs long: plugins are compiled in other ones, which end.
    ///
    /// # Errors
    /// As [`Host::new`].
    pub fn long_running(settings: Settings) -> Result<Self, ServiceError> {
        Self::with(settings, this_program())
    }

    fn with(settings: Settings, program: Option<PathBuf>) -> Result<Self, ServiceError> {
        let limits = settings.limits.runtime.clone();
        // The pool's places have room for the plugin that may have most.
        let each = settings.plugins.keys().map(|name| settings.limits_of(name).runtime);
        let (memory_bytes, table_elements) = each.fold((limits.memory_bytes, limits.table_elements), |(memory, table), one| {
            (memory.max(one.memory_bytes), table.max(one.table_elements))
        });
        let largest = Some(Limits { memory_bytes, table_elements, ..limits.clone() });
        let config = RuntimeConfig { limits, largest, cache: settings.cache_folder.clone(), program };
        Ok(Self { settings, runtime: Arc::new(Runtime::new(config)?), failures: Arc::default(), said: Arc::default(), given: None })
    }

    /// The same on another database.
    pub(super) fn on(&self, database: PathBuf) -> Self {
        Self { settings: Settings { database, ..self.settings.clone() }, ..self.clone() }
    }

    /// The same as if those files were the plugins folder's.
    pub(super) fn of(&self, files: Files) -> Self {
        Self { given: Some(files), ..self.clone() }
    }

    /// What the operator decided.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The engine.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// Proofs that were tried in vain.
    pub(super) fn failures(&self) -> &prove::Failures {
        &self.failures
    }

    /// Refuses to go on without a plugins folder: before anything is made.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn require_folder(&self) -> Result<(), ServiceError> {
        folder::scan(&self.settings.plugins_folder)?;
        Ok(())
    }

    /// Loads the plugins folder, and keeps those that prove that they do what they say.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    pub(super) fn load(&self, live: &Live, books: Books, files: Result<Files, FolderError>) -> Result<(PluginSet, State), ServiceError> {
        let set = self.agree(files?, &books.owners);
        self.prove(live, books, set)
    }

    /// Loads the files of the plugins folder, each by itself.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    pub(super) fn files(&self) -> Result<Files, FolderError> {
        match &self.given {
            Some(files) => Ok(files.clone()),
            None => load::read(&self.runtime, &self.settings),
        }
    }

    /// Opens the database and reads what is written down in it, while the files of the plugins folder are loaded: with many tables and large
    /// plugins, each takes about as long as the other.
    ///
    /// # Errors
    /// Those of `open`, and the books cannot be read.
    pub(super) fn open(&self, open: impl FnOnce(&Settings) -> Result<Live, StorageError> + Send) -> Result<Opened, StorageError> {
        thread::scope(|scope| {
            let opened = scope.spawn(|| {
                let live = open(&self.settings)?;
                let books = live.books()?;
                Ok((live, books))
            });
            // Here, because what is loaded takes most of the memory, and a thread's own share of it grows page by page.
            let files = self.files();
            let (live, books) = opened.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok(Opened { live, books, files })
        })
    }

    /// Keeps those plugins of a set that prove that they do what they say, and reads what of them is applied.
    ///
    /// # Errors
    /// The database cannot be read, or contradicts the plugins' histories.
    pub(super) fn prove(&self, live: &Live, books: Books, mut set: PluginSet) -> Result<(PluginSet, State), ServiceError> {
        let refused = set.refused.len();
        // What contradicts what is applied may be what is refused.
        let state = State::of(books.entries, &set);
        prove::prove_all(self, &mut set, state.as_ref().ok())?;
        let state = if set.refused.len() == refused { state } else { State::read(live, &set) };
        Ok((set, state?))
    }

    /// The same as if nothing were applied.
    ///
    /// # Errors
    /// As [`Host::load`].
    pub(super) fn load_for_empty(&self) -> Result<PluginSet, ServiceError> {
        let mut set = self.load_unproven()?;
        prove::prove_all(self, &mut set, None)?;
        Ok(set)
    }

    /// Loads the plugins folder as if nothing were applied, without proofs: for who proves them afresh.
    ///
    /// # Errors
    /// The folder is not there or cannot be read.
    pub(super) fn load_unproven(&self) -> Result<PluginSet, FolderError> {
        Ok(self.agree(self.files()?, &BTreeMap::new()))
    }

    /// The plugins folder as if nothing were applied, without proofs, with a file from elsewhere in the place of that of its plugin.
    ///
    /// # Errors
    /// The folder is not there or cannot be read, or the file is no plugin.
    pub(super) fn with_file(&self, file: &Path) -> Result<(PluginSet, PluginName), ServiceError> {
        let plugin = load::load_one(&self.runtime, file).map_err(ServiceError::Refused)?;
        let name = plugin.manifest.name.clone();
        Ok((self.agree(self.files()?.with(plugin), &BTreeMap::new()), name))
    }

    /// Keeps the files that agree with each other, and asks for no proof.
    pub(super) fn agree(&self, files: Files, owners: &BTreeMap<Name, PluginName>) -> PluginSet {
        let mut set = load::agree(files, &self.settings, owners);
        self.warn_of_nobodys_settings(&set);
        grants::doubts(&set, &self.settings, owners).iter().for_each(|doubt| self.warn(doubt.to_string()));
        set.plugins.values_mut().for_each(|plugin| self.set(plugin));
        set
    }

    /// Loads the plugins folder without proofs, for verbs that look: one that cannot be read counts as empty, and the set says why.
    pub(super) fn load_to_look(&self, files: Result<Files, FolderError>, owners: &BTreeMap<Name, PluginName>) -> PluginSet {
        match files {
            Ok(files) => self.agree(files, owners),
            Err(error) => PluginSet { unread: Some(load::causes(&error)), ..PluginSet::default() },
        }
    }

    /// The same for verbs that can do without files. A folder that cannot be read is said, but for one that is not there.
    pub(super) fn load_if_there(&self, files: Result<Files, FolderError>, owners: &BTreeMap<Name, PluginName>) -> PluginSet {
        self.load_or_warn(files, owners, |error| error.kind() != ErrorKind::NotFound).unwrap_or_default()
    }

    /// Loads the plugins folder without proofs; none when it cannot be read, which is said where it is worth it.
    pub(super) fn load_or_warn(
        &self,
        files: Result<Files, FolderError>,
        owners: &BTreeMap<Name, PluginName>,
        is_worth_saying: impl Fn(&std::io::Error) -> bool,
    ) -> Option<PluginSet> {
        let warn = |error: &FolderError| {
            if is_worth_saying(&error.source) {
                tracing::warn!(error = error as &dyn std::error::Error, "going on without the plugins' files");
            }
        };
        Some(self.agree(files.inspect_err(warn).ok()?, owners))
    }

    /// A plugin's code with what the operator lets it use up.
    pub(super) fn limited(&self, component: &Component, name: &PluginName) -> Component {
        component.with(self.settings.limits_of(name).runtime, self.settings.plugin(name).isolation)
    }

    /// Gives a plugin what the configuration has for it, and says what is wrong with that.
    pub(super) fn set(&self, plugin: &mut Plugin) {
        plugin.component = self.limited(&plugin.component, &plugin.manifest.name);
        let name = &plugin.manifest.name;
        plugin.given = self.settings.plugin(name).settings;
        for key in plugin.given.unknown(&plugin.manifest) {
            self.warn(format!("the configuration has {key} in {}, and plugin {name} has no such setting", table(name)));
        }
        for reason in plugin.settings().err().unwrap_or_default() {
            self.warn(format!("plugin {name} does not answer requests: {reason}"));
        }
    }

    /// Warns of what was not said yet: a server judges the same files again whenever one of them changes.
    fn warn(&self, text: String) {
        // Whoever panicked with it left it whole.
        if self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(text.clone()) {
            tracing::warn!("{text}");
        }
    }

    /// Says which `[plugins.NAME]` of the configuration are of no plugin: what is misspelt gives nobody anything.
    fn warn_of_nobodys_settings(&self, set: &PluginSet) {
        let is_there = |name: &PluginName| set.plugins.contains_key(name) || set.left_out().any(|refused| refused == name);
        // A file that was refused before it could say its name may be the one that is meant; and of a folder without any, as in a fresh
        // clone or after all was taken out, nobody has to be told.
        if !set.plugins.is_empty() && set.refused.iter().all(|refusal| refusal.plugin.is_some()) {
            for name in self.settings.plugins.keys().filter(|name| !is_there(name)) {
                self.warn(format!("the configuration has [plugins.{name}], and the plugins folder has no plugin of that name"));
            }
        }
    }
}

/// What starts this program once more; where nobody knows which it is, it is done without.
fn this_program() -> Option<PathBuf> {
    // Leads to what runs, also when another file has its name by now.
    let running = Path::new("/proc/self/exe");
    if cfg!(target_os = "linux") && running.exists() { Some(running.to_owned()) } else { std::env::current_exe().ok() }
}
