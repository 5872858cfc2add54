//! `tenon upgrade --plan`: what an upgrade would do, operation by operation, and whether data would go with it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::Refusal;
use super::pending::{self, Pending, Proven};
use super::replay::Replayed;
use super::upgrade::{Report, StepLine};
use crate::migrate::dialect::alteration::Abilities;
use crate::migrate::executor::{Written, WrittenOperation};
use crate::migrate::{Backend, Step, Target};
use crate::model::{Change, Name, Node, ObjectKind, Operation, PluginName};

/// What an upgrade would do.
#[derive(Debug, Serialize)]
pub struct UpgradePlan {
    /// The steps, in order.
    pub steps: Vec<PlannedStep>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
    /// Revisions that would be passed over because they need a plugin that was left out.
    pub held_back: Vec<String>,
    /// The one plugin that was asked for, where it was one: what became of other files is nothing that this owes.
    #[serde(skip)]
    pub of: Option<PluginName>,
}

/// One revision of it.
#[derive(Debug, Serialize)]
pub struct PlannedStep {
    /// What a person reads of it.
    #[serde(flatten)]
    pub line: StepLine,
    /// Its operations, in order, as they are on an empty database. A step that asks the database may do others on a full one.
    pub operations: Vec<PlannedOperation>,
}

/// One operation of a revision.
#[derive(Debug, Serialize)]
pub struct PlannedOperation {
    /// What it does, in a line.
    pub operation: String,
    /// `native` where the table is changed in place, `rebuild` where its rows are copied; none where no table that is there is changed.
    pub way: Option<&'static str>,
    /// Why it is copied.
    pub because: Option<String>,
    /// Rows, or values of a column, go with it.
    pub destructive: bool,
    /// How many rows the tables have that it changes, as far as they are there now.
    pub rows: BTreeMap<String, u64>,
    /// What is run, in order.
    pub statements: Vec<String>,
}

impl UpgradePlan {
    /// Whether everything that was asked for is in it.
    pub fn is_complete(&self) -> bool {
        !self.refused.iter().any(|refusal| refusal.is_missed(self.of.as_ref())) && self.held_back.is_empty()
    }
}

/// Plans the way to `target`. Touches nothing.
///
/// # Errors
/// As for an upgrade.
pub fn plan(host: &Host, target: &Target) -> Result<UpgradePlan, ServiceError> {
    host.require_folder()?;
    let Pending { mut live, state, proven: Proven { steps, replayed }, report, .. } =
        pending::look(host, Live::open_read_only, target, Some(Abilities::Bundled))?;
    let mut made = Made::default();
    let mut planned = Vec::new();
    for step in &steps {
        let mut operations = Vec::new();
        let Replayed { operations: all, written, .. } = &replayed[step.node()];
        for (operation, written) in all.iter().zip(written) {
            operations.push(planned_operation(&mut live, &mut made, operation, written)?);
        }
        planned.push(PlannedStep { line: state.line(step.node(), "upgrade"), operations });
    }
    let Report { refused, held_back, of, .. } = report;
    Ok(UpgradePlan { steps: planned, refused, held_back, of })
}

fn planned_operation(
    live: &mut Live,
    made: &mut Made,
    operation: &Operation,
    written: &WrittenOperation,
) -> Result<PlannedOperation, ServiceError> {
    let mut rows = BTreeMap::new();
    let touched = operation.touched();
    let tables = touched.changes.iter().chain(&touched.drops).filter(|(kind, _)| *kind == ObjectKind::Table);
    for (_, table) in tables.filter(|(_, table)| !made.tables.contains(table)) {
        if live.object(table)?.is_some_and(|object| object.kind == ObjectKind::Table) {
            rows.insert(table.to_string(), live.count_rows(table)?);
        }
    }
    let alters = matches!(
        operation,
        Operation::AddColumn { .. } | Operation::DropColumn { .. } | Operation::RenameColumn { .. } | Operation::AlterTable { .. }
    );
    let way = alters.then_some(if written.rebuild.is_some() { "rebuild" } else { "native" });
    let destructive = made.loses(operation);
    let statements = written.parts.iter().flat_map(statements_of).cloned().collect();
    Ok(PlannedOperation { operation: operation.describe(), way, because: written.rebuild.clone(), destructive, rows, statements })
}

fn statements_of(part: &Written) -> &[String] {
    match part {
        Written::Statement(sql) => std::slice::from_ref(sql),
        Written::Data(all) | Written::Detach(all) | Written::Swap { statements: all, .. } => all,
        // Asked, not run.
        Written::Condition { .. } | Written::Unchanged { .. } => &[],
    }
}

/// The operations of a run with which data goes that was there before it.
pub(super) fn destructive(steps: &[Step], replayed: &std::collections::HashMap<Node, Replayed>) -> Vec<String> {
    let mut made = Made::default();
    let mut found = Vec::new();
    for node in steps.iter().map(Step::node) {
        let all = replayed.get(node).map(|replayed| &replayed.operations);
        for operation in all.into_iter().flatten() {
            if made.loses(operation) {
                found.push(format!("{node} would {}", operation.describe()));
            }
        }
    }
    found
}

/// What a run made itself: what goes of it was never anybody's.
#[derive(Debug, Default)]
struct Made {
    tables: BTreeSet<Name>,
    columns: BTreeSet<(Name, Name)>,
}

impl Made {
    /// Whether an operation takes rows or values that were there before the run; to be asked of each, in order.
    fn loses(&mut self, operation: &Operation) -> bool {
        match operation {
            Operation::CreateTable { table, .. } => {
                self.tables.insert(table.name.clone());
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
            Operation::AddColumn { table, column, .. } => self.adds(table, &column.name),
            Operation::DropColumn { table, name, .. } => self.drops(table, name),
            Operation::RenameColumn { table, name, to } => self.renames(table, name, to),
            Operation::AlterTable { table, changes, .. } => {
                // They all mean the table as it is before.
                let mut loses = false;
                for change in changes {
                    if let Change::DropColumn { name } = change {
                        loses |= self.drops(table, name);
                    }
                }
                let of = |name: &Name| (table.clone(), name.clone());
                let renames = changes.iter().filter_map(|change| match change {
                    Change::RenameColumn { name, to } => Some((of(name), of(to))),
                    _ => None,
                });
                let renamed: Vec<_> = renames.filter(|(from, _)| self.columns.remove(from)).map(|(_, to)| to).collect();
                self.columns.extend(renamed);
                for change in changes {
                    if let Change::AddColumn { column, .. } = change {
                        self.adds(table, &column.name);
                    }
                }
                loses
            }
            _ => false,
        }
    }

    fn adds(&mut self, table: &Name, column: &Name) -> bool {
        self.columns.insert((table.clone(), column.clone()));
        false
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
