//! What a plugin may do with what is not its own, and under which names: not asked for, asked for and not given, given, taken back.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use serde_json::{Value, json};
use support::{SHOP, TestHost};

fn with_shop(guest: &str) -> TestHost {
    TestHost::new().plugin("shop").plugin(guest)
}

/// What `plugins list --json` says of a plugin.
fn listed(host: &TestHost, plugin: &str) -> Value {
    let all: Value = serde_json::from_str(&host.run("plugins list --json").done().out).unwrap();
    let plugins = all["plugins"].as_array().unwrap();
    plugins.iter().find(|line| line["name"] == plugin).unwrap().clone()
}

#[test]
fn a_foreign_key_that_nobody_was_asked_for_is_refused_before_anything_is_done() {
    let host = with_shop("refers-without-asking");
    let parts = [
        "refers-without-asking@a00000000001",
        "not-granted",
        "table users is owned by plugin shop",
        "declare.wants(\"reference\", \"users\", why)",
    ];
    host.run("upgrade head").refused().err_has(&parts);
    assert_eq!(host.ledger(), [SHOP], "the others go on");
    // The operator cannot give what is not asked for.
    host.write("tenon.toml", "[plugins.refers-without-asking]\nreferences = [\"users\"]\n");
    let said = host.run("upgrade head").refused().err_has(&parts);
    said.err_has(&["`references` of [plugins.refers-without-asking]", "users, which it does not ask to refer to"]);
    assert_eq!(host.tables(), ["orders", "users"]);
}

#[test]
fn a_declared_foreign_key_that_nobody_was_asked_for_is_refused_at_load() {
    let host = with_shop("declares-without-asking");
    let said = host.run("plugins list").refused();
    said.err_has(&["declares-without-asking", "table followers points to table users of plugin shop", "does not ask for the right"]);
    // Alone, it lacks the plugin that it requires; whose `users` is, nobody knows.
    host.remove("shop");
    let said = host.run("plugins list").refused().err_has(&["it requires plugin shop"]);
    assert!(!said.err.contains("points to"), "{}", said.err);
}

#[test]
fn the_operator_may_say_which_tables_a_plugin_refers_to() {
    let host = with_shop("billing").configured("[plugins.billing]\nreferences = []\n");
    let said = host.run("plugins list").done().out;
    assert!(
        said.contains(
            "    references orders (NOT granted: add references = [\"orders\"] under [plugins.billing] in tenon.toml; \
             an invoice belongs to an order, and holds it back from being deleted)\n"
        ),
        "{said}"
    );
    let parts = ["billing@b1c2d3e4f5a6", "not-granted", "orders would have to be among the `references` of [plugins.billing]"];
    host.run("upgrade head").refused().err_has(&parts);
    assert_eq!(host.ledger(), [SHOP], "the others go on");
    host.run("upgrade billing@head --sql").refused().silent().err_has(&parts);

    host.write("tenon.toml", "[plugins.billing]\nreferences = [\"Orders\"]\n");
    assert!(host.run("plugins list").done().out.contains("    references orders (granted)\n"));
    host.run("upgrade head").done();

    // What is there stays, works and can be undone.
    host.write("tenon.toml", "[plugins.billing]\nreferences = []\n");
    host.serve().get("invoices").is(200);
    host.run("downgrade billing@base").done();
    host.run("upgrade head").refused().err_has(&parts);
}

#[test]
fn a_read_that_is_not_given_is_refused_before_anything_is_done() {
    let host = with_shop("reads-without-grant");
    let parts = [
        "reads-without-grant@reads cannot be applied with what the configuration gives",
        "not-granted",
        "table users is neither this plugin's own nor granted to it",
        "`reads` of [plugins.reads-without-grant] in tenon.toml",
    ];
    host.run("upgrade head").refused().err_has(&parts);
    assert_eq!(host.ledger(), [SHOP], "not even the revision before");
    host.run("upgrade reads-without-grant@start").done();

    host.write("tenon.toml", "[plugins.reads-without-grant]\nreads = [\"users\"]\n");
    host.run("upgrade reads-without-grant@reads").done();
    assert_eq!(host.column("SELECT people FROM census"), ["0"]);

    // Taken back, it stops what is yet to be done, and that alone.
    std::fs::remove_file(host.path("tenon.toml")).unwrap();
    host.run("upgrade head").done();
    host.run("downgrade reads-without-grant@start").done();
    host.run("upgrade head").refused().err_has(&parts);
    host.run("downgrade base").done();
}

#[test]
fn what_a_revision_does_is_the_same_whatever_the_operator_gives() {
    let digest = |toml: &str| {
        let host = with_shop("billing").configured(toml);
        host.run("upgrade head").done();
        host.column("SELECT revision || digest FROM tenon_ledger ORDER BY revision")
    };
    let all = digest("");
    for toml in ["reads = [\"orders\"]", "reads = [\"orders\", \"users\"]", "references = [\"orders\"]"] {
        assert_eq!(digest(&format!("[plugins.billing]\n{toml}\n")), all, "{toml}");
    }
}

#[test]
fn a_read_that_is_given_unasked_is_noticed_and_is_none_of_a_revisions() {
    let host = with_shop("billing").configured("[plugins.billing]\nreads = [\"users\"]\n[plugins.meddler]\nreads = [\"users\"]\n");
    let said = host.run("plugins list").done().err_has(&["`reads` of [plugins.billing]", "users, which it does not ask to read"]);
    assert!(said.out.contains("    reads users (granted, although it does not ask to)\n"), "{}", said.out);
    assert_eq!(listed(&host, "billing")["unasked"], json!(["users"]));
    host.add("meddler");
    let said = host.run("upgrade meddler@read_other").refused().err_has(&["not-granted", "the plugin asks for the right `read` on it"]);
    assert!(!said.err.contains("got-through"), "{}", said.err);
}

