//! What is found in a schema.

use super::Database;
use super::testing::{name, plugin, problem, shop};
use crate::model::{Name, Object, ObjectKind, Reference};

#[test]
fn an_object_is_found_whatever_its_kind_and_case_with_its_owner() {
    let mut database = shop();
    database.run("CREATE INDEX ix_users ON users (pw)").unwrap();
    database.own(&plugin("shop"), ObjectKind::Index, &name("ix_users"), &name("users")).unwrap();
    let object = |text: &str| database.object(&name(text)).unwrap();
    let shop = Some(plugin("shop"));
    assert_eq!(object("USERS"), Some(Object { kind: ObjectKind::Table, name: name("users"), table: name("users"), owner: shop.clone() }));
    assert_eq!(object("Users").unwrap().name.as_str(), "users", "the name is as stored");
    assert_eq!(object("IX_users"), Some(Object { kind: ObjectKind::Index, name: name("ix_users"), table: name("users"), owner: shop }));
    assert_eq!(object("spenders").unwrap().kind, ObjectKind::View);
    assert_eq!(object("legacy").unwrap().owner, None);
    assert_eq!(object("nothing"), None);
}

#[test]
fn what_belongs_to_a_table_is_listed_without_what_its_constraints_brought() {
    let mut database = shop();
    database.run_script("CREATE INDEX ix_a ON users (pw); CREATE TRIGGER tr_a AFTER INSERT ON users BEGIN SELECT 1; END").unwrap();
    database.run("CREATE INDEX \"O'Brien\" ON users (at)").unwrap();
    database.own(&plugin("shop"), ObjectKind::Index, &name("ix_a"), &name("users")).unwrap();
    let found = database.parts_of(&name("USERS")).unwrap();
    let shown: Vec<_> = found.iter().map(|part| format!("{} {} {:?}", part.kind, part.name, part.owner)).collect();
    assert_eq!(shown, ["index O'Brien None", "index ix_a Some(\"shop\")", "trigger tr_a None"]);
    assert_eq!(found[0].text, "CREATE INDEX \"O'Brien\" ON users (at)");
    assert_eq!(found[0].name, "o'brien".into());
}

#[test]
fn columns_come_as_declared() {
    let mut database = Database::in_memory().unwrap();
    database.run("CREATE TABLE t (a VARCHAR(26) NOT NULL, b, c TEXT DEFAULT 'it''s', d AS (b) STORED, PRIMARY KEY (c, a))").unwrap();
    let columns = database.columns(&name("T")).unwrap();
    let shown: Vec<_> = columns
        .iter()
        .map(|c| format!("{} {:?} {} {:?} {:?} {}", c.name, c.declared_type, c.nullable, c.default, c.primary_key, c.generated))
        .collect();
    assert_eq!(
        shown,
        [
            "a \"VARCHAR(26)\" false None Some(2) false",
            "b \"\" true None None false",
            "c \"TEXT\" true Some(\"'it''s'\") Some(1) false",
            "d \"\" true None None true"
        ]
    );
    assert!(database.columns(&name("nothing")).unwrap().is_empty());
}

#[test]
fn references_to_a_table_come_with_the_rows_that_use_them() {
    let mut database = Database::in_memory().unwrap();
    database
        .run_script(
            "CREATE TABLE parent (a, b, PRIMARY KEY (a, b));
             CREATE TABLE one (x, y, z, FOREIGN KEY (x, y) REFERENCES PARENT (a, b), FOREIGN KEY (z, y) REFERENCES parent);
             CREATE TABLE self (a PRIMARY KEY, p REFERENCES self (a));
             CREATE TABLE other (p REFERENCES self (a));
             INSERT INTO parent VALUES (1, 1);
             INSERT INTO one VALUES (1, 1, NULL), (1, NULL, 1), (NULL, NULL, NULL);",
        )
        .unwrap();
    let reference =
        |columns: &[&str], rows| Reference { table: name("one"), columns: columns.iter().map(|c| (*c).to_owned()).collect(), rows };
    assert_eq!(database.references_to(&name("Parent")).unwrap(), [reference(&["x", "y"], 1), reference(&["z", "y"], 0)]);
    let to_self = database.references_to(&name("self")).unwrap();
    assert_eq!(to_self.iter().map(|r| r.table.as_str()).collect::<Vec<_>>(), ["other"]);
}

#[test]
fn the_same_schema_is_shown_the_same_however_it_was_made() {
    let one = {
        let mut database = shop();
        database.run_script("CREATE INDEX ix_b ON users (pw); CREATE INDEX ix_a ON users (at)").unwrap();
        database.schema().unwrap()
    };
    let two = {
        let mut database = shop();
        database.run_script("CREATE INDEX ix_a ON users (at); CREATE INDEX ix_b ON users (pw)").unwrap();
        database.schema().unwrap()
    };
    assert_eq!(one, two);
    assert_eq!(one.tables.keys().collect::<Vec<_>>(), ["invoices", "legacy", "notes", "orders", "secrets", "users"]);
    let orders = &one.tables["orders"];
    assert_eq!((orders.foreign_keys[0].target_table.as_str(), orders.foreign_keys[0].on_delete.as_str()), ("users", "CASCADE"));
    assert_eq!(orders.indexes[0].origin, "pk");
    assert!(one.views_and_triggers["spenders"].contains("JOIN"));
    assert!(serde_json::to_string(&one).is_ok());
}

#[test]
fn a_strict_table_is_told_from_others() {
    let mut database = Database::in_memory().unwrap();
    database.run_script("CREATE TABLE s (a TEXT) STRICT; CREATE TABLE t (a TEXT)").unwrap();
    let strict = |table: &str| database.is_strict(&name(table)).unwrap();
    assert_eq!((strict("S"), strict("t"), strict("nothing")), (true, false, false));
}

#[test]
fn a_table_named_like_a_function_of_sqlites_own_misleads_nobody() {
    let mut database = shop();
    let ask = |database: &Database| {
        let users = name("users");
        (database.schema().unwrap().tables["orders"].clone(), database.references_to(&users).unwrap(), database.is_strict(&users).unwrap())
    };
    let before = ask(&database);
    // By hand: no plugin can have such a name.
    for pragma in ["table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list", "module_list", "table_info"] {
        database.run(&format!("CREATE TABLE pragma_{pragma} (name, type, wr, strict, \"table\")")).unwrap();
    }
    database.forget_decisions();
    assert_eq!(ask(&database), before);
    for reach in ["SELECT count(*) FROM dbstat", "SELECT count(*) FROM pragma_module_list"] {
        assert_eq!(problem(database.query_as(&plugin("shop"), reach, &[])).code, "not-granted", "{reach}");
    }
}

#[test]
fn no_plugins_table_can_have_the_name_of_a_virtual_table_of_this_sqlite() {
    let database = Database::in_memory().unwrap();
    // Some are registered when they are first named.
    for lazy in ["json_each", "json_tree", "jsonb_each", "jsonb_tree", "pragma_table_list"] {
        database.all(&format!("SELECT 1 FROM {lazy} LIMIT 0"), [], |_| Ok(())).unwrap();
    }
    let modules: Vec<String> = database.all("PRAGMA module_list", [], |row| row.get(0)).unwrap();
    assert!(modules.len() > 10, "{modules:?}");
    for module in modules {
        let usable = module.parse::<Name>().is_ok_and(|name| name.require_table_name().is_ok());
        assert!(!usable, "model::name must reserve {module}");
    }
}
