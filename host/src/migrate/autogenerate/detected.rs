//! One difference between two schemas, as the operation that removes it says it.

use std::fmt;

use serde_json::{Value as Json, json};

use crate::migrate::shape::{Constraint, PrimaryKey};
use crate::model::{Column, ColumnType, Default, Index, Name, Table, Trigger, View};

use super::terms;

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub enum Detected {
    /// A table with its constraints; its indexes follow by themselves.
    AddTable(Table),
    /// A table goes; whether one that goes after it refers to it.
    RemoveTable(Name, bool),
    /// A table got another name.
    RenameTable(Name, Name),
    /// A column of a table that is there.
    AddColumn(Name, Column),
    /// A column goes.
    RemoveColumn(Name, Name),
    /// A column of a table got another name.
    RenameColumn(Name, Name, Name),
    /// A column of a table gets another type.
    ModifyType(Name, Name, ColumnType),
    /// A column of a table takes NULL, or takes none.
    ModifyNullable(Name, Name, bool),
    /// A column of a table gets a default, or loses it.
    ModifyDefault(Name, Name, Option<Default>),
    /// A table gets another primary key, or loses it.
    ModifyPrimaryKey(Name, PrimaryKey),
    /// A constraint of a table.
    AddConstraint(Name, Constraint),
    /// A constraint of a table goes.
    RemoveConstraint(Name, Constraint),
    /// An index of a table.
    AddIndex(Name, Index),
    /// An index of a table goes.
    RemoveIndex(Name, Name),
    /// A view.
    AddView(View),
    /// A view goes.
    RemoveView(Name),
    /// A trigger.
    AddTrigger(Trigger),
    /// A trigger goes.
    RemoveTrigger(Name),
}

/// `unique`, `check` or `foreign_key`, and what tells it from others of its table.
fn constraint(constraint: &Constraint) -> (&'static str, String) {
    let or_columns = |name: &Option<Name>, columns: &[Name]| {
        name.as_ref().map_or_else(|| columns.iter().map(Name::as_str).collect::<Vec<_>>().join(","), ToString::to_string)
    };
    match constraint {
        Constraint::Unique(unique) => ("unique", or_columns(&unique.name, &unique.columns)),
        Constraint::ForeignKey(key) => ("foreign_key", or_columns(&key.name, &key.columns)),
        Constraint::Check(check) => ("check", check.name.as_ref().map_or_else(|| check.expression.clone(), ToString::to_string)),
    }
}

impl Detected {
    /// What takes a rename back; none of anything else.
    pub fn undone(&self) -> Option<Self> {
        match self {
            Self::RenameTable(name, to) => Some(Self::RenameTable(to.clone(), name.clone())),
            Self::RenameColumn(table, name, to) => Some(Self::RenameColumn(table.clone(), to.clone(), name.clone())),
            _ => None,
        }
    }

    /// The names that Alembic's comparison has for it, in order: what, the table, the rest.
    pub fn to_json(&self) -> Json {
        match self {
            Self::AddTable(table) => json!(["add_table", table.name]),
            Self::RemoveTable(name, _) => json!(["remove_table", name]),
            Self::RenameTable(name, to) => json!(["rename_table", name, to]),
            Self::AddColumn(table, column) => json!(["add_column", table, column.name]),
            Self::RemoveColumn(table, name) => json!(["remove_column", table, name]),
            Self::RenameColumn(table, name, to) => json!(["rename_column", table, name, to]),
            Self::ModifyType(table, name, _) => json!(["modify_type", table, name]),
            Self::ModifyNullable(table, name, nullable) => json!(["modify_nullable", table, name, !nullable, nullable]),
            Self::ModifyDefault(table, name, _) => json!(["modify_default", table, name]),
            Self::ModifyPrimaryKey(table, _) => json!(["modify_primary_key", table]),
            Self::AddConstraint(table, of) => json!([format!("add_{}", constraint(of).0), table, constraint(of).1]),
            Self::RemoveConstraint(table, of) => json!([format!("remove_{}", constraint(of).0), table, constraint(of).1]),
            Self::AddIndex(table, index) => json!(["add_index", table, index.name]),
            Self::RemoveIndex(table, name) => json!(["remove_index", table, name]),
            Self::AddView(view) => json!(["add_view", view.name]),
            Self::RemoveView(name) => json!(["remove_view", name]),
            Self::AddTrigger(trigger) => json!(["add_trigger", trigger.table, trigger.name]),
            Self::RemoveTrigger(name) => json!(["remove_trigger", name]),
        }
    }
}

impl fmt::Display for Detected {
    /// `added column users.phone`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddTable(table) => write!(f, "added table {}", table.name),
            Self::RemoveTable(name, _) => write!(f, "removed table {name}"),
            Self::RenameTable(name, to) => write!(f, "renamed table {name} to {to}"),
            Self::AddColumn(table, column) => write!(f, "added column {table}.{}", column.name),
            Self::RemoveColumn(table, name) => write!(f, "removed column {table}.{name}"),
            Self::RenameColumn(table, name, to) => write!(f, "renamed column {table}.{name} to {to}"),
            Self::ModifyType(table, name, to) => write!(f, "changed type of {table}.{name} to {to}"),
            Self::ModifyNullable(table, name, true) => write!(f, "column {table}.{name} may now be NULL"),
            Self::ModifyNullable(table, name, false) => write!(f, "column {table}.{name} may no longer be NULL"),
            Self::ModifyDefault(table, name, Some(_)) => write!(f, "changed default of {table}.{name}"),
            Self::ModifyDefault(table, name, None) => write!(f, "removed default of {table}.{name}"),
            Self::ModifyPrimaryKey(table, _) => write!(f, "changed primary key of {table}"),
            Self::AddConstraint(table, of) => write!(f, "added {} of {table}: {}", kind(of), constraint(of).1),
            Self::RemoveConstraint(table, of) => write!(f, "removed {} of {table}: {}", kind(of), constraint(of).1),
            Self::AddIndex(table, index) => {
                write!(f, "added {}index {} on {table} {}", if index.unique { "unique " } else { "" }, index.name, terms::shown(index))
            }
            Self::RemoveIndex(table, name) => write!(f, "removed index {name} of {table}"),
            Self::AddView(view) => write!(f, "added view {}", view.name),
            Self::RemoveView(name) => write!(f, "removed view {name}"),
            Self::AddTrigger(trigger) => write!(f, "added trigger {}", trigger.name),
            Self::RemoveTrigger(name) => write!(f, "removed trigger {name}"),
        }
    }
}

fn kind(constraint: &Constraint) -> &'static str {
    match constraint {
        Constraint::Unique(_) => "unique constraint",
        Constraint::Check(_) => "check",
        Constraint::ForeignKey(_) => "foreign key",
    }
}
