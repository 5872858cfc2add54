use super::*;

/// What `src/lib.rs` of a plugin of that name is.
fn lib_of(name: &str) -> String {
    let files = files(&require_name(name).unwrap(), "sdk", Utc::now());
    files.into_iter().find(|(path, _)| path.ends_with("src/lib.rs")).unwrap().1
}

/// The names that a text declares or imports.
fn names_of(lib: &str) -> Vec<&str> {
    let imports =
        lib.lines().filter_map(|line| line.strip_prefix("use tenon_sdk::{")?.strip_suffix("};")).flat_map(|names| names.split(", "));
    let structs = lib.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("struct "));
    imports.chain(structs.map(|rest| rest.trim_end_matches([' ', '{', ';']))).collect()
}

#[test]
fn no_name_of_a_plugin_clashes_with_those_of_the_template() {
    // What the template imports, derives, and finds in the prelude.
    let prelude = ["String", "Option", "Some", "None", "Vec", "Result", "Ok", "Err", "Box", "Self"];
    for name in ["row", "string", "option", "entity", "plugin", "manifest", "migrations", "self-", "vec", "a", "a-1b", "order-book"] {
        let lib = lib_of(name);
        let names = names_of(&lib);
        assert_eq!(names.len(), 6, "{names:?}");
        for (i, one) in names.iter().enumerate() {
            assert!(!names[..i].contains(one) && !prelude.contains(one), "{name}: {one} is there twice");
        }
    }
    assert!(lib_of("order-book").contains("struct OrderBookPlugin;"));
}

#[test]
fn a_name_that_the_host_would_refuse_at_load_is_refused_at_once() {
    let long = "a".repeat(60);
    for (name, part) in [
        ("pg-tools", "table would be called after it, and \"pg_tools\" is reserved"),
        ("tenon-x", "is reserved"),
        ("sqlite-x", "is reserved"),
        ("json-each", "`json_each` and `json_tree` are taken"),
        ("info", "/api/v1/info is the host's own"),
        (long.as_str(), "cannot name a table"),
        ("type", "a word of the Rust language"),
        ("Shop", "is not a plugin name"),
    ] {
        let error = require_name(name).unwrap_err().to_string();
        assert!(error.contains(part), "{name}: {error}");
    }
}
