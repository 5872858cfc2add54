//! `tenon plugins`: what lies in the folder, how far the database is with it, what it asks for and is given.

use std::path::Path;

use serde::Serialize;

use super::agreement::file_name;
use super::error::ServiceError;
use super::grants::{self, Ask};
use super::host::Host;
use super::live::Live;
use super::load::{Plugin, PluginSet, Refusal, load_one};
use super::pending;
use super::readiness;
use super::serving::Readiness;
use super::settings::Settings;
use super::state::{State, Tables};
use crate::model::text::plain;
use crate::model::{Collection, Name, Node, PluginName};
use crate::store::ledger::Entry;

/// All plugins of the folder.
#[derive(Debug, Serialize)]
pub struct Inventory {
    /// Those that can be used, by name.
    pub plugins: Vec<PluginLine>,
    /// Files that were refused.
    pub refused: Vec<Refusal>,
    /// Plugins that the database knows and that no usable file of the folder is.
    pub without_file: Vec<WithoutFile>,
    /// Why the folder could not be read, in the system's words; none of its files is known then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
}

/// One plugin of the folder.
#[derive(Debug, Serialize)]
pub struct PluginLine {
    /// Its name.
    pub name: PluginName,
    /// Its version.
    pub version: semver::Version,
    /// Its file's name.
    pub file: String,
    /// SHA-256 of the file.
    pub hash: String,
    /// Revisions that are applied.
    pub applied: usize,
    /// Revisions that are not.
    pub pending: Vec<Node>,
    /// How many revisions it has that no other comes after.
    #[serde(skip)]
    pub heads: usize,
    /// Revisions that are applied and that the file does not have: the database is ahead of it.
    pub lacking: Vec<Node>,
    /// Below `/api/v1/`.
    pub paths: Vec<String>,
    /// Those of them that do not answer although all its revisions are applied.
    pub not_served: Vec<NotServed>,
    /// Settings that are missing or of the wrong type; nothing of it answers until they are there.
    pub unset: Vec<String>,
    /// What it asks for on objects of others.
    pub asks: Vec<Ask>,
    /// What it may read without having asked.
    pub unasked: Vec<Name>,
    /// What the names of all that it makes begin with, if the operator says so.
    pub prefix: Option<Name>,
}

/// A path that does not answer.
#[derive(Debug, Serialize)]
pub struct NotServed {
    /// Below `/api/v1/`.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// A plugin that is applied and has no file that can be used.
#[derive(Debug, Serialize)]
pub struct WithoutFile {
    /// Its name.
    pub name: PluginName,
    /// Revisions that are applied.
    pub applied: usize,
    /// Why no file can be used.
    pub why: NoFile,
}

/// Why a plugin has no file that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoFile {
    /// The folder has none.
    Gone,
    /// Its file was refused.
    Refused,
    /// It may be one of those that were refused before they could say whose they are; or the folder cannot be read.
    Unknown,
}

impl NoFile {
    /// Without a set the folder cannot be read.
    fn of(plugin: &PluginName, set: Option<&PluginSet>) -> Self {
        let Some(set) = set else { return Self::Unknown };
        if set.left_out().any(|refused| refused == plugin) {
            Self::Refused
        } else if set.refused.iter().any(|refusal| refusal.plugin.is_none()) {
            Self::Unknown
        } else {
            Self::Gone
        }
    }
}

