//! Statements and rows: one plugin's data, changed under the eyes of the footprint.

use super::{Executor, RECORD, rows};
use crate::migrate::backend::{Backend, BackendError, Footprint, ObjectKind, StatementError};
use crate::model::{Name, Operation, Problem, Value};

/// What one call of `insert-rows` did so far.
#[derive(Debug, Default)]
struct Inserted {
    sql: String,
    columns: Vec<Name>,
    /// None of them when nothing is recorded.
    rows: Vec<Vec<Value>>,
    weight: usize,
}

impl<B: Backend> Executor<B> {
    /// Runs one statement as the plugin; answers the rows that it changed itself, 0 offline.
    ///
    /// # Errors
    /// `footprint` when foreign-key actions or triggers would change a table that the step did not name with `touches`; otherwise
    /// what the database says of a statement in the plugin's scope.
    pub fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Problem> {
        self.require_sound()?;
        self.require_room(statement_weight(sql, params))?;
        self.require_footprint(sql, params)?;
        let changed = self.execute_as(sql, params)?;
        self.record_statement(sql, params)?;
        Ok(if self.offline { 0 } else { changed })
    }

    /// The table that a statement of the plugin's would change itself, if it changes any; nothing is run.
    ///
    /// # Errors
    /// What the database says of it in the plugin's scope.
    pub fn target_of(&mut self, sql: &str) -> Result<Option<Name>, Problem> {
        self.require_sound()?;
        Ok(self.footprint(sql)?.target)
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
        let changes = self.require_footprint(sql, params)?;
        let rows = self.backend.query_as(&self.permissions.plugin, sql, params);
        let rows = self.sort_statement(rows)?;
        if changes {
            self.record_statement(sql, params)?;
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
        let changes = self.require_footprint(sql, params)?;
        let row = self.backend.row_as(&self.permissions.plugin, sql, params);
        let row = self.sort_statement(row)?;
        if changes {
            self.record_statement(sql, params)?;
        }
        Ok(row)
    }

    fn record_statement(&mut self, sql: &str, params: &[Value]) -> Result<(), Problem> {
        self.record_data(statement_weight(sql, params), || Operation::Execute { sql: sql.to_owned(), params: params.to_vec() })
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
        let strict = self.backend.is_strict(table);
        let strict = self.sort(strict)?;
        let mut inserted = Inserted::default();
        let count = self.atomically(|executor| {
            rows::read(table, &live, strict, rows, |columns, cells| executor.insert_row(table, columns, cells, &mut inserted))
        })?;
        if count > 0 {
            let Inserted { columns, rows, weight, .. } = inserted;
            self.record_data(weight, || Operation::InsertRows { table: table.clone(), columns, rows })?;
        }
        Ok(if self.offline { 0 } else { count })
    }

    fn insert_row(&mut self, table: &Name, columns: &[Name], cells: Vec<Value>, inserted: &mut Inserted) -> Result<(), Problem> {
        if inserted.columns.is_empty() {
            inserted.sql = self.dialect.insert(table, columns);
            inserted.columns = columns.to_vec();
            self.require_footprint(&inserted.sql, &cells).map_err(of_first_row)?;
        }
        inserted.weight += weight_of(&cells);
        self.require_room(inserted.weight)?;
        self.execute_as(&inserted.sql, &cells)?;
        if self.recorded.is_some() {
            inserted.rows.push(cells);
        }
        Ok(())
    }

    fn require_rows(&self) -> Result<(), Problem> {
        self.require_sound()?;
        match self.offline {
            false => Ok(()),
            true => Err(Problem::new(409, "offline", "the step reads the database, and there is none while SQL is being written out")),
        }
    }

    /// Answers whether the statement changes anything.
    fn require_footprint(&mut self, sql: &str, params: &[Value]) -> Result<bool, Problem> {
        let Footprint { target, mut others, .. } = self.footprint(sql)?;
        others.retain(|table| !self.touched.contains(table));
        if others.is_empty() {
            return Ok(target.is_some());
        }
        let target = target.as_ref().map_or("the statement", Name::as_str);
        let refusal = |others: &[String], rest: &str| {
            format!("changing {target} would also change rows of {}; name each with `touches` before{rest}", others.join(", "))
        };
        let plugin = self.permissions.plugin.clone();
        let damage = self.backend.damage_by(&plugin, sql, params, &others);
        let names: Vec<String> = others.iter().map(Name::to_string).collect();
        let detail = match damage {
            Ok(damage) => refusal(&damage.iter().map(|(table, changes)| format!("{table} ({changes})")).collect::<Vec<_>>(), ""),
            Err(StatementError::Problem(problem)) => {
                refusal(&names, &format!(" (how many rows, cannot be told, for the statement fails: {})", problem.detail))
            }
            Err(StatementError::Fault(fault)) => {
                // The transaction may have gone with it, and with it the step.
                let detail = refusal(&names, &format!(" (how many rows, cannot be told: {fault})"));
                self.fault.get_or_insert(BackendError::Refused(detail.clone()));
                detail
            }
        };
        Err(Problem::new(409, "footprint", detail))
    }
}

/// A refusal of rows for what the first of them would do.
fn of_first_row(problem: Problem) -> Problem {
    match problem.code.as_str() {
        "footprint" => Problem { detail: format!("{}; counted for the first row", problem.detail), ..problem },
        _ => problem,
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
