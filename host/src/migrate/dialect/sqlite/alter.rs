//! The way from a stored table to the changed one: in place where SQLite can, else by a copy into a new table.
//!
//! A call's changes all mean the table as it is before. They are read against its stored text one by one, each into an edit of the text
//! and, where SQLite has one, into a statement that does the same in place. One that has none makes the whole call a rebuild. Columns are
//! renamed at the end, and always in place: only SQLite follows a name into every view, trigger and key of others.
//!
//! `alter/presence.rs` says which changes have nothing to do, `alter/columns.rs` and `alter/constraints.rs` read the others, and
//! `alter/copy.rs` makes the copy out of what they gathered; `alter/asked.rs` is what is asked of the rows before, and `alter/losses.rs` knows
//! which values would go.

mod asked;
mod columns;
mod constraints;
mod copy;
mod losses;
mod presence;

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::dialect::DialectError;
use crate::migrate::dialect::alteration::{Abilities, AlterStep, Alteration};
use crate::model::sql::identifier;
use crate::model::{Change, Column, Name, StoredTexts};

use super::conditions::Conditions;
use super::stored::{Edits, StoredColumn, StoredTable};
use super::table;

/// Plans the changes.
pub(super) fn alter(
    name: &Name,
    stored: &StoredTexts,
    changes: &[Change],
    rebuild: bool,
    abilities: Abilities,
) -> Result<Alteration, DialectError> {
    let unreadable = |error| DialectError::Unreadable { table: name.clone(), error };
    let read = StoredTable::read(&stored.table).map_err(unreadable)?;
    let mut planner = Planner::of(name, &read, stored, abilities);
    let passed_over = planner.passed_over(changes)?;
    let left = changes.iter().enumerate().filter(|(place, _)| !passed_over.contains(place)).map(|(_, change)| change.clone());
    let changes = &left.collect::<Vec<_>>()[..];
    let is_idle = changes.is_empty() && !passed_over.is_empty();
    planner.plan.passed_over = passed_over;
    if is_idle {
        return Ok(planner.plan);
    }
    if rebuild {
        planner.must_rebuild("it is asked for");
    }
    planner.require_consistent(changes)?;
    // All of them mean the table as it is, so the order is free: what goes makes room, and a value is converted before it is filled in.
    let mut ordered: Vec<&Change> = changes.iter().collect();
    ordered.sort_by_key(|change| rank(change));
    for change in ordered {
        planner.plan(change, changes)?;
    }
    planner.find_losses(changes);
    planner.finish()
}

fn rank(change: &Change) -> u8 {
    match change {
        Change::DropConstraint { .. } => 0,
        Change::DropColumn { .. } => 1,
        Change::AddColumn { .. } => 2,
        Change::SetType { .. } => 3,
        Change::SetNullable { .. } | Change::SetDefault { .. } => 4,
        Change::AddForeignKey { .. } | Change::AddUnique { .. } | Change::AddCheck { .. } => 5,
        Change::SetPrimaryKey { .. } => 6,
        Change::RenameColumn { .. } => 7,
    }
}

/// The old column that a change is about.
fn column_of(change: &Change) -> Option<&Name> {
    match change {
        Change::DropColumn { name, .. }
        | Change::RenameColumn { name, .. }
        | Change::SetType { name, .. }
        | Change::SetNullable { name, .. }
        | Change::SetDefault { name, .. } => Some(name),
        _ => None,
    }
}

struct Planner<'a> {
    name: &'a Name,
    table: &'a StoredTable,
    stored: &'a StoredTexts,
    abilities: Abilities,
    edits: Edits<'a>,
    conditions: Conditions<'a>,
    plan: Alteration,
    /// Statements that make the changes in place.
    native: Vec<String>,
    /// What the old columns are copied as, by place; none for one that goes or is computed.
    copied: Vec<Option<String>>,
    added: Vec<&'a Column>,
    /// The new column that is the other name of the rowid: rows get that, whatever its default is.
    new_rowid: Option<&'a Name>,
    /// Old columns whose values become what their author's `using` says.
    converted: BTreeSet<usize>,
    /// What the values of old columns will be, of those whose values change.
    becoming: BTreeMap<usize, String>,
    /// Old columns that get a NOT NULL.
    not_null: BTreeSet<usize>,
    /// The table's constraints that go.
    dropped: BTreeSet<usize>,
    /// Constraints of columns that go: the column, and which of its own.
    dropped_rules: BTreeSet<(usize, usize)>,
    /// The primary key is set anew.
    new_key: bool,
    renames: Vec<(&'a Name, &'a Name)>,
}

impl<'a> Planner<'a> {
    fn of(name: &'a Name, table: &'a StoredTable, stored: &'a StoredTexts, abilities: Abilities) -> Self {
        let copied = table.columns.iter().map(|column| (!column.is_generated()).then(|| identifier(&column.name).into_owned()));
        Self {
            name,
            table,
            stored,
            abilities,
            edits: Edits::of(table),
            conditions: Conditions::of(name, table),
            plan: Alteration::default(),
            native: Vec::new(),
            copied: copied.collect(),
            added: Vec::new(),
            new_rowid: None,
            converted: BTreeSet::new(),
            becoming: BTreeMap::new(),
            not_null: BTreeSet::new(),
            dropped: BTreeSet::new(),
            dropped_rules: BTreeSet::new(),
            new_key: false,
            renames: Vec::new(),
        }
    }

