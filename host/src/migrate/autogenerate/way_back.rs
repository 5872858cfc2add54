//! The way back for tables with rows: what is not known any more gets a value before a rule asks for one.

use crate::migrate::shape::Shapes;
use crate::model::{Change, Column, Name, Operation};

use super::Detected;
use super::fill::Fill;
use super::operations::{operations, plainest};
use super::restoring::Restoring;
use super::risks::{Risk, Way, risks};

/// What leads back to a schema that was there before.
#[derive(Debug)]
pub struct WayBack {
    /// In order.
    pub operations: Vec<Operation>,
    /// Where rows may not let it.
    pub risks: Vec<Risk>,
}

/// What removes what was `detected` between the schema that is there now and the one that is `wanted` back.
pub fn way_back(detected: &[Detected], now: &Shapes, wanted: &Shapes) -> WayBack {
    let restoring = Restoring { now, wanted };
    let operations = operations(detected).into_iter().flat_map(|operation| filled(operation, &restoring)).collect();
    WayBack { operations, risks: risks(detected, now, &Way::Back(&restoring)) }
}

/// An operation as one or several: columns that need a value come without rules, get it, and then have the rules.
fn filled(operation: Operation, restoring: &Restoring<'_>) -> Vec<Operation> {
    let (table, changes) = match operation {
        Operation::AddColumn { table, column, if_not_exists } => (table, vec![Change::AddColumn { column, position: None, if_not_exists }]),
        Operation::AlterTable { table, changes, .. } => (table, changes),
        other => return vec![other],
    };
    let (mut added, mut filled, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    let mut takes_a_place = false;
    for change in &changes {
        match change {
            Change::AddColumn { column, .. } => {
                let has_a_place = changes.iter().any(|other| matches!(other, Change::DropColumn { name, .. } if *name == column.name));
                let (loose, following) = loosened(&table, column, restoring);
                takes_a_place |= has_a_place && !following.is_empty();
                filled.extend(following);
                // What is computed of others comes when they have their values.
                let part = if column.generated.is_some() || has_a_place { &mut rest } else { &mut added };
                part.push(Change::AddColumn { column: loose, position: None, if_not_exists: false });
            }
            Change::SetNullable { name, nullable: false, .. } => {
                rest.push(refusing(name, restoring.refused(&table, name)));
            }
            other => rest.push(other.clone()),
        }
    }
    if filled.is_empty() {
        added.append(&mut rest);
    } else if takes_a_place {
        // It is added in the change that drops the other of its name, with all that stands on that.
        added.extend(rest.extract_if(.., |change| makes_room(&table, change, restoring)));
    }
    let parts = [added, filled, rest];
    let part = |changes: Vec<Change>| plainest(Operation::AlterTable { table: table.clone(), changes, rebuild: false });
    parts.into_iter().filter(|changes| !changes.is_empty()).map(part).collect()
}

/// Whether a change belongs to those that take computed columns away and put others in their places.
fn makes_room(table: &Name, change: &Change, restoring: &Restoring<'_>) -> bool {
    match change {
        Change::DropConstraint { .. } => true,
        Change::DropColumn { name, .. } => restoring.is_computed(table, name),
        Change::AddColumn { column, .. } => column.generated.is_none(),
        _ => false,
    }
}

/// A column as it is added, and what follows when it is there.
fn loosened(table: &Name, column: &Column, restoring: &Restoring<'_>) -> (Column, Vec<Change>) {
    let fill = restoring.added(table, column);
    let comes_as_it_is = match &fill {
        Fill::Computed => true,
        Fill::Null => column.default.is_none(),
        Fill::Same(value) => column.default.as_ref() == Some(value),
        Fill::Distinct(_) | Fill::Missing(_) => false,
    };
    if comes_as_it_is {
        return (column.clone(), Vec::new());
    }
    let loose = Column { nullable: true, default: None, ..column.clone() };
    let refused = (!column.nullable).then(|| refusing(&column.name, Some(fill)));
    let default = column.default.clone().map(|default| Change::SetDefault { name: column.name.clone(), default: Some(default) });
    (loose, refused.into_iter().chain(default).collect())
}

/// A column takes no NULL any more; rows that have one get a value where there is one for them.
fn refusing(name: &Name, fill: Option<Fill>) -> Change {
    let backfill = match fill {
        Some(Fill::Same(value) | Fill::Distinct(value)) => Some(value),
        _ => None,
    };
    Change::SetNullable { name: name.clone(), nullable: false, backfill }
}
