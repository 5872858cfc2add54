//! Opening the file: which errors a person gets to read, and which settings hold for the connection's whole life.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{limits, memory, patience};
use crate::store::StorageError;

/// How long a command waits for another process: a person would rather wait than type it again.
pub const BUSY_COMMAND: Duration = Duration::from_secs(30);

/// How long a server waits: a client has given up after that.
pub const BUSY_SERVE: Duration = Duration::from_secs(5);

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Reads and writes; makes the file when it is missing.
    ReadWrite,
    /// Reads an existing file beside a writer.
    Reader,
    /// Looks at a file for a command that only prints: the file keeps every byte, also with an unfinished WAL beside it, and a missing
    /// one is not made but answered as an empty database.
    ReadOnly,
    /// An empty database in memory, for replays.
    Memory,
}

/// Opens the file and applies all settings.
pub(super) fn open(path: &Path, mode: Mode, busy: Duration) -> Result<Connection, StorageError> {
    memory::install();
    let missing = match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(refused(path, "it is a directory; name a file", None)),
        // Asked before opening: a FIFO would wait for a writer, and SQLite would make a journal beside a device.
        Ok(found) if !found.is_file() => return Err(refused(path, "it is a device, pipe or socket; name a file", None)),
        Ok(_) => false,
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(refused(path, "it cannot be reached", Some(Box::new(error)))),
    };
    let mut connection = match mode {
        Mode::Memory => return memory(),
        Mode::ReadOnly if missing => return memory(),
        Mode::Reader if missing => return Err(refused(path, "there is no such file", None)),
        Mode::Reader => open_file(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        Mode::ReadOnly => look_at(path)?,
        Mode::ReadWrite => {
            if missing && let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
                return Err(refused(path, &format!("there is no directory {}; make it first", parent.display()), None));
            }
            let connection = open_file(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
            // SQLite opens what it may not write to for reading, and says so only when somebody writes.
            if connection.is_readonly(rusqlite::MAIN_DB).map_err(StorageError::Sqlite)? {
                return Err(refused(path, UNWRITABLE, None));
            }
            connection
        }
    };
    let explain = |error| explain(path, error, busy);
    patience::set(&mut connection, busy, || false).map_err(explain)?;
    configure(&connection).map_err(explain)?;
    // The first look into the file: whether it is a database at all.
    connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0)).map_err(explain)?;
    match mode {
        Mode::ReadWrite => write_ahead(&connection, path, busy)?,
        Mode::Reader | Mode::ReadOnly => connection.pragma_update(None, "query_only", true).map_err(explain)?,
        Mode::Memory => {}
    }
    Ok(connection)
}

/// An empty database in memory.
pub(super) fn memory() -> Result<Connection, StorageError> {
    memory::install();
    let connection = Connection::open_in_memory_with_flags(
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(StorageError::Sqlite)?;
    configure(&connection).map_err(StorageError::Sqlite)?;
    // There is no disk that could be full before the memory is.
    connection.pragma_update(None, "max_page_count", limits::MEMORY_PAGES).map_err(StorageError::Sqlite)?;
    Ok(connection)
}

fn open_file(path: &Path, flags: OpenFlags) -> Result<Connection, StorageError> {
    // The connection belongs to one thread at a time, so SQLite needs no mutex of its own.
    Connection::open_with_flags(plain(path), flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(|error| explain(path, error, Duration::ZERO))
}

/// Opens a file to look at it, also where nothing can be made beside it: SQLite makes a shared-memory file even for readers.
///
/// Then, and only if no WAL waits beside the file, it is read as if nobody could change it: nobody who is bound by the same
/// permissions can. Never with what an interrupted writer left: without its journal, what was not committed looks as if it were.
fn look_at(path: &Path) -> Result<Connection, StorageError> {
    let connection = open_file(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let first_look = connection.query_row("PRAGMA schema_version", [], |_| Ok(()));
    let cannot_open = |error: rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)) && !has_hot_journal(&error)
    };
    if !first_look.is_err_and(cannot_open) || std::fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0) {
        return Ok(connection);
    }
    let name = percent_encode(plain(path).as_os_str().as_encoded_bytes(), &NOT_IN_URI).to_string();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{name}?immutable=1"), flags).map_err(|error| explain(path, error, Duration::ZERO))
}

