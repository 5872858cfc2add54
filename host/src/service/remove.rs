//! `tenon plugins remove`: what would go with a plugin and who needs it; takes its file away, and with `--drop` all that it owns.
//!
//! Nothing of the plugin runs: who removes it may have his reasons. Its way back is `tenon downgrade`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::agreement::file_name;
use super::error::ServiceError;
use super::folder::{Stamp, glance};
use super::host::Host;
use super::live::Live;
use super::load::PluginSet;
use super::state::State;
use crate::migrate::Backend;
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::model::text::plain;
use crate::model::{Node, Object, ObjectKind, Operation, PluginName, StoredName};

/// What goes with a plugin.
#[derive(Debug, Serialize)]
pub struct Removal {
    /// The plugin.
    pub plugin: PluginName,
    /// Its file in the plugins folder, if it has one.
    pub file: Option<String>,
    /// Its applied revisions, in order.
    pub applied: Vec<Node>,
    /// What it owns.
    pub objects: Vec<Owned>,
    /// Who needs the file.
    pub needs_file: Vec<String>,
    /// Who needs the objects.
    pub needs_data: Vec<String>,
    #[serde(skip)]
    path: Option<PathBuf>,
}

/// An object of the plugin's.
#[derive(Debug, Serialize)]
pub struct Owned {
    /// Its kind and name.
    pub object: String,
    /// Of a table: how many rows go with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Nothing: only say what would be.
    Plan,
    /// The file goes; what the plugin owns stays, and so does what can undo it.
    KeepData,
    /// All goes.
    Drop,
}

/// Removes a plugin of the plugins folder, as far as it is to be.
///
/// # Errors
/// There is no such plugin; others need it; the database or the file cannot be written.
pub fn from_folder(host: &Host, name: &str, extent: Extent) -> Result<Removal, ServiceError> {
    remove(host, name, extent, &glance(&host.settings().plugins_folder)?)
}

/// Removes a plugin of the host's files, as far as it is to be; `read` is how the files were that were read, of which no other is removed.
///
/// # Errors
/// As [`from_folder`].
pub(super) fn remove(host: &Host, name: &str, extent: Extent, read: &BTreeMap<PathBuf, Stamp>) -> Result<Removal, ServiceError> {
    let folder = &host.settings().plugins_folder;
    let mut live = match extent {
        Extent::Drop | Extent::KeepData => Live::open_to_plan(host.settings())?,
        Extent::Plan => Live::open_read_only(host.settings())?,
    };
    let set = host.agree(host.files()?, &live.owners()?);
    let state = State::read(&live, &set)?;
    let removal = look(&mut live, &set, &state, folder, name)?;
    // Somebody may have put another file there meanwhile, which is not the one that was looked at.
    let stays = |dropped| match &removal.path {
        Some(file) if glance(folder)?.get(file) != read.get(file) => Err(ServiceError::FileChanged { dropped, file: file_name(file) }),
        _ => Ok(()),
    };
    let refuse = |because: &[&Vec<String>]| {
        let because: Vec<String> = because.iter().copied().flatten().cloned().collect();
        if because.is_empty() { Ok(()) } else { Err(ServiceError::Needed { plugin: removal.plugin.clone(), because }) }
    };
    match extent {
        Extent::Plan => return Ok(removal),
        Extent::KeepData => {
            refuse(&[&removal.needs_file])?;
            // What a script applied is not archived yet, and the file is the only way back.
            live.archive_missing(&set)?;
            for entry in removal.applied.iter().filter_map(|node| state.entry(node)) {
                if live.archived(entry.component)?.is_none() {
                    return Err(ServiceError::NothingToUndoIt(removal.plugin));
                }
            }
        }
        Extent::Drop => {
            refuse(&[&removal.needs_file, &removal.needs_data])?;
            stays(false)?;
            if !removal.applied.is_empty() || !removal.objects.is_empty() {
                live.begin()?;
                let result = drop_all(&mut live, &removal.plugin, &removal.applied);
                live.end_quietly(result)?;
                live.prune_archive()?;
            }
        }
    }
    if let Some(file) = &removal.path {
        let dropped = extent == Extent::Drop && !removal.objects.is_empty();
        stays(dropped)?;
        std::fs::remove_file(file).map_err(|source| ServiceError::FileStays { dropped, file: file.clone(), source })?;
    }
    Ok(removal)
}

