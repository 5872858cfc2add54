//! The way back on rows: it works, or a warning names the column in its way and says what to do.

use super::sql::{Database, declaring};
use super::*;

const PARENT: &str = "CREATE TABLE p (id VARCHAR(26) NOT NULL PRIMARY KEY)";

/// Fills a database, upgrades it, fills it again, and downgrades it; answers what the author was told, and what became of the downgrade.
fn there_and_back(before: &[&str], rows: &[&str], after: &[&str], since: &[&str]) -> (Vec<String>, Result<Vec<String>, String>) {
    let (settings, before, after) = (settings(), declaring(before), declaring(after));
    let mut database = Database::new(&settings, &before);
    rows.iter().for_each(|sql| database.fill(sql));
    let found = sql::found(&before, &after).unwrap();
    database.run(&after, &found.upgrade).unwrap();
    since.iter().filter(|sql| !sql.is_empty()).for_each(|sql| database.fill(sql));
    let table = before.tables.iter().find(|table| table.name == *"t").unwrap();
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let undone = database.run(&after, &found.downgrade).map_err(|error| error.to_string());
    (found.warnings, undone.map(|()| database.values("t", &columns)))
}

#[track_caller]
fn comes_back(before: &str, rows: &str, after: &str, since: &str) -> Vec<String> {
    let (warnings, undone) = there_and_back(&[PARENT, before], &[rows], &[PARENT, after], &[since]);
    assert!(warnings.iter().all(|one| !one.contains("downgrade")), "{warnings:?}");
    undone.unwrap()
}

#[track_caller]
fn is_told(before: &str, rows: &[&str], after: &str, since: &str, column: &str) {
    let (warnings, undone) = there_and_back(&[PARENT, before], rows, &[PARENT, after], &[since]);
    let refused = undone.unwrap_err();
    let told = warnings.iter().any(|one| one.contains("downgrade") && one.contains(column));
    assert!(told, "{column} is in none of {warnings:?}, and it is refused: {refused}");
}

#[test]
fn a_unique_column_that_comes_back_has_another_value_in_each_row() {
    for (data_type, expected) in [
        ("VARCHAR", "'unknown-1'"),
        ("VARCHAR(26)", "'00000000000000000000000001'"),
        ("VARCHAR(36)", "'00000000-0000-0000-0000-000000000001'"),
        ("INTEGER", "1"),
        ("FLOAT", "1.0"),
        ("DECIMAL_TEXT(12,2)", "'1.00'"),
        ("DATETIME", "'1970-01-01 00:00:00.001'"),
    ] {
        let before = format!("CREATE TABLE t (a TEXT, code {data_type} NOT NULL UNIQUE)");
        let after = "CREATE TABLE t (a TEXT)";
        let rows = comes_back(&before, "INSERT INTO t VALUES ('x', 'one'), ('y', 'two')", after, "INSERT INTO t VALUES ('z')");
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0], format!("a 'x', code {expected}"));
    }
}

#[test]
fn what_makes_rows_differ_may_be_several_columns_an_index_a_key_or_a_default() {
    let fill = "INSERT INTO t (a, code) VALUES ('x', 'one'), ('x', 'two')";
    let since = "INSERT INTO t (a) VALUES ('x')";
    for before in [
        "CREATE TABLE t (a TEXT, code VARCHAR NOT NULL, UNIQUE (a, code))",
        "CREATE TABLE t (a TEXT, code VARCHAR NOT NULL DEFAULT 'none' UNIQUE)",
        "CREATE TABLE t (a TEXT, code VARCHAR DEFAULT 'none' UNIQUE)",
        "CREATE TABLE t (a TEXT, code VARCHAR NOT NULL, PRIMARY KEY (code))",
        "CREATE TABLE t (a TEXT, code BOOLEAN NOT NULL, id INTEGER UNIQUE, UNIQUE (id, code))",
    ] {
        let rows = comes_back(before, fill, "CREATE TABLE t (a TEXT)", since);
        assert_eq!(rows.len(), 3, "{before}");
    }
    let (table, index) = ("CREATE TABLE t (a TEXT, code VARCHAR NOT NULL)", "CREATE UNIQUE INDEX ux ON t (code)");
    let (warnings, undone) = there_and_back(&[table, index], &[fill], &["CREATE TABLE t (a TEXT)"], &[since]);
    assert!(warnings.iter().all(|one| !one.contains("downgrade")), "{warnings:?}");
    assert_eq!(undone.unwrap().len(), 3);
}

