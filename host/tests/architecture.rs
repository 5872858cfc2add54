//! Which way the arrows point: one crate cannot stop a wrong `use crate::…`, so this reads the sources and names the offender.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Room by room, the rooms that it may name. `model` is open to all, and with it the one reading of SQL text (`model::sql`), which
/// three rooms need and none could have from another; `lib.rs` and `main.rs` are not rooms.
const ARROWS: [(&str, &[&str]); 8] = [
    ("model", &[]),
    ("runtime", &["model"]),
    ("migrate", &["model"]),
    ("records", &["model"]),
    ("store", &["model"]),
    ("service", &["model", "runtime", "migrate", "records", "store"]),
    ("http", &["model", "service"]),
    ("cli", &["model", "service", "http"]),
];

/// Words that only one place may say: whose they are, and why.
const SECRETS: [(&str, &[&str], &str); 4] = [
    ("rusqlite", &["store/"], "SQLite's connection stays inside store"),
    ("wasmtime", &["runtime/"], "the engine stays inside runtime"),
    ("axum", &["http/"], "HTTP stays inside http"),
    ("clap", &["cli/"], "the command line stays inside cli"),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// All sources by their path below `src`, without comment lines.
fn code() -> BTreeMap<String, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    sources(&src, &mut paths);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source can be read");
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let name = path.strip_prefix(&src).expect("it is below src").to_string_lossy().replace('\\', "/");
        (name, lines.join("\n"))
    };
    paths.into_iter().map(read).collect()
}

#[test]
fn every_room_names_only_the_rooms_below_it() {
    let mut offenders = Vec::new();
    for (file, text) in code() {
        let Some((room, _)) = file.split_once('/') else { continue };
        let (_, allowed) =
            ARROWS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is a room that ARROWS does not know"));
        for part in text.split("crate::").skip(1) {
            let named: String = part.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let is_room = ARROWS.iter().any(|(name, _)| *name == named);
            if is_room && named != room && !allowed.contains(&named.as_str()) {
                offenders.push(format!("{file} names crate::{named}"));
            }
        }
    }
    assert!(offenders.is_empty(), "{offenders:#?}");
}

#[test]
fn what_belongs_to_one_room_is_named_nowhere_else() {
    let mut offenders = Vec::new();
    for (file, text) in code() {
        for (word, homes, why) in SECRETS {
            let named = text.contains(&format!("{word}::"));
            // Tests may look at a database with SQLite's own eyes.
            let test = file.ends_with("tests.rs") || file.contains("/tests/");
            if named && !test && !homes.iter().any(|home| file.starts_with(home)) && !only_in_test_module(&text, word) {
                offenders.push(format!("{file} names {word}: {why}"));
            }
        }
    }
    assert!(offenders.is_empty(), "{offenders:#?}");
}

fn only_in_test_module(text: &str, word: &str) -> bool {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    !code.contains(&format!("{word}::"))
}

/// A stored table of that name would answer instead of SQLite: the PRAGMA statements cannot be hidden.
#[test]
fn no_statement_of_the_hosts_asks_a_pragma_as_a_table() {
    for (file, text) in code() {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let test = file.ends_with("tests.rs") || file.contains("/tests/");
        let asked = ["FROM pragma_", "JOIN pragma_", ", pragma_"].iter().any(|place| code.contains(place));
        // A script can count only what a query gives, and no plugin's table can be called so.
        let of_a_script = file.ends_with("dialect/sqlite/script.rs");
        assert!(test || of_a_script || !asked, "{file} asks a table-valued pragma; use `Database::describe` or a PRAGMA statement");
    }
}
