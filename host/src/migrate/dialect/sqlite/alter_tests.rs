//! Plans, carried out by hand on a plain connection: what they make, and what they leave alone.

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::super::SQLITE;
use super::*;
use crate::migrate::dialect::Dialect;
use crate::migrate::dialect::alteration::{Abilities, AlterStep, Copy};
use crate::migrate::samples::{column, key, name, names};
use crate::model::{Change, Check, Column, ConstraintOf, Default, Position, ReferenceAction, Unique};

pub(super) fn database(setup: &str) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&format!("PRAGMA foreign_keys = ON; {setup}")).unwrap();
    connection
}

pub(super) fn stored(connection: &Connection, table: &str) -> StoredTexts {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name = ?1 COLLATE NOCASE AND type <> 'view' ORDER BY type <> 'table', rowid";
    let mut texts: Vec<String> =
        connection.prepare(sql).unwrap().query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let others = texts.split_off(1);
    StoredTexts { table: texts.remove(0), others }
}

/// What a plan runs, in order.
pub(super) fn statements(connection: &Connection, table: &Name, changes: &[Change]) -> Vec<String> {
    let plan = SQLITE.alter(table, &stored(connection, table.as_str()), changes, false, Abilities::Bundled).unwrap();
    let all = plan.steps.into_iter().flat_map(|step| match step {
        AlterStep::Run(sql) | AlterStep::Restore(sql) | AlterStep::Copy(Copy { sql, .. }) => vec![sql],
        AlterStep::Swap { statements, .. } => statements,
    });
    all.collect()
}

/// Plans and carries out; answers why it was a rebuild.
pub(super) fn alter_as(
    connection: &Connection,
    table: &str,
    changes: &[Change],
    rebuild: bool,
    abilities: Abilities,
) -> Result<Option<String>, String> {
    let plan = SQLITE.alter(&name(table), &stored(connection, table), changes, rebuild, abilities).map_err(|error| error.to_string())?;
    for condition in &plan.conditions {
        let rows: i64 =
            connection.query_row(&condition.count, [], |row| row.get(0)).map_err(|error| format!("{error}: {}", condition.count))?;
        connection.prepare(&condition.first).map_err(|error| format!("{error}: {}", condition.first))?;
        if rows > 0 {
            return Err(format!("{}: {rows}", condition.rule));
        }
    }
    let run = |sql: &str| connection.execute_batch(sql).map_err(|error| format!("{error}: {sql}"));
    run("BEGIN")?;
    let result = plan.steps.iter().try_for_each(|step| match step {
        AlterStep::Run(sql) | AlterStep::Copy(Copy { sql, .. }) => run(sql),
        AlterStep::Restore(sql) => {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true).unwrap();
            let result = run(sql);
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false).unwrap();
            result
        }
        AlterStep::Swap { statements, .. } => {
            let switch = |config, on| connection.set_db_config(config, on).unwrap();
            switch(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, false);
            switch(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, true);
            let result = statements.iter().try_for_each(|sql| run(sql));
            switch(DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, false);
            switch(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true);
            result
        }
    });
    run(if result.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    result.map(|()| plan.rebuild)
}

pub(super) fn alter(connection: &Connection, table: &str, changes: &[Change]) -> Result<Option<String>, String> {
    alter_as(connection, table, changes, false, Abilities::Bundled)
}

pub(super) fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let count = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        let cells: Vec<String> = (0..count).map(|i| format!("{:?}", row.get::<_, rusqlite::types::Value>(i).unwrap())).collect();
        Ok(cells.join(" "))
    };
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// Everything of the schema but the table itself.
fn others(connection: &Connection, table: &str) -> Vec<String> {
    let sql =
        format!("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE NOT (type = 'table' AND name = '{table}') ORDER BY type, name");
    rows(connection, &sql)
}

pub(super) fn set_type(column: &str, data_type: &str) -> Change {
    Change::SetType { name: name(column), data_type: data_type.parse().unwrap(), using: None }
}