#[test]
fn a_field_that_was_an_option_for_a_while_gets_a_value_where_it_has_none() {
    let rows = comes_back(
        "CREATE TABLE t (a INTEGER NOT NULL, b VARCHAR NOT NULL DEFAULT 'new', c VARCHAR NOT NULL UNIQUE)",
        "INSERT INTO t VALUES (7, 'old', 'one')",
        "CREATE TABLE t (a INTEGER, b VARCHAR DEFAULT 'new', c VARCHAR UNIQUE)",
        "INSERT INTO t VALUES (NULL, NULL, NULL), (NULL, 'x', NULL)",
    );
    assert_eq!(rows, ["a 7, b 'old', c 'one'", "a 0, b 'new', c 'unknown-2'", "a 0, b 'x', c 'unknown-3'"]);
}

#[test]
fn a_column_for_which_no_value_can_be_made_up_is_told_and_refused_before_anything_is_written() {
    let parents = "INSERT INTO p VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV')";
    let own = "INSERT INTO t (a, c) VALUES ('x', '01ARZ3NDEKTSV4RRFFQ69G5FAV')";
    let key = "CREATE TABLE t (a TEXT, c VARCHAR(26) NOT NULL REFERENCES p (id))";
    is_told(key, &[parents, own], "CREATE TABLE t (a TEXT)", "", "t.c");
    let optional = "CREATE TABLE t (a TEXT, c VARCHAR(26) REFERENCES p (id))";
    is_told(key, &[parents, own], optional, "INSERT INTO t VALUES ('y', NULL)", "t.c");
    let flag = "CREATE TABLE t (a TEXT, c BOOLEAN NOT NULL UNIQUE)";
    is_told(flag, &["INSERT INTO t VALUES ('x', 0), ('y', 1)"], "CREATE TABLE t (a TEXT)", "", "t.c");
    let number = "CREATE TABLE t (a TEXT, c INTEGER NOT NULL UNIQUE)";
    is_told(number, &[], "CREATE TABLE t (a TEXT, c INTEGER UNIQUE)", "INSERT INTO t VALUES ('y', NULL)", "t.c");
    let check = "CREATE TABLE t (a TEXT, c INTEGER NOT NULL CHECK (c > 5))";
    is_told(check, &["INSERT INTO t VALUES ('x', 7)"], "CREATE TABLE t (a TEXT)", "", "t.c");
    // Of several, all.
    let checks = "CREATE TABLE t (a TEXT, c INTEGER NOT NULL CHECK (c <> 13) CHECK (c > 5))";
    let optional = "CREATE TABLE t (a TEXT, c INTEGER CHECK (c <> 13) CHECK (c > 5))";
    is_told(checks, &[], optional, "INSERT INTO t VALUES ('y', NULL)", "CHECK (c > 5)");
    // A list is none that could be null, nor is a map a list.
    let json = "CREATE TABLE t (a TEXT, c JSON NOT NULL)";
    is_told(json, &["INSERT INTO t VALUES ('x', '[]')"], "CREATE TABLE t (a TEXT)", "", "t.c");
    is_told(json, &[], "CREATE TABLE t (a TEXT, c JSON)", "INSERT INTO t VALUES ('y', NULL)", "t.c");
}

