//! Plugins that misbehave on purpose, one behaviour each: what they try is refused in words, and nothing of anybody's is changed.
//!
//! `guests/README.md` says what each does. Those that are refused when they are loaded are in `loading.rs`, builds of one plugin that
//! replace each other in `archive.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use support::{SHOP, TestHost};

const ANN: &str = "INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000A', 'ann@example.org', 'Ann')";

/// All of a plugin's revisions but `start` are told, each with its reason, and nothing is done.
#[track_caller]
fn all_refused(host: &TestHost, guest: &str) -> String {
    let before = host.everything();
    let said = host.run(&format!("upgrade {guest}@head")).refused().silent().err_has(&[&format!("(plugin {guest}) was refused: ")]);
    assert!(!said.err.contains("panicked"), "the host panicked");
    assert_eq!(host.everything(), before);
    let told = said.err.split_once("was refused: ").unwrap().1.to_owned();
    for revision in host.revisions(guest).iter().filter(|id| *id != "start") {
        assert!(told.contains(&format!("{guest}@{revision} cannot be replayed on an empty database: ")), "{revision} is not in {told}");
    }
    told
}

#[test]
fn no_trick_gets_through_and_nothing_is_changed_by_one() {
    let host = TestHost::new().plugin("shop").plugin("meddler");
    host.run("upgrade shop@head").done();
    host.database().execute(ANN, []).unwrap();
    assert!(host.revisions("meddler").len() > 50);
    let told = all_refused(&host, "meddler");
    assert!(!told.contains("got-through") && !told.contains("ann@example.org"), "{told}");
    host.run("upgrade meddler@start").refused();
    assert_eq!(host.ledger(), [SHOP]);
}

#[test]
fn what_may_not_be_called_in_a_migration_breaks_the_step_off() {
    let host = TestHost::new().plugin("shop").plugin("out-of-turn");
    host.run("upgrade shop@head").done();
    host.database().execute(ANN, []).unwrap();
    let functions: Vec<(String, String)> = out_of_turn().collect();
    let expected: Vec<&String> = functions.iter().map(|(id, _)| id).collect();
    assert_eq!(host.revisions("out-of-turn").iter().collect::<Vec<_>>(), expected, "the guest tries every such function of the contract");
    let told = all_refused(&host, "out-of-turn");
    for (id, function) in &functions {
        let of_it =
            format!("out-of-turn@{id} cannot be replayed on an empty database: the plugin broke off: {function} may be called only while");
        assert!(told.contains(&of_it), "{of_it} is not in {told}");
    }
}

/// The functions of the contract that a migration may not call, as revision ids and as they are written.
fn out_of_turn() -> impl Iterator<Item = (String, String)> {
    const MAY: [&str; 4] = ["log", "now", "random", "new-id"];
    ["declare", "host", "records", "database"].into_iter().flat_map(|interface| {
        let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/v0.1");
        let text = std::fs::read_to_string(format!("{wit}/{interface}.wit")).unwrap();
        let named =
            text.lines().filter_map(|line| line.split_once(": func(")).map(|(name, _)| name.trim().trim_start_matches('%').to_owned());
        let named: Vec<_> = named.filter(|name| interface != "host" || !MAY.contains(&name.as_str())).collect();
        named.into_iter().map(move |name| (format!("{interface}_{}", name.replace('-', "_")), format!("{interface}.{name}")))
    })
}

#[test]
fn rows_of_children_go_only_when_the_step_says_so() {
    let host = TestHost::new().plugin("undeclared-cascade");
    host.run("upgrade undeclared-cascade@silent").refused().err_has(&["silent", "would also change rows of children", "`touches`"]);
    assert!(!host.path("tenon.db").exists());
    let host = TestHost::new().plugin("declared-cascade");
    host.run("upgrade declared-cascade@start").done();
    assert_eq!(host.column("SELECT count(*) FROM parents JOIN children ON parents.id = parent_id"), ["1"]);
    host.run("upgrade declared-cascade@declared").done();
    assert_eq!(host.column("SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)"), ["0|0"]);
}

