//! `tenon check`: whether everything is applied, and `tenon ensure-version`.

use std::path::PathBuf;

use serde::Serialize;

use super::error::ServiceError;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::Refusal;
use crate::migrate::history;
use crate::model::Node;

/// What there is to do.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// Revisions that are not applied, in the order in which they would be.
    pub pending: Vec<Node>,
    /// Files that were refused: among them plugins whose revisions do not leave what they declare.
    pub refused: Vec<Refusal>,
}

impl Checked {
    /// Whether there is nothing.
    pub fn is_fine(&self) -> bool {
        self.pending.is_empty() && self.refused.is_empty()
    }
}

/// Looks; nothing is changed. The plugins' proofs say whether their revisions leave what they declare.
///
/// # Errors
/// The database or the folder cannot be read.
pub fn check(host: &Host) -> Result<Checked, ServiceError> {
    let Opened { live, books, files } = host.open(Live::open_read_only)?;
    let (set, state) = host.load(&live, books, files)?;
    let newest_first = history::history(&state.graph, &state.applied);
    let pending = newest_first.into_iter().rev().filter(|entry| !entry.applied).map(|entry| entry.node).collect();
    Ok(Checked { pending, refused: set.refused })
}

/// Makes the host's own tables, if they are not there.
///
/// # Errors
/// The database cannot be written to.
pub fn ensure_version(host: &Host) -> Result<Ensured, ServiceError> {
    let database = host.settings().database.clone();
    let made = !database.exists();
    Live::open(host.settings())?.prepare()?;
    Ok(Ensured { database, made })
}

/// A database that has the host's own tables.
#[derive(Debug, Serialize)]
pub struct Ensured {
    /// Its file.
    pub database: PathBuf,
    /// It was not there.
    pub made: bool,
}
