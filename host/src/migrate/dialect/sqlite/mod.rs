//! SQLite's SQL, for the bundled 3.54 and, in scripts, for the `sqlite3` shell from 3.40 on.

mod alter;
#[cfg(test)]
mod alter_tests;
mod column;
mod conditions;
mod fits;
#[cfg(test)]
mod fits_tests;
mod probe;
mod script;
mod sql_text;
mod stored;
mod table;
mod trigger;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use crate::model::sql::{identifier, identifiers, literal};
use crate::model::{Change, ColumnType, Name, Operation, StoredTexts, Trigger, Value};

use super::alteration::{Abilities, Alteration};
use super::{Dialect, DialectError};
use crate::migrate::difference::Fact;
use crate::migrate::shape::Shape;

pub use stored::StoredError;

use table::exists;

/// The dialect of SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn statements(&self, operation: &Operation) -> Result<Vec<String>, DialectError> {
        let one = match operation {
            Operation::CreateTable { table, if_not_exists } => return table::create(table, *if_not_exists),
            Operation::DropTable { name, if_exists, .. } => drop_object("TABLE", name, *if_exists),
            Operation::RenameTable { name, to } => format!("ALTER TABLE {} RENAME TO {}", quoted(name), quoted(to)),
            Operation::AddColumn { table, .. }
            | Operation::DropColumn { table, .. }
            | Operation::RenameColumn { table, .. }
            | Operation::AlterTable { table, .. } => return Err(DialectError::NeedsTable { table: table.clone() }),
            Operation::CreateIndex { table, index, if_not_exists } => table::create_index(table, index, *if_not_exists)?,
            Operation::DropIndex { name, if_exists } => drop_object("INDEX", name, *if_exists),
            Operation::CreateView { view, if_not_exists } => {
                let query =
                    sql_text::query(&view.query).map_err(|error| DialectError::Text { subject: format!("view {}", view.name), error })?;
                format!("CREATE VIEW {}{} AS {query}", exists(*if_not_exists), quoted(&view.name))
            }
            Operation::DropView { name, if_exists } => drop_object("VIEW", name, *if_exists),
            Operation::CreateTrigger { trigger, if_not_exists } => trigger::create(trigger, *if_not_exists)?,
            Operation::DropTrigger { name, if_exists } => drop_object("TRIGGER", name, *if_exists),
            Operation::Execute { sql, params } => self.with_parameters(sql, params)?,
            Operation::InsertRows { table, columns, rows } => return insert_rows(table, columns, rows),
        };
        Ok(vec![one])
    }

    fn alter(
        &self,
        table: &Name,
        stored: &StoredTexts,
        changes: &[Change],
        rebuild: bool,
        abilities: Abilities,
    ) -> Result<Alteration, DialectError> {
        alter::alter(table, stored, changes, rebuild, abilities)
    }

    fn facts(&self, stored: &str) -> Result<Vec<Fact>, StoredError> {
        stored::facts(stored)
    }

    fn shape(&self, stored: &str) -> Result<Shape, StoredError> {
        stored::shape(stored)
    }

    fn expression_probe(&self, expression: &str, table: &Name) -> String {
        format!("SELECT ({}) FROM {}", expression, quoted(table))
    }

    fn row_probe(&self, expression: &str, table: &Name, columns: &[Name], added: &[&Name]) -> String {
        probe::row(expression, table, columns, added)
    }

    fn fires(&self, trigger: &Trigger, columns: &[Name]) -> String {
        trigger::fires(trigger, columns)
    }

    fn count_rows(&self, table: &Name) -> String {
        format!("SELECT count(*) FROM {}", quoted(table))
    }

    fn insert(&self, table: &Name, columns: &[Name]) -> String {
        insert_values(table, columns, &vec!["?".to_owned(); columns.len()])
    }

    fn column_type(&self, data_type: &ColumnType, strict: bool) -> String {
        column::declared_type(data_type, strict)
    }

    fn literal(&self, value: &Value) -> String {
        sql_text::bound(value, false)
    }

    fn with_parameters(&self, sql: &str, params: &[Value]) -> Result<String, DialectError> {
        sql_text::with_parameters(sql, params)
    }

    fn identifier<'a>(&self, name: &'a str) -> Cow<'a, str> {
        identifier(name)
    }

    fn script_head(&self) -> &'static str {
        // SQLite's shell goes on after an error, and on after a copy that failed stands the old table's DROP. Nobody has to remember `-bail`.
        "-- For SQLite's shell: sqlite3 DATABASE < THIS_FILE stops at the first error and leaves no step half done.\n\
         -- Another reader does not know the next line: leave it out, and see that the reader stops and rolls back.\n\
         .bail on"
    }

    fn enforcement(&self, on: bool) -> &'static str {
        // Off in SQLite's shell: a deleted row's children would stay behind.
        if on { "PRAGMA foreign_keys = ON" } else { "PRAGMA foreign_keys = OFF" }
    }

    fn script_swap(&self, table: &Name, statements: &[String]) -> Vec<String> {
        script::swap(table, statements)
    }

    fn script_unchanged(&self, table: &Name, stored: &StoredTexts) -> Vec<String> {
        script::unchanged(table, stored)
    }

    fn script_condition(&self, rule: &str, count: &str) -> Vec<String> {
        script::condition(rule, count)
    }
}

fn quoted(name: &Name) -> Cow<'_, str> {
    identifier(name.as_str())
}

fn drop_object(kind: &str, name: &Name, if_exists: bool) -> String {
    format!("DROP {kind} {}{}", if if_exists { "IF EXISTS " } else { "" }, quoted(name))
}

fn insert_values(table: &Name, columns: &[Name], values: &[String]) -> String {
    if columns.is_empty() {
        return format!("INSERT INTO {} DEFAULT VALUES", quoted(table));
    }
    format!("INSERT INTO {} ({}) VALUES ({})", quoted(table), identifiers(columns), values.join(", "))
}

/// A statement a row: a script that fails says at which.
fn insert_rows(table: &Name, columns: &[Name], rows: &[Vec<Value>]) -> Result<Vec<String>, DialectError> {
    let statement = |(row, values): (usize, &Vec<Value>)| {
        if values.len() != columns.len() {
            let (values, columns) = (values.len(), columns.len());
            return Err(DialectError::RowLength { table: table.clone(), row: row + 1, values, columns });
        }
        Ok(insert_values(table, columns, &values.iter().map(literal).collect::<Vec<_>>()))
    };
    rows.iter().enumerate().map(statement).collect()
}