    /// No two changes say different things of one thing.
    fn require_consistent(&self, changes: &[Change]) -> Result<(), DialectError> {
        let refuse = |what: String| Err(DialectError::Contradiction { table: self.name.clone(), what });
        let goes = |change: &Change| matches!(change, Change::DropColumn { .. });
        for (place, change) in changes.iter().enumerate() {
            let before = &changes[..place];
            let clash = |other: &&Change| other.kind() == change.kind() || goes(other) || goes(change);
            if let Some(name) = column_of(change)
                && let Some(other) = before.iter().filter(|other| column_of(other) == Some(name)).find(clash)
            {
                return refuse(format!("{} and {} of column {name}", other.kind(), change.kind()));
            }
            let is_key = |change: &Change| matches!(change, Change::SetPrimaryKey { .. });
            if is_key(change) && before.iter().any(is_key) {
                return refuse("two primary keys".to_owned());
            }
        }
        let mut dropped = Vec::new();
        for change in changes {
            if let Change::DropConstraint { constraint, .. } = change {
                let found = self.find(constraint)?;
                if dropped.contains(&found) {
                    return refuse(format!("{constraint} is dropped twice"));
                }
                dropped.push(found);
            }
        }
        Ok(())
    }

    fn must_rebuild(&mut self, why: impl Into<String>) {
        self.plan.rebuild.get_or_insert_with(|| why.into());
    }

    /// In place, where the SQLite that runs it can.
    fn natively(&mut self, sql: String, since_354: &'static str) {
        match self.abilities {
            Abilities::Bundled => self.native.push(sql),
            Abilities::Oldest => self.must_rebuild(format!("before SQLite 3.53 there is no {since_354}")),
        }
    }

    fn alter_table(&self) -> String {
        format!("ALTER TABLE {}", identifier(self.name.as_str()))
    }

    fn column(&self, name: &Name) -> Result<(usize, &'a StoredColumn), DialectError> {
        let place = self.table.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name.as_str()));
        let missing = || DialectError::NoColumn { table: self.name.clone(), column: name.clone() };
        place.map(|place| (place, &self.table.columns[place])).ok_or_else(missing)
    }

    fn plan(&mut self, change: &'a Change, all: &'a [Change]) -> Result<(), DialectError> {
        match change {
            Change::AddColumn { column, position, .. } => self.add_column(column, position.as_ref(), all),
            Change::DropColumn { name, .. } => self.drop_column(name, all),
            Change::RenameColumn { name, to } => {
                let (place, _) = self.column(name)?;
                let goes =
                    |change: &Change| matches!(change, Change::DropColumn { name, .. } | Change::RenameColumn { name, .. } if name == to);
                let is_taken = self.column(to).is_ok_and(|(other, _)| other != place) && !all.iter().any(goes);
                let twice = self.renames.iter().any(|(_, other)| *other == to);
                if is_taken || twice || self.added.iter().any(|added| added.name == *to) {
                    return Err(DialectError::ColumnThere { table: self.name.clone(), column: to.clone() });
                }
                self.renames.push((name, to));
                Ok(())
            }
            Change::SetType { name, data_type, using } => self.set_type(name, data_type, using.as_deref()),
            Change::SetNullable { name, nullable, backfill } => self.set_nullable(name, *nullable, backfill.as_ref()),
            Change::SetDefault { name, default } => self.set_default(name, default.as_ref()),
            Change::AddForeignKey { key, .. } => {
                self.edits.add_constraint(table::foreign_key(self.name, key)?);
                self.must_rebuild("SQLite adds no foreign key to a table that is there");
                self.ask_foreign_key(key);
                Ok(())
            }
            Change::AddUnique { unique, .. } => {
                self.edits.add_constraint(table::unique(self.name, unique)?);
                self.must_rebuild("SQLite adds no UNIQUE to a table that is there");
                self.ask_unique(&unique.columns);
                Ok(())
            }
            Change::AddCheck { check, .. } => {
                let text = table::check(self.name, check)?;
                let sql = format!("{} ADD {text}", self.alter_table());
                self.natively(sql, "ALTER TABLE … ADD CHECK");
                self.edits.add_constraint(text);
                let what = check.name.as_ref().map_or_else(|| "the CHECK".to_owned(), |name| format!("CHECK {name}"));
                self.ask_check(&what, &check.expression);
                Ok(())
            }
            Change::SetPrimaryKey { columns, autoincrement } => self.set_primary_key(columns, *autoincrement),
            Change::DropConstraint { constraint, .. } => self.drop_constraint(constraint),
        }
    }

    fn finish(mut self) -> Result<Alteration, DialectError> {
        if self.plan.rebuild.is_some() {
            self.ask_kept_constraints();
            self.rebuild()?;
        } else {
            let native = std::mem::take(&mut self.native);
            self.plan.steps.extend(native.into_iter().map(AlterStep::Run));
        }
        self.rename();
        Ok(self.plan)
    }
}
