//! What is said of a plugin whose file was refused, cannot be read or is gone: nothing that is not so, and no advice that destroys.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use support::{SHOP, TestHost};

fn applied() -> TestHost {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade head").done();
    host
}

#[test]
fn a_plugin_whose_file_is_gone_can_be_undone() {
    let host = applied();
    host.remove("billing");
    let said = host.run("plugins list").done();
    assert!(said.out.ends_with("billing (no file): 2 applied; `tenon downgrade billing@base` undoes them\n"), "{}", said.out);
    assert_eq!(host.run("-q plugins list").done().err, "");
}

#[test]
fn a_plugin_whose_file_was_refused_is_not_said_to_have_none() {
    let host = applied();
    host.remove("shop");
    let said = host.run("plugins list").refused();
    assert!(said.out.contains("billing (its file was refused): 2 applied\n"), "{}", said.out);
    assert!(said.out.contains("shop (no file): 1 applied; "), "{}", said.out);

    // Whose file this is, nobody can say: it may be shop's.
    host.write("plugins/shop.wasm", &std::fs::read(support::component("shop")).unwrap()[..5000]);
    let said = host.run("plugins list").refused();
    assert!(said.out.contains("billing (its file was refused): 2 applied\n"), "{}", said.out);
    assert!(said.out.contains("shop (not known whether it has a file): 1 applied\n"), "{}", said.out);
    assert!(!said.out.contains("downgrade"), "{}", said.out);

    let json: serde_json::Value = serde_json::from_str(&host.run("plugins list --json").refused().out).unwrap();
    let states: Vec<&str> = json["without_file"].as_array().unwrap().iter().map(|line| line["why"].as_str().unwrap()).collect();
    assert_eq!(states, ["unknown", "refused"]);
}

#[test]
fn commands_that_look_answer_what_they_can_and_warn_of_the_rest() {
    let host = applied();
    host.write("plugins/shop.wasm", "text");
    for (command, line) in [("current", SHOP), ("history", SHOP), ("heads", SHOP), ("show a1b2", SHOP)] {
        let said = host.run(command).done().err_has(&["warning: shop.wasm was refused: it is a text file"]);
        assert!(said.out.contains(line), "{command}: {}", said.out);
        assert_eq!(host.run(&format!("-q {command}")).done().err, "");
    }
}

#[test]
fn a_plugins_folder_that_cannot_be_read_is_no_obstacle_to_what_the_ledger_says() {
    let host = applied();
    let current = host.run("current").done().out;
    for folder in ["plugins/shop.wasm", "nowhere"] {
        for command in ["current", "history", "heads", "show a1b2", "plugins list", "downgrade base --sql"] {
            let said = host.run(&format!("{command} --plugins {folder}")).done();
            assert!(said.out.contains("shop"), "{command}: {}", said.out);
        }
        assert_eq!(host.run(&format!("current --plugins {folder}")).done().out, current);
    }
    for command in ["current", "plugins list"] {
        host.run(&format!("{command} --plugins plugins/shop.wasm")).done().err_has(&["cannot scan the plugins folder plugins/shop.wasm"]);
    }
    let said = host.run("plugins list --plugins nowhere").done().err_has(&["cannot scan the plugins folder nowhere"]);
    assert_eq!(said.out, "shop (not known whether it has a file): 1 applied\nbilling (not known whether it has a file): 2 applied\n");
    // Whoever would apply something needs the folder; only one that is missing is to be created.
    host.run("upgrade head --plugins nowhere").refused().err_has(&["nowhere: create it, or name another with --plugins"]);
    let said = host.run("upgrade head --plugins plugins/shop.wasm").refused();
    assert!(!said.err.contains("create it") && said.err.contains("name another with --plugins"), "{}", said.err);
    host.run("downgrade base --plugins plugins/shop.wasm").done();
    assert!(host.ledger().is_empty());
}

