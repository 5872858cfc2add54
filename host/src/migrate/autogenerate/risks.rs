//! What the rows that a table has may not allow.

use std::fmt;

use crate::migrate::shape::{Constraint, Shapes};
use crate::model::schema::IndexKey;
use crate::model::sql::{Kind, Token, tokens};
use crate::model::{Column, ColumnType, Default, ForeignKey, Index, Name};

use super::Detected;
use super::fill::{Fill, declared};
use super::restoring::Restoring;
use super::terms;

/// Something that rows may be in the way of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// What happens to what.
    what: String,
    /// Of which rows.
    rows: &'static str,
    /// The step that they refuse.
    step: &'static str,
    /// What can be done.
    way_out: &'static str,
}

impl fmt::Display for Risk {
    /// `UNIQUE (a) of table t comes: where two rows have the same there, the upgrade will be refused; …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, rows, step, way_out } = self;
        write!(f, "{what}: {rows} the {step} will be refused; {way_out}")
    }
}

/// Which of a revision's two functions does it, and what rows get in it.
pub(super) enum Way<'a> {
    /// What is declared is added as it is.
    There,
    /// What is not known any more is made up.
    Back(&'a Restoring<'a>),
}

/// What may be refused of an upgrade, on tables that are there `before`.
pub fn upgrade_risks(detected: &[Detected], before: &Shapes) -> Vec<Risk> {
    risks(detected, before, &Way::There)
}

/// What may be refused, in the order of what was detected. A table that is made by it has no rows.
pub(super) fn risks(detected: &[Detected], before: &Shapes, way: &Way<'_>) -> Vec<Risk> {
    let assessment = Assessment { detected, before, way };
    detected.iter().filter_map(|one| assessment.of(one)).collect()
}

const SAME: &str = "where two rows have the same there";
const BACKFILL: &str = "say in the revision what they get, op.option(\"backfill\", ..).set_nullable(..)";

struct Assessment<'a> {
    detected: &'a [Detected],
    before: &'a Shapes,
    way: &'a Way<'a>,
}

