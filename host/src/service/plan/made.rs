//! What a run would lose of what was there before it.

use std::collections::{BTreeSet, HashMap};

use crate::migrate::{Backend as _, BackendError, Step};
use crate::model::{Change, Name, Node, Operation};
use crate::service::live::Live;
use crate::service::replay::Replayed;

/// The operations of a run with which data goes that was there before it.
///
/// # Errors
/// The database cannot be read.
pub(in crate::service) fn destructive(
    live: &mut Live,
    steps: &[Step],
    replayed: &HashMap<Node, Replayed>,
) -> Result<Vec<String>, BackendError> {
    let mut made = Made::default();
    let mut found = Vec::new();
    for node in steps.iter().map(Step::node) {
        let all = replayed.get(node).map(|replayed| &replayed.operations);
        for operation in all.into_iter().flatten() {
            if let Some(lost) = made.lost(operation, live)? {
                found.push(format!("{node} would {}", lost.describe()));
            }
        }
    }
    Ok(found)
}

/// What a run made itself: what goes of it was never anybody's.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub(super) tables: BTreeSet<Name>,
    columns: BTreeSet<(Name, Name)>,
}

impl Made {
    /// The part of an operation that takes rows or values that were there before the run; to be asked of each, in order. `live` is as it was
    /// then.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(super) fn lost(&mut self, operation: &Operation, live: &mut Live) -> Result<Option<Operation>, BackendError> {
        let loses = match operation {
            Operation::CreateTable { table, if_not_exists } => {
                // What is made unless it is there may be somebody's all the same.
                if !if_not_exists || live.columns(&table.name)?.is_empty() {
                    self.tables.insert(table.name.clone());
                }
                false
            }
            Operation::DropTable { name, .. } => !self.tables.remove(name),
            Operation::RenameTable { name, to } => {
                if self.tables.remove(name) {
                    self.tables.insert(to.clone());
                }
                let renamed: Vec<_> = self.columns.iter().filter(|(table, _)| table == name).cloned().collect();
                for (table, column) in renamed {
                    self.columns.insert((to.clone(), column.clone()));
                    self.columns.remove(&(table, column));
                }
                false
            }
            Operation::AddColumn { table, column, if_not_exists } => {
                self.adds(table, &column.name, *if_not_exists, live)?;
                false
            }
            Operation::DropColumn { table, name, .. } => self.drops(table, name),
            Operation::RenameColumn { table, name, to } => self.renames(table, name, to),
            Operation::AlterTable { table, changes, .. } => return self.altered(table, changes, live),
            _ => false,
        };
        Ok(loses.then(|| operation.clone()))
    }

    /// The changes of a table that take values; they all mean the table as it is before.
    fn altered(&mut self, table: &Name, changes: &[Change], live: &mut Live) -> Result<Option<Operation>, BackendError> {
        let takes = |change: &&Change| matches!(change, Change::DropColumn { name, .. } if self.drops(table, name));
        let lost: Vec<Change> = changes.iter().filter(takes).cloned().collect();
        let of = |name: &Name| (table.clone(), name.clone());
        let renames = changes.iter().filter_map(|change| match change {
            Change::RenameColumn { name, to } => Some((of(name), of(to))),
            _ => None,
        });
        let renamed: Vec<_> = renames.filter(|(from, _)| self.columns.remove(from)).map(|(_, to)| to).collect();
        self.columns.extend(renamed);
        for change in changes {
            if let Change::AddColumn { column, if_not_exists, .. } = change {
                self.adds(table, &column.name, *if_not_exists, live)?;
            }
        }
        Ok((!lost.is_empty()).then(|| Operation::AlterTable { table: table.clone(), changes: lost, rebuild: false }))
    }

    fn adds(&mut self, table: &Name, column: &Name, if_not_exists: bool, live: &mut Live) -> Result<(), BackendError> {
        if !if_not_exists || live.columns(table)?.iter().all(|there| there.name != *column) {
            self.columns.insert((table.clone(), column.clone()));
        }
        Ok(())
    }

    fn drops(&mut self, table: &Name, column: &Name) -> bool {
        !self.columns.remove(&(table.clone(), column.clone())) && !self.tables.contains(table)
    }

    fn renames(&mut self, table: &Name, column: &Name, to: &Name) -> bool {
        if self.columns.remove(&(table.clone(), column.clone())) {
            self.columns.insert((table.clone(), to.clone()));
        }
        false
    }
}