#[test]
fn json_that_has_a_default_or_may_be_null_comes_back() {
    let fill = "INSERT INTO t (a) VALUES ('x')";
    let defaulted = comes_back("CREATE TABLE t (a TEXT, c JSON NOT NULL DEFAULT '[]')", fill, "CREATE TABLE t (a TEXT)", "");
    assert_eq!(defaulted, ["a 'x', c '[]'"]);
    assert_eq!(comes_back("CREATE TABLE t (a TEXT, c JSON)", fill, "CREATE TABLE t (a TEXT)", ""), ["a 'x', c NULL"]);
}

#[test]
fn a_rule_that_comes_back_is_told_for_rows_may_have_broken_it_since() {
    let parents = "INSERT INTO p VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV')";
    let free = "CREATE TABLE t (a TEXT, c VARCHAR(26))";
    for (before, since, subject) in [
        ("CREATE TABLE t (a TEXT, c VARCHAR(26) UNIQUE)", "INSERT INTO t VALUES ('x', 'y'), ('x', 'y')", "UNIQUE (c) of table t"),
        ("CREATE TABLE t (a TEXT, c VARCHAR(26) CHECK (c <> 'y'))", "INSERT INTO t VALUES ('x', 'y')", "CHECK (c <> 'y') of table t"),
        ("CREATE TABLE t (a TEXT, c VARCHAR(26) REFERENCES p (id))", "INSERT INTO t VALUES ('x', 'y')", "foreign key (c) of table t"),
        (
            "CREATE TABLE t (a TEXT, c VARCHAR(26) NOT NULL PRIMARY KEY)",
            "INSERT INTO t VALUES ('x', 'y'), ('x', 'y')",
            "primary key (c) of table t",
        ),
        ("CREATE TABLE t (a TEXT, c INTEGER)", "INSERT INTO t VALUES ('x', 'y')", "column t.c"),
    ] {
        is_told(before, &[parents], free, since, subject);
        // The revision before this one is undone when this one is.
        let warnings = sql::found(&declaring(&[PARENT, before]), &declaring(&[PARENT, free])).unwrap().warnings;
        assert!(warnings.iter().all(|one| !one.contains("in the revision before it")), "{warnings:?}");
    }
}

#[test]
fn a_new_primary_key_that_is_the_number_of_a_row_is_no_risk() {
    for key in ["id INTEGER PRIMARY KEY", "id INTEGER NOT NULL DEFAULT 7 PRIMARY KEY", "id INTEGER DEFAULT 7 UNIQUE PRIMARY KEY"] {
        let (before, after) = (["CREATE TABLE t (a TEXT)"], [&*format!("CREATE TABLE t ({key}, a TEXT)")]);
        let (warnings, undone) =
            there_and_back(&before, &["INSERT INTO t VALUES ('x'), ('y')"], &after, &["INSERT INTO t (a) VALUES ('z')"]);
        assert!(warnings.iter().all(|one| !one.contains("upgrade will be refused")), "{key}: {warnings:?}");
        assert_eq!(undone.unwrap().len(), 3);
    }
    for (before, after) in [
        ("CREATE TABLE t (a TEXT)", "CREATE TABLE t (id BIGINT NOT NULL PRIMARY KEY, a TEXT)"),
        ("CREATE TABLE t (a TEXT)", "CREATE TABLE t (id INTEGER NOT NULL, b INTEGER NOT NULL DEFAULT 1, a TEXT, PRIMARY KEY (b, id))"),
        ("CREATE TABLE t (a TEXT PRIMARY KEY) WITHOUT ROWID", "CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, a TEXT) WITHOUT ROWID"),
    ] {
        let (before, after) = (declaring(&[before]), declaring(&[after]));
        let found = sql::found(&before, &after).unwrap();
        assert!(
            found.warnings.iter().any(|one| one.contains("column t.id") && one.contains("upgrade will be refused")),
            "{:?}",
            found.warnings
        );
        let settings = settings();
        let mut database = Database::new(&settings, &before);
        database.fill("INSERT INTO t VALUES ('x')");
        let refused = database.run(&after, &found.upgrade).unwrap_err().to_string();
        assert!(refused.contains("column t.id") && refused.contains("needs a table without rows"), "{refused}");
    }
}

