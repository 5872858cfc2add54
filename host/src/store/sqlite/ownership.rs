//! Who may do what: the decision over one recorded compilation.
//!
//! The facts are read when they are needed, from `tenon_objects` in the same transaction: nothing is kept that could be stale.

use super::Database;
use super::functions;
use super::scope::{Read, Recording};
use crate::model::{ObjectKind, PluginName};
use crate::store::{StorageError, owners};

/// What stands in FROM and is written to. An index or trigger may share its name with somebody else's table.
pub(super) const TABLES: [ObjectKind; 2] = [ObjectKind::Table, ObjectKind::View];

/// Something that a text asked for and its plugin may not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trespass {
    /// Reads a table or view that is neither its own nor granted.
    Read(String),
    /// Changes a table that is not its own.
    Write(String),
    /// Calls a function that is not on the list.
    Function(String),
}

/// Everything in `recording` that `plugin` may not do.
pub(super) fn trespasses(database: &Database, plugin: &PluginName, recording: &Recording) -> Result<Vec<Trespass>, StorageError> {
    let mut found = Vec::new();
    for name in &recording.writes {
        if owners::owner_of(database, name, &TABLES)?.as_ref() != Some(plugin) {
            found.push(Trespass::Write(name.clone()));
        }
    }
    for read in &recording.reads {
        if !may_read(database, plugin, read)? {
            found.push(Trespass::Read(read.name.clone()));
        }
    }
    found.extend(recording.functions.iter().filter(|name| !functions::allowed(name)).cloned().map(Trespass::Function));
    Ok(found)
}

/// A stored table or view whose name fits and that `plugin` may not read.
pub(super) fn unreadable(database: &Database, plugin: &PluginName, fits: impl Fn(&str) -> bool) -> Result<Option<String>, StorageError> {
    let stored: Vec<String> = database.all("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')", [], |row| row.get(0))?;
    for name in stored.into_iter().filter(|name| fits(name)) {
        if !may_read(database, plugin, &Read { name: name.clone(), perhaps_local: false })? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn may_read(database: &Database, plugin: &PluginName, read: &Read) -> Result<bool, StorageError> {
    match owners::owner_of(database, &read.name, &TABLES)? {
        Some(owner) if owner == *plugin => Ok(true),
        Some(_) => Ok(database.is_granted(plugin, &read.name)),
        None if functions::is_argument_table(&read.name) => Ok(!is_object(database, &read.name)?),
        None if read.perhaps_local => Ok(!could_be_elsewhere(database, &read.name)?),
        None => Ok(false),
    }
}

/// Whether a name in FROM can mean anything but a common table expression of the text.
///
/// # Source
/// `sqlite3LocateTable`: a table or view of the schema, one of the names of the schema table itself, or an eponymous virtual table:
/// a registered module, or one of the families that are registered when they are first named.
fn could_be_elsewhere(database: &Database, name: &str) -> Result<bool, StorageError> {
    const FAMILIES: [&str; 5] = ["sqlite_", "pragma_", "json", "tenon_", "carray"];
    let lower = name.to_ascii_lowercase();
    if FAMILIES.iter().any(|family| lower.starts_with(family)) || is_object(database, name)? {
        return Ok(true);
    }
    let modules: Vec<String> = database.all("PRAGMA module_list", [], |row| row.get(0))?;
    Ok(modules.iter().any(|module| module.eq_ignore_ascii_case(name)))
}

/// Whether a table or view of that name is stored.
fn is_object(database: &Database, name: &str) -> Result<bool, StorageError> {
    database.host(|connection| {
        connection
            .prepare_cached("SELECT 1 FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')")?
            .exists([name])
    })
}
