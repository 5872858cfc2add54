//! What is asked of the expressions that a plugin writes into defaults, checks, indexes and triggers.

use super::Executor;
use crate::migrate::backend::{Backend, DeclaredColumn};
use crate::model::schema::IndexKey;
use crate::model::{Column, Default, Index, Name, Problem, Table, Trigger, Value};

/// Milliseconds that the expressions of a table may take for one row, if its values are as long as can be: 130 calls of functions, or 13
/// GLOBs. For ordinary values that is far below one.
const MOST_CALLS_MS: u64 = 2_000;

impl<B: Backend> Executor<B> {
    /// Holds the expressions of a table that was just made to what its plugin may do.
    pub(super) fn check_table(&mut self, table: &Table) -> Result<(), Problem> {
        let defaults = table.columns.iter().flat_map(column_expressions);
        let checks = table.checks.iter().map(|check| check.expression.as_str());
        self.check(defaults.chain(checks).chain(table.indexes.iter().flat_map(index_expressions)), &table.name)
    }

    fn check<'a>(&mut self, expressions: impl Iterator<Item = &'a str>, table: &Name) -> Result<(), Problem> {
        for expression in expressions {
            // Prepared alone, as the plugin: what it may not read or call is refused although the host wrote the statement.
            let probe = self.dialect.expression_probe(expression, table);
            self.footprint(&probe)?;
            self.loose.untried.insert(table.clone());
        }
        Ok(())
    }

    /// The same for a column that is yet to be added, beside `added`.
    pub(super) fn require_column(&mut self, table: &Name, column: &Column, added: &[&Name]) -> Result<(), Problem> {
        column_expressions(column).try_for_each(|expression| self.require_new_expression(expression, table, added))
    }

    /// The same for an index that is yet to be made: its expressions are worked out for every row then.
    pub(super) fn require_index(&mut self, table: &Name, index: &Index) -> Result<(), Problem> {
        index_expressions(index).try_for_each(|expression| self.require_new_expression(expression, table, &[]))
    }

    /// The same for one expression of a table that is there, before it is made a part of it.
    pub(super) fn require_new_expression(&mut self, expression: &str, table: &Name, added: &[&Name]) -> Result<(), Problem> {
        self.require_row_expression(expression, table, added)?;
        self.loose.untried.insert(table.clone());
        Ok(())
    }

    /// The same of one that is worked out for rows that are there: it is of that row alone, and quick enough.
    pub(super) fn require_row_expression(&mut self, expression: &str, table: &Name, added: &[&Name]) -> Result<(), Problem> {
        let columns = if added.is_empty() { Vec::new() } else { self.column_names(table)? };
        let probe = self.dialect.row_probe(expression, table, &columns, added);
        let calls = self.footprint(&probe)?.calls;
        if calls <= MOST_CALLS_MS {
            return Ok(());
        }
        let detail =
            format!("an expression for rows of table {table} could take {calls} ms for a row of long values, and may take {MOST_CALLS_MS}");
        Err(Problem::new(422, "invalid-operation", detail))
    }

    fn column_names(&mut self, table: &Name) -> Result<Vec<Name>, Problem> {
        let columns = self.backend.columns(table);
        Ok(self.sort(columns)?.into_iter().map(|column| column.name).collect())
    }

    /// Inserts a row and takes it back. SQLite finds some mistakes in expressions only then: an aggregate as a default, a collation that
    /// is not there, the clock in an index. A rule of the table that the row breaks is none of them.
    pub(super) fn require_insertable(&mut self, table: &Name) -> Result<(), Problem> {
        let columns = self.backend.columns(table);
        let columns = self.sort(columns)?;
        let given = columns.iter().filter(|column| !column.nullable && !column.has_default && !column.generated);
        let (names, values): (Vec<Name>, Vec<Value>) = given.map(|column| (column.name.clone(), any_value(column))).unzip();
        let sql = self.dialect.insert(table, &names);
        let begun = self.backend.savepoint();
        self.sort(begun)?;
        let inserted = self.execute_as(&sql, &values);
        if self.fault.is_none() {
            let undone = self.backend.undo();
            self.sort(undone)?;
        }
        match inserted {
            Err(problem) if problem.code != "constraint" => {
                let detail = format!("no row could be inserted into table {table}: {}", problem.detail);
                Err(Problem::new(422, "invalid-operation", detail))
            }
            _ => self.require_quick_rules(table, &sql),
        }
    }

    /// What fires the trigger can be compiled as its plugin, and is quick enough: so are the trigger's condition and body.
    pub(super) fn require_quick_trigger(&mut self, trigger: &Trigger, fires: &str) -> Result<(), Problem> {
        let calls = self.footprint(fires)?.calls;
        if calls <= MOST_CALLS_MS {
            return Ok(());
        }
        let detail = format!(
            "trigger {} and the rules of table {} call too many functions: for a row of long values they could take {calls} ms, and may take \
             {MOST_CALLS_MS}",
            trigger.name, trigger.table
        );
        Err(Problem::new(422, "invalid-operation", detail))
    }

    /// Whoever writes a row, the host for a client too, runs these expressions, and nothing stops it between two of them.
    fn require_quick_rules(&mut self, table: &Name, insert: &str) -> Result<(), Problem> {
        let calls = self.footprint(insert)?.calls;
        if calls <= MOST_CALLS_MS {
            return Ok(());
        }
        let detail = format!(
            "the defaults, checks and indexes of table {table} call too many functions: for a row of long values they could take \
             {calls} ms, and may take {MOST_CALLS_MS}"
        );
        Err(Problem::new(422, "invalid-operation", detail))
    }
}

/// Something that a column which takes no NULL takes, as far as its type goes.
fn any_value(column: &DeclaredColumn) -> Value {
    match column.declared_type.as_str() {
        "INTEGER" | "BIGINT" | "BOOLEAN" => Value::Integer(0),
        "FLOAT" | "REAL" => Value::Real(0.0),
        "BLOB" => Value::Bytes(Vec::new()),
        _ => Value::Text(String::new()),
    }
}

fn column_expressions(column: &Column) -> impl Iterator<Item = &str> {
    let default = match &column.default {
        Some(Default::Expression(expression)) => Some(expression.as_str()),
        _ => None,
    };
    default.into_iter().chain(column.generated.iter().map(|generated| generated.expression.as_str()))
}

fn index_expressions(index: &Index) -> impl Iterator<Item = &str> {
    let terms = index.terms.iter().filter_map(|term| match &term.key {
        IndexKey::Expression(expression) => Some(expression.as_str()),
        IndexKey::Column(_) => None,
    });
    terms.chain(index.filter.as_deref())
}
