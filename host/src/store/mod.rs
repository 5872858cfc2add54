//! The database room: connections, the host's own rows, and everything that knows SQL text of rows.
//!
//! It decides how a file is opened, who may read and change what ([`Database`] and its scope), how checked questions become SQL, and
//! what the host keeps for itself ([`bookkeeping`], [`ledger`], [`archive`], [`accepted`], owners), and what a script asks of it ([`conditions`]). It refuses to know plugins' code, plans, HTTP and
//! JSON documents of records; `service` joins it to the rooms whose traits it serves.
//!
//! Invariants: a plugin's text runs only after it was decided on (see `docs/decisions/0003-ownership.md`); a transaction that SQLite
//! ended by itself is never continued; nothing that comes from the file is believed unchecked.

pub mod accepted;
pub mod archive;
pub mod bookkeeping;
pub mod conditions;
mod error;
pub mod ledger;
pub mod owners;
mod serve_lock;
mod sqlite;

pub use error::{SqlError, StorageError};
pub use serve_lock::{ServeLock, is_at};
pub use sqlite::{
    AlembicVersions, BUSY_COMMAND, BUSY_SERVE, Database, LiveColumn, LiveForeignKey, LiveIndex, LivePart, LiveSchema, LiveTable,
    MAX_RESULT_BYTES, Mode, Soundness, StoredObject, Transaction,
};
