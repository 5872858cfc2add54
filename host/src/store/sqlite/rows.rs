//! The record engine's questions as SQL, run as the host.
//!
//! Names come from checked declarations and are quoted, values are always bound: no text of a client's becomes SQL. The texts differ
//! only by table, columns and kinds of condition, so each is compiled once and found in the cache ever after.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row as SqlRow, Statement};

use super::memory::{self, Budget};
use super::plugin_sql::Parameter;
use super::{Database, violation};
use crate::model::query::{Cell, Comparator, Condition, Count, EachRow, Order, Row, Select, Write};
use crate::model::sql::{identifier, identifiers};
use crate::model::{Name, Value};
use crate::store::StorageError;

/// By what the rows of a table or view come in the order of their insertion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InsertionOrder {
    /// The row number, by the first of its names that no column hides.
    Rowid(&'static str),
    /// A table without row numbers: its primary key.
    PrimaryKey(Vec<String>),
    /// A view, or a table whose row number is hidden by columns of all its names: as they come.
    None,
}

impl Database {
    /// Hands each row to `each`, in order, until it wants no more. The row is valid only during the call.
    ///
    /// # Errors
    /// [`StorageError::Refused`] for a table or column that is not there.
    pub fn select(&mut self, select: &Select, each: EachRow<'_>) -> Result<(), StorageError> {
        let mut handed_out = false;
        let mut counting = |row: &dyn Row| {
            handed_out = true;
            each(row)
        };
        let known = self.orders.borrow().contains_key(&select.table);
        match self.select_once(select, &mut counting) {
            // What is remembered of the table may be older than another process's migration.
            Err(StorageError::Refused(_)) if known && !handed_out => {
                self.orders.borrow_mut().clear();
                self.select_once(select, each)
            }
            result => result,
        }
    }

