//! What a plugin's next revision is to do: what it declares that its revisions do not leave, tried on an empty database.

use crate::migrate::autogenerate::{Detected, LookAlike, backfills, compare, look_alikes, operations, renames};
use crate::migrate::difference::{Facts, differences};
use crate::model::{Manifest, Operation};
use crate::service::load::{Plugin, PluginSet, causes};
use crate::service::prove::{self, Orders};
use crate::service::replay::Replay;
use crate::service::settings::Settings;

use super::error::AuthorError;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) detected: Vec<Detected>,
    pub(super) look_alikes: Vec<LookAlike>,
    pub(super) upgrade: Vec<Operation>,
    pub(super) downgrade: Vec<Operation>,
    pub(super) warnings: Vec<String>,
}

/// Compares what a plugin declares with what its revisions leave.
///
/// Renames are carried out first: the database follows them into every text, so that the rest is compared as it will be found. All of
/// it is carried out, and undone, before anybody hears of it.
///
/// # Errors
/// The revisions do not run, a difference cannot be written, or what would be written does not do what it is for.
pub(super) fn detect(settings: &Settings, set: &PluginSet, plugin: &Plugin) -> Result<Found, AuthorError> {
    let orders = Orders::of(None);
    let mut replay = orders.anew(set, plugin).and_then(|history| prove::replayed(settings, set, plugin, &history)).map_err(unproven)?;
    from_there(&mut replay, &plugin.manifest)
}

fn unproven(error: prove::Unproven) -> AuthorError {
    AuthorError::Unproven(causes(&error))
}

/// Compares what a plugin declares with what a database in memory has of it, which is as before afterwards.
fn from_there(replay: &mut Replay<'_>, manifest: &Manifest) -> Result<Found, AuthorError> {
    let asked = prove::declared_shapes(manifest).map_err(unproven)?;
    let before = facts(replay, manifest)?;
    let renamed = renames(&manifest.tables, &shapes(replay, manifest)?);
    let renaming = operations(&renamed);
    apply(replay, manifest, &renaming)?;
    let found = shapes(replay, manifest)?;
    let detected = compare(&asked, &found)?;
    let changing = operations(&detected);
    apply(replay, manifest, &changing)?;
    require_same(&prove::declared_facts(manifest).map_err(unproven)?, &facts(replay, manifest)?)?;
    // The way back begins at what is there now, names of constraints included.
    let back = compare(&found, &shapes(replay, manifest)?)?;
    let mut downgrade = backfills(operations(&back));
    downgrade.extend(operations(&renamed.iter().rev().filter_map(Detected::undone).collect::<Vec<_>>()));
    apply(replay, manifest, &downgrade)?;
    require_same(&before, &facts(replay, manifest)?)?;
    let look_alikes = look_alikes(&detected, &asked, &found);
    let warnings = detected.iter().filter_map(warning).collect();
    let upgrade = renaming.into_iter().chain(changing).collect();
    Ok(Found { detected: renamed.into_iter().chain(detected).collect(), look_alikes, upgrade, downgrade, warnings })
}

/// What rows may not allow.
fn warning(detected: &Detected) -> Option<String> {
    match detected {
        Detected::AddColumn(table, column) if !column.nullable && column.default.is_none() && column.generated.is_none() => Some(format!(
            "column {table}.{} takes no NULL and has no default: on a table with rows the upgrade will be refused; give it a default in the \
             model, make it an Option, or add it nullable, fill it and make it not null",
            column.name
        )),
        Detected::RemoveColumn(table, name) => {
            Some(format!("column {table}.{name} goes, with its values: upgrade asks for --allow-destructive"))
        }
        Detected::RemoveTable(table) => Some(format!("table {table} goes, with its rows: upgrade asks for --allow-destructive")),
        _ => None,
    }
}

fn apply(replay: &mut Replay<'_>, manifest: &Manifest, operations: &[Operation]) -> Result<(), AuthorError> {
    replay.apply(manifest, operations).map_err(|error| AuthorError::Service(error.into()))?.map_err(AuthorError::Fails)
}

fn shapes(replay: &Replay<'_>, manifest: &Manifest) -> Result<crate::migrate::shape::Shapes, AuthorError> {
    replay.shapes_of(&manifest.name).map_err(|error| AuthorError::Service(error.into()))
}

fn facts(replay: &Replay<'_>, manifest: &Manifest) -> Result<Facts, AuthorError> {
    replay.facts_of(&manifest.name).map_err(|error| AuthorError::Service(error.into()))
}

fn require_same(asked: &Facts, found: &Facts) -> Result<(), AuthorError> {
    let differences = differences(asked, found);
    if differences.is_empty() {
        return Ok(());
    }
    Err(AuthorError::Differs(differences.iter().map(|difference| format!("\n{difference}")).collect()))
}

/// A plugin proves itself, as it is now.
///
/// # Errors
/// [`AuthorError::Unproven`].
pub(super) fn require_proof(settings: &Settings, set: &PluginSet, plugin: &Plugin) -> Result<(), AuthorError> {
    let orders = Orders::of(None);
    let proven = orders.anew(set, plugin).and_then(|history| prove::prove(settings, set, plugin, &history));
    proven.map(drop).map_err(|error| AuthorError::Unproven(causes(&error)))
}

#[cfg(test)]
#[path = "detect_tests.rs"]
mod tests;
