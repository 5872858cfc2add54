//! Loads the plugins of a folder: reads, compiles, asks each what it is, and keeps those that agree with each other.
//!
//! A bad file never stops the others: it is refused with its name and a reason that a person can act on.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde::Serialize;

use super::agreement::{self, Candidate, file_name};
use super::error::ServiceError;
use super::folder::{self, FolderError};
use super::grants;
use super::plugin_settings::{Given, check_default, settings_of};
use super::prove::Proof;
use super::settings::Settings;
use crate::model::manifest::{Collection as Declared, Handled};
use crate::model::{CollectionOperation, ContentHash, Manifest, Name, PluginName};
use crate::records::{Collection, RequestContract};
use crate::runtime::{Component, Runtime};

/// A plugin that is ready to be used.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// Its file.
    pub file: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its code.
    pub component: Component,
    /// The file's bytes, for the archive; none where they were let go.
    pub(super) wasm: Option<Arc<[u8]>>,
    /// What the operator set for it.
    pub given: Given,
    /// That it does what it says; none where nobody asked.
    pub proof: Option<Arc<Proof>>,
}

impl Plugin {
    /// The hash of its file.
    pub fn hash(&self) -> ContentHash {
        self.component.hash()
    }

    /// The bytes of its file, which is read again where they were let go.
    ///
    /// # Errors
    /// [`ServiceError::FileReplaced`].
    pub(super) fn wasm(&self) -> Result<Arc<[u8]>, ServiceError> {
        if let Some(wasm) = &self.wasm {
            return Ok(Arc::clone(wasm));
        }
        let read = folder::read(&self.file, self.component.limits().component_bytes);
        let same = read.and_then(|wasm| match ContentHash::of(&wasm) == self.hash() {
            true => Ok(wasm.into()),
            false => Err(std::io::Error::other("it is another file now")),
        });
        same.map_err(|source| ServiceError::FileReplaced { plugin: self.manifest.name.clone(), file: file_name(&self.file), source })
    }

    /// Lets the bytes of its file go: who serves a plugin for long hardly ever needs them.
    pub(super) fn let_go(&mut self) {
        self.wasm = None;
    }

    /// The settings that it works with, as text by key.
    ///
    /// # Errors
    /// See [`settings_of`].
    pub fn settings(&self) -> Result<BTreeMap<String, String>, Vec<String>> {
        settings_of(&self.manifest, &self.given)
    }
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The file's name, without its folder.
    pub file: String,
    /// The plugin's name, as far as it could be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginName>,
    /// Why, at least one.
    pub reasons: Vec<String>,
    /// The reasons are the machine's, and may be gone without anybody changing the file.
    #[serde(skip)]
    pub may_pass: bool,
}

impl Refusal {
    /// A plugin that could be read, and why it cannot stay.
    pub(super) fn of(plugin: &Plugin, reason: String) -> Self {
        Self::of_all(plugin, vec![reason])
    }

    /// The same for more than one reason.
    fn of_all(plugin: &Plugin, reasons: Vec<String>) -> Self {
        Self { file: file_name(&plugin.file), plugin: Some(plugin.manifest.name.clone()), reasons, may_pass: false }
    }

    /// Whether who asked for all plugins, or for this one, misses what the file would have brought. Who asked for another does not.
    pub(super) fn is_missed(&self, asked_for: Option<&PluginName>) -> bool {
        asked_for.is_none_or(|one| self.plugin.as_ref() == Some(one))
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { file, plugin, reasons, .. } = self;
        match plugin {
            Some(plugin) => write!(f, "{file} (plugin {plugin}) was refused: {}", reasons.join("; ")),
            None => write!(f, "{file} was refused: {}", reasons.join("; ")),
        }
    }
}

/// The plugins of a folder.
#[derive(Debug, Clone, Default)]
pub struct PluginSet {
    /// Those that can be used, by name.
    pub plugins: BTreeMap<PluginName, Plugin>,
    /// Those that cannot, by file name.
    pub refused: Vec<Refusal>,
    /// Why the folder could not be read, where that is no reason to stop.
    pub unread: Option<String>,
}

impl PluginSet {
    /// The refused plugins whose names are known.
    pub fn left_out(&self) -> impl Iterator<Item = &PluginName> {
        self.refused.iter().filter_map(|refusal| refusal.plugin.as_ref())
    }
}

/// Each may compile, which takes some 50 MiB.
const MOST_THREADS: usize = 4;

