//! The operations that remove what was detected.

use crate::migrate::shape::Constraint;
use crate::model::{Change, ConstraintOf, Name, Operation};

use super::Detected;

/// The operations, in the same order; all changes of a table that follow each other are one.
pub fn operations(detected: &[Detected]) -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::new();
    for one in detected {
        match Part::of(one) {
            Part::Whole(operation) => all.push(operation),
            Part::Change(table, change) => match all.last_mut() {
                Some(Operation::AlterTable { table: last, changes, .. }) if *last == table && !waits(&table, changes, &change) => {
                    changes.push(change);
                }
                _ => all.push(Operation::AlterTable { table, changes: vec![change], rebuild: false }),
            },
        }
    }
    all.into_iter().map(plainest).collect()
}

/// Whether a change asks for the table as others leave it: a key to the table itself, of which the copy must find what it leads to in the
/// table that is copied.
fn waits(table: &Name, before: &[Change], change: &Change) -> bool {
    let is_of_constraints = |other: &Change| matches!(other, Change::DropConstraint { .. } | Change::AddForeignKey { .. });
    matches!(change, Change::AddForeignKey { key, .. } if key.target_table == *table) && !before.iter().all(is_of_constraints)
}

enum Part {
    Whole(Operation),
    Change(Name, Change),
}

impl Part {
    fn of(detected: &Detected) -> Self {
        let change = |table: &Name, change: Change| Self::Change(table.clone(), change);
        Self::Whole(match detected.clone() {
            Detected::AddTable(table) => Operation::CreateTable { table, if_not_exists: false },
            Detected::RemoveTable(name, detach) => Operation::DropTable { name, if_exists: false, detach },
            Detected::RenameTable(name, to) => Operation::RenameTable { name, to },
            Detected::RenameColumn(table, name, to) => Operation::RenameColumn { table, name, to },
            Detected::AddIndex(table, index) => Operation::CreateIndex { table, index, if_not_exists: false },
            Detected::RemoveIndex(_, name) => Operation::DropIndex { name, if_exists: false },
            Detected::AddView(view) => Operation::CreateView { view, if_not_exists: false },
            Detected::RemoveView(name) => Operation::DropView { name, if_exists: false },
            Detected::AddTrigger(trigger) => Operation::CreateTrigger { trigger, if_not_exists: false },
            Detected::RemoveTrigger(name) => Operation::DropTrigger { name, if_exists: false },
            Detected::AddColumn(table, column) => {
                return change(&table, Change::AddColumn { column, position: None, if_not_exists: false });
            }
            Detected::RemoveColumn(table, name) => return change(&table, Change::DropColumn { name, if_exists: false }),
            Detected::ModifyType(table, name, data_type) => return change(&table, Change::SetType { name, data_type, using: None }),
            Detected::ModifyNullable(table, name, nullable) => {
                return change(&table, Change::SetNullable { name, nullable, backfill: None });
            }
            Detected::ModifyDefault(table, name, default) => return change(&table, Change::SetDefault { name, default }),
            Detected::ModifyPrimaryKey(table, key) => {
                return change(&table, Change::SetPrimaryKey { columns: key.columns, autoincrement: key.autoincrement });
            }
            Detected::AddConstraint(table, constraint) => return change(&table, add(constraint)),
            Detected::RemoveConstraint(table, constraint) => {
                return change(&table, Change::DropConstraint { constraint: which(constraint), if_exists: false });
            }
        })
    }
}

fn add(constraint: Constraint) -> Change {
    match constraint {
        Constraint::Unique(unique) => Change::AddUnique { unique, if_not_exists: false },
        Constraint::Check(check) => Change::AddCheck { check, if_not_exists: false },
        Constraint::ForeignKey(key) => Change::AddForeignKey { key, if_not_exists: false },
    }
}

fn which(constraint: Constraint) -> ConstraintOf {
    match constraint {
        Constraint::Unique(unique) => unique.name.map_or(ConstraintOf::Unique(unique.columns), ConstraintOf::Name),
        Constraint::Check(check) => check.name.map_or(ConstraintOf::Check(check.expression), ConstraintOf::Name),
        Constraint::ForeignKey(key) => key.name.map_or(ConstraintOf::ForeignKey(key.columns), ConstraintOf::Name),
    }
}

/// One change alone is the operation of its own, where there is one.
pub(super) fn plainest(operation: Operation) -> Operation {
    match operation {
        Operation::AlterTable { table, mut changes, rebuild: false } if changes.len() == 1 => match changes.remove(0) {
            Change::AddColumn { column, position: None, if_not_exists } => Operation::AddColumn { table, column, if_not_exists },
            Change::DropColumn { name, if_exists } => Operation::DropColumn { table, name, if_exists },
            other => Operation::AlterTable { table, changes: vec![other], rebuild: false },
        },
        other => other,
    }
}
