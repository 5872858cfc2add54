//! A bad file is refused with its name and a reason; the others still load, and the command that had to leave one out exits 1.

mod support;

use support::{TestHost, component};

/// Upgrades with `bad` beside the shop: the shop is applied, the bad file named with these parts of its reason.
#[track_caller]
fn refused_beside_shop(host: &TestHost, file: &str, parts: &[&str]) {
    let said = host.run("upgrade head").refused().err_has(parts);
    assert!(said.err.contains(file), "{file} is not named:\n{}", said.err);
    assert_eq!(host.ledger(), ["shop@a1b2c3d4e5f6"], "the others load");
}

#[test]
fn a_text_file() {
    let host = TestHost::new().plugin("shop");
    host.write("plugins/readme.wasm", "hello there\n");
    refused_beside_shop(&host, "readme.wasm", &["text"]);
}

#[test]
fn an_empty_file() {
    let host = TestHost::new().plugin("shop");
    host.write("plugins/empty.wasm", "");
    refused_beside_shop(&host, "empty.wasm", &["empty"]);
}

#[test]
fn a_core_module() {
    let host = TestHost::new().plugin("shop");
    host.write("plugins/core.wasm", wat::parse_str("(module (func (export \"run\")))").unwrap());
    refused_beside_shop(&host, "core.wasm", &["core", "module", "component"]);
}

#[test]
fn a_truncated_file() {
    let host = TestHost::new().plugin("shop");
    let whole = std::fs::read(component("chapkit")).unwrap();
    for length in [9, 100, whole.len() / 2, whole.len() - 1] {
        host.write("plugins/cut.wasm", &whole[..length]);
        refused_beside_shop(&host, "cut.wasm", &["damaged or cut short"]);
    }
}

#[test]
fn a_precompiled_file_whatever_it_is_called() {
    let host = TestHost::new().plugin("shop");
    let mut config = wasmtime::Config::new();
    config.concurrency_support(false);
    let engine = wasmtime::Engine::new(&config).unwrap();
    let machine_code = engine.precompile_component(&std::fs::read(component("chapkit")).unwrap()).unwrap();
    host.write("plugins/fast.wasm", &machine_code);
    host.write("plugins/chapkit.cwasm", &machine_code);
    refused_beside_shop(&host, "fast.wasm", &["chapkit.cwasm", "precompiled"]);
}

#[test]
fn a_component_of_another_world() {
    let host = TestHost::new().plugin("shop");
    host.write("plugins/other.wasm", wat::parse_str("(component)").unwrap());
    refused_beside_shop(&host, "other.wasm", &["not a tenon plugin", "tenon:plugin/plugin"]);
}

#[test]
fn a_component_that_imports_wasi() {
    let host = TestHost::new().plugin("shop");
    let text = "(component (import \"wasi:clocks/monotonic-clock@0.2.6\" (instance (export \"now\" (func (result u64))))))";
    host.write("plugins/wasi.wasm", wat::parse_str(text).unwrap());
    refused_beside_shop(&host, "wasi.wasm", &["WASI", "for now", "wasm32-unknown-unknown"]);
}

#[test]
fn guests_that_misbehave_in_describe() {
    let cases: [(&str, &[&str]); 10] = [
        ("loops-in-describe", &["ran for more than"]),
        ("operates-in-describe", &["operations.rename-table may not be called while `describe` runs"]),
        ("routes", &["route noted-count", "a GET never writes"]),
        ("reads-a-map", &["Query<", "BTreeMap<", "must be a struct that names each parameter"]),
        ("allocates-in-describe", &["memory"]),
        ("traps-in-describe", &["broke off", "panicked: the author forgot something", "traps-in-describe.rs:"]),
        ("panics-without-text", &["broke off", "panicked: with something that is no text", "panics-without-text.rs:"]),
        ("describes-nothing", &["plugin"]),
        ("unknown-attribute", &["unknown attribute"]),
        ("duplicate-revision", &["two revisions have the id"]),
    ];
    for (guest, parts) in cases {
        let host = TestHost::new().plugin("shop").plugin(guest);
        refused_beside_shop(&host, &format!("{guest}.wasm"), parts);
    }
}