#[test]
fn what_rows_may_not_allow_on_the_way_there_is_told() {
    let before = declaring(&[PARENT, "CREATE TABLE t (a TEXT, b INTEGER, c VARCHAR(26))", "CREATE TABLE u (a INTEGER)"]);
    let after = declaring(&[
        PARENT,
        "CREATE TABLE t (a TEXT UNIQUE, b VARCHAR(9) CHECK (b <> ''), c VARCHAR(26) REFERENCES p (id), n VARCHAR(26) REFERENCES p (id), m TEXT UNIQUE)",
        "CREATE UNIQUE INDEX ux ON t (c, b)",
        "CREATE TABLE u (a INTEGER PRIMARY KEY)",
        "CREATE TABLE fresh (a TEXT UNIQUE CHECK (a <> ''))",
        "CREATE UNIQUE INDEX uf ON fresh (a)",
    ]);
    let warnings = sql::found(&before, &after).unwrap().warnings;
    let told: Vec<&String> = warnings.iter().filter(|one| one.contains("the upgrade")).collect();
    for subject in [
        "UNIQUE (a) of table t",
        "CHECK (b <> '') of table t",
        "foreign key (c) of table t",
        "column t.b gets the type string(9)",
        "unique index ux (c, b) of table t",
        "primary key (a) of table u",
    ] {
        assert_eq!(told.iter().filter(|one| one.contains(subject)).count(), 1, "{subject}: {told:#?}");
    }
    assert_eq!(told.len(), 6, "a column of NULLs breaks nothing, nor does a new table: {told:#?}");
}

/// Names that no sentence has by chance.
const COLUMNS: [&str; 4] = ["qa", "qb", "qc", "qd"];

/// A column of one of four makes, by its place: its SQL.
fn made(place: usize, not_null: bool, default: bool, rule: usize) -> String {
    let name = COLUMNS[place];
    let (data_type, default_value, check) = match place {
        0 => ("INTEGER", "7", "CHECK (qa > 5)"),
        1 => ("VARCHAR", "'new'", "CHECK (qb <> '')"),
        2 => ("VARCHAR(26)", "'01ARZ3NDEKTSV4RRFFQ69G5FA1'", "REFERENCES p (id)"),
        _ => ("BOOLEAN", "'0'", "CHECK (qd IS NOT NULL)"),
    };
    let mut sql = format!("{name} {data_type}");
    sql.push_str(&if default { format!(" DEFAULT {default_value}") } else { String::new() });
    sql.push_str(if not_null { " NOT NULL" } else { "" });
    sql.push_str(match rule {
        1 => " UNIQUE",
        2 => check,
        _ => "",
    });
    sql.replace("CHECK", " CHECK").replace("REFERENCES", " REFERENCES")
}

prop_compose! {
    fn lively()(
        there in any::<[bool; 4]>(),
        not_null in any::<[bool; 4]>(),
        defaults in any::<[bool; 4]>(),
        rules in [0_usize..4, 0_usize..4, 0_usize..4, 0_usize..4],
        more in 0_usize..6,
        led in 0_usize..4,
    ) -> Vec<String> {
        let has = |place: usize| there[place];
        let mut parts: Vec<String> = (0..4).filter(|place| has(*place)).map(|place| made(place, not_null[place], defaults[place], rules[place])).collect();
        parts.insert(0, "id INTEGER NOT NULL".to_owned());
        // What makes ids of the other table unique.
        let parent = ["PRIMARY KEY", "UNIQUE", "", ""][led];
        let mut statements = vec![format!("CREATE TABLE p (id VARCHAR(26) NOT NULL {parent})")];
        if led == 2 {
            statements.push("CREATE UNIQUE INDEX up ON p (id)".to_owned());
        } else if led == 3 {
            parts.iter_mut().for_each(|part| *part = part.replace(" REFERENCES p (id)", ""));
        }
        match more {
            1 if has(0) => parts.push("PRIMARY KEY (qa)".to_owned()),
            2 if has(1) && not_null[1] => parts.push("PRIMARY KEY (id, qb)".to_owned()),
            3 => {}
            _ => parts.push("PRIMARY KEY (id)".to_owned()),
        }
        if more == 4 && has(0) && has(3) {
            parts.push("UNIQUE (qa, qd)".to_owned());
        }
        statements.push(format!("CREATE TABLE t ({})", parts.join(", ")));
        if more == 5 && has(1) {
            statements.push("CREATE UNIQUE INDEX ux ON t (qb)".to_owned());
        }
        statements
    }
}