pub(super) fn not_null(column: &str) -> Change {
    Change::SetNullable { name: name(column), nullable: false, backfill: None }
}

/// A table with everything that a rebuild could lose.
const RICH: &str = "
    CREATE TABLE parent (id INTEGER PRIMARY KEY);
    INSERT INTO parent VALUES (1), (2);
    CREATE TABLE \"T\" (id INTEGER PRIMARY KEY AUTOINCREMENT, v VARCHAR(9), -- a comment
        n TEXT COLLATE NOCASE UNIQUE ON CONFLICT IGNORE, g INTEGER AS (id + 1) VIRTUAL, s TEXT GENERATED ALWAYS AS (v || n) STORED,
        p INTEGER REFERENCES parent (id) ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED,
        self INTEGER REFERENCES T (id), CHECK (v <> 'bad'), CONSTRAINT named CHECK (n <> ''));
    CREATE UNIQUE INDEX ux ON T (v COLLATE NOCASE DESC) WHERE v IS NOT NULL;
    CREATE INDEX ix ON T (lower(n) DESC);
    CREATE TABLE log (what);
    CREATE TRIGGER tr AFTER INSERT ON T BEGIN INSERT INTO log VALUES (new.v); END;
    CREATE TRIGGER td AFTER DELETE ON T BEGIN INSERT INTO log VALUES ('gone'); END;
    CREATE TABLE child (id INTEGER PRIMARY KEY, t INTEGER REFERENCES T ON DELETE CASCADE);
    CREATE TRIGGER elsewhere AFTER DELETE ON child BEGIN UPDATE T SET v = 'x' WHERE id = old.t; END;
    CREATE VIEW seen AS SELECT id, v FROM T;
    INSERT INTO T (id, v, n, p) VALUES (5, 'a', 'X', 1), (9, 'b', 'Y', 2);
    INSERT INTO T (v, n) VALUES ('c', 'Z'); DELETE FROM T WHERE v = 'c';
    INSERT INTO child VALUES (1, 5), (2, 9);";

#[test]
fn a_rebuild_keeps_everything_that_it_does_not_name() {
    let connection = database(RICH);
    let all = "SELECT rowid, * FROM T";
    let (before, log, kept) = (rows(&connection, all), rows(&connection, "SELECT * FROM log"), others(&connection, "T"));
    assert!(alter(&connection, "T", &[set_type("v", "string(80)")]).unwrap().is_some());
    assert_eq!(rows(&connection, all), before);
    assert_eq!(rows(&connection, "SELECT * FROM log"), log, "no trigger was fired");
    assert_eq!(rows(&connection, "SELECT * FROM child"), ["Integer(1) Integer(5)", "Integer(2) Integer(9)"]);
    assert_eq!(others(&connection, "T"), kept);
    let text = stored(&connection, "T").table;
    for piece in [
        "v VARCHAR(80), -- a comment",
        "UNIQUE ON CONFLICT IGNORE",
        "AS (id + 1) VIRTUAL",
        "DEFERRABLE INITIALLY DEFERRED",
        "CHECK (v <> 'bad')",
    ] {
        assert!(text.contains(piece), "{piece}: {text}");
    }
    connection.execute_batch("INSERT INTO T (v, n) VALUES ('new', 'N')").unwrap();
    assert_eq!(rows(&connection, "SELECT id FROM T WHERE v = 'new'"), ["Integer(11)"], "the counter goes on: 10 was used");
    assert!(connection.execute_batch("DELETE FROM T WHERE id = 5").is_ok());
    assert_eq!(rows(&connection, "SELECT id FROM child"), ["Integer(2)"], "children follow their parents again");
}

