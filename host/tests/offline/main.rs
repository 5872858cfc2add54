//! `--sql`: what is printed, run by SQLite's own shell, leaves what the run would have left; and printing touches nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod elsewhere;
#[path = "../support/mod.rs"]
mod support;

use rusqlite::Connection;
use support::shell::sqlite3;
use support::{Said, TestHost, rows};

const BUNDLED: [&str; 3] = ["shop", "chapkit", "billing"];
const BILLING: [&str; 2] = ["upgrade  -> billing@b1c2d3e4f5a6", "upgrade billing@b1c2d3e4f5a6 -> billing@c4d5e6f7a8b9"];

fn bundled() -> TestHost {
    BUNDLED.iter().fold(TestHost::new(), |host, plugin| host.plugin(plugin))
}

/// What `--sql` printed.
#[track_caller]
fn printed(host: &TestHost, arguments: &str) -> String {
    let Said { out, err, .. } = host.run(arguments).done();
    assert_eq!(err, "", "nothing else is said");
    out
}

/// A script without what only SQLite's shell knows.
fn for_another_reader(script: &str) -> String {
    script.lines().filter(|line| *line != ".bail on").collect::<Vec<_>>().join("\n")
}

/// What a script must leave as the run does: schema, ledger (but for when, and how long it took), owners.
fn lasting(database: &Connection) -> Vec<String> {
    let ledger = "SELECT seq, plugin, revision, plugin_version, parents, depends_on, requires, message, created, irreversible, component, \
                  digest, up FROM tenon_ledger ORDER BY seq";
    let queries = [
        "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name",
        ledger,
        "SELECT * FROM tenon_objects ORDER BY name",
        "SELECT * FROM tenon_bookkeeping",
    ];
    queries.iter().flat_map(|sql| rows(database, sql)).collect()
}

/// The headings of a script's steps.
fn steps(script: &str) -> Vec<&str> {
    script.lines().filter_map(|line| line.strip_prefix("-- Running ")).collect()
}

#[test]
fn the_script_of_an_upgrade_leaves_in_the_shell_what_the_run_leaves() {
    let host = bundled();
    let script = printed(&host, "upgrade head --sql");
    assert!(!host.path("tenon.db").exists(), "nothing was touched");
    let said = sqlite3(&host.path("by-shell.db"), &script);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(0), "", ""));
    host.run("upgrade head").done();
    let (by_shell, online) = (Connection::open(host.path("by-shell.db")).unwrap(), host.database());
    assert_eq!(lasting(&by_shell), lasting(&online));
    let bundled_in = Connection::open_in_memory().unwrap();
    bundled_in.execute_batch(&for_another_reader(&script)).unwrap();
    assert_eq!(lasting(&bundled_in), lasting(&online), "SQLite as it is built into tenon reads the script the same way");
    let times = "SELECT count(*) FROM tenon_ledger WHERE duration_us IS NULL AND applied_at GLOB '????-??-??T??:??:??.???Z'";
    assert_eq!(rows(&by_shell, times), ["4"]);
}

#[test]
fn the_next_command_that_writes_archives_what_a_script_applied() {
    let host = bundled();
    sqlite3(&host.path("tenon.db"), &printed(&host, "upgrade head --sql")).done();
    assert_eq!(host.column("SELECT count(*) FROM tenon_components"), ["0"]);
    let current = host.run("current").done().out;
    assert_eq!(current.lines().count(), 3, "{current}");
    assert_eq!(host.column("SELECT count(*) FROM tenon_components"), ["0"], "looking changes nothing");
    host.run("upgrade head").done().err_has(&["Nothing to do"]);
    assert_eq!(host.column("SELECT plugin FROM tenon_components ORDER BY plugin"), ["billing", "chapkit", "shop"]);
    for plugin in BUNDLED {
        host.remove(plugin);
    }
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
}

#[test]
fn what_a_script_applied_can_be_undone_even_before_it_was_archived() {
    let host = bundled();
    sqlite3(&host.path("tenon.db"), &printed(&host, "upgrade head --sql")).done();
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
    let host = TestHost::new().plugin("shop");
    sqlite3(&host.path("tenon.db"), &printed(&host, "upgrade head --sql")).done();
    host.remove("shop");
    host.run("downgrade base").refused().err_has(&["shop@a1b2c3d4e5f6", "is not archived"]);
    assert_eq!(host.tables(), ["orders", "users"]);
}

