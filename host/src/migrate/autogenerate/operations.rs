//! The operations that remove what was detected.

use crate::migrate::shape::Constraint;
use crate::model::{Change, Column, ColumnType, ConstraintOf, Default, Name, Operation, Value};

use super::Detected;

/// The operations, in the same order; all changes of a table that follow each other are one.
pub fn operations(detected: &[Detected]) -> Vec<Operation> {
    let mut all: Vec<Operation> = Vec::new();
    for one in detected {
        match Part::of(one) {
            Part::Whole(operation) => all.push(operation),
            Part::Change(table, change) => match all.last_mut() {
                Some(Operation::AlterTable { table: last, changes, .. }) if *last == table => changes.push(change),
                _ => all.push(Operation::AlterTable { table, changes: vec![change], rebuild: false }),
            },
        }
    }
    all.into_iter().map(plainest).collect()
}

/// The same for the way back: a column that takes no NULL and has no default comes back for rows that are there as well, which get a
/// value that means nothing.
pub fn backfills(operations: Vec<Operation>) -> Vec<Operation> {
    operations.into_iter().flat_map(backfilled).collect()
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
fn plainest(operation: Operation) -> Operation {
    match operation {
        Operation::AlterTable { table, mut changes, rebuild: false } if changes.len() == 1 => match changes.remove(0) {
            Change::AddColumn { column, position: None, if_not_exists } => Operation::AddColumn { table, column, if_not_exists },
            Change::DropColumn { name, if_exists } => Operation::DropColumn { table, name, if_exists },
            other => Operation::AlterTable { table, changes: vec![other], rebuild: false },
        },
        other => other,
    }
}

fn needs_value(column: &Column) -> bool {
    !column.nullable && column.default.is_none() && column.generated.is_none()
}

fn backfilled(operation: Operation) -> Vec<Operation> {
    let mut filled = Vec::new();
    let mut loosen = |column: Column| {
        if !needs_value(&column) {
            return column;
        }
        let backfill = Some(Default::Value(nothing(&column.data_type)));
        filled.push(Change::SetNullable { name: column.name.clone(), nullable: false, backfill });
        Column { nullable: true, ..column }
    };
    let (table, first) = match operation {
        Operation::AddColumn { table, column, if_not_exists } => {
            (table.clone(), Operation::AddColumn { table, column: loosen(column), if_not_exists })
        }
        Operation::AlterTable { table, changes, rebuild } => {
            let loosened = changes.into_iter().map(|change| match change {
                Change::AddColumn { column, position, if_not_exists } => {
                    Change::AddColumn { column: loosen(column), position, if_not_exists }
                }
                other => other,
            });
            (table.clone(), Operation::AlterTable { table, changes: loosened.collect(), rebuild })
        }
        other => return vec![other],
    };
    let second = (!filled.is_empty()).then_some(Operation::AlterTable { table, changes: filled, rebuild: false });
    std::iter::once(first).chain(second).collect()
}

/// A value of the type that means nothing.
fn nothing(data_type: &ColumnType) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    match data_type {
        ColumnType::Ulid => text("00000000000000000000000000"),
        ColumnType::Uuid => text("00000000-0000-0000-0000-000000000000"),
        ColumnType::String(_) | ColumnType::Text => text(""),
        ColumnType::Integer | ColumnType::BigInt | ColumnType::Boolean => Value::Integer(0),
        ColumnType::Float => Value::Real(0.0),
        ColumnType::Decimal { scale, .. } => text(&format!("{:.*}", usize::from(*scale), 0.0)),
        ColumnType::Timestamp => text("1970-01-01 00:00:00.000"),
        ColumnType::Date => text("1970-01-01"),
        ColumnType::Time => text("00:00:00.000"),
        ColumnType::Json => text("null"),
        ColumnType::Bytes => Value::Bytes(Vec::new()),
        ColumnType::Enum(words) => text(words.first().map_or("", String::as_str)),
    }
}