#[test]
fn data_goes_up_and_down_with_the_schema() {
    let host = TestHost::new().plugin("data-steps");
    let titles = "SELECT note, title FROM books JOIN authors ON authors.id = author_id ORDER BY books.id";
    let names = |more: &str| format!("SELECT note, name{more} FROM volumes JOIN authors ON authors.id = author_id ORDER BY volumes.id");
    let plain = ["Ada|Notes", "Brontë|Villette", "Brontë|Shirley's"];
    let signed = ["Ada|Notes by Ada", "Brontë|Villette by Brontë", "Brontë|Shirley's by Brontë"];
    let with_pages = signed.map(|row| format!("{row}|1"));
    let with_isbn = signed.map(|row| format!("{row}|1|NULL"));
    let view = "SELECT author, volume FROM authorship ORDER BY volume DESC";
    let in_view = ["Brontë|Villette by Brontë", "Brontë|Shirley's by Brontë", "Ada|Notes by Ada"];
    let states: [&dyn Fn(); 6] = [
        &|| assert!(host.column(titles).is_empty()),
        &|| assert_eq!(host.column(titles), plain),
        &|| assert_eq!(host.column(titles), signed),
        &|| assert_eq!(host.column(&titles.replace("title", "name, pages, isbn")), with_isbn),
        &|| {
            assert_eq!(host.column(&names(", pages, isbn")), with_isbn);
            assert_eq!(host.column(view), in_view);
            assert_eq!(host.column("SELECT name FROM sqlite_schema WHERE name = 'ix_books_isbn'").len(), 1);
        },
        &|| {
            assert_eq!(host.column(&names(", pages")), with_pages);
            assert_eq!(host.column(view), in_view);
            assert!(host.column("SELECT name FROM sqlite_schema WHERE name = 'ix_books_isbn'").is_empty());
        },
    ];
    for expected in &states {
        host.run("upgrade +1 --allow-destructive").done();
        expected();
    }
    host.run("upgrade head").done().err_has(&["Nothing to do"]);
    for expected in states[..5].iter().rev() {
        host.run("downgrade -1").done();
        expected();
    }
    host.run("downgrade -1").done();
    assert!(host.tables().is_empty());
    assert!(host.column("SELECT * FROM tenon_objects").is_empty());
    host.run("upgrade head").done();
    states[5]();
    host.run("downgrade data-steps@d00000000003").done();
    states[2]();
}

#[test]
fn what_cannot_be_undone_says_why_and_holds_everything_below_it() {
    let host = TestHost::new().plugin("irreversible").plugin("shop");
    host.run("upgrade head").done();
    host.database().execute("INSERT INTO one_way (id, note) VALUES ('01J0000000000000000000000A', 'kept')", []).unwrap();
    let before = host.everything();
    for target in ["irreversible@-1", "irreversible@a00000000001", "irreversible@base", "base"] {
        for command in [format!("downgrade {target}"), format!("downgrade {target} --sql"), format!("downgrade {target} --cascade")] {
            host.run(&command).refused().silent().err_has(&["irreversible@a00000000002 cannot be undone: the old notes are gone"]);
            assert_eq!(host.everything(), before, "{command}");
        }
    }
    host.remove("irreversible");
    host.run("downgrade irreversible@base").refused().err_has(&["the old notes are gone"]);
    host.run("downgrade shop@base").done();
}

#[test]
fn a_step_that_fails_on_the_data_that_is_there_is_rolled_back_whole() {
    let why = [("any", "there is data (conflict)"), ("panic", "there is data"), ("loop", "ran for more than 1000 ms of its own time")];
    for (note, reason) in why {
        let host = TestHost::new().plugin("shop").plugin("fails-on-data").configured("[limits]\nstep-time-ms = 1000\n");
        host.run("upgrade fails-on-data@a00000000001").done();
        let sql = "INSERT INTO before (id, note) VALUES ('01J00000000000000000000001', ?)";
        host.database().execute(sql, [note]).unwrap();
        let before = host.everything();
        let said = host.run("upgrade fails-on-data@head").refused().silent();
        said.err_has(&["fails-on-data@a00000000002", "version 0.1.0", "failed and was rolled back", reason]);
        assert_eq!(host.everything(), before, "{note}");
        // What comes before it in a longer run stays, and what could come after it waits.
        host.run("upgrade head").refused().err_has(&["rolled back"]);
        assert_eq!(host.ledger()[0], "fails-on-data@a00000000001");
        host.database().execute("DELETE FROM before", []).unwrap();
        host.run("upgrade head").done();
        assert_eq!(host.ledger().len(), 3);
    }
}

#[test]
fn a_revision_that_fails_on_an_empty_database_leaves_its_plugin_out_and_the_others_go_on() {
    for (guest, reason) in [("fails-halfway", "the second half is missing (conflict)"), ("panics-halfway", "the second half is missing")] {
        let host = TestHost::new().plugin(guest).plugin("shop");
        let file = format!("{guest}.wasm (plugin {guest}) was refused");
        let parts = [file.as_str(), &format!("{guest}@a00000000002"), "cannot be replayed on an empty database", reason];
        host.run("upgrade head").refused().err_has(&parts);
        assert_eq!((host.ledger(), host.tables()), (vec![SHOP.to_owned()], vec!["orders".to_owned(), "users".to_owned()]));
        let before = host.everything();
        host.run(&format!("upgrade {guest}@head")).refused().err_has(&parts[1..]);
        assert_eq!(host.everything(), before);
        // Not in part, either.
        host.run(&format!("upgrade {guest}@a00000000001")).refused().err_has(&parts);
        assert_eq!(host.everything(), before);
    }
}

