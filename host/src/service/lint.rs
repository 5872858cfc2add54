//! `tenon lint`: what in the pending revisions may fail on rows or lose them.
//!
//! Read from the operations that a replay recorded; no row is looked at. `--simulate` answers for the rows that are there.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::Refusal;
use super::pending::{self, Pending, Proven};
use super::state::history_of;
use super::upgrade::Report;
use crate::migrate::{Step, Target};
use crate::model::schema::IndexKey;
use crate::model::{Change, Column, ColumnType, Default, Index, Name, Node, Operation, PluginName, Value};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Data goes.
    Error,
    /// It may fail, or somebody may not find what they look for.
    Warning,
}

/// Something worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, e.g. `drop_table`.
    pub code: &'static str,
    /// What it is about: `t`, `t.c`, `t(a,b)` or `t.a->b`.
    pub subject: String,
    /// How much it matters.
    pub severity: Severity,
    /// The revision.
    pub revision: Node,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Linted {
    /// In the order of the revisions and their operations.
    pub findings: Vec<Finding>,
    /// Files that were left out, with the reasons.
    pub refused: Vec<Refusal>,
    /// Revisions that were not looked at because they need a plugin that was left out.
    pub held_back: Vec<String>,
    /// The one plugin that was asked for, where it was one: what became of other files is nothing that this owes.
    #[serde(skip)]
    pub of: Option<PluginName>,
}

impl Linted {
    /// Whether everything that was asked for was looked at.
    pub fn is_complete(&self) -> bool {
        !self.refused.iter().any(|refusal| refusal.is_missed(self.of.as_ref())) && self.held_back.is_empty()
    }

    /// Whether that is so, and nothing is lost.
    pub fn is_fine(&self) -> bool {
        self.is_complete() && self.findings.iter().all(|finding| finding.severity != Severity::Error)
    }
}

/// Looks at what lies between the database and `target`. Touches nothing.
///
/// # Errors
/// As for an upgrade.
pub fn lint(host: &Host, target: &Target) -> Result<Linted, ServiceError> {
    host.require_folder()?;
    let Pending { set, state, proven: Proven { steps, replayed }, report, .. } = pending::look(host, Live::open_read_only, target, None)?;
    let pending: BTreeSet<&Node> = steps.iter().map(Step::node).collect();
    let mut linter = Linter::default();
    for node in history_of(&state.graph, &set, &steps)? {
        linter.fresh.clear();
        for operation in replayed.get(&node).into_iter().flat_map(|replayed| &replayed.operations) {
            linter.look(operation, &node, pending.contains(&node));
        }
    }
    let Report { refused, held_back, of, .. } = report;
    Ok(Linted { findings: linter.findings, refused, held_back, of })
}

/// What the revisions so far have made, and what was found.
#[derive(Debug, Default)]
struct Linter {
    types: BTreeMap<(Name, Name), ColumnType>,
    /// The primary keys; none of a table without one.
    keys: BTreeMap<Name, Vec<Name>>,
    /// Tables that the revision in hand made itself: nobody has rows in them.
    fresh: BTreeSet<Name>,
    findings: Vec<Finding>,
}

impl Linter {
    fn look(&mut self, operation: &Operation, node: &Node, is_pending: bool) {
        let before = self.findings.len();
        match operation {
            Operation::CreateTable { table, .. } => {
                self.fresh.insert(table.name.clone());
                self.keys.insert(table.name.clone(), table.primary_key.clone());
                for column in &table.columns {
                    self.types.insert((table.name.clone(), column.name.clone()), column.data_type.clone());
                }
            }
            Operation::DropTable { name, .. } => {
                self.keys.remove(name);
                self.find(node, "drop_table", Severity::Error, name, name.to_string());
            }
            Operation::RenameTable { name, to } => {
                self.find(node, "rename_table", Severity::Warning, name, name.to_string());
                if self.fresh.remove(name) {
                    self.fresh.insert(to.clone());
                }
                if let Some(key) = self.keys.remove(name) {
                    self.keys.insert(to.clone(), key);
                }
                let moved: Vec<_> = self.types.keys().filter(|(table, _)| table == name).cloned().collect();
                for (table, column) in moved {
                    if let Some(data_type) = self.types.remove(&(table, column.clone())) {
                        self.types.insert((to.clone(), column), data_type);
                    }
                }
            }
            Operation::AddColumn { table, column, .. } => self.adds(node, table, column),
            Operation::DropColumn { table, name, .. } => self.drops(node, table, name),
            Operation::RenameColumn { table, name, to } => self.renames(node, table, name, to),
            Operation::AlterTable { table, changes, .. } => changes.iter().for_each(|change| self.change(node, table, change)),
            Operation::CreateIndex { table, index, .. } if index.unique => {
                let subject = format!("{table}({})", terms(index));
                self.find(node, "unique_may_fail", Severity::Warning, table, subject);
            }
            _ => {}
        }
        if !is_pending {
            self.findings.truncate(before);
        }
    }