#[test]
fn what_a_guest_said_before_it_trapped_is_told_once() {
    let host = TestHost::new().plugin("traps-in-describe");
    for command in ["plugins list", "upgrade head", "current"] {
        let said = host.run_with(&command.split(' ').collect::<Vec<_>>());
        let told = said.err.matches("the author forgot something").count();
        assert_eq!(told, 1, "{command}:\n{}{}", said.out, said.err);
    }
}

#[test]
fn requirements_that_cannot_be_met() {
    let missing = TestHost::new().plugin("shop").plugin("no-such-requirement");
    refused_beside_shop(&missing, "no-such-requirement.wasm", &["requires plugin", "not in the folder"]);
    let range = TestHost::new().plugin("shop").plugin("requires-range");
    refused_beside_shop(&range, "requires-range.wasm", &["requires plugin shop ^9", "the one here is"]);
    let circle = TestHost::new().plugin("shop").plugin("circle-a").plugin("circle-b");
    refused_beside_shop(&circle, "circle-a.wasm", &["circle-b.wasm", "circle", "circle-a -> circle-b -> circle-a"]);
}

#[test]
fn what_requires_a_refused_plugin_is_refused_with_it() {
    let host = TestHost::new().plugin("chapkit").plugin("billing");
    host.write("plugins/shop.wasm", "not wasm");
    host.run("upgrade head").refused().err_has(&["billing.wasm", "requires plugin shop", "shop.wasm"]);
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e"]);
}

#[test]
fn two_plugins_of_one_name_are_both_refused() {
    let host = TestHost::new().plugin("shop").plugin("same-name").plugin("chapkit");
    host.run("upgrade head").refused().err_has(&["shop.wasm", "same-name.wasm", "`shop`"]);
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e"]);
}

#[test]
fn a_table_that_two_declare_is_refused_with_both_owners_named() {
    let host = TestHost::new().plugin("chapkit").plugin("helpers");
    host.run("upgrade head").refused().err_has(&["helpers.wasm", "artifacts", "plugin helpers", "plugin chapkit"]);
    assert_eq!(host.ledger(), ["chapkit@4d869b5fb06e"]);
}

#[test]
fn of_two_that_declare_a_table_the_first_by_name_stays_unless_the_database_knows_better() {
    let host = TestHost::new().plugin("shop").plugin("duplicate-table");
    host.run("upgrade head").refused().err_has(&["shop.wasm", "table users", "plugin shop", "belongs to plugin duplicate-table"]);
    assert_eq!(host.ledger(), ["duplicate-table@a00000000001"]);
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    host.add("duplicate-table");
    refused_beside_shop(&host, "duplicate-table.wasm", &["table users", "belongs to plugin shop"]);
}

#[test]
fn the_owner_in_the_database_stays_the_owner() {
    let host = TestHost::new().plugin("helpers");
    host.run("upgrade head").done();
    host.add("chapkit");
    host.run("upgrade head").refused().err_has(&["chapkit.wasm", "artifacts", "belongs to plugin helpers"]);
}

#[test]
fn a_path_that_two_claim_is_refused_with_both_named() {
    let host = TestHost::new().plugin("shop").plugin("same-path");
    let said = host.run("upgrade head").refused().err_has(&["/api/v1/users", "same-path", "shop"]);
    assert!(said.err.contains("same-path"));
}

#[test]
fn histories_that_cannot_be() {
    let cases: [(&str, &[&str]); 3] = [
        ("cycle", &["circle"]),
        ("missing-parent", &["has no such revision"]),
        ("missing-dependency", &["depends on shop@b00000000002", "plugin shop has no revision b00000000002"]),
    ];
    for (guest, parts) in cases {
        let host = TestHost::new().plugin("shop").plugin(guest);
        refused_beside_shop(&host, &format!("{guest}.wasm"), parts);
    }
}

#[test]
fn a_missing_folder_is_an_error_that_says_what_to_do() {
    let host = TestHost::new();
    std::fs::remove_dir(host.path("plugins")).unwrap();
    host.run("upgrade head").refused().err_has(&["plugins folder", "--plugins"]);
}

#[test]
fn a_file_that_lacks_an_applied_revision_cannot_be_upgraded_and_is_named() {
    let host = TestHost::new().plugin("shop").plugin("data-steps");
    host.run("upgrade head").done();
    host.database().execute("UPDATE tenon_ledger SET revision = 'gone' WHERE plugin = 'shop'", []).unwrap();
    host.run("upgrade head").refused().err_has(&["shop", "gone", "newer file"]);
}
