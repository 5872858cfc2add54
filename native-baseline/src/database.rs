//! The file, and reading from it.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row};
use serde_json::value::RawValue;
use thread_local::ThreadLocal;
use ulid::{ULID_LEN, Ulid};

use crate::problem::Problem;
use crate::user::User;

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

    /// The user with this id, as JSON.
    pub(crate) fn user(&self, id: Ulid) -> Result<Option<Vec<u8>>, Problem> {
        let body = user(self.reader()?, id.array_to_str(&mut [0; ULID_LEN]), |user| serde_json::to_vec(&user))?;
        Ok(body.transpose()?)
    }

    /// At most `limit` users as JSON, in the order in which they were inserted, those behind the place `after`; and the place of the
    /// last of them, if more follow.
    pub(crate) fn users(&self, after: i64, limit: u16) -> Result<(Vec<u8>, Option<i64>), Problem> {
        let mut statement = self.reader()?.prepare_cached(LIST)?;
        let mut rows = statement.query((after, i64::from(limit) + 1))?;
        let (mut body, mut count, mut last) = (vec![b'['], 0, after);
        while let Some(row) = rows.next()? {
            if count == limit {
                body.push(b']');
                return Ok((body, Some(last)));
            }
            if count > 0 {
                body.push(b',');
            }
            serde_json::to_writer(&mut body, &read(row)?)?;
            (count, last) = (count + 1, row.get(7)?);
        }
        body.push(b']');
        Ok((body, None))
    }
}

/// What `see` makes of the user with this id, as this connection sees it.
pub(crate) fn user<T>(connection: &Connection, id: &str, see: impl FnOnce(User<'_>) -> T) -> rusqlite::Result<Option<T>> {
    connection.prepare_cached(ONE)?.query_row([id], |row| read(row).map(see)).optional()
}

fn read<'a>(row: &'a Row<'_>) -> rusqlite::Result<User<'a>> {
    let text = |index| Ok::<_, rusqlite::Error>(row.get_ref(index)?.as_str()?);
    let tags: &RawValue =
        serde_json::from_str(text(3)?).map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, Type::Text, error.into()))?;
    Ok(User {
        id: text(0)?.into(),
        created_at: text(1)?.into(),
        updated_at: text(2)?.into(),
        tags: Cow::Borrowed(tags),
        email: text(4)?.into(),
        name: text(5)?.into(),
        is_active: row.get(6)?,
    })
}