#[test]
fn the_script_of_a_downgrade_starts_from_what_is_applied_and_leaves_nothing() {
    let host = bundled();
    host.run("upgrade head").done();
    let before = std::fs::read(host.path("tenon.db")).unwrap();
    let script = printed(&host, "downgrade base --sql");
    assert_eq!(std::fs::read(host.path("tenon.db")).unwrap(), before);
    let said = sqlite3(&host.path("tenon.db"), &script);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (Some(0), "", ""));
    assert!(host.tables().is_empty() && host.ledger().is_empty());
    assert!(host.column("SELECT * FROM tenon_objects").is_empty());
    assert_eq!(host.run("current").done().out, "");
    host.run("upgrade head").done();
    assert_eq!(host.tables().len(), 8);
}

#[test]
fn the_script_of_a_downgrade_takes_what_depends_on_it_only_with_cascade() {
    let host = bundled();
    host.run("upgrade head").done();
    host.run("downgrade shop@base --sql").refused().silent().err_has(&["billing@", "--cascade"]);
    let script = printed(&host, "downgrade shop@base --cascade --sql");
    assert_eq!(
        steps(&script),
        ["downgrade billing@c4d5e6f7a8b9 -> billing@b1c2d3e4f5a6", "downgrade billing@b1c2d3e4f5a6 -> ", "downgrade shop@a1b2c3d4e5f6 -> "]
    );
    sqlite3(&host.path("tenon.db"), &script).done();
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e"]);
}

#[test]
fn a_range_begins_where_it_says_whatever_the_database_says() {
    let host = TestHost::new().plugin("data-steps");
    let all = printed(&host, "upgrade head --sql");
    assert_eq!(steps(&all).len(), 6);
    let lower = printed(&host, "upgrade base:data-steps@d00000000002 --sql");
    let upper = printed(&host, "upgrade d00000000002:d00000000006 --sql");
    assert_eq!(steps(&lower).len(), 2);
    assert_eq!(steps(&upper)[0], "upgrade data-steps@d00000000002 -> data-steps@d00000000003");
    assert_eq!(steps(&upper).len(), 4);
    assert!(!upper.contains("tenon_bookkeeping"), "the host's tables are there already");
    let at_once = host.path("at-once.db");
    let in_parts = host.path("in-parts.db");
    sqlite3(&at_once, &all).done();
    sqlite3(&in_parts, &lower).done();
    sqlite3(&in_parts, &upper).done();
    let (at_once, in_parts) = (Connection::open(at_once).unwrap(), Connection::open(in_parts).unwrap());
    assert_eq!(lasting(&in_parts), lasting(&at_once));

    let down = printed(&host, "downgrade d00000000005:d00000000003 --sql");
    assert_eq!(
        steps(&down),
        ["downgrade data-steps@d00000000005 -> data-steps@d00000000004", "downgrade data-steps@d00000000004 -> data-steps@d00000000003",]
    );
    assert!(!host.path("tenon.db").exists());
    host.run("upgrade data-steps@d00000000005").done();
    sqlite3(&host.path("tenon.db"), &down).done();
    assert_eq!(host.run("current").done().out, "data-steps@d00000000003\n");
    host.run("upgrade head").done();
    host.run("downgrade base").done();
}

#[test]
fn a_range_that_begins_in_one_plugin_does_not_begin_the_others_at_base() {
    let host = bundled();
    let says = ["begins billing and chapkit at base", "write shop@a1b2:shop@head for shop alone"];
    for range in ["a1b2:head", "shop@a1b2:head", "a1b2:heads", "shop@a1b2:+1"] {
        host.run(&format!("upgrade {range} --sql")).refused().silent();
    }
    host.run("upgrade a1b2:head --sql").refused().silent().err_has(&says);
    host.run("upgrade shop@a1b2:head --sql").refused().silent().err_has(&says);
    // What one plugin needs of another is no accident.
    let billing = printed(&host, "upgrade a1b2:billing@head --sql");
    assert_eq!(steps(&billing), BILLING);
    for (range, count) in [("base:head", 4), ("+1:head", 3), ("shop@a1b2:shop@head", 0)] {
        let script = host.run(&format!("upgrade {range} --sql")).done().out;
        assert_eq!(steps(&script).len(), count, "{range}");
    }
}

