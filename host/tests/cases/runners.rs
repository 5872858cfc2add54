//! The cases that say what runs one after another, and what comes of it.

use serde_json::{Value as Json, json};

use crate::support::shell::sqlite3;
use crate::support::{TestHost, rows};
use crate::{PLUGIN, cases, complete, made_by_hand, texts};

fn table(name: &str, columns: &[&str]) -> Json {
    let column = |name: &&str| json!({"name": name, "data_type": "integer", "nullable": true});
    json!({"call": "create-table", "table": {"name": name, "columns": columns.iter().map(column).collect::<Vec<_>>()}})
}

/// A statement fails on rows that no replay has: of the whole revision nothing stays.
fn a_second_statement_fails(expect: &Json) {
    let host = TestHost::new();
    let fails = json!({"call": "execute", "sql": "UPDATE x SET a = abs(-9223372036854775808)"});
    host.write(PLUGIN, complete(json!({"m1": [table("x", &["a"])], "m2": [table("z", &["a"]), fails]})));
    host.run("upgrade scripted@m1").done();
    host.database().execute_batch("INSERT INTO x VALUES (1)").unwrap();
    let before = host.everything();
    let said = host.run("upgrade head");
    assert_eq!(said.code != Some(0), expect["exit_nonzero"] == true);
    assert_eq!(host.tables().contains(&"z".to_owned()), expect["z_exists"] == true);
    assert_eq!(host.ledger() == ["scripted@m1"], expect["version_unchanged"] == true);
    assert_eq!(host.everything(), before);
    host.database().execute_batch("DELETE FROM x").unwrap();
    host.run("upgrade head").done();
}

/// Another content under an applied id is refused and can be accepted; another file with the same content is not refused.
fn an_applied_revision_changed(expect: &Json) {
    let host = TestHost::new();
    let first = json!({"m1": [table("x", &["a"])], "m2": [table("y", &["a"])]});
    host.write(PLUGIN, complete(first.clone()));
    host.run("upgrade scripted@m1").done();
    let before = host.everything();
    host.write(PLUGIN, complete(json!({"m1": [table("x", &["a", "b"])], "m2": [table("y", &["a"])]})));
    let said = host.run("upgrade head").refused();
    texts(&expect["mentions"]).iter().for_each(|word| assert!(said.err.contains(word), "{word} is not in {}", said.err));
    assert!(said.err.contains("would apply it otherwise"), "{}", said.err);
    assert_eq!(host.everything() == before, expect["ledger_unchanged"] == true);
    let mut other_bytes = first;
    other_bytes["of no meaning"] = "\r\n".into();
    host.write(PLUGIN, complete(other_bytes));
    host.run("upgrade head").done();
    host.write(PLUGIN, complete(json!({"m1": [table("x", &["a", "b"])], "m2": [table("y", &["a"])]})));
    host.run("repair scripted@m1").done();
    assert!(!host.run("upgrade head").done().err.contains("refused"));
}

/// A revision that was put between applied ones is named, never passed over.
fn one_arrives_late(expect: &Json) {
    assert!(texts(&expect["either"])[0].starts_with("error"), "the other way is not this one: {expect}");
    let host = TestHost::new().plugin("chain-straight");
    host.run("upgrade head").done();
    let before = host.everything();
    host.replace("chain-straight", "chain-inserted");
    host.run("upgrade head").refused().err_has(&["revision bb was applied on aa, and this file puts it on xx"]);
    assert_eq!(host.everything(), before);
}

/// What was done by hand is recorded, and the next revision is the one after it.
fn the_ledger_is_set_by_hand(expect: &Json) {
    let host = made_by_hand(&[]);
    let [one, two, three] = ["x", "y", "z"].map(|name| json!([table(name, &["a"])]));
    host.write(PLUGIN, complete(json!({"m1": one, "m2": two, "m3": three})));
    host.run("upgrade scripted@m1").done();
    host.database().execute_batch("CREATE TABLE y (a INTEGER)").unwrap();
    host.run("upgrade head").refused().err_has(&["table y was not made by a plugin and has no owner"]);
    host.run("stamp scripted@m2").done().err_has(&["Taken over: table y."]);
    let next = host.run("upgrade head").done();
    assert!(next.err.contains(&format!("scripted@m2 -> scripted@{}", expect["next"].as_str().unwrap())), "{}", next.err);
    host.run("drift").done();
}

/// The script leaves in SQLite's shell what the run leaves.
fn a_script_is_run_by_hand(expect: &Json) {
    let script =
        complete(json!({"m1": [table("x", &["a"])], "m2": [table("y", &["a"])], "m3": [{"call": "rename-table", "name": "y", "to": "z"}]}));
    let (by_hand, online) = (TestHost::new(), TestHost::new());
    by_hand.write(PLUGIN, &script);
    online.write(PLUGIN, &script);
    online.run("upgrade head").done();
    let printed = by_hand.run("upgrade head --sql").done();
    assert!(!by_hand.path("tenon.db").exists(), "printing touches nothing");
    sqlite3(&by_hand.path("tenon.db"), &printed.out).done();
    let lasting = |host: &TestHost| {
        let database = host.database();
        let mut found = rows(&database, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name");
        found.extend(rows(&database, "SELECT * FROM tenon_objects ORDER BY name"));
        found.extend(rows(
            &database,
            "SELECT seq, plugin, revision, plugin_version, parents, component, digest, up FROM tenon_ledger ORDER BY seq",
        ));
        found
    };
    assert_eq!(lasting(&by_hand) == lasting(&online), expect["equal"] == true, "{:#?}\n{:#?}", lasting(&by_hand), lasting(&online));
}

/// A file that is older than the database is told so, and what it does not know is not written.
fn the_database_is_ahead(expect: &Json) {
    assert_eq!(expect["error"], "schema_ahead");
    let host = TestHost::new().plugin("notes-2");
    host.run("upgrade head").done();
    host.replace("notes-2", "notes-1");
    let before = host.everything();
    host.run("upgrade head").refused().err_has(&[
        "plugin notes",
        "a00000000002 is applied",
        "the file does not have it",
        "put the newer file back",
    ]);
    let listed = host.run("plugins list").done();
    assert!(listed.out.contains("behind the database, which has notes@a00000000002"), "{}", listed.out);
    let server = host.serve();
    server.post("notes", &json!({"note": "lost"})).problem(503, "plugin-not-ready");
    drop(server);
    assert_eq!(host.everything(), before);
}

#[test]
fn every_runner_case_passes() {
    let cases = cases("runner");
    assert!(!cases.is_empty());
    for case in &cases {
        let id = case["id"].as_str().unwrap();
        println!("{id}: {}", case["title"]);
        let run = match id {
            "run-01" => a_second_statement_fails,
            "run-05" => an_applied_revision_changed,
            "run-07" => one_arrives_late,
            "run-09" => the_ledger_is_set_by_hand,
            "run-11" => a_script_is_run_by_hand,
            "run-13" => the_database_is_ahead,
            other => panic!("{other} is told in words that nothing here acts out"),
        };
        run(&case["expect"]);
    }
}
