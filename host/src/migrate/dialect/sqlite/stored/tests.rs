use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use rusqlite::Connection;

use super::*;

/// Names as they may stand in a text, and what they are.
pub(super) const NAMES: [(&str, &str); 6] =
    [("a", "a"), ("\"b c\"", "b c"), ("[d;(e]", "d;(e"), ("`f``g`", "f`g"), ("'h''i'", "h'i"), ("Größe", "Größe")];

const TYPES: [&str; 8] =
    ["", "INTEGER", "VARCHAR(50)", "DECIMAL( 10 , -2 )", "\"my type\"", "UNSIGNED BIG INT", "int /* ( */", "'quoted' type(7)"];

const COLUMN_CONSTRAINTS: [&str; 16] = [
    "NOT NULL",
    "CONSTRAINT nn NOT NULL ON CONFLICT IGNORE",
    "NULL",
    "DEFAULT -1",
    "DEFAULT(1 + (2))",
    "DEFAULT 'it''s, ok)'",
    "DEFAULT CURRENT_TIMESTAMP",
    "default true",
    "COLLATE \"nocase\"",
    "CHECK (1 /* ) */ = 1)",
    "CONSTRAINT \"c k\" CHECK (')' <> '(' )",
    "UNIQUE ON CONFLICT REPLACE",
    "REFERENCES other (id) ON DELETE SET NULL MATCH FULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "REFERENCES other NOT DEFERRABLE INITIALLY IMMEDIATE",
    "CONSTRAINT alone",
    "PRIMARY KEY DESC ON CONFLICT ABORT",
];

const TABLE_CONSTRAINTS: [&str; 7] = [
    "CHECK (1 <> 2) ON CONFLICT FAIL",
    "CONSTRAINT \"t c\" CHECK (length('a,b') > 0)",
    "UNIQUE ({} COLLATE NOCASE DESC) ON CONFLICT IGNORE",
    "PRIMARY KEY ({} ASC)",
    "CONSTRAINT fk FOREIGN KEY ({}) REFERENCES other (id) ON DELETE CASCADE",
    "FOREIGN KEY ({}) REFERENCES other DEFERRABLE",
    "CONSTRAINT dangling",
];

const BLANKS: [&str; 4] = [" ", "\n\t", " -- , ) a comment\n", "/* ( */"];

/// Texts of tables, of which SQLite takes most.
pub(super) fn tables() -> impl Strategy<Value = String> {
    let column = || (select(&TYPES[..]), subsequence(COLUMN_CONSTRAINTS.to_vec(), 0..4), select(&BLANKS[..]));
    let columns = (subsequence(NAMES.to_vec(), 1..=6), prop::collection::vec(column(), 6));
    let constraints = subsequence(TABLE_CONSTRAINTS.to_vec(), 0..4).prop_shuffle();
    let separators = (select(&[", ", ",", ",\n-- next\n"][..]), select(&[", ", " "][..]));
    let options = select(&["", " STRICT", " WITHOUT ROWID", " WITHOUT ROWID, strict"][..]);
    (select(&["t", "\"t\"", "[t]"][..]), columns, constraints, separators, options).prop_map(
        |(table, (names, columns), constraints, (between, loose), options)| {
            let columns: Vec<String> = names
                .iter()
                .zip(columns)
                .map(|((name, _), (data_type, constraints, blank))| {
                    let parts: Vec<&str> = [*name, data_type].into_iter().chain(constraints).filter(|part| !part.is_empty()).collect();
                    parts.join(blank)
                })
                .collect();
            let of_table: Vec<String> = constraints.iter().map(|constraint| constraint.replace("{}", names[0].0)).collect();
            let first = if of_table.is_empty() { "" } else { between };
            format!("CREATE TABLE {table} ({}{first}{}){options}", columns.join(between), of_table.join(loose))
        },
    )
}

/// What SQLite keeps of a text; none when it does not take it.
pub(super) fn made(text: &str) -> Option<(Connection, String)> {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(text).ok()?;
    let stored = connection.query_row("SELECT sql FROM sqlite_schema WHERE name = 't'", [], |row| row.get(0)).unwrap();
    Some((connection, stored))
}

/// Name, type, not null, default, place in the primary key, hidden: of each column.
pub(super) type Described = (String, String, bool, Option<String>, u32, u32);

