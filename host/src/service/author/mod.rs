//! Writing revisions: what `tenon revision` and `tenon merge` do in a plugin's crate.
//!
//! ```text
//! crate ── cargo build ──> component ── describe ──> what is declared ─┐
//!                              └── replay ──> what its revisions leave ─┴─> file ── cargo build ──> component in the plugins folder
//! ```
//!
//! A file is written last, when all that it says was tried on an empty database; one that does not compile is taken away again.

mod crates;
mod detect;
mod error;
mod files;
mod history;
mod naming;
mod place;
mod write;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::host::Host;
use super::load::{self, Plugin, PluginSet};
use crate::migrate::autogenerate::{Draft, LookAlike};
use crate::model::{Node, PluginName, RevisionId};

use crates::SourceCrate;
pub use error::AuthorError;
use history::History;
use place::Place;
pub use write::abandon;

/// A revision that is to be written.
#[derive(Debug, Clone)]
pub struct Request {
    /// The plugin's crate.
    pub folder: PathBuf,
    /// One line for a person.
    pub message: String,
    /// Compare what the plugin declares with what its revisions leave.
    pub autogenerate: bool,
    /// What goes although something of the same make comes.
    pub accepted: Accepted,
    /// The parents; the one head when none is named.
    pub heads: Vec<String>,
    /// A parent need not be a head.
    pub splice: bool,
    /// It is to bring several heads together.
    pub merge: bool,
    /// Its id; a random one when it is not given.
    pub id: Option<String>,
    /// Names of its own.
    pub labels: Vec<String>,
    /// Revisions of other plugins that come before it.
    pub depends_on: Vec<String>,
}

/// Which drops and adds that look like renames are none.
#[derive(Debug, Clone)]
pub enum Accepted {
    /// Whatever there is.
    All,
    /// These, as [`LookAlike::label`](crate::migrate::autogenerate::LookAlike::label) calls them.
    Pairs(Vec<String>),
}

impl Accepted {
    /// All that looks like a rename is among them.
    ///
    /// # Errors
    /// Something is not, or one of them does not look like a rename.
    fn require(&self, mut found: Vec<LookAlike>) -> Result<(), AuthorError> {
        let Self::Pairs(pairs) = self else { return Ok(()) };
        let labels: Vec<String> = found.iter().map(LookAlike::label).collect();
        if let Some(asked) = pairs.iter().find(|pair| !labels.contains(pair)) {
            let known = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
            return Err(AuthorError::NoLookAlike { asked: asked.clone(), known });
        }
        found.retain(|pair| !pairs.contains(&pair.label()));
        if found.is_empty() { Ok(()) } else { Err(AuthorError::LookAlike(found)) }
    }
}

/// A revision that was written.
#[derive(Debug, serde::Serialize)]
pub struct Written {
    /// Its plugin and id.
    pub revision: Node,
    /// Its file.
    pub file: PathBuf,
    /// What is in the file.
    pub source: String,
    /// What was found to differ, one line each.
    pub detected: Vec<String>,
    /// What its author should know of it.
    pub warnings: Vec<String>,
    /// The component that has it.
    pub component: PathBuf,
}

/// What came of a request.
#[derive(Debug, serde::Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// A revision was written.
    Written(Box<Written>),
    /// With `autogenerate`: there is nothing to write.
    Nothing {
        /// The plugin.
        plugin: PluginName,
    },
}

/// Writes a revision into a plugin's crate, builds it, and puts the component into the plugins folder.
///
/// # Errors
/// See [`AuthorError`]; the crate and the folder are as they were.
pub fn revision(host: &Host, request: &Request, now: DateTime<Utc>) -> Result<Outcome, AuthorError> {
    let (message, id) = (naming::message(&request.message)?, naming::id(request.id.as_deref())?);
    let asked = Place::read(request, &id)?;
    let source = SourceCrate::find(&request.folder)?;
    host.require_folder()?;
    let labels = asked.labels();
    let mut draft = Draft {
        message,
        down: Vec::new(),
        depends_on: Vec::new(),
        labels,
        upgrade: Vec::new(),
        downgrade: Vec::new(),
        cautions: Vec::new(),
    };
    // A crate without one does not build: its first revision is there, and does nothing, until it is known what it is to do.
    let first = if source.has_revisions()? { None } else { Some(write::write(&source, &id, &draft, now)?) };
    let (set, name) = with_built(host, &source.build()?)?;
    let plugin = &set.plugins[&name];
    let history = match &first {
        None => {
            naming::require_new(plugin, &id)?;
            asked.require_free(plugin, &id)?;
            History::declared(&plugin.manifest)?
        }
        Some(_) => History::empty(&name)?,
    };
    draft.down = asked.parents(&history)?;
    draft.depends_on = asked.depends_on(&set, plugin)?;
    let (mut detected, mut warnings, mut must_hold) = (Vec::new(), lost(host, plugin), false);
    if request.autogenerate {
        let found = detect::detect(host.settings(), &set, plugin)?;
        if found.detected.is_empty() {
            return Ok(Outcome::Nothing { plugin: name });
        }
        request.accepted.require(found.look_alikes)?;
        detected = found.detected.iter().map(ToString::to_string).collect();
        warnings.extend(found.warnings);
        must_hold = found.left_out.is_empty();
        (draft.upgrade, draft.downgrade) = (found.upgrade, found.downgrade);
        draft.cautions = found.cautions.iter().map(ToString::to_string).collect();
    }
    let file = match first {
        Some(mut file) => file.rewrite(&source, &draft).map(|()| file)?,
        None => write::write(&source, &id, &draft, now)?,
    };
    let component = built_again(host, &source, &name, &id, must_hold)?;
    let ((file, source), revision) = (file.keep(), Node::new(name, id));
    Ok(Outcome::Written(Box::new(Written { revision, file: from_here(file), source, detected, warnings, component })))
}

