//! `current`, `history`, `heads`, `show`: what the ledger and the folder say. Nothing is changed, not a byte of the file.

use super::error::ServiceError;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::PluginSet;
use super::state::State;
use crate::migrate::Target;
use crate::migrate::history;
pub use crate::migrate::history::Entry;

/// What can be looked at.
#[derive(Debug, Clone)]
pub enum Question {
    /// Where every plugin stands.
    Current,
    /// All revisions, newest first.
    History,
    /// The revisions that are no revision's parent.
    Heads,
    /// The revision that a target names.
    Show(Target),
}

/// Revisions, and the files that could not be asked about theirs.
#[derive(Debug)]
pub struct Answer {
    /// In the order that the question asks for.
    pub entries: Vec<Entry>,
    /// The loaded plugins, for the names of their files.
    pub set: PluginSet,
}

/// Looks. The ledger is enough for what is applied; a folder that cannot be read counts as empty.
///
/// # Errors
/// The database cannot be read; a target names nothing.
pub fn ask(host: &Host, question: &Question) -> Result<Answer, ServiceError> {
    let Opened { books, files, .. } = host.open(Live::open_read_only)?;
    let set = host.load_if_there(files, &books.owners);
    let State { graph, applied, .. } = State::of(books.entries, &set)?;
    let entries = match question {
        Question::Current => history::current(&graph, &applied),
        Question::History => history::history(&graph, &applied),
        Question::Heads => history::heads(&graph, &applied),
        Question::Show(target) => history::show(&graph, &applied, target)?,
    };
    Ok(Answer { entries, set })
}