#[test]
fn strict_tables_without_rowid_stay_what_they_are() {
    let connection = database("CREATE TABLE w (k TEXT PRIMARY KEY, v INT) WITHOUT ROWID, STRICT; INSERT INTO w VALUES ('a', 1)");
    alter(&connection, "w", &[Change::SetDefault { name: name("v"), default: Some(Default::Value(7.into())) }]).unwrap();
    assert_eq!(stored(&connection, "w").table, "CREATE TABLE \"w\" (k TEXT PRIMARY KEY, v INT DEFAULT 7) WITHOUT ROWID, STRICT");
    connection.execute_batch("CREATE TABLE r (a, b); INSERT INTO r (rowid, a) VALUES (7, 'x'), (3, 'y')").unwrap();
    alter(
        &connection,
        "r",
        &[
            Change::DropColumn { name: name("b"), if_exists: false },
            Change::AddUnique { unique: Unique { name: None, columns: names(["a"]) }, if_not_exists: false },
        ],
    )
    .unwrap();
    assert_eq!(rows(&connection, "SELECT rowid, a FROM r"), ["Integer(3) Text(\"y\")", "Integer(7) Text(\"x\")"]);
}

#[test]
fn what_sqlite_can_do_in_place_is_done_in_place_and_an_old_one_copies() {
    let setup = "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CONSTRAINT c CHECK (a > 0), b TEXT NOT NULL)";
    let check = Check { name: Some(name("k")), expression: "a < 9".to_owned() };
    let cases: Vec<(Change, bool)> = vec![
        (Change::AddColumn { column: column("n", "string").null(), position: None, if_not_exists: false }, true),
        (Change::AddColumn { column: column("n", "integer").or(3), position: None, if_not_exists: false }, true),
        (Change::DropColumn { name: name("b"), if_exists: false }, true),
        (Change::RenameColumn { name: name("b"), to: name("z") }, true),
        (not_null("a"), false),
        (Change::SetNullable { name: name("b"), nullable: true, backfill: None }, false),
        (Change::AddCheck { check, if_not_exists: false }, false),
        (Change::DropConstraint { constraint: ConstraintOf::Name(name("c")), if_exists: false }, false),
    ];
    for (change, in_both) in cases {
        let (new, old) = (database(setup), database(setup));
        let kind = change.kind();
        let changes = [change];
        assert_eq!(alter_as(&new, "t", &changes, false, Abilities::Bundled), Ok(None), "{kind}");
        let rebuilt = alter_as(&old, "t", &changes, false, Abilities::Oldest).unwrap();
        assert_eq!(rebuilt.is_none(), in_both, "{kind}: {rebuilt:?}");
        let shape =
            |connection: &Connection| rows(connection, "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo('t')");
        assert_eq!(shape(&new), shape(&old), "{kind}");
    }
}

#[test]
fn rows_in_the_way_are_found_before_anything_is_touched() {
    let connection = database(
        "CREATE TABLE parent (id INTEGER PRIMARY KEY); CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT);
         INSERT INTO t VALUES (1, 'x', 1), (2, 'x', NULL), (3, '12', 5);",
    );
    let unique = |column: &str| Change::AddUnique { unique: Unique { name: None, columns: names([column]) }, if_not_exists: false };
    let check = |text: &str| Change::AddCheck { check: Check { name: None, expression: text.to_owned() }, if_not_exists: false };
    let before = rows(&connection, "SELECT sql FROM sqlite_schema");
    for (change, said) in [
        (not_null("b"), "column t.b takes no NULL: 1"),
        (unique("a"), "UNIQUE (a) of table t allows each only once: 2"),
        (check("b < 5"), "the CHECK of table t holds for every row: 1"),
        (set_type("a", "integer"), "every value of column t.a means the same as integer: 2"),
        (
            Change::AddForeignKey { key: key("b", "parent", ReferenceAction::NoAction), if_not_exists: false },
            "foreign key (b) of table t leads to a row of table parent: 2",
        ),
        (
            Change::AddColumn { column: column("n", "integer"), position: None, if_not_exists: false },
            "a new column t.n that takes no NULL and has no default needs a table without rows: 3",
        ),
        (Change::SetPrimaryKey { columns: names(["b"]), autoincrement: false }, "column t.b, of the primary key, takes no NULL: 1"),
    ] {
        assert_eq!(alter(&connection, "t", &[change]).unwrap_err(), said);
    }
    assert_eq!(rows(&connection, "SELECT sql FROM sqlite_schema"), before);
}