/// What is asked for of one plugin, and done, is no failure because of what other files are; what is asked for of all is.
#[test]
fn who_asks_for_one_plugin_is_owed_nothing_of_the_others() {
    let host = TestHost::new().plugin("shop").plugin("billing").plugin("notes-1").plugin("no-such-requirement");
    host.write("plugins/broken.wasm", &std::fs::read(support::component("notes-1")).unwrap()[..5000]);
    let others = ["broken.wasm was refused: ", "no-such-requirement.wasm (plugin no-such-requirement) was refused: "];
    let commands = ["upgrade TARGET --plan", "upgrade TARGET --simulate", "upgrade TARGET --sql", "lint TARGET", "stamp TARGET"];
    for database in ["other", "all", "none"] {
        host.run(&format!("ensure-version --database sqlite:{database}.db")).done();
    }
    for command in commands {
        let said = host.run(&command.replace("TARGET", "billing@head --database sqlite:other.db")).done();
        for other in others {
            assert!(said.err.contains(&format!("warning: {other}")), "{command}: {}", said.err);
        }
        for word in ["notes", "broken", "no-such", "warehouse"] {
            assert!(!said.out.contains(word), "{command}: {}", said.out);
        }
        host.run(&command.replace("TARGET", "head --database sqlite:all.db"))
            .refused()
            .err_has(&others.map(|other| &other[..other.len() - 2]));
        let of_refused = command.replace("TARGET", "no-such-requirement@head --database sqlite:none.db");
        host.run(&of_refused).refused().err_has(&[
            "nothing can be done with plugin no-such-requirement: ",
            others[1],
            "requires plugin warehouse",
        ]);
    }
    let said = host.run("upgrade billing@head --sql").done();
    assert!(said.out.contains("'shop'") && said.out.contains("'billing'"), "what it stands on is part of it: {}", said.out);
    assert_eq!(host.run("stamp billing@head --database sqlite:other.db").done().err.matches("Nothing to do.").count(), 1);
    host.run("upgrade billing@head").done();
    let rows = support::rows(
        &rusqlite::Connection::open(host.path("other.db")).unwrap(),
        "SELECT plugin, revision FROM tenon_ledger ORDER BY seq",
    );
    assert_eq!(rows, host.column("SELECT plugin, revision FROM tenon_ledger ORDER BY seq"));
}

#[test]
fn a_plugin_can_be_looked_at_by_every_name_it_has() {
    let host = TestHost::new().plugin("shop");
    let by_name = host.run("plugins inspect shop").done().out;
    for name in ["shop.wasm", "plugins/shop.wasm", "./plugins/shop.wasm"] {
        assert_eq!(host.run(&format!("plugins inspect {name}")).done().out, by_name, "{name}");
    }
    host.write("shop.wasm", "text");
    host.run("plugins inspect shop.wasm").refused().err_has(&["error: shop.wasm was refused: it is a text file"]);
    host.run("plugins inspect build/shop.wasm").refused().err_has(&["build/shop.wasm was refused: it cannot be read: No such file"]);
    host.run("plugins inspect other.wasm").refused().err_has(&["other.wasm was refused: it cannot be read: No such file"]);
}

#[test]
fn rights_that_are_given_to_nobody_are_noticed() {
    let host = TestHost::new().plugin("shop").configured("[plugins.shpo]\nreads = [\"orders\"]\n");
    for command in ["upgrade head", "current", "plugins list"] {
        host.run(command).done().err_has(&["plugins.shpo", "no plugin of that name"]);
    }
    assert_eq!(host.run("-q upgrade head").done().err, "");
    host.write("tenon.toml", "[plugins.shop]\nreads = []\n");
    assert_eq!(host.run("current").done().err, "");
    // Where there is no plugin at all, nothing is misspelt.
    host.write("tenon.toml", "[plugins.billing]\nreads = [\"orders\"]\n");
    host.run("current").done().err_has(&["plugins.billing", "no plugin of that name"]);
    host.remove("shop");
    assert_eq!(host.run("current").done().err, "");
    host.add("shop");
    // A file that was refused may be the one that is meant.
    host.write("plugins/billing.wasm", "text");
    assert!(!host.run("current").done().err.contains("no plugin of that name"));
}

#[test]
fn a_plugin_with_several_heads_is_told_the_command_that_applies_them() {
    let host = TestHost::new().plugin("two-heads");
    let said = host.run("plugins list").done();
    assert!(said.out.contains("`tenon upgrade two-heads@heads`"), "{}", said.out);
    let server = host.serve();
    let health = server.get("/health").body;
    assert!(health.contains("tenon upgrade two-heads@heads"), "{health}");
    server.stop().err_has(&["tenon upgrade two-heads@heads"]);
    host.run("upgrade two-heads@heads").done();
    assert!(host.run("plugins list").done().out.contains("at head"));
}

#[test]
fn a_server_says_once_what_is_not_applied() {
    let host = TestHost::new().plugin("shop").plugin("billing");
    host.run("upgrade shop@head").done();
    let said = host.serve().stop();
    assert_eq!(said.err.matches("run `tenon upgrade billing@head`").count(), 1, "{}", said.err);
    assert!(!said.err.contains("shop@head"), "{}", said.err);
}

#[test]
fn a_server_that_cannot_listen_leaves_nothing() {
    let host = TestHost::new().plugin("shop");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let said = host.run(&format!("serve --port {port}")).refused().silent();
    said.err_has(&[&format!("cannot listen on 127.0.0.1:{port}; is another server running there?")]);
    let said = host.run("serve --host 192.0.2.7").refused().silent();
    assert!(!said.err.contains("another server"), "{}", said.err);
    host.run("serve --host no-such-host.invalid").refused().silent().err_has(&["cannot listen on no-such-host.invalid:8000"]);
    assert_eq!(std::fs::read_dir(host.path(".")).unwrap().count(), 1, "only the plugins folder");
}
