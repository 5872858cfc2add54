//! What a plugin's next revision is to do: what it declares that its revisions do not leave, tried on an empty database.

use crate::migrate::autogenerate::{
    Detected, LookAlike, Risk, Unwritable, WayBack, compare, look_alikes, operations, renames, upgrade_risks, way_back,
};
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
    /// Where rows may not let the downgrade.
    pub(super) cautions: Vec<Risk>,
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
    let mut there_and_back = || -> Result<(Vec<Operation>, WayBack), AuthorError> {
        let changing = there(replay, manifest, &detected, &asked)?;
        let is_compared = |object: &(ObjectKind, Name)| !is_left_out(object, &left_out, [&declared, &found]);
        let (mut wanted, mut left) = (prove::declared_facts(manifest).map_err(unproven)?, facts(replay, manifest)?);
        wanted.retain(|object, _| is_compared(object));
        left.retain(|object, _| is_compared(object));
        require_same(&wanted, &left)?;
        let mut back = back(replay, manifest, &found)?;
        let named_back = operations(&renamed.iter().rev().filter_map(Detected::undone).collect::<Vec<_>>());
        apply(replay, manifest, &named_back)?;
        require_same(&before, &facts(replay, manifest)?)?;
        back.operations.extend(named_back);
        Ok((changing, back))
    };
    let (changing, back) = match there_and_back() {
        // There is no rest to be written.
        Ok(_) if detected.is_empty() && renamed.is_empty() && !left_out.is_empty() => return Err(AuthorError::Unwritable(left_out)),
        // It needs what is left out.
        Err(source) if !left_out.is_empty() => return Err(AuthorError::Needed { left_out, source: Box::new(source) }),
        result => result?,
    };
    let left_out_warning = |one: &Unwritable| format!("left out: {one}; until that is done the plugin is refused when it is loaded");
    let mut warnings: Vec<String> = detected.iter().filter_map(loss).collect();
    warnings.extend(upgrade_risks(&detected, &found).iter().map(ToString::to_string));
    warnings.extend(left_out.iter().map(left_out_warning));
    warnings.extend(back.risks.iter().map(ToString::to_string));
    Ok(Found {
        look_alikes: look_alikes(&detected, &asked, &found),
        upgrade: renaming.into_iter().chain(changing).collect(),
        detected: renamed.into_iter().chain(detected).collect(),
        downgrade: back.operations,
        cautions: back.risks,
        left_out,
        warnings,
    })
}

/// Carries out what was detected, and what it brought along: the columns of a new primary key take no NULL, whatever is wanted of them.
fn there(replay: &mut Replay<'_>, manifest: &Manifest, detected: &[Detected], wanted: &Shapes) -> Result<Vec<Operation>, AuthorError> {
    let mut all = operations(detected);
    apply(replay, manifest, &all)?;
    let rest = operations(&compare(wanted, &shapes(replay, manifest)?)?);
    apply(replay, manifest, &rest)?;
    all.extend(rest);
    Ok(all)
}

/// The same on the way back, which begins at what is there now, names of constraints included.
fn back(replay: &mut Replay<'_>, manifest: &Manifest, wanted: &Shapes) -> Result<WayBack, AuthorError> {
    let mut part = || -> Result<WayBack, AuthorError> {
        let now = shapes(replay, manifest)?;
        let part = way_back(&compare(wanted, &now)?, &now, wanted);
        apply(replay, manifest, &part.operations)?;
        Ok(part)
    };
    let (mut all, rest) = (part()?, part()?);
    all.operations.extend(rest.operations);
    all.risks.extend(rest.risks);
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

/// What goes, with what is in it.
fn loss(detected: &Detected) -> Option<String> {
    match detected {
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