#[test]
fn scripts_up_and_down_carry_rows_as_well() {
    let host = TestHost::new().plugin("data-steps");
    let database = host.path("tenon.db");
    sqlite3(&database, &printed(&host, "upgrade head --sql")).done();
    let titles = "SELECT note, name, pages FROM volumes JOIN authors ON authors.id = author_id ORDER BY volumes.id";
    // The step that reads rows does nothing when there are none to read: its author's choice, by asking whether it is offline.
    assert_eq!(host.column(titles), ["Ada|Notes|1", "Brontë|Villette|1", "Brontë|Shirley's|1"]);
    sqlite3(&database, &printed(&host, "downgrade data-steps@d00000000001 --sql")).done();
    assert_eq!(host.tables(), ["authors", "books"]);
    assert_eq!(
        host.column("SELECT (SELECT count(*) FROM authors), (SELECT count(*) FROM books)"),
        ["0|0"],
        "cascades run in the shell too"
    );
}

#[test]
fn a_step_that_reads_the_database_fails_the_whole_script() {
    let host = TestHost::new().plugin("fails-on-data").plugin("shop");
    let said = host.run("upgrade head --sql").refused().silent();
    said.err_has(&["fails-on-data@a00000000002", "reads the database", "offline"]);
    assert!(!host.path("tenon.db").exists());
    assert_eq!(steps(&printed(&host, "upgrade shop@head --sql")).len(), 1);
}

#[test]
fn a_script_can_be_of_one_plugin_and_what_it_needs() {
    let host = bundled();
    let shop = printed(&host, "upgrade shop@head --sql");
    assert_eq!(steps(&shop), ["upgrade  -> shop@a1b2c3d4e5f6"]);
    let billing = printed(&host, "upgrade billing@head --sql");
    assert_eq!(steps(&billing)[0], "upgrade  -> shop@a1b2c3d4e5f6");
    assert_eq!(steps(&billing)[1..], BILLING);
    sqlite3(&host.path("tenon.db"), &billing).done();
    host.run("upgrade head").done();
    assert_eq!(host.ledger()[3], "chapkit@4d869b5fb06e");
}

#[test]
fn a_script_that_meets_another_state_stops_at_once_and_changes_nothing() {
    let host = bundled();
    let script = printed(&host, "upgrade head --sql");
    host.run("upgrade shop@head").done();
    let before = host.everything();
    let said = sqlite3(&host.path("tenon.db"), &script);
    assert_ne!(said.code, Some(0));
    assert_eq!(host.everything(), before);
    // A step that does not fit in the middle: those before it stay, of its own nothing does.
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    let script = printed(&host, "upgrade head --sql");
    let database = host.path("tenon.db");
    sqlite3(&database, "CREATE TABLE orders (x);").done();
    assert_ne!(sqlite3(&database, &script).code, Some(0));
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e"]);
    assert!(!host.tables().contains(&"users".to_owned()));
}

#[test]
fn printing_leaves_an_existing_database_as_it_is() {
    let host = bundled();
    host.run("upgrade shop@head").done();
    let before = std::fs::read(host.path("tenon.db")).unwrap();
    for arguments in ["upgrade head --sql", "upgrade base:head --sql", "downgrade base --sql", "downgrade heads:base --sql"] {
        printed(&host, arguments);
        assert_eq!(std::fs::read(host.path("tenon.db")).unwrap(), before, "{arguments}");
    }
}

#[test]
fn where_nothing_is_to_be_done_nothing_is_printed_and_that_is_said() {
    let host = bundled();
    for arguments in ["upgrade head:head --sql", "downgrade base --sql"] {
        host.run(arguments).done().silent().err_has(&["Nothing to do."]);
        assert_eq!(host.run(&format!("{arguments} -q")).done().silent().err, "");
    }
    host.run("upgrade head:head --sql --json").done().err_has(&["Nothing to do."]);
}

#[test]
fn a_refused_file_is_said_and_the_others_are_printed() {
    let host = bundled();
    host.write("plugins/bad.wasm", "hello");
    let said = host.run("upgrade head --sql").refused().err_has(&["bad.wasm"]);
    assert_eq!(steps(&said.out).len(), 4);
    let json: serde_json::Value = serde_json::from_str(&host.run("upgrade head --sql --json").refused().out).unwrap();
    assert!(json["sql"].as_str().unwrap().contains("CREATE TABLE users"));
    assert_eq!(json["steps"].as_array().unwrap().len(), 4);
    assert_eq!(json["refused"][0]["file"], "bad.wasm");
}
