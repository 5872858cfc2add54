//! After every step, up and down, whatever the step did not name stands in the schema as it stood, byte by byte: also what somebody made by
//! hand, in a way that no model would write.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use support::TestHost;

const BY_HAND: &str = "
    CREATE TABLE \"by  hand\" ( a  INTEGER /* kept, \"quoted */ primary key , [b] TEXT default ('x') collate nocase , CHECK(a>0)  ) ;
    CREATE INDEX  by_hand_ix  ON \"by  hand\" ( b  DESC , a+1 ) WHERE b<>'' -- some
    ;
    CREATE VIEW by_hand_view  AS SELECT  a , count(*)n FROM \"by  hand\" GROUP BY a;
    CREATE TRIGGER by_hand_tr  AFTER  INSERT ON \"by  hand\" BEGIN SELECT 1 ;  END;
    INSERT INTO \"by  hand\" (b) VALUES ('1'), ('2')";

/// Of each object but the host's own: its table, and its text.
fn schema(host: &TestHost) -> BTreeMap<String, (String, String)> {
    let database = host.database();
    let mut statement = database
        .prepare("SELECT name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE tbl_name NOT LIKE 'tenon\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'sqlite%'")
        .unwrap();
    statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap().map(Result::unwrap).collect()
}

/// All texts within.
fn texts(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::String(text) => _ = found.insert(text.to_ascii_lowercase()),
        Json::Array(all) => all.iter().for_each(|one| texts(one, found)),
        Json::Object(all) => all.values().for_each(|one| texts(one, found)),
        _ => {}
    }
}

/// Takes a step, and holds what changed against what its operations name; answers how many objects changed.
fn step(host: &TestHost, arguments: &str, operations: impl Fn() -> String) -> usize {
    let before = schema(host);
    let of_before = operations();
    host.run(arguments).done();
    let mut named = BTreeSet::new();
    for recorded in [of_before, operations()] {
        texts(&serde_json::from_str(&recorded).unwrap(), &mut named);
    }
    // SQLite follows a new name into the texts of whatever uses the old one.
    let renames = named.iter().any(|text| text.starts_with("rename"));
    let after = schema(host);
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed: Vec<&String> = all.into_iter().filter(|name| before.get(*name) != after.get(*name)).collect();
    for name in &changed {
        let (table, _) = before.get(*name).or(after.get(*name)).unwrap();
        let is_named = named.contains(&name.to_ascii_lowercase()) || named.contains(&table.to_ascii_lowercase());
        assert!(is_named || (renames && !name.starts_with("by")), "{arguments} changed {name}, which it does not name: {named:?}");
    }
    changed.len()
}

#[test]
fn what_a_step_does_not_name_stays_byte_by_byte() {
    for guest in ["changes", "data-steps", "shop"] {
        let host = TestHost::new().plugin(guest);
        rusqlite::Connection::open(host.path("tenon.db")).unwrap().execute_batch(BY_HAND).unwrap();
        let rows = host.column("SELECT * FROM \"by  hand\"");
        let last = || {
            host.database()
                .query_row("SELECT coalesce((SELECT up FROM tenon_ledger ORDER BY seq DESC LIMIT 1), '[]')", [], |row| row.get(0))
                .unwrap_or_else(|_| "[]".to_owned())
        };
        let revisions = host.revisions(guest).len();
        let up: usize = (0..revisions).map(|_| step(&host, "upgrade +1 --allow-destructive", last)).sum();
        let down: usize = (0..revisions).map(|_| step(&host, "downgrade -1", last)).sum();
        assert!(up >= 2 && down >= 2, "{guest}: {up} changes up, {down} down");
        assert_eq!(host.column("SELECT * FROM \"by  hand\""), rows);
        assert_eq!(schema(&host).len(), 4, "{guest}");
    }
}