#[test]
fn a_step_that_never_ends_is_stopped_and_holds_nobody_up_for_ever() {
    let host = TestHost::new().plugin("loops-in-upgrade").plugin("shop").configured("[limits]\nstep-time-ms = 1000\n");
    let parts = ["loops-in-upgrade@a00000000001", "ran for more than 1000 ms of its own time"];
    host.run("upgrade loops-in-upgrade@head").refused().err_has(&parts);
    host.run("upgrade head").refused().err_has(&parts);
    assert_eq!(host.ledger(), [SHOP]);
}

#[test]
fn a_step_that_sends_without_end_is_stopped_before_it_takes_the_machines_memory() {
    let host = TestHost::new().plugin("floods").plugin("shop");
    host.run("upgrade shop@head").done();
    let told = all_refused(&host, "floods");
    assert!(told.contains("database or disk is full") && told.contains("64 MiB together"), "{told}");
}

#[test]
fn a_statement_that_runs_too_long_is_the_plugins_fault() {
    let host = TestHost::new().plugin("slow-statement").plugin("shop").configured("[limits]\nstatement-time-ms = 200\n");
    let said = host.run("upgrade slow-statement@head").refused();
    said.err_has(&["slow-statement@a00000000001", "one of its statements ran for more than 200 ms"]);
    let said = host
        .run("upgrade head")
        .refused()
        .err_has(&["slow-statement.wasm (plugin slow-statement) was refused", "ran for more than 200 ms"]);
    assert!(!said.err.contains("database failed"), "{}", said.err);
    assert_eq!(host.ledger(), [SHOP]);
}

#[test]
fn a_key_that_is_checked_late_is_checked_when_the_revision_ends() {
    let host = TestHost::new().plugin("deferred-key-always").plugin("shop");
    let why = "it leaves rows of late_children that refer to no row of late_parents";
    // It is found before anything is touched, and those that come after go on.
    host.run("upgrade heads").refused().err_has(&[
        "deferred-key-always.wasm (plugin deferred-key-always) was refused",
        "deferred-key-always@always",
        why,
    ]);
    assert_eq!(host.ledger(), [SHOP]);
    host.run("upgrade deferred-key-always@always").refused().err_has(&["deferred-key-always@always", why]);
    host.replace("deferred-key-always", "deferred-key");
    // Where only the rows that are there break it, the step that does is named and rolled back.
    host.run("upgrade deferred-key@sometimes").done();
    host.run("downgrade -1").done();
    host.database()
        .execute_batch("INSERT INTO late_parents (id) VALUES ('p'); INSERT INTO late_children (id, parent_id) VALUES ('c', 'p')")
        .unwrap();
    let before = host.everything();
    let said = host.run("upgrade deferred-key@sometimes").refused();
    said.err_has(&["upgrade of deferred-key@sometimes (plugin version 0.1.0) failed and was rolled back", why]);
    assert_eq!(host.everything(), before);
}

#[test]
fn a_thousand_tables_are_made_and_dropped_in_one_step_each() {
    let host = TestHost::new().plugin("many-tables");
    host.run("upgrade head").done();
    assert_eq!(host.tables().len(), 1000);
    host.run("downgrade base").done();
    assert!(host.tables().is_empty());
    assert!(host.column("SELECT * FROM tenon_objects").is_empty());
}

#[test]
fn owners_are_recorded_renamed_and_forgotten_with_their_objects() {
    let host = TestHost::new().plugin("data-steps").plugin("shop");
    let owned = "SELECT name, kind, parent FROM tenon_objects WHERE plugin = 'data-steps' ORDER BY name";
    host.run("upgrade data-steps@d00000000004").done();
    assert_eq!(host.column(owned), ["authors|table|authors", "books|table|books", "ix_books_isbn|index|books"]);
    host.run("upgrade data-steps@+1").done();
    let renamed = ["authors|table|authors", "authorship|view|authorship", "ix_books_isbn|index|volumes", "volumes|table|volumes"];
    assert_eq!(host.column(owned), renamed);
    host.run("upgrade head --allow-destructive").done();
    assert_eq!(host.column(owned), ["authors|table|authors", "authorship|view|authorship", "volumes|table|volumes"]);
    let others = "SELECT name, kind, parent FROM tenon_objects WHERE plugin = 'shop' ORDER BY name";
    let shop = ["ix_orders_user_id|index|orders", "ix_users_email|index|users", "orders|table|orders", "users|table|users"];
    assert_eq!(host.column(others), shop);
    let unowned = "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' AND name NOT LIKE 'tenon_%' AND name NOT IN \
                   (SELECT name FROM tenon_objects)";
    assert!(host.column(unowned).is_empty());
    host.run("downgrade data-steps@base").done();
    assert!(host.column(owned).is_empty());
    assert_eq!(host.column(others), shop);
}

#[test]
fn tables_that_nobody_owns_are_nobodys_to_take() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    host.run("upgrade chapkit@head").done();
    host.database().execute_batch("CREATE TABLE Users (mine); INSERT INTO users VALUES ('precious')").unwrap();
    let before = host.everything();
    host.run("upgrade head").refused().err_has(&[SHOP, "Users", "was not made by a plugin", "rolled back"]);
    assert_eq!(host.everything(), before);
}
