//! What a plugin's statements answer, what they are told when they fail, and how much they may take.

use super::testing::{changed, fill, look, name, plugin, problem, rows, shop};
use super::{Database, Mode};
use crate::model::{Footprint, ObjectKind, Value};
use crate::store::{BUSY_SERVE, SqlError};

#[test]
fn a_footprint_names_the_target_and_all_that_follows() {
    let mut database = shop();
    let mut footprint = |by: &str, sql: &str| {
        let Footprint { target, others, .. } = database.footprint_as(&plugin(by), sql).unwrap();
        let others: Vec<_> = others.iter().map(|name| name.as_str()).collect();
        format!("{} + {}", target.map_or("none".to_owned(), |name| name.to_string()), others.join(" "))
    };
    assert_eq!(footprint("shop", "DELETE FROM users WHERE id = 'u1'"), "users + invoices notes orders");
    assert_eq!(footprint("shop", "DELETE FROM users"), "users + invoices notes orders");
    assert_eq!(footprint("shop", "REPLACE INTO users (id, email) VALUES ('u1', 'x')"), "users + invoices notes orders");
    assert_eq!(footprint("shop", "INSERT INTO users (id, email) VALUES ('u1', 'x')"), "users + ");
    assert_eq!(footprint("shop", "UPDATE users SET pw = 1"), "users + ");
    assert_eq!(footprint("shop", "UPDATE users SET id = 1"), "users + orders");
    assert_eq!(footprint("billing", "INSERT INTO invoices (order_id) VALUES ('o1')"), "invoices + ");
    assert_eq!(footprint("billing", "SELECT id FROM invoices"), "none + ");
    assert_eq!(footprint("shop", "DELETE FROM users WHERE id = 'u1'"), "users + invoices notes orders");
    assert_eq!(look(&database, "SELECT count(*) FROM users"), "Integer(2)");
}

#[test]
fn a_name_that_is_not_the_plugins_own_is_never_told() {
    let mut database = shop();
    // A child's NOT NULL breaks: the parent's owner must not learn the child's names.
    database.run_script("CREATE TABLE strict_child (id INTEGER PRIMARY KEY, hidden_column TEXT NOT NULL REFERENCES users (id) ON DELETE SET NULL, CONSTRAINT hidden_rule CHECK (hidden_column <> 'z')); INSERT INTO strict_child VALUES (1, 'u1')").unwrap();
    database.own(&plugin("core"), ObjectKind::Table, &name("strict_child"), &name("strict_child")).unwrap();
    let told = problem(database.execute_as(&plugin("shop"), "DELETE FROM users WHERE id = 'u1'", &[]));
    assert_eq!(told.code, "constraint");
    assert!(!format!("{told:?}").contains("hidden") && !format!("{told:?}").contains("strict_child"), "{told:?}");
    // A key that does not fit names both tables in SQLite's message.
    database.run("CREATE TABLE misfit (id INTEGER PRIMARY KEY, a TEXT REFERENCES orders (total))").unwrap();
    database.own(&plugin("core"), ObjectKind::Table, &name("misfit"), &name("misfit")).unwrap();
    let told = problem(database.execute_as(&plugin("shop"), "DELETE FROM orders WHERE id = 'o9'", &[]));
    assert_eq!((told.code.as_str(), told.detail.contains("misfit")), ("sql", false), "{told:?}");
}

#[test]
fn constraints_are_told_with_the_columns_of_the_plugins_own_table() {
    let mut database = shop();
    let mut told = |sql: &str| {
        let problem = problem(database.execute_as(&plugin("shop"), sql, &[]));
        let member = |key: &str| problem.members.iter().find(|(name, _)| name == key).map_or(Value::Null, |(_, value)| value.clone());
        (problem.status, member("constraint"), member("columns"))
    };
    let text = |text: &str| Value::Text(text.into());
    assert_eq!(told("INSERT INTO users (id, email) VALUES ('u3', 'ann@x')"), (409, text("unique"), text("email")));
    assert_eq!(told("INSERT INTO users (id) VALUES ('u3')"), (409, text("not-null"), text("email")));
    assert_eq!(told("INSERT INTO orders VALUES ('o3', 'u1', -1)"), (409, text("check"), text("not_negative")));
    assert_eq!(told("INSERT INTO orders VALUES ('o3', 'nobody', 1)"), (409, text("foreign-key"), Value::Null));
}