fn look(live: &mut Live, set: &PluginSet, state: &State, folder: &Path, name: &str) -> Result<Removal, ServiceError> {
    let objects = live.objects()?;
    let loaded = set.plugins.keys().chain(set.left_out());
    let owners = objects.iter().filter_map(|object| object.owner.as_ref());
    let known: BTreeSet<&PluginName> = loaded.chain(owners).chain(state.entries.iter().map(|(_, entry)| &entry.plugin)).collect();
    let Some(plugin) = known.iter().find(|plugin| plugin.as_str() == name).map(|plugin| (*plugin).clone()) else {
        let known =
            if known.is_empty() { "none".to_owned() } else { known.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ") };
        return Err(ServiceError::UnknownPlugin { name: name.to_owned(), known });
    };
    let refused = set.refused.iter().find(|refusal| refusal.plugin.as_ref() == Some(&plugin));
    let of_refused = || refused.map(|refusal| folder.join(&refusal.file)).filter(|path| path.is_file());
    let path = set.plugins.get(&plugin).map(|plugin| plugin.file.clone()).or_else(of_refused);
    let needs_file = set.plugins.values().filter(|other| other.manifest.requires.iter().any(|required| required.plugin == plugin));
    let needs_file = needs_file.map(|other| format!("plugin {} requires it", other.manifest.name)).collect();
    let others = state.entries.iter().map(|(_, entry)| entry).filter(|entry| entry.plugin != plugin);
    let stand_on = others.filter(|entry| entry.requires.contains(&plugin) || entry.depends_on.iter().any(|node| node.plugin == plugin));
    let mut needs_data: Vec<String> = stand_on.map(|entry| format!("{} stands on it", entry.node())).collect();
    let mut owned = Vec::new();
    for object in objects.iter().filter(|object| object.owner.as_ref() == Some(&plugin)) {
        let is_table = object.kind == ObjectKind::Table && live.text_of(ObjectKind::Table, &object.name)?.is_some();
        let rows = is_table.then(|| live.count_rows(&object.name)).transpose()?;
        owned.push(Owned { object: format!("{} {}", object.kind, object.name), rows });
        if is_table {
            let is_own = |name: &StoredName| {
                objects.iter().any(|other| StoredName::from(&other.name) == *name && other.owner.as_ref() == Some(&plugin))
            };
            let foreign = live.parts_of(&object.name)?.into_iter().filter(|part| part.owner.as_ref() != Some(&plugin));
            needs_data.extend(foreign.map(|part| format!("{} {} on table {} was not made by it", part.kind, part.name, object.name)));
            let children = live.tables_with_keys_to(&object.name)?.into_iter().filter(|child| !is_own(child));
            needs_data.extend(children.map(|child| format!("a foreign key of table {child} leads to table {}", object.name)));
        }
    }
    let applied = state.entries.iter().filter(|(_, entry)| entry.plugin == plugin).map(|(_, entry)| entry.node()).collect();
    Ok(Removal { file: path.as_deref().map(file_name), plugin, applied, objects: owned, needs_file, needs_data, path })
}

/// Drops what the plugin owns and forgets that it was ever applied, in the transaction that the caller began.
fn drop_all(live: &mut Live, plugin: &PluginName, applied: &[Node]) -> Result<(), ServiceError> {
    if live.changed_by_others()? {
        return Err(ServiceError::ChangedInBetween);
    }
    let before = live.broken()?;
    let mut objects: Vec<Object> = live.objects()?.into_iter().filter(|object| object.owner.as_ref() == Some(plugin)).collect();
    // What watches or shows a table goes before it.
    objects.sort_by_key(|object| std::cmp::Reverse(object.kind));
    let mut statements = Vec::new();
    for Object { kind, name, .. } in &objects {
        let (name, if_exists) = (name.clone(), true);
        let operation = match kind {
            ObjectKind::Table => Operation::DropTable { name, if_exists, detach: false },
            ObjectKind::Index => Operation::DropIndex { name, if_exists },
            ObjectKind::View => Operation::DropView { name, if_exists },
            ObjectKind::Trigger => Operation::DropTrigger { name, if_exists },
        };
        statements.extend(SQLITE.statements(&operation)?);
    }
    // Without enforcement: nothing of another's hangs on these rows, which was looked at, and no rule is to fire.
    live.swap(&statements, None)?;
    for object in &objects {
        live.disown(&object.name)?;
        live.forget_accepted(object.kind, &object.name)?;
    }
    let broken: Vec<String> = live
        .broken()?
        .into_iter()
        .filter(|(object, _)| !before.contains_key(object))
        .map(|((kind, name), reason)| format!("{kind} {} could not be used any more: {}", plain(&name), plain(&reason)))
        .collect();
    if !broken.is_empty() {
        return Err(ServiceError::Needed { plugin: plugin.clone(), because: broken });
    }
    for node in applied {
        live.forget(node)?;
    }
    Ok(live.commit()?)
}
