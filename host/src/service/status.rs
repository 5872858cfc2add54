//! `current`, `history`, `heads`, `branches`, `show`: what the ledger and the folder say. Nothing is changed, not a byte of the file.

use super::error::ServiceError;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::PluginSet;
use super::state::State;
use crate::migrate::Target;
use crate::migrate::history;
pub use crate::migrate::history::Entry;
use crate::migrate::range;
pub use crate::migrate::range::End;
use crate::model::Node;

/// What can be looked at.
#[derive(Debug, Clone)]
pub enum Question {
    /// Where every plugin stands.
    Current,
    /// All revisions, newest first, or those of a range.
    History(Option<End>, Option<End>),
    /// The revisions that are no revision's parent; with `true` only those that no other plugin's revision depends on.
    Heads(bool),
    /// The revisions that several come after.
    Branches,
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
    /// Heads that are not applied.
    pub behind: Vec<Node>,
}

/// Looks. The ledger is enough for what is applied; a folder that cannot be read counts as empty, and [`PluginSet::unread`] says why.
///
/// # Errors
/// The database cannot be read; a target names nothing.
pub fn ask(host: &Host, question: &Question) -> Result<Answer, ServiceError> {
    let Opened { books, files, .. } = host.open(Live::open_read_only)?;
    let set = host.load_to_look(files, &books.owners);
    let State { graph, applied, .. } = State::of(books.entries, &set)?;
    let entries = match question {
        Question::Current => history::current(&graph, &applied),
        Question::History(from, to) => range::between(&graph, &applied, from.as_ref(), to.as_ref())?,
        Question::Heads(false) => history::heads(&graph, &applied),
        Question::Heads(true) => history::heads_without_dependents(&graph, &applied),
        Question::Branches => history::branches(&graph, &applied),
        Question::Show(target) => history::show(&graph, &applied, target)?,
    };
    let behind = history::heads(&graph, &applied).into_iter().filter(|entry| !entry.applied).map(|entry| entry.node).collect();
    Ok(Answer { entries, set, behind })
}