#[test]
fn mistakes_in_the_text_are_told_with_their_place() {
    let mut database = shop();
    let told = problem(database.query_as(&plugin("shop"), "  SELECT absent FROM users", &[]));
    assert_eq!((told.status, told.code.as_str()), (400, "sql"));
    assert_eq!(told.detail, "no such column: absent (at byte 9)");
    let told = problem(database.query_as(&plugin("shop"), "SELECT * FORM users", &[]));
    assert!(told.detail.starts_with("near \"FORM\": syntax error"), "{told:?}");
    let told = problem(database.query_as(&plugin("shop"), "SELECT \"misspelt\" FROM users", &[]));
    assert!(told.detail.contains("no such column"), "double quotes are no strings: {told:?}");
}

#[test]
fn parameters_must_be_as_many_as_the_statement_has() {
    let mut database = shop();
    let sql = "SELECT ?1 AS a, ?2 AS b";
    for (count, params) in [(0, vec![]), (1, vec![Value::Null]), (3, vec![Value::Null; 3])] {
        let told = problem(database.query_as(&plugin("shop"), sql, &params));
        assert!(told.detail.contains(&format!("2 parameters, and {count} values")), "{told:?}");
    }
    let (json, count) = database.query_as(&plugin("shop"), sql, &[Value::Boolean(true), Value::Bytes(vec![255])]).unwrap();
    assert_eq!((String::from_utf8(json).unwrap().as_str(), count), (r#"[{"a":1,"b":"/w=="}]"#, 1));
    // Nothing stays bound for the next who uses the statement.
    assert_eq!(database.row_as(&plugin("shop"), "SELECT ?1", &[Value::from("mine")]).unwrap(), Some(vec![Value::from("mine")]));
    assert!(database.row_as(&plugin("shop"), "SELECT ?1", &[]).is_err());
}

#[test]
fn values_and_results_have_limits_for_plugins_and_not_for_the_host() {
    let mut database = shop();
    let large = Value::Text("x".repeat(2 * 1024 * 1024));
    assert_eq!(problem(database.row_as(&plugin("shop"), "SELECT ?1", &[large])).code, "too-large");
    let grown = problem(database.row_as(&plugin("shop"), "SELECT printf('%.*c', 5000000, 'x')", &[]));
    assert_eq!(grown.code, "too-large");
    let deep = format!("SELECT {}1{}", "(1 + ".repeat(500), ")".repeat(500));
    assert_eq!(problem(database.row_as(&plugin("shop"), &deep, &[])).code, "sql");
    let many = "WITH RECURSIVE n (i, t) AS (SELECT 1, printf('%.*c', 100000, 'x') UNION ALL SELECT i + 1, t FROM n WHERE i < 1000) SELECT t FROM n";
    assert_eq!(problem(database.query_as(&plugin("shop"), many, &[])).code, "too-large");
    let wide = |columns: usize| format!("SELECT {}", vec!["hex(zeroblob(500000))"; columns].join(", "));
    assert!(database.row_as(&plugin("shop"), &wide(8), &[]).is_ok());
    assert_eq!(problem(database.row_as(&plugin("shop"), &wide(9), &[])).code, "too-large");
    let refused = problem(database.row_as(&plugin("shop"), &wide(201), &[]));
    assert!(refused.detail.contains("too many columns"), "{refused}");
    database.run_script("CREATE TABLE big (a); INSERT INTO big VALUES (zeroblob(5000000))").unwrap();
    assert_eq!(look(&database, "SELECT length(a) FROM big"), "Integer(5000000)");
}

#[test]
fn a_statement_is_stopped_at_its_deadline() {
    let mut database = shop();
    let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
    database.set_deadline(Some((std::time::Instant::now() + std::time::Duration::from_millis(20)).into()));
    let told = database.query_as(&plugin("shop"), endless, &[]).map_err(SqlError::into_problem).unwrap_err();
    assert_eq!((told.status, told.code.as_str()), (504, "time"));
    database.set_deadline(None);
    assert_eq!(rows(&mut database, "shop", "SELECT 1 AS a"), r#"[{"a":1}]"#);
}

#[test]
fn nothing_is_written_where_nothing_may_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.db");
    fill(&mut Database::open(&path, Mode::ReadWrite, BUSY_SERVE).unwrap());
    let mut reader = Database::open(&path, Mode::Reader, BUSY_SERVE).unwrap();
    let told = problem(reader.execute_as(&plugin("shop"), "DELETE FROM users", &[]));
    assert_eq!((told.status, told.code.as_str()), (403, "read-only"));
    let told = problem(reader.query_as(&plugin("shop"), "DELETE FROM users RETURNING id", &[]));
    assert_eq!(told.code, "read-only");
    assert_eq!(rows(&mut reader, "shop", "SELECT count(*) AS n FROM users"), r#"[{"n":2}]"#);
}

#[test]
fn rows_go_through_queries_and_changes_through_execute() {
    let mut database = shop();
    let told = problem(database.execute_as(&plugin("shop"), "DELETE FROM users RETURNING id", &[]));
    assert!(told.detail.contains("send it as a query"), "{told:?}");
    let told = problem(database.query_as(&plugin("shop"), "DELETE FROM users", &[]));
    assert!(told.detail.contains("send it as `execute`"), "{told:?}");
    assert_eq!(look(&database, "SELECT count(*) FROM users"), "Integer(2)");
    assert_eq!(changed(&mut database, "shop", "SELECT id FROM users"), 0);
    let first =
        database.row_as(&plugin("shop"), "INSERT INTO users (id, email) VALUES ('u3', 'c@x'), ('u4', 'd@x') RETURNING id", &[]).unwrap();
    assert_eq!(first, Some(vec![Value::from("u3")]));
    assert_eq!(look(&database, "SELECT count(*) FROM users"), "Integer(4)");
    assert_eq!(database.row_as(&plugin("shop"), "SELECT id FROM users WHERE id = 'nobody'", &[]).unwrap(), None);
    let told = problem(database.query_as(&plugin("shop"), "SELECT id, email AS id FROM users", &[]));
    assert!(told.detail.contains("two columns"), "{told:?}");
}

#[test]
fn the_footprint_of_a_statement_in_the_cache_is_never_lost() {
    let mut database = shop();
    let sql = "DELETE FROM users WHERE id = 'nobody'";
    let footprint = database.footprint_as(&plugin("shop"), sql).unwrap();
    assert_eq!(footprint.others.len(), 3);
    // So many other texts that decisions are forgotten.
    for number in 0..1_100 {
        database.row_as(&plugin("shop"), &format!("SELECT {number}"), &[]).unwrap();
        if number % 100 == 0 {
            assert_eq!(database.footprint_as(&plugin("shop"), sql).unwrap(), footprint);
        }
    }
    // And when a statement is in the cache whose decision nobody remembers.
    database.decisions.borrow_mut().clear();
    assert_eq!(database.footprint_as(&plugin("shop"), sql).unwrap(), footprint);
}

#[test]
fn a_long_text_runs_and_is_not_kept() {
    let mut database = shop();
    let long = format!("SELECT count(*) AS n FROM users WHERE id <> '{}'", "x".repeat(20_000));
    for _ in 0..2 {
        assert_eq!(rows(&mut database, "shop", &long), r#"[{"n":2}]"#);
        assert_eq!(problem(database.query_as(&plugin("billing"), &long, &[])).code, "not-granted");
    }
    assert!(database.decisions.borrow().is_empty());
}

#[test]
fn binding_values_does_not_recompile_a_statement() {
    let mut database = shop();
    database.run("CREATE INDEX ix_pw ON users (pw COLLATE NOCASE)").unwrap();
    database.run("ANALYZE").unwrap();
    for pattern in ["h%", "%e%", "let%"] {
        let found =
            database.row_as(&plugin("shop"), "SELECT count(*) FROM users WHERE pw LIKE ?1 AND id > ?2", &[pattern.into(), "a".into()]);
        assert!(found.unwrap().is_some());
        assert!(!database.scope.recompiled(), "{pattern}");
    }
}
