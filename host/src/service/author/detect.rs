//! What a plugin's next revision is to do: what it declares that its revisions do not leave, tried on an empty database.

use crate::migrate::autogenerate::{Detected, LookAlike, Unwritable, backfills, compare, look_alikes, operations, renames};
use crate::migrate::difference::{Facts, differences};
use crate::migrate::shape::Shapes;
use crate::model::{Manifest, Name, ObjectKind, Operation};
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
    /// What no operation does. Tables with such a difference stay as they are.
    pub(super) left_out: Vec<Unwritable>,
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
    let declared = prove::declared_shapes(manifest).map_err(unproven)?;
    let before = facts(replay, manifest)?;
    let renamed = renames(&manifest.tables, &shapes(replay, manifest)?)?;
    let renaming = operations(&renamed);
    apply(replay, manifest, &renaming)?;
    let found = shapes(replay, manifest)?;
    let Writable { asked, detected, left_out } = writable(&declared, &found)?;
    let mut there_and_back = || -> Result<[Vec<Operation>; 2], AuthorError> {
        let changing = carried_out(replay, manifest, operations(&detected), &asked)?;
        let is_compared = |object: &(ObjectKind, Name)| !is_left_out(object, &left_out, [&declared, &found]);
        let (mut wanted, mut left) = (prove::declared_facts(manifest).map_err(unproven)?, facts(replay, manifest)?);
        wanted.retain(|object, _| is_compared(object));
        left.retain(|object, _| is_compared(object));
        require_same(&wanted, &left)?;
        // The way back begins at what is there now, names of constraints included.
        let back = backfills(operations(&compare(&found, &shapes(replay, manifest)?)?));
        let mut back = carried_out(replay, manifest, back, &found)?;
        let named_back = operations(&renamed.iter().rev().filter_map(Detected::undone).collect::<Vec<_>>());
        apply(replay, manifest, &named_back)?;
        require_same(&before, &facts(replay, manifest)?)?;
        back.extend(named_back);
        Ok([changing, back])
    };
    let is_nothing = detected.is_empty() && renamed.is_empty();
    let [changing, downgrade] = match there_and_back() {
        // There is no rest to be written, or it needs what is left out.
        Ok(_) if is_nothing && !left_out.is_empty() => Err(AuthorError::Unwritable(left_out.clone())),
        Err(_) if !left_out.is_empty() => Err(AuthorError::Unwritable(left_out.clone())),
        result => result,
    }?;
    let look_alikes = look_alikes(&detected, &asked, &found);
    let left_out_warning = |one: &Unwritable| format!("left out: {one}; until that is done the plugin is refused when it is loaded");
    let warnings = detected.iter().filter_map(warning).chain(left_out.iter().map(left_out_warning)).collect();
    let upgrade = renaming.into_iter().chain(changing).collect();
    Ok(Found { detected: renamed.into_iter().chain(detected).collect(), look_alikes, upgrade, downgrade, left_out, warnings })
}

/// Carries operations out, and those for what they brought along: the columns of a new primary key take no NULL, whatever is wanted of them.
fn carried_out(
    replay: &mut Replay<'_>,
    manifest: &Manifest,
    mut all: Vec<Operation>,
    wanted: &Shapes,
) -> Result<Vec<Operation>, AuthorError> {
    apply(replay, manifest, &all)?;
    let rest = operations(&compare(wanted, &shapes(replay, manifest)?)?);
    apply(replay, manifest, &rest)?;
    all.extend(rest);
    Ok(all)
}

/// Whether an object is a table that stays as it is, or an index of one.
fn is_left_out((kind, name): &(ObjectKind, Name), left_out: &[Unwritable], schemas: [&Shapes; 2]) -> bool {
    let is = |table: &Name| left_out.iter().any(|one| one.table.as_ref() == Some(table));
    match kind {
        ObjectKind::Table => is(name),
        ObjectKind::Index => schemas.iter().any(|schema| schema.indexes.get(name).is_some_and(|(table, _)| is(table))),
        _ => false,
    }
}

/// What of a comparison can be written.
struct Writable {
    /// What is declared, but for the tables that stay as they are.
    asked: Shapes,
    detected: Vec<Detected>,
    left_out: Vec<Unwritable>,
}

/// Compares; a table with a difference that no operation makes is taken for as it is found.
fn writable(declared: &Shapes, found: &Shapes) -> Result<Writable, AuthorError> {
    let (mut asked, mut left_out) = (declared.clone(), Vec::<Unwritable>::new());
    loop {
        let unwritable = match compare(&asked, found) {
            Ok(detected) => return Ok(Writable { asked, detected, left_out }),
            Err(unwritable) => unwritable,
        };
        let table = unwritable.table.clone().filter(|table| left_out.iter().all(|other| other.table.as_ref() != Some(table)));
        left_out.push(unwritable);
        match table {
            Some(table) => asked.keep(&table, found),
            None => return Err(AuthorError::Unwritable(left_out)),
        }
    }
}

/// What rows may not allow.
fn warning(detected: &Detected) -> Option<String> {
    match detected {
        Detected::AddColumn(table, column) if !column.nullable && column.default.is_none() && column.generated.is_none() => Some(format!(
            "column {table}.{} takes no NULL and has no default: on a table with rows the upgrade will be refused; give it a default in the \
             model, make it an Option, or add it nullable, fill it and make it not null",
            column.name
        )),
        Detected::ModifyNullable(table, name, false) => Some(format!(
            "column {table}.{name} takes no NULL any more: where rows have one the upgrade will be refused; say in the revision what they \
             get, op.option(\"backfill\", ..).set_nullable(..)"
        )),
        Detected::RemoveColumn(table, name) => {
            Some(format!("column {table}.{name} goes, with its values: upgrade asks for --allow-destructive"))
        }
        Detected::RemoveTable(table, _) => Some(format!("table {table} goes, with its rows: upgrade asks for --allow-destructive")),
        _ => None,
    }
}

fn apply(replay: &mut Replay<'_>, manifest: &Manifest, operations: &[Operation]) -> Result<(), AuthorError> {
    replay.apply(manifest, operations).map_err(|error| AuthorError::Service(error.into()))?.map_err(AuthorError::Fails)
}

fn shapes(replay: &Replay<'_>, manifest: &Manifest) -> Result<Shapes, AuthorError> {
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
#[path = "detect_tests/mod.rs"]
mod tests;
