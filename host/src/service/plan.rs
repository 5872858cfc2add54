//! `tenon upgrade --plan`: what an upgrade would do, operation by operation, and whether data would go with it.
//!
//! What is called for is known from the replay on an empty database; how it is done, from a trial on the tables that are there
//! (`plan/trial.rs`). Rows are counted in the file. `plan/made.rs` knows what would be lost.

mod made;
mod trial;

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::ServiceError;
use super::grants;
use super::host::Host;
use super::live::Live;
use super::load::Refusal;
use super::pending::{self, Pending, Proven};
use super::upgrade::{Report, StepLine};
use crate::migrate::dialect::alteration::Abilities;
use crate::migrate::executor::{Permissions, Written, WrittenOperation};
use crate::migrate::{Backend, Target};
use crate::model::{Name, ObjectKind, Operation, PluginName};
use made::Made;
pub(super) use made::destructive;
use trial::{Trial, Tried, values_lost};

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
    /// Its operations, in order: those that it calls for on an empty database, as they are done to the tables that are there. A step that
    /// asks the database may call for others on a full one.
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
    /// How many values it makes NULL, as far as that can be asked of the rows that are there now.
    pub values_lost: u64,
    /// It has nothing to do: what it makes unless it is there is, or what it drops if it is there is not.
    pub passed_over: bool,
    /// Why it would be refused, if it would; the statements are those for the table that the revisions make.
    pub refusal: Option<String>,
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
    let Pending { mut live, set, state, proven: Proven { steps, replayed }, report } =
        pending::look(host, Live::open_read_only, target, Some(Abilities::Bundled))?;
    let mut copy = live.without_rows(host.settings())?;
    copy.begin()?;
    let mut planner = Planner { live: &mut live, made: Made::default() };
    let mut planned = Vec::new();
    for step in &steps {
        let node = step.node();
        let plugin = set.plugins.get(&node.plugin).ok_or_else(|| ServiceError::NotLoaded { node: node.clone() })?;
        let permissions = grants::live_permissions(&plugin.manifest, host.settings(), planner.live)?;
        let mut trial = Trial::begin(copy, permissions.clone());
        let mut operations = Vec::new();
        for (operation, written) in replayed[node].called() {
            operations.extend(planner.operation(&permissions, &mut trial, operation, written)?);
        }
        copy = trial.end()?;
        planned.push(PlannedStep { line: state.line(node, "upgrade"), operations });
    }
    let Report { refused, held_back, of, .. } = report;
    Ok(UpgradePlan { steps: planned, refused, held_back, of })
}

/// What is known while the steps are planned, one after another.
struct Planner<'a> {
    live: &'a mut Live,
    made: Made,
}

impl Planner<'_> {
    /// One operation, and how it was written out in the replay, where it took effect there. None if it has nothing to do anywhere.
    fn operation(
        &mut self,
        permissions: &Permissions,
        trial: &mut Trial,
        operation: &Operation,
        replayed: Option<&WrittenOperation>,
    ) -> Result<Option<PlannedOperation>, ServiceError> {
        let mut changed: Vec<Name> = Vec::new();
        let touched = operation.touched();
        changed
            .extend(touched.changes.into_iter().chain(touched.drops).filter(|(kind, _)| *kind == ObjectKind::Table).map(|(_, name)| name));
        let in_replay = || replayed.cloned().unwrap_or_default();
        let (mut passed_over, mut refusal) = (false, None);
        let written = match trial.of(operation) {
            Tried::Done(written) => written,
            Tried::OfRows(table) => {
                changed.extend(table.filter(|table| !changed.contains(table)));
                in_replay()
            }
            Tried::PassedOver if replayed.is_none() => return Ok(None),
            Tried::PassedOver => {
                passed_over = true;
                WrittenOperation::default()
            }
            Tried::Refused(why) => {
                refusal = Some(why);
                in_replay()
            }
        };
        let mut rows = BTreeMap::new();
        let mut lost = 0;
        for table in changed.iter().filter(|table| !self.made.tables.contains(table)) {
            if self.live.object(table)?.is_some_and(|object| object.kind == ObjectKind::Table) {
                rows.insert(table.to_string(), self.live.count_rows(table)?);
                // An expression that was refused is not asked of anybody's rows.
                if refusal.is_none() {
                    lost += values_lost(self.live, permissions, &written)?;
                }
            }
        }
        let alters = matches!(
            operation,
            Operation::AddColumn { .. } | Operation::DropColumn { .. } | Operation::RenameColumn { .. } | Operation::AlterTable { .. }
        );
        let way = (alters && !passed_over).then_some(if written.rebuild.is_some() { "rebuild" } else { "native" });
        let destructive = !passed_over && self.made.lost(operation, self.live)?.is_some() || lost > 0;
        let statements = written.parts.iter().flat_map(statements_of).cloned().collect();
        let operation = operation.describe();
        let because = written.rebuild;
        Ok(Some(PlannedOperation { operation, way, because, destructive, values_lost: lost, passed_over, refusal, rows, statements }))
    }
}

fn statements_of(part: &Written) -> &[String] {
    match part {
        Written::Statement(sql) => std::slice::from_ref(sql),
        Written::Data(all) | Written::Detach(all) | Written::Swap { statements: all, .. } => all,
        // Asked, not run.
        Written::Condition { .. } | Written::Unchanged { .. } => &[],
    }
}
