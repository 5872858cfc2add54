//! Names of tables, columns, indexes and constraints, and ids of revisions, as the host accepts them.

use syn::{Error, LitStr};

use crate::form;

/// Refuses a text that the host would not take for the name of a table, column, index or constraint.
pub(crate) fn require_object_name(text: &LitStr) -> syn::Result<()> {
    object_name(&text.value()).map_err(|message| Error::new(text.span(), message))
}

/// The same for the name of a table or view, which also stands where SQLite looks for its own.
pub(crate) fn require_table_name(text: &LitStr) -> syn::Result<()> {
    table_name(&text.value()).map_err(|message| Error::new(text.span(), message))
}

/// Virtual tables and databases of SQLite's: see the host's rule.
const TAKEN: [&str; 13] = [
    "dbstat",
    "fts3",
    "fts3tokenize",
    "fts4",
    "fts4aux",
    "fts5",
    "fts5vocab",
    "jsonb_each",
    "jsonb_tree",
    "main",
    "rtree",
    "rtree_i32",
    "temp",
];

fn table_name(name: &str) -> Result<(), String> {
    if TAKEN.iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
        return Err(format!("{name:?} is the name of a table or database of SQLite's own: choose another name"));
    }
    object_name(name)
}

/// Whether the character is not simply shown where it stands. Neither are the two joiners, which only text for people needs.
fn is_invisible(c: char) -> bool {
    form::is_harmful(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

/// Why the text cannot name a table, column, index or constraint.
///
/// # Source
/// The rule is that of the host (`host/src/model/name.rs`), and `tests/names.txt` holds the two together: 63 bytes so that a schema can
/// move to PostgreSQL, no quotes so that no name can leave its own; a table called like a function of SQLite would hide it.
pub(crate) fn object_name(name: &str) -> Result<(), String> {
    let bad = |c: char| is_invisible(c) || matches!(c, '"' | '\'' | '`' | '[' | ']');
    if name.is_empty() || name.len() > 63 || name.trim() != name || name.contains(bad) {
        let advice = "use 1 to 63 bytes without control characters, invisible ones or quotes";
        return Err(format!("{name:?} cannot name a table or column: {advice}"));
    }
    if ["json_each", "json_tree"].iter().any(|function| name.eq_ignore_ascii_case(function)) {
        return Err(format!("{name:?} is a function of the database: choose another name"));
    }
    let reserved = |prefix: &&str| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    match ["sqlite_", "pragma_", "tenon_", "pg_"].into_iter().find(reserved) {
        Some(prefix) => Err(format!("{name:?} begins with `{prefix}`, which is reserved: choose another name")),
        None => Ok(()),
    }
}

/// Why the text names no way in which SQLite compares texts.
pub(crate) fn collation(name: &str) -> Result<(), String> {
    let known = ["BINARY", "NOCASE", "RTRIM"];
    if known.iter().any(|known| name.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(format!("{name:?} is no collation; known are {}", known.join(", ")))
}

/// Whether the text is a revision's id: `[A-Za-z0-9_]`, 1 to 64 characters.
pub(crate) fn is_revision_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether the id means something else where a target of a command is written.
///
/// # Source
/// `host/src/migrate/graph.rs`, which refuses them.
pub(crate) fn is_target_word(id: &str) -> bool {
    matches!(id, "head" | "heads" | "base")
}

/// Whether the text is a plugin's name: `[a-z][a-z0-9-]*`, at most 63 characters.
pub(crate) fn is_plugin_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    let head = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
    head && name.len() <= 63 && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_host() {
        let lines = include_str!("../../tests/names.txt").lines().filter(|line| !line.starts_with('#'));
        for (kind, good, name) in lines.map(line) {
            let accepted = match kind {
                "object" => object_name(&name).is_ok(),
                "table" => table_name(&name).is_ok(),
                "plugin" => is_plugin_name(&name),
                "revision" => is_revision_id(&name),
                // Checked by the SDK itself, where `plugin!` is.
                "version" => good,
                other => panic!("{other}"),
            };
            assert_eq!(accepted, good, "{kind} {name:?}");
        }
    }

    #[test]
    fn names_show_all_that_is_in_them() {
        for hidden in ["\u{200b}", "\u{200d}", "\u{2060}", "\u{202e}", "\u{feff}", "\u{e0041}"] {
            assert!(object_name(&format!("us{hidden}ers")).is_err(), "{hidden:?}");
        }
    }

    fn line(line: &str) -> (&str, bool, String) {
        let mut parts = line.splitn(3, ' ');
        let (kind, good, name) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        (kind, good == "good", syn::parse_str::<LitStr>(name).unwrap().value())
    }
}