/// Loads a single file, whatever its folder; nothing is asked of other plugins.
///
/// # Errors
/// The reasons why it cannot be used.
pub fn load_one(runtime: &Runtime, file: &Path) -> Result<Plugin, Refusal> {
    let refused = |reasons, may_pass| Refusal { file: file_name(file), plugin: None, reasons, may_pass };
    if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("cwasm")) {
        let reason = "precompiled code (.cwasm) is never taken from a plugins folder: put the .wasm component there instead".to_owned();
        return Err(refused(vec![reason], false));
    }
    let wasm = folder::read(file, runtime.limits().component_bytes);
    // What the system says of a file may be said of the machine: it has no more files to open, or its disk does not answer.
    let wasm = wasm.map_err(|error| refused(vec![format!("it cannot be read: {error}")], error.raw_os_error().is_some()))?;
    let component = runtime.load(&wasm).map_err(|error| refused(vec![causes(&error)], error.may_pass()))?;
    let manifest = component.describe().map_err(|error| refused(vec![causes(&error)], error.may_pass()))?;
    let compile = |declared: &Declared| match manifest.table(&declared.table) {
        Some(table) => {
            let is_create = |handled: &Handled| handled.collection == declared.name && handled.operation == CollectionOperation::Create;
            let creatable = |collection: Collection| match manifest.handled.iter().any(is_create) {
                true => Ok(()),
                false => collection.require_creatable(),
            };
            Collection::compile(&manifest.name, declared, table).and_then(creatable).err()
        }
        None => None,
    };
    let of_collections = manifest.collections.iter().filter_map(compile);
    let handled = manifest.handled.iter().map(|handled| (format!("handled operation {}", handled.name()), &handled.details));
    let answered = handled.chain(manifest.routes.iter().map(|route| (format!("route {}", route.name), &route.details)));
    let of_requests = answered.filter_map(|(subject, details)| RequestContract::compile(&subject, details).err());
    let of_settings = manifest.settings.iter().filter_map(|setting| check_default(setting).err());
    let mistakes: Vec<String> = of_collections.chain(of_requests).chain(of_settings).map(|mistake| mistake.to_string()).collect();
    if !mistakes.is_empty() {
        return Err(refused(mistakes, false));
    }
    Ok(Plugin { file: file.to_owned(), manifest, component, wasm: Some(wasm.into()), given: Given::default(), proof: None })
}

/// The files of a folder, each by itself: what it is, or why it cannot be used.
#[derive(Debug, Clone)]
pub struct Files(Vec<Result<Plugin, Refusal>>);

impl Files {
    /// Files that were loaded one by one.
    pub(super) fn of(files: impl IntoIterator<Item = Result<Plugin, Refusal>>) -> Self {
        Self(files.into_iter().collect())
    }

    /// The same with another file in the place, and under the name, of that of its plugin.
    pub(super) fn with(mut self, mut plugin: Plugin) -> Self {
        let is_other = |file: &Result<Plugin, Refusal>| file.as_ref().is_ok_and(|file| file.manifest.name == plugin.manifest.name);
        let (others, mut rest): (Vec<_>, Vec<_>) = self.0.into_iter().partition(is_other);
        if let Some(Ok(other)) = others.into_iter().next() {
            plugin.file = other.file;
        }
        rest.push(Ok(plugin));
        self.0 = rest;
        self
    }
}

/// Loads the files of the operator's folder; nothing is asked of one about another.
///
/// # Errors
/// The folder cannot be scanned.
pub fn read(runtime: &Runtime, settings: &Settings) -> Result<Files, FolderError> {
    let files = folder::scan(&settings.plugins_folder)?;
    let next = AtomicUsize::new(0);
    let load = || {
        let mut loaded = Vec::new();
        while let Some((position, file)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, files.get(at)?))) {
            loaded.push((position, load_one(runtime, file)));
        }
        loaded
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS).min(files.len());
    let mut loaded = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(load)).collect();
        // Here too, because a thread's own share of memory grows page by page.
        let mut loaded = load();
        for other in others {
            loaded.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        loaded
    });
    loaded.sort_unstable_by_key(|(position, _)| *position);
    Ok(Files(loaded.into_iter().map(|(_, file)| file).collect()))
}

/// Keeps those that agree with each other. `owners` says whom the database knows as an object's owner.
pub fn agree(files: Files, settings: &Settings, owners: &BTreeMap<Name, PluginName>) -> PluginSet {
    let mut refused = Vec::new();
    let mut read = Vec::new();
    let under_its_prefix = |plugin: Plugin| match grants::outside_prefix(&plugin.manifest, &settings.plugin(&plugin.manifest.name), owners)
    {
        None => Ok(plugin),
        Some(reason) => Err(Refusal::of(&plugin, reason)),
    };
    for file in files.0 {
        match file.and_then(under_its_prefix) {
            Ok(plugin) => {
                let Manifest { name, version, .. } = &plugin.manifest;
                tracing::trace!(plugin = %name, %version, file = file_name(&plugin.file), hash = plugin.hash().short(), "loaded");
                read.push(plugin);
            }
            Err(refusal) => refused.push(refusal),
        }
    }
    let candidates: Vec<Candidate<'_>> = read.iter().map(|plugin| Candidate { file: &plugin.file, manifest: &plugin.manifest }).collect();
    let mut reasons = agreement::refusals(&candidates, owners);
    let mut plugins = BTreeMap::new();
    for (position, plugin) in read.into_iter().enumerate() {
        let name = plugin.manifest.name.clone();
        match reasons.remove(&position) {
            Some(reasons) => refused.push(Refusal::of_all(&plugin, reasons)),
            None => {
                plugins.insert(name, plugin);
            }
        }
    }
    refused.sort_by(|a, b| a.file.cmp(&b.file));
    PluginSet { plugins, refused, unread: None }
}

/// An error and its causes on one line.
pub fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
