//! What can go wrong between the host and its database.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::ErrorCode;

use super::sqlite::violation;
use crate::model::Problem;
use crate::model::query::{Constraint, Violation};

/// Why the database did not do what the host asked.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The file cannot be used at all.
    #[error("cannot open the database {}: {reason}", path.display())]
    Open {
        /// The file, as it was given.
        path: PathBuf,
        /// What is wrong with it, and the way out where there is one.
        reason: String,
        /// What the operating system or SQLite said.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// A copy of it cannot be made.
    #[error("cannot copy the database to {}: {reason}", path.display())]
    Copy {
        /// Where the copy would be.
        path: PathBuf,
        /// Why not, and the way out where there is one.
        reason: &'static str,
        /// What the operating system or SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process, or another connection of this one, holds the database.
    #[error("the database is in use by another process, and stayed so for {waited_ms} ms")]
    Busy {
        /// How long was waited.
        waited_ms: u64,
    },
    /// The file, or its directory, may not be written to.
    #[error("the database cannot be written to; look at the permissions of its file and its directory")]
    ReadOnly(#[source] rusqlite::Error),
    /// Another process serves the database.
    #[error(
        "another `tenon serve`{} serves this database already; one database has one server",
        .holder.map(|process| format!(" (process {process})")).unwrap_or_default()
    )]
    Served {
        /// Its process id, if it could be read.
        holder: Option<u32>,
    },
    /// A statement of the host's that the schema or the data do not allow, in SQLite's words: a name that is taken, a column added
    /// without a default to a table with rows.
    #[error("{0}")]
    Refused(String),
    /// A write broke a constraint; nothing was changed.
    #[error("a constraint of the schema does not allow it: {}", rule(.0))]
    Violation(Violation),
    /// The deadline passed.
    #[error("the database was stopped at its deadline")]
    Deadline,
    /// A newer tenon made the bookkeeping tables.
    #[error(
        "the database was written by a newer tenon: its bookkeeping is at version {found}, this program knows up to {known}; use the newer program"
    )]
    TooNew {
        /// What the database says.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// A row of the host's own tables says something that cannot be.
    #[error("the database is damaged: {what}: {reason}")]
    Damaged {
        /// Which row or table.
        what: String,
        /// What is wrong with it.
        reason: String,
    },
    /// SQLite rolled the transaction back by itself (disk full, an interrupted write); what was done in it is gone.
    #[error("the transaction was rolled back by the database, nothing of it was kept")]
    TransactionLost,
    /// Transactions of one connection do not nest, and savepoints live inside one.
    #[error("the host used a transaction wrongly: {0}")]
    Misuse(&'static str),
    /// The archive could not be written or read.
    #[error("the archive of components failed")]
    Archive(#[source] std::io::Error),
    /// Disk, memory, a damaged file.
    #[error("the database failed")]
    Sqlite(#[source] rusqlite::Error),
}

/// Which rule was broken, in words, and where, as far as that is known.
fn rule(Violation { kind, columns }: &Violation) -> String {
    let rule = match kind {
        Constraint::Unique => "two rows would be alike",
        Constraint::ForeignKey => "a row would refer to none, or is still referred to",
        Constraint::NotNull => "a value would be missing",
        Constraint::Check => "a check does not hold",
        Constraint::Type => "a value is of another type",
    };
    if columns.is_empty() { rule.to_owned() } else { format!("{rule} ({})", columns.join(", ")) }
}

impl StorageError {
    /// Whether there is no room left where the database lies, or it is as large as it may become.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }

    /// Whether the same may be done another time: it was the machine's doing, or another process's.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::TransactionLost | Self::Archive(_) | Self::Sqlite(_))
    }

    /// Sorts an error of SQLite's into those that a caller can act on.
    ///
    /// `waited` is the time since the statement began: what [`StorageError::Busy`] reports.
    pub(in crate::store) fn sort(error: rusqlite::Error, waited: Duration) -> Self {
        if let Some(violation) = violation::of(&error, None) {
            return Self::Violation(violation);
        }
        let (code, message) = match &error {
            rusqlite::Error::SqliteFailure(failure, message) => (failure.code, message.clone()),
            rusqlite::Error::SqlInputError { error: failure, msg, .. } => (failure.code, Some(msg.clone())),
            rusqlite::Error::MultipleStatement => return Self::Refused("one statement at a time".to_owned()),
            _ => return Self::Sqlite(error),
        };
        match code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
                Self::Busy { waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX) }
            }
            ErrorCode::OperationInterrupted => Self::Deadline,
            ErrorCode::ReadOnly => Self::ReadOnly(error),
            // SQLITE_ERROR: the generic code of statements that cannot be compiled or carried out.
            ErrorCode::Unknown => message.map_or(Self::Sqlite(error), Self::Refused),
            // Of no kind: what ALTER TABLE says of rows that do not fit.
            ErrorCode::ConstraintViolation => Self::Refused(message.unwrap_or_else(|| "a constraint does not allow it".to_owned())),
            _ => Self::Sqlite(error),
        }
    }

    /// Whether it says that one of the host's own tables is not there.
    pub(in crate::store) fn is_missing_table(&self, table: &str) -> bool {
        matches!(self, Self::Refused(message) if message.strip_prefix("no such table: ") == Some(table))
    }

    /// No rows, if it says that one of the host's own tables is not there: a database without bookkeeping has nothing in it.
    pub(in crate::store) fn none_without<T>(self, table: &str) -> Result<Vec<T>, Self> {
        if self.is_missing_table(table) { Ok(Vec::new()) } else { Err(self) }
    }

    /// A row of the host's own tables that cannot be.
    pub(in crate::store) fn damaged(what: impl Into<String>, reason: impl ToString) -> Self {
        Self::Damaged { what: what.into(), reason: reason.to_string() }
    }
}

/// Why a plugin's statement did not run.
#[derive(Debug, thiserror::Error)]
pub enum SqlError {
    /// The plugin's mistake, or the data's; the plugin may read it.
    #[error("{0}")]
    Problem(Problem),
    /// The host's or the machine's fault; the plugin learns only that there was one.
    #[error("the plugin's statement could not be run")]
    Fault(#[source] StorageError),
}

impl From<Problem> for SqlError {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StorageError> for SqlError {
    fn from(error: StorageError) -> Self {
        Self::Fault(error)
    }
}

impl SqlError {
    /// What the plugin may read of it. A fault is logged here, once, and becomes a fixed phrase.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => problem,
            Self::Fault(StorageError::Busy { .. }) => Problem::new(503, "busy", "the database is busy; try again"),
            Self::Fault(StorageError::Deadline) => Problem::new(504, "time", "the statement took too long and was stopped"),
            Self::Fault(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "a plugin's statement could not be run");
                Problem::new(500, "internal", "the database failed")
            }
        }
    }
}
