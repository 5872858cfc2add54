use std::collections::BTreeMap;

use proptest::prelude::*;
use rusqlite::Connection;
use rusqlite::types::Value as Stored;
use serde_json::Value as Json;

use crate::migrate::samples::{column, every_operation, name, names, seed_tables, table};
use crate::model::sql::SqlTextError;
use crate::model::sql::tests::{same, stored, values};
use crate::model::{Check, Index, View};

use super::sql_text::{expression, query};
use super::*;

fn open() -> Connection {
    Connection::open_in_memory().unwrap()
}

/// Carries an operation out; answers its statements.
fn run(connection: &Connection, operation: &Operation) -> Vec<String> {
    let alter = |table: &Name, change| super::alter_tests::statements(connection, table, &[change]);
    let statements = match operation.clone() {
        Operation::AddColumn { table, column, .. } => alter(&table, Change::AddColumn { column, position: None, if_not_exists: false }),
        Operation::DropColumn { table, name, .. } => alter(&table, Change::DropColumn { name, if_exists: false }),
        Operation::RenameColumn { table, name, to } => alter(&table, Change::RenameColumn { name, to }),
        Operation::AlterTable { table, changes, .. } => super::alter_tests::statements(connection, &table, &changes),
        _ => Sqlite.statements(operation).unwrap(),
    };
    for statement in &statements {
        connection.execute_batch(statement).unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    statements
}

fn create(table: crate::model::Table) -> Operation {
    Operation::CreateTable { table, if_not_exists: false }
}

#[test]
fn the_sql_of_every_operation_is_as_written_down() {
    let connection = open();
    connection.execute_batch("CREATE TABLE log (a, b, c, d, e, f); CREATE TABLE \"order\" (a, b, UNIQUE (a, b))").unwrap();
    let all = every_operation();
    let sql: Vec<String> = all.iter().flat_map(|operation| run(&connection, operation)).map(|statement| statement + ";\n").collect();
    insta::with_settings!({ snapshot_path => "../../../../tests/golden", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("sqlite", sql.concat());
    });
}

/// What SQLite says of the seed's tables, as recorded from the seed itself.
fn recorded(file: &str) -> (BTreeMap<String, String>, Json) {
    let json: Json = serde_json::from_str(file).unwrap();
    let objects = json["sqlite_master"].as_array().unwrap();
    let text = |object: &Json, key: &str| object[key].as_str().map(str::to_owned);
    let sql = objects
        .iter()
        .filter_map(|object| Some((text(object, "name")?, text(object, "sql")?)))
        .filter(|(name, _)| name != "alembic_version");
    (sql.collect(), json["tables"].clone())
}

#[test]
fn the_tables_of_the_seed_come_out_letter_by_letter() {
    let files =
        [(include_str!("../../../../tests/data/seed/option1.json"), 0), (include_str!("../../../../tests/data/seed/custom_only.json"), 4)];
    for (file, skip) in files {
        let connection = open();
        seed_tables().into_iter().skip(skip).for_each(|table| drop(run(&connection, &create(table))));
        let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").unwrap();
        let made: BTreeMap<String, String> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        assert_eq!(made, recorded(file).0);
    }
}

#[test]
fn sqlite_sees_the_columns_of_the_seed_as_recorded() {
    let connection = open();
    seed_tables().into_iter().for_each(|table| drop(run(&connection, &create(table))));
    let (_, tables) = recorded(include_str!("../../../../tests/data/seed/option1.json"));
    for table in seed_tables() {
        let mut statement = connection.prepare("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo(?)").unwrap();
        let read = |row: &rusqlite::Row<'_>| {
            let (name, kind, not_null, default, pk): (String, String, i64, Option<String>, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(serde_json::json!([name, kind, not_null, default, pk]))
        };
        let seen: Vec<Json> = statement.query_map([table.name.as_str()], read).unwrap().map(Result::unwrap).collect();
        let expected = tables[table.name.as_str()]["table_xinfo"].as_array().unwrap();
        let expected: Vec<Json> =
            expected.iter().map(|c| serde_json::json!([c["name"], c["type"], c["notnull"], c["dflt_value"], c["pk"]])).collect();
        assert_eq!(seen, expected, "{}", table.name);
    }
}

#[test]
fn a_decimal_keeps_its_text() {
    let connection = open();
    run(&connection, &create(table("t", [column("d", "decimal(12,2)").or("1.50"), column("x", "integer").null()])));
    connection.execute_batch("INSERT INTO t (d) VALUES ('100000000000000000000.10'), (1.5); INSERT INTO t (x) VALUES (1)").unwrap();
    let mut statement = connection.prepare("SELECT typeof(d) || ' ' || d FROM t").unwrap();
    let stored: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert_eq!(stored, ["text 100000000000000000000.10", "text 1.5", "text 1.50"]);
}

#[test]
fn every_type_can_be_in_a_strict_table() {
    let types =
        "ulid uuid string string(80) text integer bigint float decimal(12,2) boolean timestamp date time json bytes enum(a,b,c)".split(' ');
    let mut all = table("t", []);
    all.columns = types.enumerate().map(|(i, data_type)| column(&format!("c{i}"), data_type)).collect();
    all.columns[9] = column("c9", "boolean").or(Value::Boolean(true));
    all.strict = true;
    let connection = open();
    run(&connection, &create(all));
    run(&connection, &Operation::AddColumn { table: name("t"), column: column("more", "string(3)").null(), if_not_exists: false });
}

#[test]
fn a_table_that_counts_by_itself_must_be_able_to() {
    let mut counter = table("t", [column("n", "bigint"), column("s", "string")]);
    counter.autoincrement = true;
    let refused = |table: &crate::model::Table| Sqlite.statements(&create(table.clone())).unwrap_err().to_string();
    assert!(refused(&counter).contains("must be one column"));
    counter.primary_key = names(["s"]);
    assert!(refused(&counter).contains("must be an integer"));
    counter.primary_key = names(["n"]);
    let connection = open();
    run(&connection, &create(counter.clone()));
    connection.execute_batch("INSERT INTO t (s) VALUES ('a'); DELETE FROM t; INSERT INTO t (s) VALUES ('b')").unwrap();
    assert_eq!(connection.query_row("SELECT n FROM t", [], |row| row.get(0)), Ok(2));
    counter.without_rowid = true;
    assert!(refused(&counter).contains("without rowid"));
}

#[test]
fn what_names_nothing_is_refused() {
    assert!(matches!(Sqlite.statements(&create(table("t", []))), Err(DialectError::NoColumns { .. })));
    let index = Index { name: name("i"), terms: vec![], unique: false, filter: None };
    let operation = Operation::CreateIndex { table: name("t"), index, if_not_exists: false };
    assert!(matches!(Sqlite.statements(&operation), Err(DialectError::NothingNamed { .. })));
    let rows = Operation::InsertRows { table: name("t"), columns: names(["a"]), rows: vec![vec![], vec![]] };
    assert!(Sqlite.statements(&rows).unwrap_err().to_string().starts_with("row 1 for table t has 0 values for 1 columns"));
}

#[test]
fn a_text_that_is_not_one_piece_is_refused_with_its_place() {
    let refused = |operation: Operation| match Sqlite.statements(&operation) {
        Err(DialectError::Text { subject, error }) => (subject, error),
        other => panic!("{other:?}"),
    };
    let mut made = table("t", [column("a", "integer").or_expression("1 -- x")]);
    assert_eq!(refused(create(made.clone())), ("the default of column a".to_owned(), SqlTextError::Comment));
    made.columns = vec![column("a", "integer").or_expression(" length('a') ")];
    made.checks = vec![Check { name: None, expression: "1) CHECK (1".to_owned() }];
    assert_eq!(refused(create(made.clone())), ("a check of table t".to_owned(), SqlTextError::Unopened { at: 1 }));
    made.checks[0].expression = " a > 2 ".to_owned();
    let [sql] = &Sqlite.statements(&create(made)).unwrap()[..] else { panic!("one statement") };
    assert!(sql.contains("DEFAULT (length('a'))") && sql.contains("CHECK (a > 2)"), "{sql}");
    let view = |query: &str| Operation::CreateView { view: View { name: name("v"), query: query.to_owned() }, if_not_exists: false };
    assert_eq!(refused(view("DELETE FROM t")), ("view v".to_owned(), SqlTextError::NoQuery));
    assert_eq!(refused(view("SELECT 1 -- x")), ("view v".to_owned(), SqlTextError::Comment));
    assert_eq!(Sqlite.statements(&view(" select 1 ")).unwrap(), ["CREATE VIEW v AS select 1"]);
}

/// SQLite's shell takes a line with nothing but `/` or `go` for a `;`.
#[test]
fn no_line_of_a_text_ends_a_statement_in_the_shell() {
    assert_eq!(query("SELECT 1\n / \n2 AS half,\n'a\n/\nb'"), Ok("SELECT 1 / 2 AS half, 'a\n/\nb'".into()));
    assert_eq!(query("SELECT 1 AS\nGo\nFROM t"), Ok("SELECT 1 AS Go FROM t".into()));
    assert_eq!(expression("a\n/\nb"), Ok("a / b".into()));
    assert_eq!(Sqlite.with_parameters("UPDATE t SET a = b\n/\n?", &[Value::Integer(2)]), Ok("UPDATE t SET a = b / 2".to_owned()));
    assert_eq!(query("SELECT a\nFROM t"), Ok("SELECT a\nFROM t".into()), "any other text stays as it was written");
}

#[test]
fn parameters_are_written_where_they_stand() {
    let written = |sql: &str, params: &[Value]| Sqlite.with_parameters(sql, params);
    let ok = |sql: &str| Ok(sql.to_owned());
    assert_eq!(written("INSERT INTO t VALUES (?, '?', ?) -- ?", &[1.into(), "it's".into()]), ok("INSERT INTO t VALUES (1, '?', 'it''s')"));
    assert_eq!(written("SELECT ?2, ?1, ?", &[1.into(), 2.into(), 3.into()]), ok("SELECT 2, 1, 3"));
    assert_eq!(written("SELECT?FROM t WHERE a-?", &[Value::Null, (-1).into()]), ok("SELECT NULL FROM t WHERE a-(-1)"));
    assert_eq!(written("SELECT ?,X FROM t ORDER BY ?", &["a".into(), 1.into()]), ok("SELECT 'a',X FROM t ORDER BY (1+0)"));
    assert_eq!(written("UPDATE t SET a = ?", &[]), Err(DialectError::Parameters { taken: 1, given: 0 }));
    assert_eq!(written("UPDATE t SET a = 1", &[1.into()]), Err(DialectError::Parameters { taken: 0, given: 1 }));
    for (bad, error) in [
        ("SELECT :a", "named parameters"),
        ("SELECT ?0", "numbered from 1"),
        ("SELECT ?99999999999999999999", "numbered from 1"),
        ("PRAGMA x", "only SELECT, INSERT"),
    ] {
        assert!(written(bad, &[]).unwrap_err().to_string().contains(error), "{bad}");
    }
    assert!(written("SELECT $a", &[]).is_err() && written("SELECT 1;DROP TABLE t", &[]).is_err());
}

fn spaces() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", " ", "\n", "/*?*/", "--;\n"])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_literal_gives_back_the_value(value in values()) {
        let connection = open();
        let text = Sqlite.literal(&value);
        let back: Stored = connection.query_row(&format!("SELECT {text}"), [], |row| row.get(0)).unwrap();
        prop_assert!(same(&back, &stored(&value)), "{} gave {:?}", text, back);
    }

    #[test]
    fn a_default_gives_back_the_value(value in values()) {
        let connection = open();
        let mut column = column("c", "bytes").null();
        column.default = Some(crate::model::Default::Value(value.clone()));
        run(&connection, &create(table("t", [column, crate::migrate::samples::column("x", "integer")])));
        connection.execute_batch("INSERT INTO t (x) VALUES (1)").unwrap();
        let back: Stored = connection.query_row("SELECT c FROM t", [], |row| row.get(0)).unwrap();
        let expected = if let Value::Boolean(flag) = value { Stored::Text(u8::from(flag).to_string()) } else { stored(&value) };
        prop_assert!(same(&back, &expected), "{:?}", back);
    }

    #[test]
    fn a_written_parameter_is_as_good_as_a_bound_one(params in proptest::collection::vec(values(), 1..4), space in spaces(), sorts in any::<bool>()) {
        let mut sql = format!("SELECT{space}?1{space},typeof(?1)");
        (1..params.len()).for_each(|_| sql.push_str(&format!(",{space}?{space}, 5+{space}?1, 5-?1")));
        if sorts {
            sql.push_str(" FROM (SELECT 1) GROUP BY 1, 'x' ORDER BY?1");
        }
        let connection = open();
        let width = connection.prepare(&sql).unwrap().column_count();
        let row = |sql: &str, params: &[Stored]| -> Vec<Stored> {
            let params = rusqlite::params_from_iter(params);
            connection.query_row(sql, params, |row| (0..width).map(|i| row.get(i)).collect()).unwrap_or_else(|error| panic!("{error}: {sql}"))
        };
        let bound = row(&sql, &params.iter().map(stored).collect::<Vec<_>>());
        let written = row(&Sqlite.with_parameters(&sql, &params).unwrap(), &[]);
        prop_assert!(bound.iter().zip(&written).all(|(a, b)| same(a, b)), "{:?} {:?}", bound, written);
    }

    #[test]
    fn any_name_can_be_used(text in "[a-zA-Z_]{1,3}|[ a-z.$%(),;?é-]{1,8}|.{1,6}", other in "[a-z]{2,6}") {
        let (Ok(table_name), Ok(column_name)) = (text.parse::<Name>(), other.parse::<Name>()) else { return Ok(()) };
        prop_assume!(column_name.as_str() != "id");
        let mut made = table(table_name.as_str(), [column("id", "integer"), column(column_name.as_str(), "string").null()]);
        made.uniques = vec![crate::model::Unique { name: Some(table_name.clone()), columns: vec![column_name.clone()] }];
        let connection = open();
        run(&connection, &create(made));
        let made: String = connection.query_row("SELECT name FROM sqlite_schema WHERE type = 'table'", [], |row| row.get(0)).unwrap();
        prop_assert_eq!(&made, table_name.as_str());
        let sql = Sqlite.insert(&table_name, std::slice::from_ref(&column_name));
        connection.execute(&sql.replace("(\"id\"", "("), ["x"]).unwrap_err();
        run(&connection, &Operation::RenameColumn { table: table_name.clone(), name: column_name, to: name("renamed") });
        run(&connection, &Operation::DropTable { name: table_name, if_exists: false, detach: false });
    }

    #[test]
    fn an_expression_cannot_leave_its_clause(pieces in proptest::collection::vec(prop::sample::select(vec![
        "1", ")", "(", ",", "'", "\"", "`", "[", "]", "--", "/*", "*/", ";", "?", "b", "CHECK", "DEFAULT", "x'", " ", "\n", "NOT NULL", "''", "PRIMARY KEY",
    ]), 0..12)) {
        let text = pieces.concat();
        let mut made = table("t", [column("a", "integer").or_expression(&text), column("z", "integer")]);
        made.checks = vec![Check { name: None, expression: text.clone() }];
        if let Ok(statements) = Sqlite.statements(&create(made)) {
            let connection = open();
            if connection.execute_batch(&statements[0]).is_ok() {
                let columns: Vec<String> = connection.prepare("SELECT name FROM pragma_table_info('t')").unwrap()
                    .query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
                prop_assert_eq!(columns, ["a", "z"]);
                let pk: i64 = connection.query_row("SELECT sum(pk) FROM pragma_table_info('t')", [], |row| row.get(0)).unwrap();
                prop_assert_eq!(pk, 0);
            }
        }
    }
}