/// Whether SQLite found the journal of a writer that was interrupted, and may not write to roll it back.
fn has_hot_journal(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|failure| failure.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK)
}

/// The file that SQLite keeps beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// What is escaped in the path of a URI: everything but letters, digits and what separates and joins them.
const NOT_IN_URI: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');

/// The path such that SQLite takes it for nothing but a path.
///
/// The bundled SQLite reads a name that begins with `file:` as a URI and `:memory:` or nothing as no file, whatever the flags. A path
/// that begins with `.` or `/` is none of these.
pub(super) fn plain(path: &Path) -> PathBuf {
    if path.is_absolute() { path.to_owned() } else { Path::new(".").join(path) }
}

/// What holds for the whole life of a connection, whoever uses it.
fn configure(connection: &Connection) -> rusqlite::Result<()> {
    let settings = [
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true),
        // A misspelt column in double quotes is an error, not a string.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
        // What stands in the schema may have been written by anybody who had the file.
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
        // A plan depends on the text alone, never on bound values. Otherwise SQLite recompiles a statement inside `step` when a value
        // is bound to a LIKE, and a plugin's statement may not be recompiled there (see `scope`).
        (DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true),
    ];
    for (setting, value) in settings {
        if connection.set_db_config(setting, value)? != value {
            let message = format!("setting {setting:?} could not be made {value}");
            return Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISUSE), Some(message)));
        }
    }
    // What statements sort and keep aside goes to files once it is more than a few pages. In memory, a statement would be bounded by that
    // alone, and the end of a long sort would be one step that nothing interrupts.
    connection.pragma_update(None, "temp_store", "file")?;
    // Loading extensions is off unless it is switched on, and nothing here can: rusqlite is built without the function.
    limits::set(connection)
}

/// Bytes to which the write-ahead log is cut back after a long read let it grow: more than it needs in ordinary times.
const WAL_BYTES: i64 = 16 << 20;

/// Write-ahead log, and every commit on the disk before it is answered.
fn write_ahead(connection: &Connection, path: &Path, busy: Duration) -> Result<(), StorageError> {
    let start = Instant::now();
    let mode = loop {
        match connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0)) {
            Ok(mode) => break mode,
            // Two processes that make the same new file: SQLite gives up at once here, because waiting for each other could be for ever.
            Err(error) if is_busy(&error) && start.elapsed() < busy => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(explain(path, error, start.elapsed())),
        }
    };
    if mode != "wal" {
        tracing::warn!(path = %path.display(), mode, "the file system offers no write-ahead log: readers and the writer will wait for each other");
    }
    connection.pragma_update(None, "synchronous", "full").map_err(|error| explain(path, error, start.elapsed()))?;
    connection.pragma_update(None, "journal_size_limit", WAL_BYTES).map_err(|error| explain(path, error, start.elapsed()))
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Said of a file that may be read and not written to.
const UNWRITABLE: &str = "it cannot be written to; look at the permissions of the file and its directory";

/// An error of opening, in words that name the file and the way out.
fn explain(path: &Path, error: rusqlite::Error, waited: Duration) -> StorageError {
    if has_hot_journal(&error) {
        let journal = beside(path, "-journal");
        let journal = journal.file_name().unwrap_or_default().to_string_lossy();
        let reason = format!(
            "a writer was interrupted and left {journal}; what it did not finish has to be undone first: open it once for writing, \
             e.g. with `sqlite3 FILE .tables`, or run a command that writes"
        );
        return refused(path, &reason, None);
    }
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is not an SQLite database",
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged; restore a backup",
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "it cannot be opened; look at the permissions of the file and its directory"
        }
        Some(ErrorCode::ReadOnly) => UNWRITABLE,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => return StorageError::sort(error, waited),
        _ => "it cannot be used",
    };
    refused(path, reason, Some(Box::new(error)))
}

fn refused(path: &Path, reason: &str, source: Option<Box<dyn std::error::Error + Send + Sync>>) -> StorageError {
    StorageError::Open { path: path.to_owned(), reason: reason.to_owned(), source }
}