/// What a crate's plugin declares that its revisions do not leave.
#[derive(Debug, serde::Serialize)]
pub struct Unwritten {
    /// The plugin.
    pub plugin: PluginName,
    /// One line for each difference.
    pub detected: Vec<String>,
}

/// Builds a plugin's crate, and compares what it declares with what its revisions leave; nothing is written.
///
/// # Errors
/// See [`AuthorError`].
pub fn unwritten(host: &Host, folder: &Path) -> Result<Unwritten, AuthorError> {
    let (set, plugin) = with_built(host, &SourceCrate::find(folder)?.build()?)?;
    let found = detect::detect(host.settings(), &set, &set.plugins[&plugin])?;
    let written = found.detected.iter().map(ToString::to_string);
    Ok(Unwritten { plugin, detected: written.chain(found.left_out.iter().map(ToString::to_string)).collect() })
}

/// The file of a revision in a plugin's crate, named as a target is. Nothing is built.
///
/// # Errors
/// There is none, or several.
pub fn file_of(folder: &Path, asked: &str) -> Result<PathBuf, AuthorError> {
    files::file_of(&SourceCrate::find(folder)?, asked).map(from_here)
}

/// A path without the `./` of the working directory.
fn from_here(path: PathBuf) -> PathBuf {
    path.strip_prefix(".").map(Path::to_owned).unwrap_or(path)
}

/// The plugins of the folder, and one that was just built instead of its own file there.
fn with_built(host: &Host, wasm: &Path) -> Result<(PluginSet, PluginName), AuthorError> {
    let (set, name) = host.with_file(wasm)?;
    match set.plugins.contains_key(&name) {
        true => Ok((set, name)),
        false => {
            let refusal = set.refused.into_iter().find(|refusal| refusal.plugin.as_ref() == Some(&name));
            Err(AuthorError::Refused(refusal.map(|refusal| refusal.reasons).unwrap_or_default()))
        }
    }
}

/// What the plugin's file in the folder has, and the crate has not any more.
fn lost(host: &Host, plugin: &Plugin) -> Vec<String> {
    let file = file_in_folder(&host.settings().plugins_folder, plugin);
    // A file that is no plugin was told of when the folder was read.
    let before = if file.is_file() { load::load_one(host.runtime(), &file).ok() } else { None };
    let revisions = before.map(|before| before.manifest.revisions).unwrap_or_default();
    let lost = revisions.into_iter().filter(|revision| plugin.manifest.revision(&revision.id).is_none());
    lost.map(|revision| {
        format!(
            "{} has revision {}, and the crate has no file of it: where it is applied the upgrade will be refused; put its file back, or \
             undo it before with `tenon downgrade`",
            file.display(),
            revision.id
        )
    })
    .collect()
}

/// Builds the crate with its new file; the component is put into the plugins folder when it has the revision and keeps its promises.
fn built_again(host: &Host, source: &SourceCrate, name: &PluginName, id: &RevisionId, must_hold: bool) -> Result<PathBuf, AuthorError> {
    let wasm = source.build()?;
    let (set, built) = with_built(host, &wasm)?;
    let plugin = set.plugins.get(name).filter(|_| built == *name).ok_or_else(|| AuthorError::Renamed { from: name.clone(), to: built })?;
    if plugin.manifest.revision(id).is_none() {
        return Err(AuthorError::NotPickedUp { id: id.clone() });
    }
    if must_hold {
        detect::require_proof(host.settings(), &set, plugin)?;
    }
    write::place(&host.settings().plugins_folder, plugin, &wasm)
}

/// Where the file of a plugin stands in the folder, however it is called there, or is going to.
fn file_in_folder(folder: &Path, plugin: &Plugin) -> PathBuf {
    if plugin.file.parent() == Some(folder) { plugin.file.clone() } else { folder.join(format!("{}.wasm", plugin.manifest.name)) }
}
