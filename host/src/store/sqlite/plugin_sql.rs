//! SQL on behalf of a plugin.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Statement, ToSql};

use super::json::RowsWriter;
use super::memory::{self, Budget};
use super::scope::Phase;
use super::statements::{self, Compiled};
use super::{Database, json, limits, problems};
use crate::model::{Footprint, Name, PluginName, Problem, Value};
use crate::store::{SqlError, StorageError};

/// How often a statement is compiled anew because the schema changed between compiling and running it.
///
/// Inside a transaction that has read anything the schema stands still, so the second time is the last. More often than this, other
/// processes change the schema faster than we compile.
const MAX_COMPILATIONS: usize = 8;

impl Database {
    /// Which tables one statement of the plugin's would change; nothing is run.
    ///
    /// # Errors
    /// The problem says what the plugin may not do: `not-granted`, `sql`, `too-large`.
    pub fn footprint_as(&mut self, plugin: &PluginName, sql: &str) -> Result<Footprint, SqlError> {
        self.check_usable()?;
        let compiled = statements::compile(self, plugin, sql)?;
        Ok(Footprint::clone(&compiled.footprint))
    }

    /// Runs one statement as the plugin; answers the rows that it changed itself, 0 for a SELECT.
    ///
    /// # Errors
    /// A problem (`not-granted`, `sql`, `constraint`, `read-only`, `too-large`), or a fault of the database's.
    pub fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, SqlError> {
        self.run_as(plugin, sql, |connection, statement| execute(connection, statement, params))
    }

    /// Runs one statement as the plugin once for each row of parameters, in order; answers all the rows that it changed itself.
    ///
    /// All or nothing: when one fails, none has changed anything, and the transaction around it goes on, unless that is lost.
    ///
    /// # Errors
    /// As [`Database::execute_as`], the problem with the member `row`, from 0; [`StorageError::Misuse`] outside a transaction.
    pub fn execute_many_as(&mut self, plugin: &PluginName, sql: &str, rows: &[Vec<Value>]) -> Result<u64, SqlError> {
        self.savepoint()?;
        let (mut row, mut changed) = (0, 0);
        let result = self.run_as(plugin, sql, |connection, statement| {
            // Those before `row` have run, if the statement had to be compiled anew in the middle.
            while let Some(params) = rows.get(row) {
                changed += execute(connection, statement, params)?;
                row += 1;
            }
            Ok(())
        });
        match result {
            Ok(()) => {
                self.release()?;
                Ok(changed)
            }
            Err(error) if self.is_lost() => Err(error),
            Err(error) => {
                self.rollback_to_savepoint()?;
                Err(match error {
                    SqlError::Problem(problem) if rows.len() > 1 => {
                        problem.with_member("row", i64::try_from(row).unwrap_or(i64::MAX)).into()
                    }
                    error => error,
                })
            }
        }
    }

