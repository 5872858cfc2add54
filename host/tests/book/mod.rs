//! Reads the project's Markdown, and does what it says: the README and the book are tests.
//!
//! Every fence says what it holds, and that says how it is held to the program:
//!
//! | fence | is |
//! |---|---|
//! | `console` | a session: what follows a `$ ` is run, the rest is compared (`session`) |
//! | `sh` with a `curl`, then `json` | a request and its answer, which may be broken into lines between its members (`requests`) |
//! | `rust`, always below a line that is only a path | a file; one in `notes/` is the reader's own, the others are the repository's |
//! | `toml` below such a line | the same |
//! | any other `toml` | a `tenon.toml`, which is read |
//! | any other `sh`, and `text` | for people |

#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part of this")]

pub mod requests;
pub mod session;

use std::path::{Path, PathBuf};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

/// Reads a file of the repository.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below a folder of the repository whose names end so, by their paths in it. Build output and hidden folders are passed over.
pub fn files(folder: &str, ending: &str) -> Vec<String> {
    let (root, mut found, mut open) = (root(), Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("an entry can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name == "target" || name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else if name.ends_with(ending) {
                found.push(path.strip_prefix(&root).expect("it is below the root").to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Fence {
    /// What stands after the three backquotes.
    pub language: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// The path in backquotes that is all that the paragraph before it says.
    pub label: Option<String>,
    /// The number of its first line, from 1.
    pub line: usize,
}

impl Fence {
    /// Its text.
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// The fenced blocks of a text.
pub fn fences(text: &str) -> Vec<Fence> {
    let mut found: Vec<Fence> = Vec::new();
    let (mut inside, mut before) = (false, "");
    for (number, line) in text.lines().enumerate() {
        match (inside, line.strip_prefix("```")) {
            (false, Some(language)) => {
                let label = before.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).filter(|path| !path.contains('`'));
                found.push(Fence { language: language.to_owned(), lines: Vec::new(), label: label.map(str::to_owned), line: number + 2 });
                inside = true;
            }
            (true, Some(_)) => (inside, before) = (false, ""),
            (true, None) => found.last_mut().expect("a fence was opened").lines.push(line.to_owned()),
            (false, None) if !line.trim().is_empty() => before = line,
            (false, None) => {}
        }
    }
    assert!(!inside, "a fence is not closed");
    found
}

/// The text below a heading, down to the next one that begins so. `level` is `## ` or the like.
pub fn section(text: &str, level: &str, heading: &str) -> Option<String> {
    let mut lines = text.lines();
    lines.by_ref().find(|line| line.strip_prefix(level) == Some(heading))?;
    Some(lines.take_while(|line| !line.starts_with(level)).map(|line| format!("{line}\n")).collect())
}

/// The text without its fenced blocks.
pub fn prose(text: &str) -> String {
    let mut inside = false;
    let outside = |line: &&str| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    };
    text.lines().filter(outside).map(|line| format!("{line}\n")).collect()
}
