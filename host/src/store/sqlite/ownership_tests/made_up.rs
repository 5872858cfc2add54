//! Texts that nobody would think of.

use super::*;
use proptest::prelude::*;
use proptest::sample::select;

const TABLES: [&str; 14] = [
    "users",
    "orders",
    "invoices",
    "notes",
    "secrets",
    "spenders",
    "legacy",
    "main.users",
    "\"Secrets\"",
    "sqlite_schema",
    "tenon_objects",
    "x",
    "json_each('[1]')",
    "(SELECT word FROM secrets)",
];

fn table() -> impl Strategy<Value = String> {
    select(TABLES.to_vec()).prop_map(str::to_owned)
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec!["id", "order_id", "text", "word", "pw", "*", "1", "'o1'", "NULL", "x.id", "users.pw", "count(*)"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), table()).prop_map(|(e, t)| format!("(SELECT {e} FROM {t} LIMIT 1)")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} = {b})")),
            (inner.clone(), table()).prop_map(|(e, t)| format!("EXISTS (SELECT {e} FROM {t})")),
            inner.prop_map(|e| format!("max({e})")),
        ]
    })
}

fn statement() -> impl Strategy<Value = String> {
    let with = prop_oneof![
        3 => Just(String::new()),
        1 => (select(vec!["x", "users", "invoices", "spenders"]), expression(), table()).prop_map(|(n, e, t)| format!("WITH {n} AS (SELECT {e} FROM {t}) ")),
    ];
    let or = select(vec!["", " OR REPLACE", " OR IGNORE", " OR FAIL"]);
    let returning = prop_oneof![2 => Just(String::new()), 1 => expression().prop_map(|e| format!(" RETURNING {e}"))];
    let body = prop_oneof![
        (expression(), table(), expression()).prop_map(|(e, t, w)| format!("SELECT {e} FROM {t} WHERE {w}")),
        (or.clone(), table(), expression(), table(), returning.clone())
            .prop_map(|(or, t, e, from, r)| format!("INSERT{or} INTO {t} (id) SELECT {e} FROM {from} WHERE 1{r}")),
        (or.clone(), expression(), returning.clone()).prop_map(|(or, e, r)| format!("INSERT{or} INTO invoices (order_id) VALUES ({e}){r}")),
        (or, table(), expression(), expression(), returning.clone())
            .prop_map(|(or, t, e, w, r)| format!("UPDATE{or} {t} SET id = {e} WHERE {w}{r}")),
        (table(), expression(), returning).prop_map(|(t, w, r)| format!("DELETE FROM {t} WHERE {w}{r}")),
    ];
    (with, body).prop_map(|(with, body)| with + &body)
}

fn foreign(database: &Database) -> String {
    let own = "SELECT group_concat(id || ifnull(order_id, ''), ' ') FROM (SELECT id, order_id FROM invoices UNION ALL SELECT id, order_id FROM notes)";
    contents(database).replace(&look(database, own), "")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_reads_or_changes_what_is_not_the_plugins_own(sql in statement()) {
        // SQLite's text of rows that billing may not see, or may only refer to.
        let secret = ["hunter2", "letmein", "swordfish", "ann@x", "\"o2\"", "CREATE", "tenon_"];
        let mut database = shop();
        database.run("DELETE FROM invoices").unwrap();
        database.run("DELETE FROM notes").unwrap();
        let before = foreign(&database);
        match database.query_as(&plugin("billing"), &sql, &[]) {
            Ok((json, _)) => {
                let answer = String::from_utf8(json).unwrap();
                let (_, cells) = answer.split_once(':').unwrap_or_default();
                prop_assert!(secret.iter().all(|word| !cells.contains(word)), "{}\n{}", sql, answer);
            }
            Err(SqlError::Problem(_)) => {}
            Err(SqlError::Fault(fault)) => prop_assert!(false, "{sql}\n{fault:?}"),
        }
        let own = database.all("SELECT order_id FROM invoices UNION ALL SELECT order_id FROM notes", [], |row| row.get::<_, Option<String>>(0)).unwrap();
        prop_assert!(own.iter().all(|id| id.as_deref() != Some("o2")), "{sql}\n{own:?}");
        database.run("DELETE FROM invoices").unwrap();
        database.run("DELETE FROM notes").unwrap();
        prop_assert_eq!(foreign(&database), before, "{}", sql);
    }
}