#[test]
fn values_are_converted_only_as_it_is_said() {
    let connection = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, data VARCHAR(50)); INSERT INTO t VALUES (1, 'd1'), (2, '22'), (3, '8.5'), (4, NULL)",
    );
    let using = |text: &str| Change::SetType { name: name("data"), data_type: "integer".parse().unwrap(), using: Some(text.to_owned()) };
    alter(&connection, "t", &[using("CAST(data AS INTEGER)")]).unwrap();
    assert_eq!(rows(&connection, "SELECT data FROM t"), ["Integer(0)", "Integer(22)", "Integer(8)", "Null"]);
    let backfill = Change::SetNullable { name: name("data"), nullable: false, backfill: Some(Default::Expression("id * 10".to_owned())) };
    alter(&connection, "t", &[backfill]).unwrap();
    assert_eq!(rows(&connection, "SELECT data FROM t WHERE id = 4"), ["Integer(40)"]);
}

#[test]
fn names_mean_the_table_as_it_was() {
    let connection = database(
        "CREATE TABLE t (alpha TEXT, beta TEXT); INSERT INTO t VALUES ('one', 'two'); CREATE UNIQUE INDEX sx ON t (alpha COLLATE NOCASE DESC, beta)",
    );
    let rename = |from: &str, to: &str| Change::RenameColumn { name: name(from), to: name(to) };
    assert_eq!(alter(&connection, "t", &[rename("alpha", "beta"), rename("beta", "alpha")]), Ok(None));
    assert_eq!(rows(&connection, "SELECT beta, alpha FROM t"), ["Text(\"one\") Text(\"two\")"]);
    assert_eq!(rows(&connection, "SELECT name FROM pragma_index_info('sx')"), ["Text(\"beta\")", "Text(\"alpha\")"]);
    alter_as(&connection, "t", &[not_null("beta"), rename("beta", "first")], true, Abilities::Bundled).unwrap();
    assert_eq!(
        rows(&connection, "SELECT name, \"notnull\" FROM pragma_table_info('t')"),
        ["Text(\"first\") Integer(1)", "Text(\"alpha\") Integer(0)"]
    );
}

#[test]
fn a_rule_may_name_its_own_table() {
    let connection = database(
        "CREATE TABLE \"T u\" (a INTEGER CHECK (\"t U\".a > 0), \"T u\" TEXT, g INTEGER AS (a + 1),
            self INTEGER REFERENCES \"T u\" (a), CONSTRAINT both CHECK (main.\"T u\".a + [T u] . a > 0), CHECK (\"T u\" <> '\"T u\".a'));
         CREATE UNIQUE INDEX ux ON \"T u\" (a);
         INSERT INTO \"T u\" VALUES (1, 'x', NULL)",
    );
    for _ in 0..2 {
        let why = alter_as(&connection, "T u", &[], true, Abilities::Bundled).unwrap();
        assert!(why.is_some());
    }
    let text = stored(&connection, "T u").table;
    for kept in ["CHECK (a > 0)", "CHECK (a + a > 0)", "CHECK (\"T u\" <> '\"T u\".a')", "REFERENCES \"T u\" (a)"] {
        assert!(text.contains(kept), "{kept} is not in {text}");
    }
    assert_eq!(rows(&connection, "SELECT a, g FROM \"T u\""), ["Integer(1) Integer(2)"]);
    assert!(connection.execute_batch("INSERT INTO \"T u\" (a) VALUES (0)").unwrap_err().to_string().contains("CHECK"));
}

