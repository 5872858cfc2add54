//! The script that `--sql` prints: the same statements, in the same order, that an online run would make.
//!
//! What each step is written as comes from the caller, who replayed it; so do the statements of the ledger, whose tables this room does
//! not know. Each step is one transaction, as it is online.

use crate::model::Node;

use super::dialect::Dialect;
use super::executor::{Written, WrittenOperation};
use super::graph::Graph;
use super::plan::Step;

/// A step that cannot be one transaction of a script.
#[derive(Debug, thiserror::Error)]
#[error(
    "{node} copies or detaches a table, and changes rows too: in a script foreign keys can only be off for all of it, or on; \
     run it without --sql, or make two revisions of it"
)]
pub struct ScriptError {
    /// The revision whose step it is of.
    pub node: Node,
}

/// A script that grows step by step.
#[derive(Debug)]
pub struct Script<'a> {
    dialect: &'a dyn Dialect,
    text: String,
}

impl<'a> Script<'a> {
    /// An empty script.
    pub fn new(dialect: &'a dyn Dialect) -> Self {
        let text = format!("{}\n\n{};\n\n", dialect.script_head(), dialect.enforcement(true));
        Self { dialect, text }
    }

    /// Adds statements that are no step, e.g. those of the bookkeeping tables, as one transaction.
    pub fn transaction(&mut self, statements: &[String]) {
        self.statement("BEGIN");
        statements.iter().for_each(|sql| self.statement(sql));
        self.statement("COMMIT");
    }

