//! What the database should be and what it is: `verify`, `drift`, `repair` and `plugins remove`, with every way in which they can differ. What was
//! proven before is in `kept`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

#[cfg(unix)]
mod kept;
#[path = "../support/mod.rs"]
mod support;

use serde_json::{Value as Json, json};
use support::shell::sqlite3;
use support::steps::written;
use support::{Said, TestHost, component};

const PLUGIN: &str = "scripted-both-ways";

fn both_ways() -> Vec<u8> {
    std::fs::read(component("scripted-both-ways")).unwrap()
}

fn table(columns: &[&str]) -> Json {
    let column = |name: &&str| json!({"name": name, "data_type": "integer", "nullable": true});
    json!({"name": "t", "columns": columns.iter().map(column).collect::<Vec<_>>()})
}

fn create(columns: &[&str]) -> Json {
    json!({"call": "create-table", "table": table(columns)})
}

fn drop() -> Json {
    json!({"call": "drop-table", "name": "t"})
}

/// What `verify` says of a plugin with that script.
fn verified(script: &Json) -> Said {
    let host = TestHost::new();
    host.write("plugins/it.wasm", written(both_ways(), script));
    host.run("verify")
}

#[test]
fn a_plugin_that_does_what_it_says_is_proven() {
    let script = json!({"declares": {"tables": [table(&["a"])]}, "m1": [create(&["a"])], "m1-down": [drop()]});
    let said = verified(&script).done();
    assert_eq!(said.out, format!("{PLUGIN}: its 3 revisions leave what it declares, undone nothing, and applied again the same\n"));
    let host = TestHost::new().plugin("irreversible");
    let said = host.run("verify irreversible").done();
    assert!(said.out.contains("its way back ends at a00000000002, which is irreversible: "), "{}", said.out);
    host.run("verify nobody").refused().err_has(&["there is no plugin or file \"nobody\"", "irreversible"]);
}

#[test]
fn each_way_not_to_is_told() {
    let declares = |columns: &[&str]| json!({"tables": [table(columns)]});
    let differs = "its revisions do not leave what it declares (`-` is declared, `+` is left):\ntable t\n  - b INTEGER\n  + a INTEGER";
    let rename = |to: &str| json!({"call": "alter-table", "name": "t", "changes": [{"kind": "rename-column", "name": if to == "b" { "a" } else { "b" }, "attributes": {"to": to}}]});
    for (script, says) in [
        (json!({"declares": declares(&["b"]), "m1": [create(&["a"])], "m1-down": [drop()]}), differs),
        (json!({"declares": declares(&["a"])}), "table t\n  - a INTEGER"),
        (json!({"m1": [create(&["a"])], "m1-down": [drop()]}), "table t\n  + a INTEGER"),
        (
            json!({"declares": declares(&["a"]), "m1": [create(&["a"])]}),
            "scripted-both-ways@m1, undone, leaves something else than there was before it (`-` before, `+` now):\ntable t\n  + a INTEGER",
        ),
        (
            json!({"declares": declares(&["a"]), "m1": [create(&["a"])], "m1-down": [drop(), drop()]}),
            "scripted-both-ways@m1 cannot be undone on an empty database; mend its downgrade, or declare the revision `irreversible`",
        ),
        (
            json!({"declares": declares(&["b"]), "m1": [create(&["a"])], "m1-down": [drop()], "m2": [rename("b")]}),
            "scripted-both-ways@m2, undone, leaves something else than there was before it (`-` before, `+` now):\ntable t\n  - a INTEGER\n  + b INTEGER",
        ),
        (
            json!({"m1": [create(&["a"]), create(&["a"])], "m3": [drop()]}),
            "scripted-both-ways@m1 cannot be replayed on an empty database: table t is already there",
        ),
    ] {
        let said = verified(&script).refused().err_has(&[says]);
        assert!(!said.out.contains("leave what it declares"), "{}", said.out);
    }
}

#[test]
fn an_unproven_plugin_is_refused_with_the_difference_and_the_others_go_on() {
    let host = TestHost::new().plugin("shop");
    let script = json!({"m1": [create(&["a"])], "m1-down": [drop()]});
    host.write("plugins/it.wasm", written(both_ways(), &script));
    let says = ["it.wasm (plugin scripted-both-ways) was refused", "table t\n  + a INTEGER"];
    host.run("upgrade head").refused().err_has(&says);
    assert_eq!(host.ledger(), ["shop@a1b2c3d4e5f6"]);
    host.run("plugins list").refused().err_has(&says);
    host.run("plugins inspect scripted-both-ways").refused().err_has(&says);
}

