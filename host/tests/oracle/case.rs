//! A line of the file that `xtask/graphs/ask_alembic.py` writes.
//!
//! # Shape
//! `{"seed", "graph", "revisions": [[id, [parent..], [dependency..], [label..]]..], "heads": answer, "bases": answer}`, and then either
//! `"spoilt"`, what was done to the graph so that it is none, or `"states": [{"applied": [id..], "asked": [[direction, target, answer]..]}..]`.
//! `applied` is in the order in which it came. An answer is a list of ids, the name of Alembic's error where it makes a message of it, or, after a
//! `!`, of the exception with which it ends in a traceback.

use serde::Deserialize;

use super::target::Direction;

#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) revisions: Vec<Drawn>,
    pub(crate) heads: Answer,
    pub(crate) bases: Answer,
    pub(crate) spoilt: Option<String>,
    #[serde(default)]
    pub(crate) states: Vec<State>,
}

/// A revision of a graph.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "(String, Vec<String>, Vec<String>, Vec<String>)")]
pub(crate) struct Drawn {
    pub(crate) id: String,
    pub(crate) parents: Vec<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) labels: Vec<String>,
}

impl From<(String, Vec<String>, Vec<String>, Vec<String>)> for Drawn {
    fn from((id, parents, depends_on, labels): (String, Vec<String>, Vec<String>, Vec<String>)) -> Self {
        Self { id, parents, depends_on, labels }
    }
}

/// A database, and what Alembic would do to it.
#[derive(Debug, Deserialize)]
pub(crate) struct State {
    pub(crate) applied: Vec<String>,
    pub(crate) asked: Vec<(Direction, String, Answer)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Steps(Vec<String>),
    Refused(String),
}

impl Case {
    /// # Panics
    /// It is no line of such a file.
    pub(crate) fn read(line: &str) -> Self {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}; this is no graph of `cargo xtask graphs`: {line:.200}"))
    }
}