/// Lists the folder's plugins.
///
/// # Errors
/// The database cannot be read. A missing one counts as empty, and so does a folder that cannot be read.
pub fn list(host: &Host) -> Result<Inventory, ServiceError> {
    let live = Live::open_read_only(host.settings())?;
    let books = live.books()?;
    let files = host.files();
    let unread = files.as_ref().err().map(|error| error.source.to_string());
    let found = host.load_or_warn(files, &books.owners, |_| true);
    let is_read = found.is_some();
    let (mut set, state) = host.prove(&live, books, found.unwrap_or_default())?;
    pending::refuse_edited(host, &mut set, &state)?;
    let tables = live.tables()?;
    let plugins = set.plugins.values().map(|plugin| line(plugin, &state, &tables, host.settings())).collect();
    let mut without_file: Vec<WithoutFile> = Vec::new();
    for (_, entry) in state.entries.iter().filter(|(_, entry)| !set.plugins.contains_key(&entry.plugin)) {
        match without_file.iter_mut().find(|line| line.name == entry.plugin) {
            Some(line) => line.applied += 1,
            None => without_file.push(WithoutFile {
                name: entry.plugin.clone(),
                applied: 1,
                why: NoFile::of(&entry.plugin, is_read.then_some(&set)),
            }),
        }
    }
    Ok(Inventory { plugins, refused: set.refused, without_file, unread })
}

fn line(plugin: &Plugin, state: &State, tables: &Tables, settings: &Settings) -> PluginLine {
    let manifest = &plugin.manifest;
    let node = |id: &crate::model::RevisionId| Node::new(manifest.name.clone(), id.clone());
    let (applied, pending): (Vec<Node>, Vec<Node>) =
        manifest.revisions.iter().map(|revision| node(&revision.id)).partition(|node| state.is_applied(node));
    let lacks = |entry: &Entry| entry.plugin == manifest.name && manifest.revision(&entry.revision).is_none();
    let lacking = state.entries.iter().map(|(_, entry)| entry).filter(|entry| lacks(entry)).map(Entry::node);
    let given = settings.plugin(&manifest.name);
    let not_served = |collection: &Collection| match readiness::of_collection(plugin, collection, state, tables) {
        Readiness::NotReady { reason, .. } => Some(NotServed { path: collection.path.clone(), reason }),
        Readiness::Ready => None,
    };
    let not_served = if pending.is_empty() { manifest.collections.iter().filter_map(not_served).collect() } else { Vec::new() };
    PluginLine {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        file: file_name(&plugin.file),
        hash: plugin.hash().to_string(),
        applied: applied.len(),
        pending,
        heads: state.graph.heads(&manifest.name).len(),
        lacking: lacking.collect(),
        paths: manifest.collections.iter().map(|collection| collection.path.clone()).collect(),
        not_served,
        asks: grants::asks(manifest, &given),
        unasked: grants::unasked(manifest, &given),
        prefix: given.prefix,
        unset: plugin.settings().err().unwrap_or_default(),
    }
}

/// Finds one plugin: a file anywhere, or the name or the file's name of one in the folder.
///
/// # Errors
/// There is none of that name, or it was refused.
pub fn inspect(host: &Host, name: &str) -> Result<Plugin, ServiceError> {
    if Path::new(name).extension().is_some() || name.contains(std::path::MAIN_SEPARATOR) {
        let in_folder = host.settings().plugins_folder.join(name);
        let is_name = !name.contains(std::path::MAIN_SEPARATOR) && !Path::new(name).exists() && in_folder.exists();
        let path = if is_name { &in_folder } else { Path::new(name) };
        let found = load_one(host.runtime(), path).map_err(|refusal| ServiceError::Refused(Refusal { file: plain(name), ..refusal }));
        return found.map(|mut plugin| {
            host.set(&mut plugin);
            plugin
        });
    }
    let live = Live::open_read_only(host.settings())?;
    let (PluginSet { mut plugins, refused, .. }, _) = host.load(&live, live.books()?, host.files())?;
    let named =
        |refusal: &Refusal| refusal.plugin.as_ref().is_some_and(|plugin| plugin.as_str() == name) || refusal.file == format!("{name}.wasm");
    if let Some(refusal) = refused.into_iter().find(named) {
        return Err(ServiceError::Refused(refusal));
    }
    let known: Vec<&str> = plugins.keys().map(PluginName::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let found = name.parse().ok().and_then(|name: PluginName| plugins.remove(&name));
    found.ok_or_else(|| ServiceError::UnknownPlugin { name: name.to_owned(), known })
}
