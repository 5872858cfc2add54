//! The functions written anew, beside SQLite's own.

use proptest::prelude::*;
use proptest::sample::select;
use rusqlite::types::{self, ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use super::testing::{look, plugin, problem, shop};
use super::{bounded, limits::ValueLength};
use crate::model::Value;
use crate::store::SqlError;

/// A value whose text need not be UTF-8.
#[derive(Debug, Clone)]
enum Argument {
    Text(Vec<u8>),
    Other(types::Value),
}

impl ToSql for Argument {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Text(bytes) => Ok(ToSqlOutput::Borrowed(ValueRef::Text(bytes))),
            Self::Other(value) => value.to_sql(),
        }
    }
}

/// Short, of few different pieces, so that they are often found in each other; NUL, broken and overlong UTF-8 among them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&[u8]> = vec![
        b"a",
        b"b",
        b"A",
        b"0",
        b"1f",
        b"-",
        b" ",
        b"\0",
        "é".as_bytes(),
        "語".as_bytes(),
        "😀".as_bytes(),
        b"\x80",
        b"\xa9",
        b"\xc3",
        b"\xe8\xaa",
        b"\xc0\x80",
        b"\xed\xa0\x80",
        b"\xff",
        b"\xf8\x88\x80\x80\x80",
        b"\xef\xbf\xbe",
    ];
    prop::collection::vec(select(pieces), 0..8).prop_map(|pieces| pieces.concat())
}

fn argument() -> impl Strategy<Value = Argument> {
    let number = prop_oneof![
        any::<i64>().prop_map(types::Value::Integer),
        (-20..20_i64).prop_map(types::Value::Integer),
        any::<f64>().prop_map(types::Value::Real),
        (-20..20_i64).prop_map(|tenths| types::Value::Real(tenths as f64 / 10.0)),
        Just(types::Value::Null),
        bytes().prop_map(types::Value::Blob),
    ];
    prop_oneof![3 => bytes().prop_map(Argument::Text), 2 => number.prop_map(Argument::Other)]
}

/// The type and bytes of the answer, and the message if there is none.
fn answer(connection: &Connection, sql: &str, arguments: [&dyn ToSql; 3]) -> Result<(String, Option<Vec<u8>>), String> {
    let mut statement = connection.prepare_cached(sql).map_err(|error| error.to_string())?;
    for (index, argument) in arguments.iter().take(statement.parameter_count()).enumerate() {
        statement.raw_bind_parameter(index + 1, argument).map_err(|error| error.to_string())?;
    }
    let mut rows = statement.raw_query();
    let row = rows.next().map_err(|error| error.to_string())?.expect("a SELECT of expressions has a row");
    Ok((row.get(0).unwrap(), row.get(1).unwrap()))
}

fn ours() -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    bounded::register(&connection, &ValueLength::default()).unwrap();
    connection
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, ..ProptestConfig::default() })]

    #[test]
    fn they_answer_what_sqlites_own_would(a in argument(), b in argument(), c in argument()) {
        thread_local! {
            static CONNECTIONS: (Connection, Connection) = (ours(), Connection::open_in_memory().unwrap());
        }
        CONNECTIONS.with(|(ours, theirs)| {
            for call in ["instr(?1, ?2)", "replace(?1, ?2, ?3)", "trim(?1, ?2)", "ltrim(?1, ?2)", "rtrim(?1, ?2)", "unhex(?1, ?2)"] {
                let sql = format!("SELECT typeof({call}), CAST({call} AS BLOB)");
                prop_assert_eq!(answer(ours, &sql, [&a, &b, &c]), answer(theirs, &sql, [&a, &b, &c]), "{}", call);
            }
            Ok(())
        })?;
    }
}

#[test]
fn what_was_quadratic_takes_a_moment() {
    // Each ran for 7 to 65 seconds in SQLite, stopped by nothing; what is asserted is that it ends, and how.
    let mut database = shop();
    let mut told = |sql: &str| match database.row_as(&plugin("shop"), sql, &[]) {
        Ok(row) => format!("{:?}", row.unwrap()[0]),
        Err(error) => error.into_problem().code.to_string(),
    };
    let (long, half) = ("printf('%.*c', 1000000, 'a')", "printf('%.*c', 500000, 'a') || 'b'");
    assert_eq!(told(&format!("SELECT instr({long}, {half})")), "Integer(0)");
    assert_eq!(told(&format!("SELECT instr(CAST({long} AS BLOB), CAST({half} AS BLOB))")), "Integer(0)");
    assert_eq!(told(&format!("SELECT length(replace({long}, {half}, 'c'))")), "Integer(1000000)");
    assert_eq!(told(&format!("SELECT replace({long}, 'a', {half})")), "too-large");
    assert_eq!(told(&format!("SELECT trim({long}, {half})")), "sql");
    assert_eq!(told(&format!("SELECT unhex({long}, {half})")), "sql");
    assert_eq!(told("SELECT json_patch('{}', '{}')"), "not-granted");
    assert_eq!(told("SELECT json_pretty('{}')"), "not-granted");
}

#[test]
fn they_may_stand_wherever_sqlites_own_could() {
    let mut database = shop();
    database
        .run_script(
            "CREATE TABLE t (a TEXT CHECK (instr(a, 'x') = 0), b TEXT DEFAULT (replace('ab', 'a', 'c')),
                             c TEXT GENERATED ALWAYS AS (trim(a, '-')) STORED, d BLOB AS (unhex(a, '-')));
             CREATE INDEX i ON t (replace(a, 'a', 'b'), rtrim(a, '-')) WHERE ltrim(a, '-') > '';
             CREATE VIEW v AS SELECT instr(a, 'b') AS place FROM t;
             INSERT INTO t (a) VALUES ('-0b-')",
        )
        .unwrap();
    assert_eq!(look(&database, "SELECT b || c || hex(d) || place FROM t, v"), "Text(\"cb0b0B3\")");
    assert!(database.run("INSERT INTO t (a) VALUES ('x')").is_err());
    let error = problem(database.row_as(&plugin("shop"), &format!("SELECT trim('a', '{}')", "b".repeat(101)), &[]));
    assert!(error.detail.contains("100 bytes"), "{error}");
}

#[test]
fn a_long_program_works_on_short_values() {
    let mut database = shop();
    let mut told = |columns: usize, bytes: usize| {
        // One call in the text, flattened into one for each time its result is used.
        let columns = vec![vec!["a"; 50].join(" + "); columns].join(", ");
        let sql = format!("SELECT {columns} FROM (SELECT ?1 LIKE '%b' AS a FROM users)");
        database.row_as(&plugin("shop"), &sql, &[Value::Text("a".repeat(bytes))]).map(drop).map_err(|error| error.into_problem().code)
    };
    assert_eq!(told(1, 60_000), Ok(()));
    assert_eq!(told(1, 1_000_000), Err("too-large".into()));
    assert_eq!(told(100, 500), Ok(()));
    assert_eq!(told(100, 60_000), Err("too-large".into()));
    let wide = format!("INSERT INTO users (id, email, pw) VALUES {}", vec!["(?1 || ?1, ?1, ?1)"; 40].join(", "));
    let told = database.execute_as(&plugin("shop"), &wide, &[Value::Text("a".repeat(100_000))]).map_err(SqlError::into_problem);
    assert_eq!(told.unwrap_err().code, "constraint", "two rows are alike, and none is too long");
}