#[test]
fn a_primary_key_can_go_come_and_count() {
    let fresh = || database("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, data TEXT); INSERT INTO t VALUES (3, 'a'), (7, 'b')");
    let (gone, back) = (
        Change::DropColumn { name: name("id"), if_exists: false },
        Change::AddColumn { column: column("id", "integer").null(), position: None, if_not_exists: false },
    );
    let connection = fresh();
    alter(&connection, "t", &[gone.clone(), back.clone()]).unwrap();
    assert_eq!(rows(&connection, "SELECT name, pk FROM pragma_table_info('t')"), ["Text(\"data\") Integer(0)", "Text(\"id\") Integer(0)"]);
    let connection = fresh();
    alter(&connection, "t", &[gone, back, Change::SetPrimaryKey { columns: names(["id"]), autoincrement: false }]).unwrap();
    assert_eq!(rows(&connection, "SELECT name, pk FROM pragma_table_info('t')"), ["Text(\"data\") Integer(0)", "Text(\"id\") Integer(1)"]);
    let connection = fresh();
    alter(&connection, "t", &[Change::SetPrimaryKey { columns: names(["id"]), autoincrement: true }]).unwrap();
    connection.execute_batch("DELETE FROM t WHERE id = 7; INSERT INTO t (data) VALUES ('c')").unwrap();
    assert_eq!(rows(&connection, "SELECT id FROM t"), ["Integer(3)", "Integer(8)"]);
    let connection = database("CREATE TABLE t (a INTEGER, b INTEGER, c); INSERT INTO t VALUES (1, 2, 3), (2, 4, 5)");
    alter(&connection, "t", &[Change::SetPrimaryKey { columns: names(["a", "b"]), autoincrement: false }]).unwrap();
    assert_eq!(
        rows(&connection, "SELECT name FROM pragma_table_info('t') WHERE pk > 0 AND \"notnull\" = 1 ORDER BY pk"),
        ["Text(\"a\")", "Text(\"b\")"]
    );
}

#[test]
fn columns_come_where_they_are_said_to_and_are_computed() {
    let connection = database("CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER); INSERT INTO t VALUES (1, 5)");
    let mut doubled = column("y", "integer").null();
    doubled.generated = Some(crate::model::schema::Generated { expression: "x * 2".to_owned(), stored: true });
    let told = column("told", "string").or("hi");
    let changes = [
        Change::AddColumn { column: doubled, position: None, if_not_exists: false },
        Change::AddColumn { column: told, position: Some(Position::After(name("id"))), if_not_exists: false },
        Change::AddColumn {
            column: column("when", "timestamp").or_expression("CURRENT_TIMESTAMP"),
            position: Some(Position::First),
            if_not_exists: false,
        },
    ];
    alter(&connection, "t", &changes).unwrap();
    assert_eq!(
        rows(&connection, "SELECT id, told, x, y, \"when\" > '2020' FROM t"),
        ["Integer(1) Text(\"hi\") Integer(5) Integer(10) Integer(1)"]
    );
    assert_eq!(rows(&connection, "SELECT group_concat(name) FROM pragma_table_xinfo('t')"), ["Text(\"when,id,told,x,y\")"]);
}

#[test]
fn a_column_that_something_is_made_of_does_not_go_alone() {
    let connection = database(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (a INT, b INT, c INT AS (a + 1), d INT UNIQUE, e INT, f INT REFERENCES p, g INT, h INT,
         CHECK (a < b), UNIQUE (e), FOREIGN KEY (g) REFERENCES p (id), CONSTRAINT two UNIQUE (b, h));
         CREATE INDEX ix ON t (h) WHERE b > 1;",
    );
    let drop = |column: &str| Change::DropColumn { name: name(column), if_exists: false };
    for (column, by) in [("a", "column c"), ("b", "CHECK (a < b)"), ("h", "CONSTRAINT two UNIQUE (b, h)")] {
        let said = alter(&connection, "t", &[drop(column)]).unwrap_err();
        assert!(said.contains(&format!("column t.{column} cannot be dropped")) && said.contains(by), "{said}");
    }
    let constraint = Change::DropConstraint { constraint: ConstraintOf::Name(name("two")), if_exists: false };
    assert!(alter(&connection, "t", &[drop("h"), constraint.clone()]).unwrap_err().contains("an index (CREATE INDEX ix"));
    connection.execute_batch("DROP INDEX ix").unwrap();
    alter(&connection, "t", &[drop("h"), constraint]).unwrap();
    for (column, native) in [("d", false), ("e", false), ("f", true), ("g", false)] {
        assert_eq!(alter(&connection, "t", &[drop(column)]).unwrap().is_none(), native, "{column}");
    }
    assert_eq!(stored(&connection, "t").table, "CREATE TABLE \"t\" (a INT, b INT, c INT AS (a + 1), CHECK (a < b))");
}

