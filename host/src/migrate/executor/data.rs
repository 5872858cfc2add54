//! Statements and rows: one plugin's data, changed under the eyes of the footprint.

use serde_json::Value as Json;

use super::{Executor, RECORD};
use crate::migrate::backend::{Backend, DeclaredColumn, ObjectKind};
use crate::model::{Name, Operation, Problem, Value};

impl<B: Backend> Executor<B> {
    /// Runs one statement as the plugin; answers the rows that it changed itself, 0 offline.
    ///
    /// # Errors
    /// `footprint` when foreign-key actions or triggers would change a table that the step did not name with `touches`; otherwise
    /// what the database says of a statement in the plugin's scope.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Problem> {
        self.require_sound()?;
        self.require_room(statement_weight(sql, params))?;
        self.require_footprint(sql)?;
        let changed = self.execute_as(sql, params)?;
        self.record_statement(sql, params);
        Ok(if self.offline { 0 } else { changed })
    }

    /// Declares that the step changes rows of `table` by way of foreign-key actions.
    ///
    /// # Errors
    /// `missing` when there is no such table.
    pub fn touches(&mut self, table: &Name) -> Result<(), Problem> {
        self.require_sound()?;
        match self.object(table)? {
            Some(object) if object.kind == ObjectKind::Table => {
                self.touched.insert(object.name);
                Ok(())
            }
            _ => Err(Problem::new(404, "missing", format!("there is no table {table}"))),
        }
    }

    /// Runs a query as the plugin; answers a JSON array of objects and the number of rows. One that changes rows and answers with
    /// RETURNING is recorded like any other change.
    ///
    /// # Errors
    /// `offline` when SQL is being written out; otherwise what the database says.
    pub fn query(&mut self, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), Problem> {
        self.require_rows()?;
        self.require_room(statement_weight(sql, params))?;
        let changes = self.require_footprint(sql)?;
        let rows = self.backend.query_as(&self.permissions.plugin, sql, params);
        let rows = self.sort_statement(rows)?;
        if changes {
            self.record_statement(sql, params);
        }
        Ok(rows)
    }

    /// Runs a query as the plugin; answers its first row.
    ///
    /// # Errors
    /// As [`Executor::query`].
    pub fn row(&mut self, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, Problem> {
        self.require_rows()?;
        self.require_room(statement_weight(sql, params))?;
        let changes = self.require_footprint(sql)?;
        let row = self.backend.row_as(&self.permissions.plugin, sql, params);
        let row = self.sort_statement(row)?;
        if changes {
            self.record_statement(sql, params);
        }
        Ok(row)
    }

    fn record_statement(&mut self, sql: &str, params: &[Value]) {
        self.record(statement_weight(sql, params), || Operation::Execute { sql: sql.to_owned(), params: params.to_vec() });
    }

    /// Inserts rows, given as a JSON array of objects that all name the same columns; answers their number, 0 offline.
    ///
    /// # Errors
    /// `invalid-rows` with the number of the row; otherwise as [`Executor::execute`].
    pub fn insert_rows(&mut self, table: &Name, rows: &[u8]) -> Result<u64, Problem> {
        self.require_sound()?;
        self.require_own(ObjectKind::Table, table, false)?;
        let live = self.backend.columns(table);
        let live = self.sort(live)?;
        let (columns, rows) = read_rows(table, rows, &live)?;
        if rows.is_empty() {
            return Ok(0);
        }
        let weight = rows.iter().map(|cells| weight_of(cells)).sum();
        self.require_room(weight)?;
        let sql = self.dialect.insert(table, &columns);
        self.require_footprint(&sql)?;
        self.atomically(|executor| rows.iter().try_for_each(|cells| executor.execute_as(&sql, cells).map(drop)))?;
        let count = rows.len() as u64;
        self.record(weight, || Operation::InsertRows { table: table.clone(), columns, rows });
        Ok(if self.offline { 0 } else { count })
    }

    fn require_rows(&self) -> Result<(), Problem> {
        self.require_sound()?;
        match self.offline {
            false => Ok(()),
            true => Err(Problem::new(409, "offline", "the step reads the database, and there is none while SQL is being written out")),
        }
    }

    /// Answers whether the statement changes anything.
    fn require_footprint(&mut self, sql: &str) -> Result<bool, Problem> {
        let footprint = self.footprint(sql)?;
        let unnamed: Vec<&str> = footprint.others.iter().filter(|table| !self.touched.contains(*table)).map(Name::as_str).collect();
        if unnamed.is_empty() {
            return Ok(footprint.target.is_some());
        }
        let target = footprint.target.as_ref().map_or("the statement", Name::as_str);
        let detail = format!("changing {target} would also change rows of {}; name each with `touches` before", unnamed.join(", "));
        Err(Problem::new(409, "footprint", detail))
    }
}

fn statement_weight(sql: &str, params: &[Value]) -> usize {
    RECORD + sql.len() + weight_of(params)
}

fn weight_of(values: &[Value]) -> usize {
    let of = |value: &Value| match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Real(_) => 0,
    };
    values.iter().map(|value| RECORD + of(value)).sum()
}

/// Reads a JSON array of objects into cells, by the declared type of each column.
fn read_rows(table: &Name, rows: &[u8], live: &[DeclaredColumn]) -> Result<(Vec<Name>, Vec<Vec<Value>>), Problem> {
    let wrong = |why: String| Problem::new(422, "invalid-rows", format!("insert-rows into {table}: {why}"));
    let rows: Vec<serde_json::Map<String, Json>> =
        serde_json::from_slice(rows).map_err(|error| wrong(format!("the rows are not a JSON array of objects: {error}")))?;
    let Some(first) = rows.first() else { return Ok((Vec::new(), Vec::new())) };
    let mut columns = Vec::with_capacity(first.len());
    for key in first.keys() {
        let column = live.iter().find(|column| &column.name == key.as_str());
        columns.push(column.ok_or_else(|| wrong(format!("the table has no column {key:?}")))?);
    }
    if columns.is_empty() {
        return Err(wrong("row 0 names no column".to_owned()));
    }
    let mut cells = Vec::with_capacity(rows.len());
    for (number, row) in rows.iter().enumerate() {
        if row.len() != first.len() || !row.keys().all(|key| first.contains_key(key)) {
            return Err(wrong(format!("row {number} does not name the same columns as row 0")));
        }
        let read = |(key, column): (&String, &&DeclaredColumn)| {
            read_cell(&row[key], column).map_err(|why| wrong(format!("row {number}, column {key}: {why}")))
        };
        cells.push(first.keys().zip(&columns).map(read).collect::<Result<Vec<_>, _>>()?);
    }
    Ok((columns.into_iter().map(|column| column.name.clone()).collect(), cells))
}

fn read_cell(json: &Json, column: &DeclaredColumn) -> Result<Value, String> {
    let declared = column.declared_type.to_ascii_uppercase();
    Ok(match json {
        _ if declared == "JSON" && !json.is_null() => Value::Text(json.to_string()),
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(real)) if real.is_finite() => Value::Real(real),
            _ => return Err(format!("{number} is out of range")),
        },
        Json::String(text) if declared == "BLOB" => {
            use base64::Engine as _;
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            Value::Bytes(bytes.map_err(|error| format!("bytes are given as base64: {error}"))?)
        }
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(_) | Json::Object(_) => return Err("only a JSON column takes an array or an object".to_owned()),
    })
}
