//! The file, and reading from it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::value::RawValue;
use thread_local::ThreadLocal;
use ulid::Ulid;

use crate::user::{User, shown_time};

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Synchronous {
    /// It does: what was acknowledged survives a power cut.
    Full,
    /// It does not: the newest commits may be lost, the file stays whole.
    Normal,
}

/// The database, with a connection for each thread that reads.
pub(crate) struct Database {
    path: PathBuf,
    synchronous: Synchronous,
    readers: ThreadLocal<Connection>,
}

const ONE: &str = "SELECT id, created_at, updated_at, tags, email, name, is_active, rowid FROM users WHERE id = ?";
const LIST: &str =
    "SELECT id, created_at, updated_at, tags, email, name, is_active, rowid FROM users WHERE rowid > ? ORDER BY rowid LIMIT ?";

impl Database {
    /// Opens the file; makes it, with its tables, when it is new.
    pub(crate) fn open(path: &Path, synchronous: Synchronous) -> rusqlite::Result<Self> {
        let database = Self { path: path.to_owned(), synchronous, readers: ThreadLocal::new() };
        let mut connection = database.writer()?;
        let transaction = connection.transaction()?;
        if transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))? == 0 {
            transaction.execute_batch(include_str!("schema.sql"))?;
        }
        // A file of somebody else's is refused now, not at the first request.
        transaction.prepare(ONE)?;
        transaction.commit()?;
        Ok(database)
    }

    /// A connection that writes.
    pub(crate) fn writer(&self) -> rusqlite::Result<Connection> {
        let connection = self.connect()?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        let synchronous = match self.synchronous {
            Synchronous::Full => "full",
            Synchronous::Normal => "normal",
        };
        connection.pragma_update(None, "synchronous", synchronous)?;
        Ok(connection)
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "foreign_keys", true)?;
        Ok(connection)
    }

    fn reader(&self) -> rusqlite::Result<&Connection> {
        self.readers.get_or_try(|| {
            let connection = self.connect()?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(connection)
        })
    }

    /// The user with this id.
    pub(crate) fn user(&self, id: Ulid) -> rusqlite::Result<Option<User>> {
        user(self.reader()?, &id.to_string())
    }

    /// At most `limit` users in the order in which they were inserted, those behind the place `after`; and the place of the last of
    /// them, if more follow.
    pub(crate) fn users(&self, after: i64, limit: u16) -> rusqlite::Result<(Vec<User>, Option<i64>)> {
        let mut statement = self.reader()?.prepare_cached(LIST)?;
        let mut rows = statement.query((after, i64::from(limit) + 1))?;
        let limit = limit as usize;
        let (mut users, mut last) = (Vec::with_capacity(limit), after);
        while let Some(row) = rows.next()? {
            if users.len() == limit {
                return Ok((users, Some(last)));
            }
            users.push(read(row)?);
            last = row.get(7)?;
        }
        Ok((users, None))
    }
}

/// The user with this id, as this connection sees it.
pub(crate) fn user(connection: &Connection, id: &str) -> rusqlite::Result<Option<User>> {
    connection.prepare_cached(ONE)?.query_row([id], read).optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: row.get(0)?,
        created_at: shown_time(row.get_ref(1)?.as_str()?),
        updated_at: shown_time(row.get_ref(2)?.as_str()?),
        tags: RawValue::from_string(row.get(3)?).map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, error.into()))?,
        email: row.get(4)?,
        name: row.get(5)?,
        is_active: row.get(6)?,
    })
}
