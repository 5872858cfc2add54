//! A real SQLite database behind [`Rows`], and tables to try it with. Tests only.

use std::sync::atomic::{AtomicU32, Ordering};

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, params_from_iter};

use crate::model::manifest::{self, CollectionOperation};
use crate::model::query::{Cell, Comparator, Condition, Constraint, Count, EachRow, Order, Row, Select, Violation, Write};
use crate::model::schema::{Format, Managed, Rules};
use crate::model::{Column, ColumnType, Default, ForeignKey, Name, ReferenceAction, Table, Unique, Value};
use crate::records::{Clock, Collection, Rows, RowsError};

/// Rows of a SQLite database.
#[derive(Debug)]
pub(crate) struct TestRows(pub(crate) Connection);

impl TestRows {
    /// A database in memory with these tables.
    pub(crate) fn with(tables: &[&Table]) -> Self {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        tables.iter().for_each(|table| connection.execute_batch(&ddl(table)).unwrap());
        Self(connection)
    }
}

/// The table as the seed's migration would make it.
pub(crate) fn ddl(table: &Table) -> String {
    let column = |column: &Column| {
        let declared = match &column.data_type {
            ColumnType::Ulid => "VARCHAR(26)".to_owned(),
            ColumnType::String(None) => "VARCHAR".to_owned(),
            ColumnType::Integer => "INTEGER".to_owned(),
            ColumnType::BigInt => "BIGINT".to_owned(),
            ColumnType::Float => "FLOAT".to_owned(),
            ColumnType::Boolean => "BOOLEAN".to_owned(),
            ColumnType::Timestamp => "DATETIME".to_owned(),
            ColumnType::Date => "DATE".to_owned(),
            ColumnType::Json => "JSON".to_owned(),
            ColumnType::Bytes => "BLOB".to_owned(),
            _ => "TEXT".to_owned(),
        };
        let default = match &column.default {
            None => String::new(),
            Some(Default::Expression(sql)) => format!(" DEFAULT ({sql})"),
            Some(Default::Value(Value::Text(text))) => format!(" DEFAULT '{text}'"),
            Some(Default::Value(other)) => panic!("no default {other:?} in tests"),
        };
        format!("\"{}\" {declared}{}{default}", column.name, if column.nullable { "" } else { " NOT NULL" })
    };
    let names = |names: &[Name]| names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    let mut parts: Vec<String> = table.columns.iter().map(column).collect();
    parts.push(format!("PRIMARY KEY ({})", names(&table.primary_key)));
    parts.extend(table.uniques.iter().map(|unique| format!("UNIQUE ({})", names(&unique.columns))));
    parts.extend(table.checks.iter().map(|check| format!("CHECK ({})", check.expression)));
    parts.extend(table.foreign_keys.iter().map(|key| {
        let action = if key.on_delete == ReferenceAction::Cascade { " ON DELETE CASCADE" } else { "" };
        let deferred = if key.deferred { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
        format!(
            "FOREIGN KEY ({}) REFERENCES \"{}\" ({}){action}{deferred}",
            names(&key.columns),
            key.target_table,
            names(&key.target_columns)
        )
    }));
    format!("CREATE TABLE \"{}\" ({}){}", table.name, parts.join(", "), if table.without_rowid { " WITHOUT ROWID" } else { "" })
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// A column that must have a value.
pub(crate) fn column(column: &str, data_type: &str) -> Column {
    Column {
        name: name(column),
        data_type: data_type.parse().unwrap(),
        nullable: false,
        default: None,
        collate: None,
        generated: None,
        rules: Rules::default(),
        renamed_from: None,
    }
}

pub(crate) fn nullable(column: Column) -> Column {
    Column { nullable: true, ..column }
}

pub(crate) fn defaulted(column: Column, text: &str) -> Column {
    Column { default: Some(Default::Value(text.into())), ..column }
}

pub(crate) fn managed(column: Column, managed: Managed) -> Column {
    Column { rules: Rules { managed: Some(managed), ..column.rules.clone() }, ..column }
}

pub(crate) fn formatted(column: Column, format: Format) -> Column {
    Column { rules: Rules { format: Some(format), ..column.rules.clone() }, ..column }
}

/// A table without anything but columns and a key.
pub(crate) fn plain(table: &str, columns: Vec<Column>, key: &[&str]) -> Table {
    Table {
        name: name(table),
        columns,
        primary_key: key.iter().copied().map(name).collect(),
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        strict: false,
        without_rowid: false,
        autoincrement: false,
        renamed_from: None,
    }
}

/// A table with the tail that the seed gives every entity.
pub(crate) fn entity(table: &str, mut columns: Vec<Column>) -> Table {
    let now = |column: Column| Column { default: Some(Default::Expression("CURRENT_TIMESTAMP".to_owned())), ..column };
    columns.push(managed(column("id", "ulid"), Managed::Id));
    columns.push(managed(now(column("created_at", "timestamp")), Managed::CreatedAt));
    columns.push(managed(now(column("updated_at", "timestamp")), Managed::UpdatedAt));
    columns.push(formatted(defaulted(column("tags", "json"), "[]"), Format::Tags));
    plain(table, columns, &["id"])
}

/// The seed's users.
pub(crate) fn users() -> Table {
    let columns = vec![column("email", "string"), column("name", "string"), defaulted(column("is_active", "boolean"), "1")];
    Table { uniques: vec![Unique { name: None, columns: vec![name("email")] }], ..entity("users", columns) }
}

/// The seed's orders.
pub(crate) fn orders() -> Table {
    let columns = vec![column("user_id", "ulid"), column("total_amount", "float"), defaulted(column("status", "string"), "pending")];
    Table { foreign_keys: vec![reference("user_id", "users", "id")], ..entity("orders", columns) }
}

pub(crate) fn reference(column: &str, table: &str, target: &str) -> ForeignKey {
    ForeignKey {
        name: None,
        columns: vec![name(column)],
        target_table: name(table),
        target_columns: vec![name(target)],
        on_delete: ReferenceAction::Cascade,
        on_update: ReferenceAction::NoAction,
        deferred: false,
    }
}

/// A table as a collection of plugin `shop` with every operation.
pub(crate) fn declare(table: &Table) -> manifest::Collection {
    use CollectionOperation::{Create, Delete, Get, List, Replace, Update};
    manifest::Collection {
        name: table.name.to_string(),
        table: table.name.clone(),
        path: table.name.to_string(),
        operations: vec![List, Get, Create, Replace, Update, Delete],
        key: table.primary_key.clone(),
        order: Vec::new(),
        summary: None,
        fields: Vec::new(),
    }
}

pub(crate) fn compile(table: &Table) -> Collection {
    Collection::compile(&"shop".parse().unwrap(), &declare(table), table).unwrap()
}

/// A clock that stands still until it is set, and ids that count up.
#[derive(Debug)]
pub(crate) struct TestClock {
    pub(crate) now_ms: i64,
    pub(crate) ids: AtomicU32,
}

impl TestClock {
    /// 2026-11-22T08:09:32.123Z
    pub(crate) fn new() -> Self {
        Self { now_ms: 1_795_334_972_123, ids: AtomicU32::new(0) }
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.now_ms
    }

    fn new_id(&self) -> String {
        format!("01KAMPZZZZ{:016}", self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

struct SqliteRow<'a, 'b>(&'a rusqlite::Row<'b>);

impl Row for SqliteRow<'_, '_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        match self.0.get_ref(index).unwrap_or(ValueRef::Null) {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(n) => Cell::Integer(n),
            ValueRef::Real(x) => Cell::Real(x),
            ValueRef::Text(text) => Cell::Text(text),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes),
        }
    }
}

fn sql(value: &Value) -> Sql {
    match value.clone() {
        Value::Null => Sql::Null,
        Value::Boolean(flag) => Sql::Integer(i64::from(flag)),
        Value::Integer(n) => Sql::Integer(n),
        Value::Real(x) => Sql::Real(x),
        Value::Text(text) => Sql::Text(text),
        Value::Bytes(bytes) => Sql::Blob(bytes),
    }
}

fn filter(conditions: &[Condition], params: &mut Vec<Sql>) -> String {
    let mut text = String::new();
    for (index, condition) in conditions.iter().enumerate() {
        let operator = match condition.comparator {
            Comparator::Equal => "IS",
            Comparator::Greater => ">",
            Comparator::Less => "<",
        };
        text += &format!("{} \"{}\" {operator} ?", if index == 0 { " WHERE" } else { " AND" }, condition.column);
        params.push(sql(&condition.value));
    }
    text
}

fn error(error: rusqlite::Error) -> RowsError {
    let rusqlite::Error::SqliteFailure(code, Some(message)) = &error else { return RowsError::Fault(error.into()) };
    let kind = match code.extended_code {
        2067 | 1555 | 2579 => Constraint::Unique,
        787 => Constraint::ForeignKey,
        1299 => Constraint::NotNull,
        275 => Constraint::Check,
        3091 => Constraint::Type,
        _ => return RowsError::Fault(error.into()),
    };
    let columns = message.split_once("failed: ").map(|(_, list)| list.split(", ").map(str::to_owned).collect()).unwrap_or_default();
    RowsError::Violation(Violation { kind, columns })
}

impl Rows for TestRows {
    fn select(&mut self, select: &Select, each: EachRow<'_>) -> Result<(), RowsError> {
        let mut params = Vec::new();
        let mut columns: Vec<String> = select.columns.iter().map(|name| format!("\"{name}\"")).collect();
        if columns.is_empty() {
            columns.push("NULL".to_owned());
        }
        let mut text = format!("SELECT {} FROM \"{}\"{}", columns.join(", "), select.table, filter(&select.conditions, &mut params));
        text += " ORDER BY ";
        text += &match &select.order {
            Order::Insertion => "rowid".to_owned(),
            Order::Columns(columns) => columns
                .iter()
                .map(|(name, desc)| format!("\"{name}\" {}", if *desc { "DESC" } else { "ASC" }))
                .collect::<Vec<_>>()
                .join(", "),
        };
        text += &format!(" LIMIT {} OFFSET {}", select.limit.map_or(-1, |n| i64::try_from(n).unwrap()), select.offset);
        let mut statement = self.0.prepare(&text).map_err(error)?;
        let mut rows = statement.query(params_from_iter(params)).map_err(error)?;
        while let Some(row) = rows.next().map_err(error)? {
            if each(&SqliteRow(row)).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn count(&mut self, count: &Count) -> Result<u64, RowsError> {
        let mut params = Vec::new();
        let text = format!("SELECT count(*) FROM \"{}\"{}", count.table, filter(&count.conditions, &mut params));
        let n: i64 = self.0.query_row(&text, params_from_iter(params), |row| row.get(0)).map_err(error)?;
        Ok(n.unsigned_abs())
    }

    fn write(&mut self, write: &Write) -> Result<u64, RowsError> {
        let mut params: Vec<Sql> = Vec::new();
        let text = match write {
            Write::Insert { table, cells } if cells.is_empty() => format!("INSERT INTO \"{table}\" DEFAULT VALUES"),
            Write::Insert { table, cells } => {
                params.extend(cells.iter().map(|(_, value)| sql(value)));
                let names: Vec<String> = cells.iter().map(|(name, _)| format!("\"{name}\"")).collect();
                format!("INSERT INTO \"{table}\" ({}) VALUES ({})", names.join(", "), vec!["?"; cells.len()].join(", "))
            }
            Write::Update { table, cells, conditions } => {
                params.extend(cells.iter().map(|(_, value)| sql(value)));
                let names: Vec<String> = cells.iter().map(|(name, _)| format!("\"{name}\" = ?")).collect();
                format!("UPDATE \"{table}\" SET {}{}", names.join(", "), filter(conditions, &mut params))
            }
            Write::Delete { table, conditions } => format!("DELETE FROM \"{table}\"{}", filter(conditions, &mut params)),
        };
        self.0.execute(&text, params_from_iter(params)).map(|n| n as u64).map_err(error)
    }
}