    /// Runs one query as the plugin; answers a JSON array of objects and the number of rows.
    ///
    /// # Shape
    /// Cells in stored form: bytes are base64, invalid UTF-8 is replaced, infinities are null. `[]` when there is no row.
    /// # Errors
    /// As [`Database::execute_as`]; also when two columns of the result have one name, or there is no column at all.
    pub fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), SqlError> {
        let most_bytes = self.result_bytes.get();
        self.run_as(plugin, sql, |_, statement| {
            require_columns(statement)?;
            bind(statement, params)?;
            let mut writer = RowsWriter::new(&statement.column_names().collect::<Vec<_>>(), most_bytes)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                writer.row(|index| row.get_ref(index).map_err(Stop::from))?;
            }
            Ok(writer.finish())
        })
    }

    /// Runs one query as the plugin; answers its first row. Text that is no UTF-8 has the broken parts replaced.
    ///
    /// # Errors
    /// As [`Database::execute_as`]; also when there is no column at all.
    pub fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, SqlError> {
        let most_bytes = self.result_bytes.get();
        self.run_as(plugin, sql, |_, statement| {
            require_columns(statement)?;
            bind(statement, params)?;
            let columns = statement.column_count();
            let mut rows = statement.raw_query();
            let Some(row) = rows.next()? else { return Ok(None) };
            let (mut cells, mut bytes) = (Vec::with_capacity(columns), 0);
            for index in 0..columns {
                let cell = row.get_ref(index)?;
                bytes += cell.as_bytes_or_null().ok().flatten().map_or(0, <[u8]>::len);
                json::check_size(bytes, most_bytes)?;
                cells.push(value(cell));
            }
            Ok(Some(cells))
        })
    }

    /// Compiles, and lets `run` bind and run it. Does so again when the schema changed in between, which SQLite finds out before the first
    /// step.
    pub(super) fn run_as<T>(
        &mut self,
        plugin: &PluginName,
        sql: &str,
        mut run: impl FnMut(&Connection, &mut Statement<'_>) -> Result<T, Stop>,
    ) -> Result<T, SqlError> {
        self.check_usable()?;
        let this: &Self = self;
        for _ in 0..MAX_COMPILATIONS {
            let Compiled { mut statement, footprint, longest } = statements::compile(this, plugin, sql)?;
            if !statement.readonly() && this.is_read_only() {
                return Err(problems::read_only().into());
            }
            let outcome = this.in_running_phase(longest, || run(&this.connection, &mut statement));
            match outcome {
                Ok(result) => return Ok(result),
                // What was decided stays known: it holds for the new statement too, if that asks for the same under the same schema.
                Err(_) if this.scope.recompiled() => statement.throw_away(),
                Err(Stop::Problem(problem)) => return Err(problem.into()),
                Err(Stop::Sqlite(error)) => {
                    // What is still open of it must be over before owners are looked up.
                    drop(statement);
                    return Err(problems::sort(this, plugin, sql, error, Some(&footprint)));
                }
            }
        }
        Err(StorageError::Busy { waited_ms: 0 }.into())
    }

    fn in_running_phase<T>(&self, longest: i32, work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Stop> {
        let _limits = limits::Lowered::enter(self, &limits::running(longest))?;
        let _budget = Budget::enter(memory::RUNNING);
        let _phase = self.scope.enter(Phase::Running);
        work()
    }

    /// Lets the plugin read these tables and views of others', besides its own; replaces what it could read before.
    ///
    /// A granted view shows only what is granted of the tables under it: SQLite asks for each of them, and on whose behalf it asks can
    /// be forged. Whoever grants a view grants the tables that it reads.
    pub fn grant_reads(&mut self, plugin: &PluginName, tables: impl IntoIterator<Item = Name>) {
        let names = tables.into_iter().map(|name| name.as_str().to_ascii_lowercase()).collect();
        self.grants.insert(plugin.clone(), names);
        self.forget_decisions();
    }

    pub(super) fn is_granted(&self, plugin: &PluginName, table: &str) -> bool {
        self.grants.get(plugin).is_some_and(|names| names.contains(&table.to_ascii_lowercase()))
    }
}

/// Why the rows of a statement were not taken to the end.
pub(super) enum Stop {
    Sqlite(rusqlite::Error),
    Problem(Problem),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// Binds the values, and runs the statement to its end; answers how many rows it changed.
fn execute(connection: &Connection, statement: &mut Statement<'_>, params: &[Value]) -> Result<u64, Stop> {
    let readonly = statement.readonly();
    if statement.column_count() > 0 && !readonly {
        return Err(Problem::new(400, "sql", "a statement with RETURNING answers rows: send it as a query").into());
    }
    run_to_end(statement, params)?;
    Ok(if readonly { 0 } else { connection.changes() })
}

/// Binds the values, and runs the statement to its end; whatever it answers is passed over.
pub(super) fn run_to_end(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), Stop> {
    bind(statement, params)?;
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(())
}

/// Binds the values, exactly as many as the statement has parameters.
fn bind(statement: &mut Statement<'_>, params: &[Value]) -> Result<(), Stop> {
    let expected = statement.parameter_count();
    if expected != params.len() {
        let detail = format!("the statement has {expected} parameters, and {} values were given", params.len());
        return Err(Problem::new(400, "sql", detail).into());
    }
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Parameter(value))?;
    }
    Ok(())
}

fn require_columns(statement: &Statement<'_>) -> Result<(), Problem> {
    if statement.column_count() > 0 {
        Ok(())
    } else {
        Err(Problem::new(400, "sql", "the statement answers no rows: send it as `execute`, or add RETURNING"))
    }
}

/// A value as a parameter: bound without being copied by us.
pub(super) struct Parameter<'a>(pub(super) &'a Value);

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Boolean(flag) => ValueRef::Integer(i64::from(*flag)),
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Real(number) => ValueRef::Real(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}