#[test]
fn what_is_given_and_cannot_be_meant_is_noticed_by_name() {
    let toml = "[plugins.billing]\nreads = [\"orders\", \"oders\", \"invoices\", \"configs\"]\nreferences = [\"orders\", \"users\"]\n";
    let host = TestHost::new().plugin("shop").plugin("billing").plugin("chapkit").configured(toml);
    for _ in 0..2 {
        let said = host.run("plugins list").done().err_has(&[
            "oders, and no plugin here has a table or view of that name",
            "invoices, which is its own",
            "configs, which is plugin chapkit's, and billing does not require chapkit",
            "users, which it does not ask to refer to",
        ]);
        assert_eq!(said.err.matches("of [plugins.billing]").count(), 4, "{}", said.err);
        // The same whether the names are only declared, or there.
        host.run("upgrade head").done();
    }
}

#[test]
fn the_rights_of_a_plugin_are_listed_with_what_is_missing() {
    let host = with_shop("billing");
    let why = "an invoice's amount is compared with its order's total";
    let said = host.run("plugins list").done().out;
    assert!(said.contains("    references orders (granted by default)\n"), "{said}");
    let missing = format!("    reads orders (NOT granted: add reads = [\"orders\"] under [plugins.billing] in tenon.toml; {why})\n");
    assert!(said.contains(&missing), "{said}");
    let asks = listed(&host, "billing")["asks"].clone();
    let read =
        json!({"right": "read", "object": "orders", "why": why, "granted": false, "by_default": false, "add": "reads = [\"orders\"]"});
    assert_eq!(asks[1], read);
    assert_eq!((&asks[0]["right"], &asks[0]["granted"], &asks[0]["by_default"]), (&json!("reference"), &json!(true), &json!(true)));

    // What the repository gives.
    host.write("tenon.toml", include_str!("../../tenon.toml"));
    let said = host.run("plugins list").done();
    assert!(said.out.contains("    reads orders (granted)\n") && !said.out.contains("NOT granted"), "{}", said.out);
    assert_eq!(said.err, "");
}

#[test]
fn what_a_plugin_makes_begins_as_the_operator_says() {
    let host = TestHost::new().plugin("leaves-its-prefix").configured("[plugins.leaves-its-prefix]\nprefix = \"Own_\"\n");
    assert!(host.run("plugins list").done().out.contains("    makes nothing but what begins with Own_\n"));
    assert_eq!(listed(&host, "leaves-its-prefix")["prefix"], "Own_");
    host.run("upgrade leaves-its-prefix@start").done();
    let before = host.everything();
    for (revision, made) in [
        ("table", "table scratch"),
        ("index", "index scratch_index"),
        ("index_of_table", "index scratch_ix"),
        ("view", "view scratch_view"),
        ("rename", "table scratched"),
    ] {
        let what = format!("{made} cannot be made: the names of plugin leaves-its-prefix must begin with Own_");
        let parts =
            [&format!("leaves-its-prefix@{revision}"), "not-granted", &what, "`prefix` of [plugins.leaves-its-prefix] in tenon.toml"];
        host.run(&format!("upgrade leaves-its-prefix@{revision}")).refused().err_has(&parts);
        host.run(&format!("upgrade leaves-its-prefix@start:leaves-its-prefix@{revision} --sql")).refused().silent().err_has(&parts);
        assert_eq!(host.everything(), before, "{revision}");
    }
    // Its proof would say that the plugin had the name.
    host.run("upgrade leaves-its-prefix@perhaps").refused().err_has(&["leaves-its-prefix@perhaps makes other tables"]);
    assert_eq!(host.everything(), before);
}

#[test]
fn a_plugin_that_declares_other_names_is_refused_at_load() {
    let host = TestHost::new().plugin("shop").configured("[plugins.shop]\nprefix = \"shop_\"\n");
    let parts =
        ["shop.wasm (plugin shop) was refused: its table users (and ", "begin with shop_, the `prefix` of [plugins.shop] in tenon.toml"];
    for command in ["plugins list", "upgrade head", "upgrade head --sql"] {
        host.run(command).refused().err_has(&parts);
    }
    assert!(!host.path("tenon.db").exists());
}

#[test]
fn a_prefix_that_comes_later_breaks_nothing_of_what_is_there() {
    let host = TestHost::new().plugin("leaves-its-prefix").plugin("shop");
    for revision in ["no_table", "index", "view", "rename"] {
        host.run(&format!("upgrade leaves-its-prefix@{revision}")).done();
    }
    host.run("upgrade shop@head").done();
    host.write("tenon.toml", "[plugins.shop]\nprefix = \"shop_\"\n[plugins.leaves-its-prefix]\nprefix = \"own_\"\n");
    host.run("plugins list").done();
    host.serve().get("users").is(200);
    // Undoing makes a name again that the plugin had.
    host.run("downgrade leaves-its-prefix@table").done();
    assert_eq!(host.tables(), ["orders", "own_notes", "scratch", "scratched", "users"]);
    host.run("downgrade leaves-its-prefix@base").done();
    host.run("downgrade shop@base").done();
    assert!(host.tables().is_empty());
    // Nothing of it is there any more.
    host.run("upgrade shop@head").refused().err_has(&["shop", "`prefix` of [plugins.shop]"]);
}