    fn change(&mut self, node: &Node, table: &Name, change: &Change) {
        match change {
            Change::AddColumn { column, .. } => self.adds(node, table, column),
            Change::DropColumn { name, .. } => self.drops(node, table, name),
            Change::RenameColumn { name, to } => self.renames(node, table, name, to),
            Change::SetType { name, data_type, using } => {
                let old = self.types.insert((table.clone(), name.clone()), data_type.clone());
                // What an expression makes of a value, nobody knows who does not ask for it.
                if using.is_some() || !old.is_some_and(|old| data_type.takes_all_of(&old)) {
                    self.find(node, "type_may_lose", Severity::Warning, table, format!("{table}.{name}"));
                }
            }
            Change::AddUnique { unique, .. } => {
                self.find(node, "unique_may_fail", Severity::Warning, table, format!("{table}({})", list(&unique.columns)));
            }
            Change::SetPrimaryKey { columns, .. } => {
                let old = self.keys.insert(table.clone(), columns.clone()).unwrap_or_default();
                // No two rows that differ in some of the columns are the same in all of them.
                let differ = !old.is_empty() && old.iter().all(|column| columns.contains(column));
                if !columns.is_empty() && !differ {
                    self.find(node, "unique_may_fail", Severity::Warning, table, format!("{table}({})", list(columns)));
                }
            }
            _ => {}
        }
    }

    fn adds(&mut self, node: &Node, table: &Name, column: &Column) {
        self.types.insert((table.clone(), column.name.clone()), column.data_type.clone());
        let has_value = !matches!(column.default, None | Some(Default::Value(Value::Null))) || column.generated.is_some();
        if !column.nullable && !has_value {
            self.find(node, "add_not_null_without_default", Severity::Warning, table, format!("{table}.{}", column.name));
        }
    }

    fn drops(&mut self, node: &Node, table: &Name, name: &Name) {
        self.types.remove(&(table.clone(), name.clone()));
        if let Some(key) = self.keys.get_mut(table).filter(|key| key.contains(name)) {
            key.clear();
        }
        self.find(node, "drop_column", Severity::Error, table, format!("{table}.{name}"));
    }

    fn renames(&mut self, node: &Node, table: &Name, name: &Name, to: &Name) {
        if let Some(data_type) = self.types.remove(&(table.clone(), name.clone())) {
            self.types.insert((table.clone(), to.clone()), data_type);
        }
        for column in self.keys.get_mut(table).into_iter().flatten().filter(|column| *column == name) {
            *column = to.clone();
        }
        self.find(node, "rename_column", Severity::Warning, table, format!("{table}.{name}->{to}"));
    }

    fn find(&mut self, node: &Node, code: &'static str, severity: Severity, table: &Name, subject: String) {
        if !self.fresh.contains(table) {
            self.findings.push(Finding { code, subject, severity, revision: node.clone() });
        }
    }
}

fn list(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(",")
}

fn terms(index: &Index) -> String {
    let term = |key: &IndexKey| match key {
        IndexKey::Column(name) => name.to_string(),
        IndexKey::Expression(text) => text.clone(),
    };
    index.terms.iter().map(|index| term(&index.key)).collect::<Vec<_>>().join(",")
}