    /// Adds a step: what must be so before it, what it is written as, then its ledger's statements, as one transaction.
    ///
    /// # Errors
    /// See [`ScriptError`]. The script is of no use then.
    pub fn step(
        &mut self,
        graph: &Graph,
        step: &Step,
        conditions: &[String],
        written: &[WrittenOperation],
        ledger: &[String],
    ) -> Result<(), ScriptError> {
        let verb = match step {
            Step::Upgrade(_) => "upgrade",
            Step::Downgrade(_) => "downgrade",
        };
        let parts = || written.iter().flat_map(|operation| &operation.parts);
        let unenforced = parts().any(|part| matches!(part, Written::Detach(_) | Written::Swap { .. }));
        if unenforced && parts().any(|part| matches!(part, Written::Data(_))) {
            return Err(ScriptError { node: step.node().clone() });
        }
        let mut statements = conditions.to_vec();
        for part in parts() {
            match part {
                Written::Statement(sql) => statements.push(sql.clone()),
                Written::Data(all) | Written::Detach(all) => statements.extend_from_slice(all),
                Written::Swap { table, statements: swap } => statements.extend(self.dialect.script_swap(table, swap)),
                Written::Unchanged { table, stored } => statements.extend(self.dialect.script_unchanged(table, stored)),
                Written::Condition { rule, count } => statements.extend(self.dialect.script_condition(rule, count)),
            }
        }
        statements.extend_from_slice(ledger);
        // Ids have no character that could end the comment; a message has, and is left out.
        self.text.push_str(&format!("-- Running {verb} {}\n\n", graph.arrow(step)));
        if unenforced {
            self.statement(self.dialect.enforcement(false));
        }
        self.transaction(&statements);
        if unenforced {
            self.statement(self.dialect.enforcement(true));
        }
        Ok(())
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
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
    use super::super::samples::name;
    use super::super::testing::{graph, node, rev};
    use super::*;

    #[test]
    fn a_step_is_a_transaction_under_its_name() {
        let graph = graph([rev("shop", "a", []), rev("shop", "b", ["a"])]).unwrap();
        let mut script = Script::new(&SQLITE);
        script.transaction(&["CREATE TABLE ledger (node);\n".to_owned()]);
        let drop = Written::Statement("DROP TABLE t".to_owned());
        script
            .step(
                &graph,
                &Step::Upgrade(node("shop@a")),
                &["SELECT 1".to_owned()],
                &[],
                &["INSERT INTO ledger VALUES ('shop@a')".to_owned()],
            )
            .unwrap();
        script.step(&graph, &Step::Downgrade(node("shop@b")), &[], &[operation(vec![drop])], &["DELETE FROM ledger".to_owned()]).unwrap();
        let expected = "PRAGMA foreign_keys = ON;\n\n\
                        BEGIN;\n\nCREATE TABLE ledger (node);\n\nCOMMIT;\n\n\
                        -- Running upgrade  -> shop@a\n\nBEGIN;\n\nSELECT 1;\n\nINSERT INTO ledger VALUES ('shop@a');\n\nCOMMIT;\n\n\
                        -- Running downgrade shop@b -> shop@a\n\nBEGIN;\n\nDROP TABLE t;\n\nDELETE FROM ledger;\n\nCOMMIT;\n\n";
        assert_eq!(sql(script), expected);
    }

    /// A script without its head, which is for SQLite's shell.
    fn sql(script: Script<'_>) -> String {
        let (head, sql) = script.text.split_once("\n\n").unwrap();
        assert!(head.lines().last() == Some(".bail on") && head.lines().rev().skip(1).all(|line| line.starts_with("-- ")), "{head}");
        sql.to_owned()
    }

    fn operation(parts: Vec<Written>) -> WrittenOperation {
        WrittenOperation { parts, ..WrittenOperation::default() }
    }

    fn swap() -> Vec<Written> {
        let statements = ["DROP TABLE parent", "ALTER TABLE tenon_rebuild RENAME TO parent"].map(str::to_owned).to_vec();
        let copy = "CREATE TABLE tenon_rebuild (id INTEGER PRIMARY KEY, b); INSERT INTO tenon_rebuild (id) SELECT id FROM parent";
        vec![Written::Statement(copy.to_owned()), Written::Swap { table: name("parent"), statements }]
    }

    const PARENT: &str = "CREATE TABLE parent (id INTEGER PRIMARY KEY); INSERT INTO parent VALUES (1);
        CREATE TABLE child (p REFERENCES parent ON DELETE CASCADE); INSERT INTO child VALUES (1);";

    #[test]
    fn a_table_is_swapped_without_a_row_of_its_children_going() {
        let graph = graph([rev("shop", "a", [])]).unwrap();
        let run = |setup: &str| {
            let connection = Connection::open_in_memory().unwrap();
            connection.execute_batch(setup).unwrap();
            let mut script = Script::new(&SQLITE);
            script.step(&graph, &Step::Upgrade(node("shop@a")), &[], &[operation(swap())], &[]).unwrap();
            let done = connection.execute_batch(&sql(script));
            let children: i64 = connection.query_row("SELECT count(*) FROM child", [], |row| row.get(0)).unwrap();
            (done.map_err(|error| error.to_string()), children)
        };
        assert_eq!(run(PARENT), (Ok(()), 1));
        let lost = format!("PRAGMA foreign_keys = OFF; {PARENT} INSERT INTO child VALUES (7);");
        let (done, children) = run(&lost);
        assert!(done.unwrap_err().contains("CHECK constraint failed: every row refers to one that is there") && children == 2);
    }

    #[test]
    fn a_step_that_needs_keys_off_and_on_is_refused_and_a_rule_stops_a_script() {
        let graph = graph([rev("shop", "a", [])]).unwrap();
        let mut written = swap();
        written.push(Written::Data(vec!["DELETE FROM parent".to_owned()]));
        let error = Script::new(&SQLITE).step(&graph, &Step::Upgrade(node("shop@a")), &[], &[operation(written)], &[]).unwrap_err();
        assert!(error.to_string().starts_with("shop@a copies or detaches a table, and changes rows too"), "{error}");
        let rule = Written::Condition { rule: "no \"row\" is there".to_owned(), count: "SELECT count(*) FROM parent".to_owned() };
        let mut script = Script::new(&SQLITE);
        script.step(&graph, &Step::Upgrade(node("shop@a")), &[], &[operation(vec![rule])], &[]).unwrap();
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(PARENT).unwrap();
        let stopped = connection.execute_batch(&sql(script)).unwrap_err().to_string();
        assert!(stopped.contains("no \"row\" is there"), "{stopped}");
    }
}
