//! A database with three plugins, for the tests of this room.

use super::Database;
use crate::model::{Name, ObjectKind, PluginName, Problem};
use crate::store::{SqlError, bookkeeping};

/// `shop` owns users, orders (refers to users) and a view; `billing` owns invoices and notes (refer to shop's); `core` owns secrets, to
/// which nobody refers. `legacy` is a table that tenon did not make.
pub(in crate::store) fn shop() -> Database {
    let mut database = Database::in_memory().unwrap();
    fill(&mut database);
    database
}

pub(in crate::store) fn fill(database: &mut Database) {
    bookkeeping::ensure(database).unwrap();
    database
        .run_script(
            "CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, pw TEXT, at TEXT DEFAULT (CURRENT_TIMESTAMP));
             CREATE TABLE orders (id TEXT PRIMARY KEY, user_id TEXT REFERENCES users (id) ON DELETE CASCADE ON UPDATE CASCADE,
                                  total REAL CONSTRAINT not_negative CHECK (total >= 0));
             CREATE VIEW spenders AS SELECT u.email FROM users u JOIN orders o ON o.user_id = u.id;
             CREATE TABLE invoices (id INTEGER PRIMARY KEY, order_id TEXT NOT NULL REFERENCES orders (id) ON DELETE CASCADE ON UPDATE CASCADE);
             CREATE TABLE notes (id INTEGER PRIMARY KEY, order_id TEXT REFERENCES orders (id) ON DELETE SET NULL, text TEXT DEFAULT (random()));
             CREATE TABLE secrets (id INTEGER PRIMARY KEY, word TEXT);
             CREATE TABLE legacy (id INTEGER PRIMARY KEY);
             INSERT INTO users (id, email, pw) VALUES ('u1', 'ann@x', 'hunter2'), ('u2', 'bob@x', 'letmein');
             INSERT INTO orders VALUES ('o1', 'u1', 10), ('o2', 'u2', 20);
             INSERT INTO invoices VALUES (1, 'o1');
             INSERT INTO notes VALUES (1, 'o1', 'x');
             INSERT INTO secrets VALUES (1, 'swordfish');",
        )
        .unwrap();
    for (plugin, kind, object) in [
        ("shop", ObjectKind::Table, "users"),
        ("shop", ObjectKind::Table, "orders"),
        ("shop", ObjectKind::View, "spenders"),
        ("billing", ObjectKind::Table, "invoices"),
        ("billing", ObjectKind::Table, "notes"),
        ("core", ObjectKind::Table, "secrets"),
    ] {
        database.own(&self::plugin(plugin), kind, &name(object), &name(object)).unwrap();
    }
}

pub(in crate::store) fn plugin(text: &str) -> PluginName {
    text.parse().unwrap()
}

pub(in crate::store) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// The problem in what went wrong.
pub(in crate::store) fn problem<T: std::fmt::Debug>(result: Result<T, SqlError>) -> Problem {
    match result {
        Err(SqlError::Problem(problem)) => problem,
        other => panic!("no problem: {other:?}"),
    }
}

/// The first cell of a query of the host's, as text.
pub(in crate::store) fn look(database: &Database, sql: &str) -> String {
    let cell = |row: &rusqlite::Row<'_>| row.get::<_, rusqlite::types::Value>(0);
    let values = database.all(sql, [], cell).unwrap();
    values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" ")
}

/// What a plugin's query answers.
pub(in crate::store) fn rows(database: &mut Database, by: &str, sql: &str) -> String {
    String::from_utf8(database.query_as(&plugin(by), sql, &[]).unwrap().0).unwrap()
}

/// How many rows a plugin's statement changes.
pub(in crate::store) fn changed(database: &mut Database, by: &str, sql: &str) -> u64 {
    database.execute_as(&plugin(by), sql, &[]).unwrap()
}