impl Assessment<'_> {
    fn of(&self, detected: &Detected) -> Option<Risk> {
        match detected {
            Detected::AddColumn(table, column) => self.of_column(table, column),
            Detected::ModifyNullable(table, column, false) => self.of_refusal(table, column),
            Detected::ModifyType(table, column, data_type) => {
                let old = self.before.tables.get(table)?.column(column)?.said.as_ref().ok();
                let what = format!("column {table}.{column} gets the type {data_type}");
                let rows = "where a value does not mean the same in it,";
                let is_safe = old.is_some_and(|old| data_type.takes_all_of(&old.data_type));
                (!is_safe).then(|| self.risk(what, rows, "say what it becomes, op.option(\"using\", ..).set_type(..)"))
            }
            Detected::AddConstraint(table, constraint) => self.of_constraint(table, constraint),
            Detected::AddIndex(table, index) => self.of_index(table, index),
            Detected::ModifyPrimaryKey(table, key) => self.of_key(table, &key.columns),
            _ => None,
        }
    }

    fn risk(&self, what: String, rows: &'static str, way_out: &'static str) -> Risk {
        let step = if matches!(self.way, Way::There) { "upgrade" } else { "downgrade" };
        Risk { what, rows, step, way_out }
    }

    /// What can be done with rows before the step: nothing runs before a downgrade, for the revision before is undone after it.
    fn change(&self) -> &'static str {
        match self.way {
            Way::There => "change or delete those rows in the revision before it, or by hand",
            Way::Back(_) => "change or delete those rows at the beginning of this `downgrade` (op.execute), or by hand",
        }
    }

    fn is_there(&self, table: &Name) -> bool {
        self.before.tables.contains_key(table)
    }

    /// What rows get in a column that is new; none in one that is there.
    fn fill(&self, table: &Name, column: &Name) -> Option<Fill> {
        let added = self.detected.iter().find_map(|one| match one {
            Detected::AddColumn(of, added) if of == table && added.name == *column => Some(added),
            _ => None,
        })?;
        Some(match self.way {
            Way::There if self.is_number(table, added) => Fill::Distinct(Default::Expression("rowid".to_owned())),
            Way::There => declared(added),
            Way::Back(restoring) => restoring.added(table, added),
        })
    }

    /// Whether a new column is the other name of the number that every row has.
    fn is_number(&self, table: &Name, column: &Column) -> bool {
        let has_rowid = self.before.tables.get(table).is_some_and(|shape| !shape.without_rowid);
        let is_key =
            |one: &Detected| matches!(one, Detected::ModifyPrimaryKey(of, key) if of == table && key.columns == [column.name.clone()]);
        has_rowid && column.data_type == ColumnType::Integer && self.detected.iter().any(is_key)
    }

    fn of_column(&self, table: &Name, column: &Column) -> Option<Risk> {
        let name = &column.name;
        match (self.fill(table, name)?, self.way) {
            (Fill::Missing(_), Way::There) => Some(self.risk(
                format!("column {table}.{name} takes no NULL and has no default"),
                "on a table with rows",
                "give it a default in the model, make it an Option, or add it nullable, fill it and make it not null",
            )),
            (Fill::Missing(why), Way::Back(_)) => {
                let what = format!("column {table}.{name} comes back and takes no NULL, and no value can be made up, for {why}");
                Some(self.risk(what, "on a table with rows", BACKFILL))
            }
            (Fill::Computed, _) if !column.nullable => {
                Some(self.risk(format!("column {table}.{name} is computed and takes no NULL"), "where NULL comes of a row", self.change()))
            }
            (fill, Way::Back(restoring)) => self.of_made_up(restoring, table, name, &fill),
            (_, Way::There) => None,
        }
    }

    fn of_refusal(&self, table: &Name, column: &Name) -> Option<Risk> {
        let risk = |more: &str| Some(self.risk(format!("column {table}.{column} takes no NULL {more}"), "where rows have one", BACKFILL));
        match self.way {
            Way::There => risk("any more"),
            Way::Back(restoring) => match restoring.refused(table, column)? {
                Fill::Missing(why) => risk(&format!("again, and no value can be made up, for {why}")),
                fill => self.of_made_up(restoring, table, column, &fill),
            },
        }
    }

    fn of_made_up(&self, restoring: &Restoring<'_>, table: &Name, column: &Name, fill: &Fill) -> Option<Risk> {
        let checks: Vec<String> = restoring.judges(table, column).map(|check| format!("CHECK ({check})")).collect();
        let what = || format!("column {table}.{column} gets a value that means nothing, which {} may not let in", checks.join(" or "));
        let may_fail = !checks.is_empty() && restoring.is_made_up(table, column, fill);
        may_fail.then(|| self.risk(what(), "on rows without one", BACKFILL))
    }

    fn of_constraint(&self, table: &Name, constraint: &Constraint) -> Option<Risk> {
        if !self.is_there(table) {
            return None;
        }
        let what = match constraint {
            Constraint::Unique(unique) if self.differ(table, &unique.columns) => return None,
            Constraint::Unique(unique) => format!("UNIQUE ({}) of table {table} comes", list(&unique.columns)),
            Constraint::ForeignKey(key) if key.columns.iter().any(|column| self.is_unfilled(table, column)) => return None,
            Constraint::ForeignKey(key) if self.leads_on(table, key) => return None,
            Constraint::ForeignKey(key) => format!("foreign key ({}) of table {table} comes", list(&key.columns)),
            Constraint::Check(check) if self.is_null(table, &check.expression) || self.is_told(table, &check.expression) => return None,
            Constraint::Check(check) => format!("CHECK ({}) of table {table} comes", check.expression),
        };
        let rows = match constraint {
            Constraint::Unique(_) => SAME,
            Constraint::ForeignKey(_) => "where a row leads to none that is there",
            Constraint::Check(_) => "where it does not hold of a row",
        };
        Some(self.risk(what, rows, self.change()))
    }

    fn of_index(&self, table: &Name, index: &Index) -> Option<Risk> {
        let columns: Vec<Name> = index
            .terms
            .iter()
            .filter_map(|term| match &term.key {
                IndexKey::Column(column) => Some(column.clone()),
                IndexKey::Expression(_) => None,
            })
            .collect();
        let may_fail = index.unique && self.is_there(table) && !self.differ(table, &columns);
        may_fail
            .then(|| self.risk(format!("unique index {} {} of table {table} comes", index.name, terms::shown(index)), SAME, self.change()))
    }

    fn of_key(&self, table: &Name, columns: &[Name]) -> Option<Risk> {
        let shape = self.before.tables.get(table)?;
        let is_told = columns.iter().any(|column| matches!(self.fill(table, column), Some(Fill::Missing(_))));
        let has_value = |column: &Name| match self.fill(table, column) {
            Some(fill) => matches!(fill, Fill::Same(_) | Fill::Distinct(_)),
            None => shape.column(column).is_some_and(|there| there.not_null.is_some()) || self.key(table).contains(column),
        };
        let is_safe = columns.is_empty() || is_told || self.differ(table, columns) && columns.iter().all(has_value);
        let rows = "where two rows have the same there, or one has NULL,";
        (!is_safe).then(|| self.risk(format!("primary key ({}) of table {table} comes", list(columns)), rows, self.change()))
    }

    /// The primary key that rows have.
    fn key(&self, table: &Name) -> &[Name] {
        let key = self.before.tables.get(table).and_then(|shape| shape.primary_key.as_ref()?.said.as_ref().ok());
        key.map(|key| key.columns.as_slice()).unwrap_or_default()
    }

    /// Whether no two rows have the same in all of these: their key is among them, or a new column in which they have nothing, or each
    /// something else.
    fn differ(&self, table: &Name, columns: &[Name]) -> bool {
        let key = self.key(table);
        let has_key = !key.is_empty() && key.iter().all(|column| columns.contains(column));
        has_key
            || columns.iter().any(|column| self.is_unfilled(table, column) || matches!(self.fill(table, column), Some(Fill::Distinct(_))))
    }

    /// Whether rows have nothing in a new column. Where they need something, that was told.
    fn is_unfilled(&self, table: &Name, column: &Name) -> bool {
        matches!(self.fill(table, column), Some(Fill::Null | Fill::Missing(_)))
    }

    /// Whether rows led there by a key that goes when this one comes, and have the values with which they did.
    fn leads_on(&self, table: &Name, key: &ForeignKey) -> bool {
        let leads_there = |old: &ForeignKey| {
            old.columns == key.columns && old.target_table == key.target_table && old.target_columns == key.target_columns
        };
        let is_changed = |one: &Detected| match one {
            Detected::RemoveColumn(of, column) | Detected::ModifyNullable(of, column, false) => of == table && key.columns.contains(column),
            _ => false,
        };
        let led =
            |one: &Detected| matches!(one, Detected::RemoveConstraint(of, Constraint::ForeignKey(old)) if of == table && leads_there(old));
        self.detected.iter().any(led) && !self.detected.iter().any(is_changed)
    }

    /// Whether a CHECK was told of with a column whose values are made up.
    fn is_told(&self, table: &Name, expression: &str) -> bool {
        let Way::Back(restoring) = self.way else { return false };
        self.detected.iter().any(|one| match one {
            Detected::AddColumn(of, column) if of == table => {
                let mut judges = restoring.judges(table, &column.name);
                judges.any(|judge| judge == expression) && restoring.is_made_up(table, &column.name, &restoring.added(table, column))
            }
            _ => false,
        })
    }

    /// Whether an expression is only of new columns without values, and of what makes NULL of NULL: no row breaks such a check.
    fn is_null(&self, table: &Name, expression: &str) -> bool {
        const STRICT: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "LENGTH"];
        let Ok(all) = tokens(expression) else { return false };
        let words = || all.iter().filter(|token| matches!(token.kind, Kind::Word | Kind::QuotedName));
        let is_new = |token: &Token<'_>| token.name().and_then(|name| name.parse().ok()).is_some_and(|name| self.is_unfilled(table, &name));
        words().any(is_new) && words().all(|token| is_new(token) || STRICT.iter().any(|word| token.is_word(word)))
    }
}

fn list(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}