/// Two rows for a table: `first` is the number of the first, and with `same` they have the same where no rule forbids it.
fn two_rows(table: &Table, first: i64, nulls: bool, same: bool) -> Vec<Operation> {
    let value = |column: &Column, row: i64| match column.name.as_str() {
        "id" => Value::Integer(row),
        _ if nulls && column.nullable => Value::Null,
        "qa" => Value::Integer(if same { 0 } else { 10 + row }),
        "qb" => Value::Text(if same { String::new() } else { format!("v{row}") }),
        "qc" if same => Value::Text("01ARZ3NDEKTSV4RRFFQ69G5FA9".to_owned()),
        "qc" => Value::Text(format!("01ARZ3NDEKTSV4RRFFQ69G5FA{}", row % 2 + 1)),
        _ => Value::Integer(row % 2),
    };
    let row = |row: i64| Operation::InsertRows {
        table: table.name.clone(),
        columns: table.columns.iter().map(|column| column.name.clone()).collect(),
        rows: vec![table.columns.iter().map(|column| value(column, row)).collect()],
    };
    vec![row(first), row(first + 1)]
}

/// Of a step that rows refused, a warning has told: of that step, and of a column that is in the way. Who refuses for a CHECK names no column.
#[track_caller]
fn was_told(step: &str, found: &Found, refused: &AuthorError) {
    let refused = refused.to_string();
    let is_in_the_way = |one: &str, column: &&str| one.contains(*column) && (refused.contains(*column) || refused.contains("CHECK"));
    let told = found
        .warnings
        .iter()
        .any(|one| one.contains(&format!("the {step} will be refused")) && COLUMNS.iter().any(|column| is_in_the_way(one, column)));
    assert!(told, "{step}: {refused}\nis told by none of {:#?}\n{:#?}\n{:#?}", found.warnings, found.upgrade, found.downgrade);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_revision_is_done_and_undone_on_rows_or_says_which_column_is_in_the_way(
        from in lively(),
        to in lively(),
        nulls in any::<bool>(),
        since_nulls in any::<bool>(),
        same in any::<bool>(),
        parent in select(vec!["p", "z"]),
    ) {
        let settings = settings();
        let named = |sql: &String| sql.replace("TABLE p ", &format!("TABLE {parent} ")).replace("ON p ", &format!("ON {parent} ")).replace("REFERENCES p ", &format!("REFERENCES {parent} "));
        let texts = |all: &[String]| declaring(&all.iter().map(named).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>());
        let (before, after) = (texts(&from), texts(&to));
        let t = |manifest: &Manifest| manifest.tables.iter().find(|table| table.name == *"t").unwrap().clone();
        let found = sql::found(&before, &after).unwrap();
        let mut database = Database::new(&settings, &before);
        database.fill(&format!("INSERT INTO {parent} VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FA1'), ('01ARZ3NDEKTSV4RRFFQ69G5FA2')"));
        // A row that the table does not take is none that anybody has.
        two_rows(&t(&before), 1, nulls, false).iter().for_each(|row| database.offer(row));
        match database.run(&after, &found.upgrade) {
            Err(refused) => was_told("upgrade", &found, &refused),
            Ok(()) => {
                two_rows(&t(&after), 3, since_nulls, same).iter().for_each(|row| database.offer(row));
                if let Err(refused) = database.run(&after, &found.downgrade) {
                    was_told("downgrade", &found, &refused);
                }
            }
        }
    }
}