#[test]
fn constraints_without_a_name_are_known_by_what_they_say() {
    let connection = database(
        "CREATE TABLE p (id INTEGER PRIMARY KEY);
         CREATE TABLE t (a INT UNIQUE, b INT REFERENCES p, c INT CHECK (c   >0), UNIQUE (b, c), CHECK (A <> 'A'))",
    );
    let drop = |constraint| Change::DropConstraint { constraint, if_exists: false };
    let missing = alter(&connection, "t", &[drop(ConstraintOf::Unique(names(["c", "b"])))]).unwrap_err();
    assert_eq!(missing, "table t has no UNIQUE (c, b)");
    let all = [
        drop(ConstraintOf::Unique(names(["a"]))),
        drop(ConstraintOf::ForeignKey(names(["b"]))),
        drop(ConstraintOf::Check("C > 0".to_owned())),
        drop(ConstraintOf::Unique(names(["b", "c"]))),
    ];
    alter(&connection, "t", &all).unwrap();
    assert_eq!(stored(&connection, "t").table, "CREATE TABLE \"t\" (a INT, b INT, c INT, CHECK (A <> 'A'))");
    assert!(alter(&connection, "t", &[drop(ConstraintOf::Check("a <> 'a'".to_owned()))]).is_err(), "text is not a word");
}

#[test]
fn changes_that_cannot_all_be_meant_are_refused() {
    let connection = database("CREATE TABLE t (a, b INT CONSTRAINT k CHECK (b > 0), UNIQUE (a))");
    let default = |value: i64| Change::SetDefault { name: name("b"), default: Some(Default::Value(value.into())) };
    let gone = || Change::DropColumn { name: name("b"), if_exists: false };
    let unique = || Change::DropConstraint { constraint: ConstraintOf::Unique(names(["a"])), if_exists: false };
    for (changes, what) in [
        (vec![gone(), default(5)], "drop-column and set-default of column b"),
        (vec![default(1), default(2)], "set-default and set-default of column b"),
        (vec![set_type("b", "text"), set_type("b", "float")], "set-type and set-type of column b"),
        (vec![Change::RenameColumn { name: name("b"), to: name("c") }, gone()], "rename-column and drop-column of column b"),
        (vec![unique(), unique()], "UNIQUE (a) is dropped twice"),
    ] {
        let said = alter_as(&connection, "t", &changes, true, Abilities::Bundled).unwrap_err();
        assert_eq!(said, format!("the changes of table t contradict each other: {what}"));
    }
    let both = [gone(), Change::DropConstraint { constraint: ConstraintOf::Name(name("k")), if_exists: false }];
    alter(&connection, "t", &both).unwrap();
    let rename = |from: &str, to: &str| Change::RenameColumn { name: name(from), to: name(to) };
    connection.execute_batch("ALTER TABLE t ADD COLUMN b").unwrap();
    let twice = alter(&connection, "t", &[rename("a", "c"), rename("b", "c")]).unwrap_err();
    assert_eq!(twice, "table t already has a column c");
    let (fresh, place) = (column("a", "string").null(), None);
    alter(
        &connection,
        "t",
        &[rename("b", "z"), Change::AddColumn { column: Column { name: name("n"), ..fresh }, position: place, if_not_exists: false }],
    )
    .unwrap();
}

