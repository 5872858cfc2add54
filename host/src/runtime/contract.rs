//! The contract's names, as this host offers and expects them: what a component is measured against before it is linked.
//!
//! A list by hand, because a linker cannot be asked what it holds and the answer decides what a person is told. A test compares it with
//! `wit/v0.1`, word for word.

use semver::Version;

/// The package, without a version.
pub(super) const PACKAGE: &str = "tenon:plugin";

/// The version of the contract that this host speaks.
pub(super) const VERSION: &str = "0.1.0";

/// The interfaces that a plugin exports, each with its functions.
pub(super) const EXPORTS: [(&str, &[&str]); 3] =
    [("plugin", &["describe"]), ("migrations", &["upgrade", "downgrade"]), ("handlers", &["handle"])];

/// The interfaces that a plugin may import, each with its functions and resources as a component names them.
pub(super) const IMPORTS: [(&str, &[&str]); 7] = [
    (
        "types",
        &[
            "document",
            "[constructor]document",
            "[method]document.media-type",
            "[method]document.size",
            "[method]document.read",
            "[method]document.slice",
            "[method]document.about",
            "request",
            "[method]request.method",
            "[method]request.path",
            "[method]request.param",
            "[method]request.arguments",
            "[method]request.query",
            "[method]request.header",
            "[method]request.body",
        ],
    ),
    ("schema", &[]),
    ("host", &["log", "now", "random", "new-id", "setting", "request-id", "caller", "claim", "may"]),
    (
        "declare",
        &[
            "plugin",
            "requires",
            "wants",
            "setting",
            "owns-table",
            "owns-view",
            "owns-trigger",
            "revision",
            "collection",
            "field",
            "handles",
            "route",
            "parameter",
            "answer",
        ],
    ),
    (
        "operations",
        &[
            "create-table",
            "drop-table",
            "rename-table",
            "alter-table",
            "add-column",
            "drop-column",
            "rename-column",
            "set-nullable",
            "set-default",
            "set-type",
            "create-index",
            "drop-index",
            "add-foreign-key",
            "add-unique",
            "add-check",
            "set-primary-key",
            "drop-constraint",
            "create-view",
            "drop-view",
            "create-trigger",
            "drop-trigger",
            "execute",
            "insert-rows",
            "touches",
            "query",
            "row",
            "dialect",
            "offline",
        ],
    ),
    ("records", &["forward", "forward-computed", "list", "get", "get-many", "create", "replace", "update", "delete"]),
    ("database", &["query", "row", "execute", "execute-many"]),
];

/// A name of our package, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OurName<'a> {
    /// E.g. `host`.
    pub(super) interface: &'a str,
    /// E.g. `0.1.0`.
    pub(super) version: Version,
}

impl<'a> OurName<'a> {
    /// Takes `tenon:plugin/host@0.1.0` apart; none for a name of another package or without a version.
    pub(super) fn parse(name: &'a str) -> Option<Self> {
        let (interface, version) = name.strip_prefix(PACKAGE)?.strip_prefix('/')?.split_once('@')?;
        Some(Self { interface, version: Version::parse(version).ok()? })
    }

    /// Whether a component built against that version can be given ours: the same `0.minor`, or the same major from 1 on.
    ///
    /// # Source
    /// `alternate_lookup_key` of wasmtime-environ 48, which decides what the linker finds.
    pub(super) fn is_on_our_track(&self) -> bool {
        let ours = Version::parse(VERSION).expect("the constant is a version");
        let same_track =
            if ours.major > 0 { self.version.major == ours.major } else { self.version.major == 0 && self.version.minor == ours.minor };
        self.version == ours || same_track && self.version.pre.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// Interface by interface, the functions and resources that a folder of WIT files declares. Reads our own well-formed files and
    /// no others: one declaration per line, as `wit/` is written.
    fn declared() -> Vec<(String, Vec<String>)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1");
        let mut interfaces: Vec<(String, Vec<String>)> = Vec::new();
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let text = fs::read_to_string(file).unwrap();
            let mut resource: Option<String> = None;
            for line in text.lines().map(str::trim) {
                let word = |line: &str| line.trim_end_matches(['{', ' ']).to_owned();
                if let Some(name) = line.strip_prefix("interface ") {
                    interfaces.push((word(name), Vec::new()));
                } else if let Some(name) = line.strip_prefix("resource ") {
                    resource = Some(word(name));
                    interfaces.last_mut().unwrap().1.push(word(name));
                } else if line == "}" {
                    resource = None;
                } else if let Some(resource) = resource.as_ref().filter(|_| line.starts_with("constructor(")) {
                    interfaces.last_mut().unwrap().1.push(format!("[constructor]{resource}"));
                } else if let Some((name, _)) = line.split_once(": func(") {
                    let name = name.trim_start_matches('%');
                    let name = resource.as_ref().map_or(name.to_owned(), |resource| format!("[method]{resource}.{name}"));
                    interfaces.last_mut().unwrap().1.push(name);
                }
            }
        }
        interfaces
    }

    #[test]
    fn the_lists_are_what_the_contract_says() {
        let mut listed: Vec<(String, Vec<String>)> = EXPORTS
            .iter()
            .chain(&IMPORTS)
            .map(|(name, items)| (name.to_string(), items.iter().map(|item| item.to_string()).collect()))
            .collect();
        let mut declared = declared();
        listed.iter_mut().chain(&mut declared).for_each(|(_, items)| items.sort());
        listed.sort();
        declared.sort();
        assert_eq!(listed, declared);
    }

    #[test]
    fn the_version_is_the_one_of_the_files() {
        let world = include_str!("../../../wit/v0.1/world.wit");
        assert!(world.contains(&format!("package {PACKAGE}@{VERSION};")));
    }

    #[test]
    fn names_are_taken_apart() {
        let name = OurName::parse("tenon:plugin/host@0.1.3").unwrap();
        assert_eq!((name.interface, name.version.to_string().as_str()), ("host", "0.1.3"));
        assert!(name.is_on_our_track());
        for other in ["tenon:plugin/host@0.2.0", "tenon:plugin/host@1.1.0", "tenon:plugin/host@0.1.1-draft"] {
            assert!(!OurName::parse(other).unwrap().is_on_our_track(), "{other}");
        }
        for foreign in ["wasi:cli/exit@0.2.6", "tenon:pluginx/host@0.1.0", "tenon:plugin/host", "host"] {
            assert_eq!(OurName::parse(foreign), None, "{foreign}");
        }
    }
}