pub(super) fn described(connection: &Connection) -> Vec<Described> {
    let mut statement = connection.prepare("PRAGMA table_xinfo(t)").unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?));
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// The oracle is SQLite: what it takes is read, and means what it says.
    #[test]
    fn a_stored_text_is_read_as_sqlite_reads_it(text in tables()) {
        if let Some((connection, stored)) = made(&text) {
            let table = StoredTable::read(&stored).unwrap_or_else(|error| panic!("{error}: {stored}"));
            let key: Vec<String> = table.primary_key().into_iter().map(str::to_owned).collect();
            let columns = described(&connection);
            prop_assert_eq!(table.columns.len(), columns.len());
            for (column, (name, data_type, not_null, default, place, _)) in table.columns.iter().zip(columns) {
                prop_assert_eq!(&column.name, &name);
                let declared = column.data_type.as_ref().map_or("", |span| table.text(span));
                let plain = |text: &str| text.replace(['"', '\'', ' '], "");
                if !declared.contains("/*") && !declared.contains("--") && !declared.contains('\'') {
                    prop_assert!(plain(declared).eq_ignore_ascii_case(&plain(&data_type)), "{} {}", declared, data_type);
                }
                let is_key = key.iter().position(|key| *key == name).map_or(0, |place| place + 1);
                prop_assert_eq!(is_key, place as usize, "{}", stored);
                let says_not_null = column.rule(|rule| *rule == Rule::NotNull).is_some();
                prop_assert!(!says_not_null || not_null, "{}", stored);
                let last = column.constraints.iter().rev().find_map(|constraint| match &constraint.rule {
                    Rule::Default(span) => Some(table.text(span).to_owned()),
                    _ => None,
                });
                let unwrapped = last.map(|text| text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).map_or(text.clone(), str::to_owned));
                prop_assert_eq!(unwrapped, default.map(|text| text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).map_or(text.clone(), str::to_owned)));
            }
            let keys: i64 = connection.query_row("SELECT count(DISTINCT id) FROM pragma_foreign_key_list('t')", [], |row| row.get(0)).unwrap();
            let of_columns = table.columns.iter().flat_map(|column| &column.constraints).chain(&table.constraints);
            let found = of_columns.filter(|constraint| matches!(constraint.rule, Rule::ForeignKey { .. })).count();
            prop_assert_eq!(found as i64, keys);
            let rowid = connection.prepare("SELECT _rowid_ FROM t").is_ok();
            prop_assert_eq!(table.rowid_name().is_some(), rowid);
        }
    }

    #[test]
    fn any_text_is_answered(text in "(CREATE TABLE t \\()?[a-z(),' \"-]{0,40}") {
        let _ = StoredTable::read(&text);
    }
}

#[test]
fn most_of_the_texts_are_taken_by_sqlite() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let taken = (0..200).filter(|_| made(&tables().new_tree(&mut runner).unwrap().current()).is_some()).count();
    assert!(taken > 40, "{taken} of 200");
}

#[test]
fn the_other_name_of_the_rowid_is_known() {
    for (text, alias) in [
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b)", true),
        ("CREATE TABLE t (a integer, b, PRIMARY KEY (a DESC))", true),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b)", false),
        ("CREATE TABLE t (a INT PRIMARY KEY, b)", false),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID", false),
        ("CREATE TABLE t (a INTEGER, b INTEGER, PRIMARY KEY (a, b))", false),
    ] {
        let (connection, stored) = made(text).unwrap();
        connection.execute_batch("INSERT INTO t (a, b) VALUES (7, 8)").unwrap();
        let is = connection.query_row("SELECT rowid = 7 FROM t", [], |row| row.get::<_, bool>(0)).unwrap_or(false);
        assert_eq!((StoredTable::read(&stored).unwrap().rowid_alias().is_some(), is), (alias, alias), "{text}");
    }
}

#[test]
fn what_is_no_ordinary_table_is_refused_with_the_place() {
    let error = |text| StoredTable::read(text).unwrap_err().to_string();
    assert_eq!(error("CREATE VIRTUAL TABLE t USING fts5(a)"), "its stored text has TABLE missing at byte 7");
    assert_eq!(error("CREATE TABLE t (a, b"), "its stored text has `)` missing at byte 20");
    assert_eq!(error("CREATE TABLE t (a 'b)"), "its stored text has the end of a quote or comment missing at byte 0");
}