#[test]
fn what_makes_room_goes_first_and_values_are_converted_before_they_are_filled_in() {
    let connection = database(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT CONSTRAINT ck CHECK (b > 0)); INSERT INTO t VALUES (1, 'x1', 1), (2, NULL, 2)",
    );
    let backfill = Change::SetNullable { name: name("a"), nullable: false, backfill: Some(Default::Value(7.into())) };
    let using =
        Change::SetType { name: name("a"), data_type: "integer".parse().unwrap(), using: Some("CAST(substr(a, 2) AS INTEGER)".to_owned()) };
    alter(&connection, "t", &[backfill, using]).unwrap();
    assert_eq!(rows(&connection, "SELECT a FROM t ORDER BY id"), ["Integer(1)", "Integer(7)"]);
    let key = Change::SetPrimaryKey { columns: names(["code"]), autoincrement: false };
    let code = Change::AddColumn { column: column("code", "string").null(), position: None, if_not_exists: false };
    let said = alter(&connection, "t", &[key, code]).unwrap_err();
    assert!(said.contains("a new column t.code that takes no NULL"), "a key of NULLs is none: {said}");
}

#[test]
fn rowids_stay_although_a_column_was_called_so() {
    let connection = database("CREATE TABLE t (rowid TEXT UNIQUE, a); INSERT INTO t (_rowid_, rowid, a) VALUES (7, 'x', 1), (9, 'y', 2)");
    alter(&connection, "t", &[Change::DropColumn { name: name("rowid"), if_exists: false }]).unwrap();
    assert_eq!(rows(&connection, "SELECT rowid, a FROM t"), ["Integer(7) Integer(1)", "Integer(9) Integer(2)"]);
    let named = database("CREATE TABLE t (id INTEGER PRIMARY KEY, p INT); INSERT INTO t VALUES (1, NULL), (2, 1)");
    let to_itself = Change::AddForeignKey { key: key("p", "t", ReferenceAction::NoAction), if_not_exists: false };
    alter(&named, "t", &[to_itself]).unwrap();
}

#[test]
fn a_column_stands_where_it_is_said_to_stand_whatever_goes() {
    for (dropped, after, order) in
        [(&["a"][..], "a", "n b c"), (&["b"], "b", "a n c"), (&["c"], "c", "a b n"), (&["b", "c"], "b", "a n"), (&["a", "b"], "b", "n c")]
    {
        let connection = database("CREATE TABLE t (a TEXT, b TEXT, c TEXT)");
        let mut changes: Vec<Change> = dropped.iter().map(|column| Change::DropColumn { name: name(column), if_exists: false }).collect();
        changes.push(Change::AddColumn {
            column: column("n", "text").null(),
            position: Some(Position::After(name(after))),
            if_not_exists: false,
        });
        alter(&connection, "t", &changes).unwrap();
        let columns = connection.query_row("SELECT group_concat(name, ' ') FROM pragma_table_info('t')", [], |row| row.get::<_, String>(0));
        assert_eq!(columns.unwrap(), order);
    }
}

#[test]
fn when_a_key_is_checked_may_be_said_apart_from_it_and_goes_with_it() {
    let setup = "CREATE TABLE p (id INTEGER PRIMARY KEY);
                 CREATE TABLE t (a INTEGER REFERENCES p (id) NOT NULL DEFERRABLE INITIALLY DEFERRED UNIQUE, b TEXT)";
    let connection = database(setup);
    alter_as(&connection, "t", &[], true, Abilities::Bundled).unwrap();
    connection.execute_batch("BEGIN; INSERT INTO t VALUES (1, 'x'); INSERT INTO p VALUES (1); COMMIT").unwrap();
    alter(&connection, "t", &[Change::DropConstraint { constraint: ConstraintOf::ForeignKey(names(["a"])), if_exists: false }]).unwrap();
    let text = rows(&connection, "SELECT sql FROM sqlite_schema WHERE name = 't'").remove(0);
    assert!(text.contains("a INTEGER NOT NULL UNIQUE, b TEXT"), "{text}");
}