    fn select_once(&self, select: &Select, each: EachRow<'_>) -> Result<(), StorageError> {
        let columns = match select.columns.as_slice() {
            [] => "NULL".to_owned(),
            columns => identifiers(columns),
        };
        let order = match &select.order {
            Order::Columns(columns) => columns
                .iter()
                .map(|(name, descending)| format!("{}{}", identifier(name.as_str()), if *descending { " DESC" } else { "" }))
                .collect(),
            Order::Insertion => match self.insertion_order(&select.table)? {
                InsertionOrder::Rowid(alias) => vec![alias.to_owned()],
                InsertionOrder::PrimaryKey(columns) => columns.iter().map(|column| identifier(column).into_owned()).collect(),
                InsertionOrder::None => Vec::new(),
            },
        };
        let order = if order.is_empty() { String::new() } else { format!(" ORDER BY {}", order.join(", ")) };
        let (conditions, mut params) = render(&select.conditions);
        // -1 is no limit.
        let limit = select.limit.map_or(-1, clamp);
        let page = if select.limit.is_none() && select.offset == 0 {
            String::new()
        } else {
            params.extend([Value::Integer(limit), Value::Integer(clamp(select.offset))]);
            " LIMIT ? OFFSET ?".to_owned()
        };
        let sql = format!("SELECT {columns} FROM {}{conditions}{order}{page}", identifier(select.table.as_str()));
        self.rows(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            bind(&mut statement, &params)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                if each(&StatementRow(row)).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Counts rows.
    ///
    /// # Errors
    /// As [`Database::select`].
    pub fn count(&mut self, count: &Count) -> Result<u64, StorageError> {
        let (conditions, params) = render(&count.conditions);
        let sql = format!("SELECT count(*) FROM {}{conditions}", identifier(count.table.as_str()));
        self.rows(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            bind(&mut statement, &params)?;
            let mut rows = statement.raw_query();
            rows.next()?.map_or(Ok(0), |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
        })
    }

    /// Changes rows; answers how many. Wholly or not at all. An update of no columns changes nothing and answers how many it meant.
    ///
    /// # Errors
    /// [`StorageError::Violation`] names the columns of the table that is written to, and no other table's.
    pub fn write_rows(&mut self, write: &Write) -> Result<u64, StorageError> {
        let table = identifier(write.table().as_str());
        let (sql, params) = match write {
            Write::Insert { cells, .. } if cells.is_empty() => (format!("INSERT INTO {table} DEFAULT VALUES"), Vec::new()),
            Write::Insert { cells, .. } => {
                let names: Vec<_> = cells.iter().map(|(name, _)| name.clone()).collect();
                let places = vec!["?"; cells.len()].join(", ");
                (format!("INSERT INTO {table} ({}) VALUES ({places})", identifiers(&names)), values(cells))
            }
            Write::Update { table, cells, conditions } if cells.is_empty() => {
                return self.count(&Count { table: table.clone(), conditions: conditions.clone() });
            }
            Write::Update { cells, conditions, .. } => {
                let (conditions, compared) = render(conditions);
                let cells_set: Vec<_> = cells.iter().map(|(name, _)| format!("{} = ?", identifier(name.as_str()))).collect();
                let mut params = values(cells);
                params.extend(compared);
                (format!("UPDATE {table} SET {}{conditions}", cells_set.join(", ")), params)
            }
            Write::Delete { conditions, .. } => {
                let (conditions, params) = render(conditions);
                (format!("DELETE FROM {table}{conditions}"), params)
            }
        };
        let mut broken = None;
        let result = self.rows(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            bind(&mut statement, &params)?;
            let changed = statement.raw_execute();
            if let Err(error) = &changed {
                broken = violation::of(error, Some(write.table().as_str()));
            }
            changed
        });
        match (result, broken) {
            (Err(_), Some(violation)) => Err(StorageError::Violation(violation)),
            (result, _) => result.map(|changed| changed as u64),
        }
    }

    /// Does something with rows of a plugin's table, whose rules and computed columns may take what one of its own statements may.
    fn rows<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StorageError> {
        let _budget = Budget::enter(memory::RUNNING);
        self.host(work)
    }

    fn insertion_order(&self, table: &Name) -> Result<InsertionOrder, StorageError> {
        if let Some(known) = self.orders.borrow().get(table) {
            return Ok(known.clone());
        }
        let kinds = self.describe("table_list", table.as_str(), |row| Ok((row.get::<_, String>("type")?, row.get::<_, bool>("wr")?)))?;
        let kind = kinds.into_iter().next();
        let columns = self.columns(table)?;
        let order = match kind {
            Some((kind, false)) if kind == "table" => ["rowid", "_rowid_", "oid"]
                .into_iter()
                .find(|alias| !columns.iter().any(|column| column.name.eq_ignore_ascii_case(alias)))
                .map_or(InsertionOrder::None, InsertionOrder::Rowid),
            Some((kind, true)) if kind == "table" => {
                let mut key: Vec<_> = columns.into_iter().filter_map(|column| Some((column.primary_key?, column.name))).collect();
                key.sort();
                InsertionOrder::PrimaryKey(key.into_iter().map(|(_, name)| name).collect())
            }
            _ => InsertionOrder::None,
        };
        self.orders.borrow_mut().insert(table.clone(), order.clone());
        Ok(order)
    }
}

/// `WHERE …` with a place for every value that is bound, or nothing.
fn render(conditions: &[Condition]) -> (String, Vec<Value>) {
    let mut params = Vec::new();
    let terms: Vec<_> = conditions
        .iter()
        .map(|condition| {
            let column = identifier(condition.column.as_str());
            let sign = match (condition.comparator, &condition.value) {
                // What is compared with is known, so equality that takes NULL for a value needs no `IS ?`, which is planned worse.
                (Comparator::Equal, Value::Null) => return format!("{column} IS NULL"),
                (Comparator::Equal, _) => "=",
                (Comparator::Greater, _) => ">",
                (Comparator::Less, _) => "<",
            };
            params.push(condition.value.clone());
            format!("{column} {sign} ?")
        })
        .collect();
    if terms.is_empty() { (String::new(), params) } else { (format!(" WHERE {}", terms.join(" AND ")), params) }
}

fn values(cells: &[(Name, Value)]) -> Vec<Value> {
    cells.iter().map(|(_, value)| value.clone()).collect()
}

fn clamp(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn bind(statement: &mut Statement<'_>, params: &[Value]) -> rusqlite::Result<()> {
    params.iter().enumerate().try_for_each(|(index, value)| statement.raw_bind_parameter(index + 1, Parameter(value)))
}

/// The row that a statement stands on.
struct StatementRow<'a, 's>(&'a SqlRow<'s>);

impl Row for StatementRow<'_, '_> {
    fn cell(&self, index: usize) -> Cell<'_> {
        // The only error is an index past the end.
        self.0.get_ref(index).map_or(Cell::Null, as_cell)
    }
}

/// SQLite's cell in the model's words.
pub(super) fn as_cell(cell: ValueRef<'_>) -> Cell<'_> {
    match cell {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) => Cell::Text(text),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    }
}
