//! Changes to a table that is there: asks what stands in the way, carries out the dialect's plan, and looks whether all is sound afterwards.

use super::{Executor, Written};
use crate::migrate::backend::{Backend, BackendError};
use crate::migrate::dialect::DialectError;
use crate::migrate::dialect::alteration::{Abilities, AlterStep, Alteration, Condition, Copy};
use crate::model::{Change, Default, Name, ObjectKind, Operation, Problem, StoredTexts};

/// What a key that SQLite calls a mismatch lacks.
const FITS: &str = "; a foreign key leads to the primary key of a table, or to columns that are unique together: make them so first";

impl<B: Backend> Executor<B> {
    /// Changes a table of the plugin's own; answers whether anything was to be done.
    pub(super) fn alter_table(&mut self, operation: &Operation, table: &Name, changes: &[Change], rebuild: bool) -> Result<bool, Problem> {
        self.require_own(ObjectKind::Table, table, false)?;
        if changes.is_empty() && !rebuild {
            return Ok(false);
        }
        let stored = self.stored(table)?;
        let plan = self.dialect.alter(table, &stored, changes, rebuild, Abilities::Bundled).map_err(problem)?;
        let made: Vec<&Change> =
            changes.iter().enumerate().filter(|(place, _)| !plan.passed_over.contains(place)).map(|(_, change)| change).collect();
        if made.is_empty() && !changes.is_empty() {
            return Ok(false);
        }
        if made.iter().any(|change| matches!(change, Change::DropColumn { .. })) {
            self.require_foreseen(operation)?;
        }
        let added: Vec<&Name> = made.iter().copied().filter_map(added).collect();
        for change in &made {
            self.before_change(table, change, &added)?;
        }
        for condition in &plan.conditions {
            self.require_condition(condition, "constraint")?;
        }
        if self.drops.is_some() && !self.made.contains(table) {
            for loss in &plan.losses {
                self.require_condition(loss, "destructive")?;
            }
        }
        let write = |abilities| self.dialect.alter(table, &stored, changes, rebuild, abilities).map_err(problem);
        let written = self.writes.map(write).transpose()?;
        self.carry_out(table, &plan)?;
        for change in made {
            self.after_change(table, change);
        }
        if let Some(plan) = written {
            self.write_alteration(table, stored, plan);
        }
        Ok(true)
    }

    fn stored(&mut self, table: &Name) -> Result<StoredTexts, Problem> {
        let stored = self.backend.stored(table);
        let missing = || Problem::new(404, "missing", format!("there is no table {table}"));
        self.sort(stored)?.ok_or_else(missing)
    }

    /// What must be known of a change before it is made: whom it refers to, what its expressions read and call. Those of rows that are there
    /// mean the table as it is, and all others may name the columns that are `added` with them.
    fn before_change(&mut self, table: &Name, change: &Change, added: &[&Name]) -> Result<(), Problem> {
        match change {
            Change::AddForeignKey { key, .. } => self.require_reference(table, key),
            Change::SetType { using: Some(expression), .. } => self.require_row_expression(expression, table, &[]),
            Change::SetNullable { backfill: Some(Default::Expression(expression)), .. } => {
                self.require_row_expression(expression, table, &[])
            }
            Change::AddColumn { column, .. } => self.require_column(table, column, added),
            Change::SetDefault { default: Some(Default::Expression(expression)), .. } => {
                self.require_new_expression(expression, table, added)
            }
            Change::AddCheck { check, .. } => self.require_new_expression(&check.expression, table, added),
            _ => Ok(()),
        }
    }

    /// Keys that may no longer fit are looked at when the step ends.
    fn after_change(&mut self, table: &Name, change: &Change) {
        match change {
            Change::DropColumn { .. } | Change::AddForeignKey { .. } | Change::SetPrimaryKey { .. } | Change::DropConstraint { .. } => {
                self.loosen(table);
            }
            _ => {}
        }
    }

