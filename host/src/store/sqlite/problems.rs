//! SQLite's errors in the words that a plugin may read.

use rusqlite::{ErrorCode, ffi};

use super::{Database, statements, text, violation};
use crate::model::query::{Constraint, Violation};
use crate::model::{Footprint, PluginName, Problem, Value};
use crate::store::{SqlError, StorageError, owners};

/// Sorts an error of one of a plugin's statements.
///
/// `footprint` is what the statement can change, once that is known: other tables' names stay untold.
pub(super) fn sort(database: &Database, plugin: &PluginName, sql: &str, error: rusqlite::Error, footprint: Option<&Footprint>) -> SqlError {
    let target = footprint.and_then(|footprint| footprint.target.as_ref()).map_or("", |name| name.as_str());
    if let Some(mut found) = violation::of(&error, Some(target)) {
        if found.kind == Constraint::Check && footprint.is_none_or(|footprint| !footprint.others.is_empty()) {
            found.columns.clear();
        }
        return constraint(&found).into();
    }
    let (failure, message, offset) = match &error {
        rusqlite::Error::SqliteFailure(failure, message) => (*failure, message.as_deref(), None),
        rusqlite::Error::SqlInputError { error: failure, msg, offset, .. } => (*failure, Some(msg.as_str()), usize::try_from(*offset).ok()),
        rusqlite::Error::MultipleStatement => return Problem::new(400, "sql", "one statement at a time").into(),
        _ => return SqlError::Fault(StorageError::Sqlite(error)),
    };
    match failure.code {
        ErrorCode::Unknown | ErrorCode::TypeMismatch => {
            let told = message.filter(|message| may_be_told(database, plugin, sql, message)).map(str::to_owned);
            let mut problem = Problem::new(400, "sql", told.unwrap_or_else(|| "the statement cannot be run".to_owned()));
            add_position(&mut problem, offset.and_then(|offset| offset.checked_sub(statements::prefix_length(plugin))));
            problem.into()
        }
        ErrorCode::TooBig => {
            let most = super::limits::PLUGIN_LENGTH;
            let detail = format!("a value of the statement is too long: it may have {most} bytes, fewer in a statement that computes much");
            Problem::new(413, "too-large", detail).into()
        }
        ErrorCode::OutOfMemory => {
            let (running, compiling) = (super::memory::RUNNING, super::memory::COMPILING);
            let detail = format!("the statement takes more memory than a statement may: {running} bytes, {compiling} to compile it");
            Problem::new(413, "too-large", detail).into()
        }
        ErrorCode::ReadOnly => read_only().into(),
        ErrorCode::ConstraintViolation => constraint_of_other_kind(failure).into(),
        ErrorCode::AuthorizationForStatementDenied => Problem::new(403, "not-granted", "the statement does what plugins may not do").into(),
        _ => SqlError::Fault(StorageError::sort(error, std::time::Duration::ZERO)),
    }
}

/// Says at which byte of the plugin's text it is.
pub(super) fn add_position(problem: &mut Problem, at: Option<usize>) {
    if let Some(at) = at.and_then(|at| i64::try_from(at).ok()) {
        problem.detail.push_str(&format!(" (at byte {at})"));
        problem.members.push(("position".to_owned(), Value::Integer(at)));
    }
}

/// A statement that would change something, where nothing may be changed.
pub(super) fn read_only() -> Problem {
    Problem::new(403, "read-only", "nothing can be changed here: this call may only read")
}

/// The problem for a broken constraint.
fn constraint(violation: &Violation) -> Problem {
    let (word, what) = match violation.kind {
        Constraint::Unique => ("unique", "there is already a row with the same"),
        Constraint::NotNull => ("not-null", "a value is missing for"),
        Constraint::Check => ("check", "a rule of the table does not hold:"),
        Constraint::Type => ("type", "a value has the wrong type for"),
        Constraint::ForeignKey => ("foreign-key", ""),
    };
    let columns = violation.columns.join(", ");
    let detail = match (violation.kind, columns.is_empty()) {
        (Constraint::ForeignKey, _) => "a row refers to one that is not there, or is still referred to".to_owned(),
        (_, true) => "a rule of a table that follows this one does not hold".to_owned(),
        (_, false) => format!("{what} {columns}"),
    };
    let problem = Problem::new(409, "constraint", detail).with_member("constraint", word);
    if columns.is_empty() { problem } else { problem.with_member("columns", columns) }
}

/// Constraints that no table of ours has: a virtual table's, a function's.
fn constraint_of_other_kind(failure: ffi::Error) -> Problem {
    tracing::warn!(code = failure.extended_code, "a constraint of an unexpected kind was broken");
    Problem::new(409, "constraint", "a constraint does not allow it")
}

/// Whether a message of SQLite's names nothing but what the plugin wrote or owns.
///
/// Messages about a text hold names from that text, with few exceptions (a foreign key that does not fit names the other table). So a
/// name of somebody else's object that stands in the message must stand in the text too.
fn may_be_told(database: &Database, plugin: &PluginName, sql: &str, message: &str) -> bool {
    let Ok(text) = text::check(sql) else { return false };
    match owners::names_of_others_in(database, plugin, message) {
        Ok(names) => names.iter().all(|name| text.mentions(name) || !stands_in(message, name)),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "owners could not be read");
            false
        }
    }
}

/// Whether `name` stands in `message` by itself, not as a part of a longer word.
fn stands_in(message: &str, name: &str) -> bool {
    let (message, name) = (message.to_ascii_lowercase(), name.to_ascii_lowercase());
    let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    message.match_indices(&name).any(|(at, _)| {
        let before = message[..at].chars().next_back();
        let after = message[at + name.len()..].chars().next();
        !before.is_some_and(in_word) && !after.is_some_and(in_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_a_message_only_as_a_whole() {
        assert!(stands_in("no such table: main.Users", "users"));
        assert!(stands_in("near \"order lines\"", "Order Lines"));
        assert!(!stands_in("no such column: username", "user"));
        assert!(!stands_in("", "user"));
    }
}