#[test]
fn what_was_changed_by_hand_is_shown_by_owner_and_can_be_accepted() {
    let host = TestHost::new().plugin("shop").plugin("notes-1");
    host.run("drift").done();
    host.run("upgrade head").done();
    let said = host.run("drift").done().err_has(&["as the applied revisions leave it"]);
    assert_eq!(said.out, "");
    host.database()
        .execute_batch(
            "CREATE TABLE somebodys (id); ALTER TABLE users ADD COLUMN nick TEXT; DROP INDEX ix_orders_user_id;
             CREATE TRIGGER spy AFTER INSERT ON users BEGIN SELECT 1; END; DROP TABLE notes",
        )
        .unwrap();
    let before = host.everything();
    let said = host.run("drift").refused();
    let expected = "notes: table notes is gone\n  - note TEXT\n";
    assert!(said.out.starts_with(expected), "{}", said.out);
    for part in [
        "shop: index ix_orders_user_id is gone\n  - CREATE INDEX ix_orders_user_id ON orders (user_id)\n",
        "shop: table users is not as the revisions leave it\n  + nick TEXT\n",
        "shop: trigger spy is there, and no revision leaves it\n  + CREATE TRIGGER spy AFTER INSERT ON users",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    assert!(!said.out.contains("somebodys"), "what nobody's plugin owns is nobody's drift: {}", said.out);
    let drift: Json = serde_json::from_str(&host.run("drift --json").refused().out).unwrap();
    let kinds: Vec<&str> = drift["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["missing", "missing", "changed", "surplus"]);
    assert_eq!(host.everything(), before, "looking changes nothing");
    host.run_with(&["repair", "table orders"]).refused().err_has(&["there is no drift of \"table orders\"", "table users"]);
    host.run_with(&["repair", "table users"]).done().err_has(&["Accepted: shop: table users"]);
    host.run("repair spy").done();
    host.run("repair notes").done();
    host.run("repair ix_orders_user_id").done();
    host.run("drift").done();
    host.database().execute_batch("ALTER TABLE users ADD COLUMN more TEXT").unwrap();
    let said = host.run("drift").refused();
    assert!(said.out.contains("+ nick TEXT\n  + more TEXT"), "what changes again is shown again: {}", said.out);
}

#[test]
fn an_edited_revision_is_drift_until_it_is_accepted() {
    let host = TestHost::new().plugin("notes-1");
    host.run("upgrade head").done();
    host.replace("notes-1", "notes-edited");
    let said = host.run("drift").refused();
    assert_eq!(said.out, "notes: notes@a00000000001 is applied, and the plugin's file would apply it otherwise\n");
    host.run("upgrade head").refused().err_has(&["would apply it otherwise"]);
    host.run("repair notes@a00000000001").done();
    assert_eq!(host.column("SELECT seq, plugin_version FROM tenon_ledger"), ["1|1.0.1"]);
    assert_eq!(host.column("SELECT plugin_version FROM tenon_components"), ["1.0.1"], "the other component applied nothing that counts");
    // What the file would have made otherwise was never made: that is what is left to accept, or to make.
    let said = host.run("drift").refused();
    assert_eq!(said.out, "notes: table notes is not as the revisions leave it\n  - more TEXT\n");
    host.run("upgrade head").done();
    host.run("repair notes").done();
    host.run("drift").done();
}

#[test]
fn what_the_ledger_says_of_a_lost_component_cannot_be_accepted() {
    let host = TestHost::new().plugin("notes-1");
    host.run("upgrade head").done();
    host.remove("notes-1");
    host.database().execute_batch("DELETE FROM tenon_components").unwrap();
    let said = host.run("drift").refused();
    assert!(
        said.out
            .starts_with("notes: notes@a00000000001 notes@a00000000001 cannot be undone: the component that applied it is not archived"),
        "{}",
        said.out
    );
    host.run("repair notes@a00000000001").refused().err_has(&["cannot be accepted", "restore a backup, or put back the file"]);
    host.database().execute_batch("UPDATE tenon_ledger SET digest = 'x'").unwrap();
    host.run("drift").refused().err_has(&["the ledger, column digest"]);
}

#[test]
fn a_plugin_is_removed_with_or_without_its_data() {
    let host = TestHost::new().plugin("shop").plugin("billing").plugin("notes-1");
    host.run("upgrade head").done();
    host.database()
        .execute_batch(
            "INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000A', 'ann@example.org', 'Ann');
             INSERT INTO notes (id, note) VALUES ('01J0000000000000000000000A', 'kept')",
        )
        .unwrap();
    let before = host.everything();
    let said = host.run("plugins remove shop --plan").done();
    for part in [
        "shop: the file shop.wasm, 1 applied revision\n",
        "--drop would drop table users (1 row)",
        "--drop would drop index ix_orders_user_id\n",
        "cannot be removed: plugin billing requires it",
        "cannot be dropped: billing@",
        "a foreign key of table invoices leads to table orders",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    host.run("plugins remove shop").refused().err_has(&["plugin shop stays", "plugin billing requires it"]);
    host.run("plugins remove shop --drop").refused().err_has(&["plugin shop stays", "billing@"]);
    host.run("plugins remove nobody").refused().err_has(&["there is no plugin or file \"nobody\"", "billing, notes, shop"]);
    host.run("plugins remove shop --drop --plan").misused();
    assert_eq!(host.everything(), before);
    host.run("plugins remove notes --keep-data").done().err_has(&["Removed notes-1.wasm.", "`tenon downgrade notes@base` undoes it"]);
    assert_eq!(host.everything(), before);
    host.run("plugins remove notes --drop").done().err_has(&["Dropped 1 object of plugin notes and 1 applied revision."]);
    assert!(!host.tables().contains(&"notes".to_owned()));
    host.run("plugins remove billing --drop").done();
    host.run("plugins remove shop --drop").done();
    assert!(host.tables().is_empty() && host.ledger().is_empty());
    assert_eq!(host.column("SELECT count(*) FROM tenon_components"), ["0"]);
    assert!(std::fs::read_dir(host.path("plugins")).unwrap().next().is_none());
    host.run("drift").done();
}

#[test]
fn what_somebody_made_over_a_plugins_table_keeps_it() {
    let host = TestHost::new().plugin("notes-1");
    host.run("upgrade head").done();
    host.database().execute_batch("CREATE VIEW mine AS SELECT note FROM notes").unwrap();
    let before = host.everything();
    host.run("plugins remove notes --drop").refused().err_has(&["plugin notes stays", "view mine could not be used any more", "notes"]);
    assert_eq!(host.everything(), before);
    host.database().execute_batch("DROP VIEW mine; CREATE TRIGGER spy AFTER INSERT ON notes BEGIN SELECT 1; END").unwrap();
    host.run("plugins remove notes --drop").refused().err_has(&["plugin notes stays", "trigger spy on table notes was not made by it"]);
    assert!(host.path("plugins/notes-1.wasm").exists());
}

#[test]
fn a_file_that_is_the_only_way_back_is_archived_before_it_goes() {
    let host = TestHost::new().plugin("notes-1");
    let script = host.run("upgrade head --sql").done().out;
    sqlite3(&host.path("tenon.db"), &script).done();
    host.run("plugins remove notes").done();
    host.run("downgrade notes@base").done();
    assert!(host.tables().is_empty());
}

#[test]
fn a_revision_that_was_put_elsewhere_is_drift() {
    let host = TestHost::new().plugin("chain-straight");
    host.run("upgrade head").done();
    host.replace("chain-straight", "chain-inserted");
    let said = host.run("drift").refused();
    assert!(said.out.contains("chain: chain@bb was applied on aa, and the plugin's file puts it on xx"), "{}", said.out);
}

/// Names that no declaration could have, on what somebody made by hand: each as SQL quotes it, and as a terminal may show it.
const ODD: [(&str, &str); 8] = [
    ("pg_by_hand", "pg_by_hand"),
    ("tenon_by_hand", "tenon_by_hand"),
    (
        "a_name_of_more_than_sixty_three_bytes_which_no_other_database_would_take",
        "a_name_of_more_than_sixty_three_bytes_which_no_other_database_would_take",
    ),
    ("say \"\"hi\"\"", "say \"hi\""),
    ("it's [this]", "it's [this]"),
    ("clear\u{1b}[2Jed", "clear\\u{1b}[2Jed"),
    ("two\nlines", "two\\nlines"),
    ("\u{202e}größe\u{200b}", "\\u{202e}größe\\u{200b}"),
];

/// A plugin's table with an index and a trigger of each odd name, an index whose name is no UTF-8, a table that refers to it, and views.
fn with_odd_names() -> TestHost {
    let host = TestHost::new().plugin("notes-1");
    host.run("upgrade head").done();
    let database = host.database();
    for (number, (name, _)) in ODD.iter().enumerate() {
        let (index, trigger) = if number % 2 == 0 { (*name, format!("{name} too")) } else { ("plain", (*name).to_owned()) };
        database
            .execute_batch(&format!(
                "CREATE INDEX \"{index}{number}\" ON notes (note); CREATE TRIGGER \"{trigger}\" AFTER INSERT ON notes BEGIN SELECT 1; END;
                 CREATE VIEW \"{name} seen\" AS SELECT note FROM notes; CREATE TABLE \"{name} of\" (note REFERENCES notes (id))"
            ))
            .unwrap();
    }
    database
        .execute_batch(
            "CREATE INDEX by_hand ON notes (note DESC); PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET name = CAST(x'67f6' AS TEXT), sql = CAST('CREATE INDEX \"' || x'67f6' || '\" ON notes (note DESC)' AS TEXT)
             WHERE name = 'by_hand'; PRAGMA writable_schema = OFF",
        )
        .unwrap();
    host
}

/// Nothing that a terminal would obey, but line ends.
fn is_plain(said: &Said) -> bool {
    !(said.out.clone() + &said.err).contains(|c: char| c != '\n' && (c.is_control() || matches!(c, '\u{202e}' | '\u{200b}')))
}

#[test]
fn what_has_a_name_that_no_plugin_could_give_is_shown_and_accepted_as_any_other() {
    let host = with_odd_names();
    let before = host.everything();
    let said = host.run("drift").refused();
    assert!(is_plain(&said), "{said:?}");
    let drift: Json = serde_json::from_str(&host.run("drift --json").refused().out).unwrap();
    let items = drift["items"].as_array().unwrap();
    assert_eq!(items.len(), 2 * ODD.len() + 1);
    for (number, (_, shown)) in ODD.iter().enumerate() {
        let line = match number % 2 {
            0 => format!("notes: index {shown}{number} is there, and no revision leaves it\n  + CREATE INDEX "),
            _ => format!("notes: trigger {shown} is there, and no revision leaves it\n  + CREATE TRIGGER "),
        };
        assert!(said.out.contains(&line), "{line}\n{}", said.out);
    }
    assert!(said.out.contains("notes: index g\u{fffd} is there, and no revision leaves it"), "{}", said.out);
    assert_eq!(host.everything(), before, "looking changes nothing");
    for (number, (name, shown)) in ODD.iter().enumerate() {
        // As it is shown, as it is stored, and without its kind.
        let stored = name.replace("\"\"", "\"");
        let (index, trigger) =
            if number % 2 == 0 { (format!("index {shown}{number}"), format!("{stored} too")) } else { (format!("plain{number}"), stored) };
        for subject in [index, trigger] {
            let said = host.run_with(&["repair", &subject]).done();
            assert!(is_plain(&said) && said.err.contains("Accepted: notes: "), "{said:?}");
        }
    }
    host.run_with(&["repair", "index g\u{fffd}"]).done();
    host.run("drift").done();
    host.database()
        .execute_batch("DROP TRIGGER \"say \"\"hi\"\"\"; CREATE TRIGGER \"SAY \"\"hi\"\"\" AFTER DELETE ON notes BEGIN SELECT 2; END")
        .unwrap();
    let said = host.run("drift").refused();
    assert!(said.out.starts_with("notes: trigger SAY \"hi\" is there, and no revision leaves it"), "{}", said.out);
}

#[test]
fn a_removal_names_what_has_a_name_that_no_plugin_could_give() {
    let host = with_odd_names();
    let before = host.everything();
    let said = host.run("plugins remove notes --plan").done();
    assert!(is_plain(&said), "{said:?}");
    for (number, (_, shown)) in ODD.iter().enumerate() {
        let part = if number % 2 == 0 { format!("index {shown}{number}") } else { format!("trigger {shown}") };
        let part = format!("cannot be dropped: {part} on table notes was not made by it\n");
        assert!(said.out.contains(&part), "{part}\n{}", said.out);
        let of = format!("cannot be dropped: a foreign key of table {shown} of leads to table notes\n");
        assert!(said.out.contains(&of), "{of}\n{}", said.out);
    }
    let said = host.run("plugins remove notes --drop").refused().err_has(&["plugin notes stays", "index pg_by_hand0 on table notes"]);
    assert!(is_plain(&said), "{said:?}");
    assert_eq!(host.everything(), before);
    for command in
        ["current", "history", "plugins list", "verify", "upgrade head", "upgrade head --plan", "upgrade head --simulate", "lint head"]
    {
        let said = host.run(command).done();
        assert!(is_plain(&said), "{command}: {said:?}");
    }
}