    fn require_condition(&mut self, condition: &Condition, code: &str) -> Result<(), Problem> {
        let Condition { rule, way_out, count, first } = condition;
        let plugin = self.permissions.plugin.clone();
        let rows = self.backend.number(&plugin, count);
        let rows = self.sort(rows)?;
        if rows == 0 {
            return Ok(());
        }
        let shown = self.backend.shown_rows(&plugin, first);
        let shown = self.sort(shown)?;
        let (rows, shown) = (if rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") }, shown.join("; "));
        Err(Problem::new(409, code, format!("{rule}, and {rows} would break that: {shown}; {way_out}")))
    }

    fn carry_out(&mut self, table: &Name, plan: &Alteration) -> Result<(), Problem> {
        for step in &plan.steps {
            match step {
                AlterStep::Run(sql) => self.run_one(sql)?,
                AlterStep::Restore(sql) => {
                    let restored = self.backend.restore(&self.permissions.plugin, sql);
                    self.sort(restored)?;
                }
                AlterStep::Copy(copy) => self.copy_all(copy)?,
                AlterStep::Swap { table, statements } => {
                    let swapped = self.backend.swap(statements, Some(table));
                    self.sort(swapped)?;
                }
            }
        }
        if plan.rebuild.is_some() { self.require_unharmed(table) } else { Ok(()) }
    }

    /// Every row that was there is in the copy.
    fn copy_all(&mut self, copy: &Copy) -> Result<(), Problem> {
        let plugin = self.permissions.plugin.clone();
        let before = self.backend.number(&plugin, &self.dialect.count_rows(&copy.from));
        let before = self.sort(before)?;
        let copied = self.backend.copy(&plugin, copy, before);
        let copied = match copied {
            Ok(copied) => copied,
            Err(error) => {
                let BackendError::Refused(why) = error else { return self.sort(Err(error)) };
                self.require_references(&copy.from)?;
                // The new table is nobody's business but ours.
                let why = why.replace(copy.into, copy.from.as_str());
                let rule = match self.backend.linked_to(&copy.from) {
                    // One of the new table's keys, for the old one's fit.
                    Ok(_) if why.contains("foreign key mismatch") => FITS,
                    _ => "",
                };
                return Err(Problem::new(409, "refused", format!("table {}: {why}{rule}", copy.from)));
            }
        };
        if copied == before {
            return Ok(());
        }
        let detail = format!("table {} has {before} rows, and only {copied} would be in the new one", copy.from);
        Err(Problem::new(409, "constraint", detail))
    }

    /// A table that was copied, and those that refer to it, hold together as before.
    fn require_unharmed(&mut self, table: &Name) -> Result<(), Problem> {
        self.require_references(table)?;
        let references = self.backend.references_to(table);
        for child in self.sort(references)?.into_iter().map(|reference| reference.table) {
            self.require_references(&child)?;
        }
        let unsound = self.backend.unsound(table);
        let unsound = self.sort(unsound)?;
        if unsound.is_empty() {
            return Ok(());
        }
        Err(Problem::new(409, "unsound", format!("table {table} is not sound afterwards: {}", unsound.join("; "))))
    }

    pub(super) fn require_references(&mut self, table: &Name) -> Result<(), Problem> {
        // Keys that lead nowhere are judged when the step ends.
        let lost = match self.backend.lost_references(table) {
            Err(BackendError::Refused(_)) => return Ok(()),
            other => self.sort(other)?,
        };
        let Some((target, rows)) = lost.first() else { return Ok(()) };
        let rows = if *rows == 1 { "1 row".to_owned() } else { format!("{rows} rows") };
        let detail = format!("{rows} of table {table} would refer to no row of table {target}; change or delete them first");
        Err(Problem::new(409, "constraint", detail))
    }

    /// Drops a table while its children's rows stay as they are, whatever their foreign keys would do with them.
    pub(super) fn drop_detached(&mut self, name: &Name, operation: &Operation) -> Result<(), Problem> {
        let statements = self.dialect.statements(operation).map_err(problem)?;
        let dropped = self.backend.swap(&statements, None);
        self.sort(dropped)?;
        self.loose.detached.insert(name.clone());
        if self.writes.is_some() {
            self.in_hand.parts.push(Written::Detach(statements));
        }
        Ok(())
    }

    fn write_alteration(&mut self, table: &Name, stored: StoredTexts, plan: Alteration) {
        if plan.rebuild.is_some() {
            self.in_hand.parts.push(Written::Unchanged { table: table.clone(), stored });
        }
        self.in_hand.rebuild = plan.rebuild;
        self.in_hand.losses = plan.losses;
        let conditions = plan.conditions.into_iter().map(|condition| Written::Condition { rule: condition.rule, count: condition.count });
        self.in_hand.parts.extend(conditions);
        self.in_hand.parts.extend(plan.steps.into_iter().map(|step| match step {
            AlterStep::Run(sql) | AlterStep::Restore(sql) | AlterStep::Copy(Copy { sql, .. }) => Written::Statement(sql),
            AlterStep::Swap { table, statements } => Written::Swap { table, statements },
        }));
    }
}

/// The column that a change adds.
fn added(change: &Change) -> Option<&Name> {
    match change {
        Change::AddColumn { column, .. } => Some(&column.name),
        _ => None,
    }
}

/// What the guest hears of a plan that cannot be.
pub(super) fn problem(error: DialectError) -> Problem {
    let (status, code) = match &error {
        DialectError::NoColumn { .. } | DialectError::NoConstraint { .. } => (404, "missing"),
        DialectError::ColumnThere { .. } | DialectError::ConstraintThere { .. } => (409, "exists"),
        DialectError::ColumnInUse { .. } => (409, "in-use"),
        _ => (422, "invalid-operation"),
    };
    Problem::new(status, code, error.to_string())
}
