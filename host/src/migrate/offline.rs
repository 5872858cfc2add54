//! The script that `--sql` prints: the same statements, in the same order, that an online run would make.
//!
//! What the operations are comes from the caller, who replayed the steps; so do the statements of the ledger, whose tables this room
//! does not know. Each step is one transaction, as it is online.

use std::collections::BTreeSet;

use crate::model::{Name, Node, Operation};

use super::dialect::{Dialect, DialectError};
use super::graph::Graph;
use super::plan::Step;

/// An operation that cannot be written into a script.
#[derive(Debug, thiserror::Error)]
#[error("{node}: {} cannot be written as SQL", .operation)]
pub struct ScriptError {
    /// The revision whose step it is of.
    pub node: Node,
    /// The operation, in a line.
    pub operation: String,
    /// Why not.
    #[source]
    pub source: DialectError,
}

/// A script that grows step by step.
#[derive(Debug)]
pub struct Script<'a> {
    dialect: &'a dyn Dialect,
    /// Tables whose columns take only the database's own types.
    strict: BTreeSet<Name>,
    text: String,
}

impl<'a> Script<'a> {
    /// An empty script. `strict` are the STRICT tables that are there before it runs; those that it makes it knows itself.
    pub fn new(dialect: &'a dyn Dialect, strict: impl IntoIterator<Item = Name>) -> Self {
        let text = format!("-- {}\n\n{};\n\n", dialect.script_note(), dialect.script_setting());
        Self { dialect, strict: strict.into_iter().collect(), text }
    }

    /// Adds statements that are no step, e.g. those of the bookkeeping tables, as one transaction.
    pub fn transaction(&mut self, statements: &[String]) {
        self.statement("BEGIN");
        statements.iter().for_each(|sql| self.statement(sql));
        self.statement("COMMIT");
    }

    /// Adds a step: its operations, then its ledger's statements, as one transaction.
    ///
    /// # Errors
    /// An operation has no SQL. The script is of no use then.
    pub fn step(&mut self, graph: &Graph, step: &Step, operations: &[Operation], ledger: &[String]) -> Result<(), ScriptError> {
        let verb = match step {
            Step::Upgrade(_) => "upgrade",
            Step::Downgrade(_) => "downgrade",
        };
        let mut statements = Vec::new();
        for operation in operations {
            let blame = |source| ScriptError { node: step.node().clone(), operation: operation.describe(), source };
            statements.extend(self.statements_of(operation).map_err(blame)?);
        }
        statements.extend_from_slice(ledger);
        // Ids have no character that could end the comment; a message has, and is left out.
        self.text.push_str(&format!("-- Running {verb} {}\n\n", graph.arrow(step)));
        self.transaction(&statements);
        Ok(())
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }

    fn statements_of(&mut self, operation: &Operation) -> Result<Vec<String>, DialectError> {
        match operation {
            Operation::CreateTable { table, .. } if table.strict => _ = self.strict.insert(table.name.clone()),
            Operation::DropTable { name, .. } => _ = self.strict.remove(name),
            Operation::RenameTable { name, to } if self.strict.remove(name) => _ = self.strict.insert(to.clone()),
            Operation::AddColumn { table, column, .. } if self.strict.contains(table) => {
                return Ok(vec![self.dialect.add_column(table, column, true)?]);
            }
            _ => {}
        }
        self.dialect.statements(operation)
    }

    fn statement(&mut self, sql: &str) {
        self.text.push_str(sql.trim_end().trim_end_matches(';'));
        self.text.push_str(";\n\n");
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::dialect::SQLITE;
    use super::super::samples::{column, every_operation, name, table};
    use super::super::testing::{graph, node, rev};
    use super::*;

    fn schema(connection: &Connection) -> Vec<String> {
        let mut statement = connection.prepare("SELECT coalesce(sql, name) FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn a_step_is_a_transaction_under_its_name() {
        let graph = graph([rev("shop", "a", []), rev("shop", "b", ["a"])]).unwrap();
        let mut script = Script::new(&SQLITE, []);
        script.transaction(&["CREATE TABLE ledger (node);\n".to_owned()]);
        let drop = Operation::DropTable { name: name("t"), if_exists: false };
        script.step(&graph, &Step::Upgrade(node("shop@a")), &[], &["INSERT INTO ledger VALUES ('shop@a')".to_owned()]).unwrap();
        script.step(&graph, &Step::Downgrade(node("shop@b")), &[drop], &["DELETE FROM ledger".to_owned()]).unwrap();
        let expected = "-- sqlite3 -bail DATABASE < THIS_FILE stops at the first error and leaves no step half done\n\n\
                        PRAGMA foreign_keys = ON;\n\n\
                        BEGIN;\n\nCREATE TABLE ledger (node);\n\nCOMMIT;\n\n\
                        -- Running upgrade  -> shop@a\n\nBEGIN;\n\nINSERT INTO ledger VALUES ('shop@a');\n\nCOMMIT;\n\n\
                        -- Running downgrade shop@b -> shop@a\n\nBEGIN;\n\nDROP TABLE t;\n\nDELETE FROM ledger;\n\nCOMMIT;\n\n";
        assert_eq!(script.finish(), expected);
    }

    #[test]
    fn the_script_makes_what_the_operations_make() {
        let setup = "CREATE TABLE log (a, b, c, d, e, f); CREATE TABLE \"order\" (a, b, UNIQUE (a, b));";
        let (by_script, by_hand) = (Connection::open_in_memory().unwrap(), Connection::open_in_memory().unwrap());
        let graph = graph([rev("shop", "a", [])]).unwrap();
        let mut script = Script::new(&SQLITE, []);
        script.transaction(&[setup.to_owned()]);
        script.step(&graph, &Step::Upgrade(node("shop@a")), &every_operation(), &[]).unwrap();
        by_script.execute_batch(&script.finish()).unwrap();
        by_hand.execute_batch(setup).unwrap();
        for operation in every_operation() {
            SQLITE.statements(&operation).unwrap().iter().for_each(|sql| by_hand.execute_batch(sql).unwrap());
        }
        assert_eq!(schema(&by_script), schema(&by_hand));
    }

    #[test]
    fn a_column_for_a_strict_table_has_a_strict_type() {
        let graph = graph([rev("shop", "a", [])]).unwrap();
        let mut made = table("t", [column("a", "integer")]);
        made.strict = true;
        let add = |to: &str| Operation::AddColumn { table: name(to), column: column("b", "string(3)").null(), if_not_exists: false };
        let operations = [
            Operation::CreateTable { table: made, if_not_exists: false },
            Operation::RenameTable { name: name("t"), to: name("u") },
            add("u"),
            add("there_before"),
        ];
        let mut script = Script::new(&SQLITE, [name("there_before")]);
        script.transaction(&["CREATE TABLE there_before (a INTEGER) STRICT".to_owned()]);
        script.step(&graph, &Step::Upgrade(node("shop@a")), &operations, &[]).unwrap();
        Connection::open_in_memory().unwrap().execute_batch(&script.finish()).unwrap();
    }

    #[test]
    fn what_has_no_sql_is_named_with_its_revision() {
        let graph = graph([rev("shop", "a", [])]).unwrap();
        let bad = Operation::Execute { sql: "SELECT 1; DROP TABLE t".to_owned(), params: vec![] };
        let error = Script::new(&SQLITE, []).step(&graph, &Step::Upgrade(node("shop@a")), &[bad], &[]).unwrap_err();
        assert_eq!(error.to_string(), "shop@a: run SELECT 1; DROP TABLE t cannot be written as SQL");
    }
}
