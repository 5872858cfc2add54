//! The database that revisions run on: opened, locked, committed. What it holds is in `held`; how steps work on it, in `backend`.

mod backend;
mod held;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::limit_settings::PluginLimits;
use super::owner_changes::OwnerJournal;
use super::settings::Settings;
use crate::migrate::BackendError;
use crate::model::{ContentHash, Name, PluginName};
use crate::store::{Database, Mode, StorageError, bookkeeping};
use backend::sort;
pub(super) use held::Books;

/// A database that revisions run on: the file, or an empty one in memory for replays.
#[derive(Debug)]
pub struct Live {
    database: Database,
    /// SQLite's count of other connections' commits, when it was last asked; none when what is known may be older than this connection.
    seen: Option<i64>,
    /// There is no file, and this is an empty one's stand-in.
    missing: bool,
    /// How far the copy of a table is.
    copying: Arc<Copying>,
    /// Who owns what, and how that changed.
    owners: OwnerJournal,
    /// SQLite's count of other connections' commits when the last transaction began.
    owners_seen: Option<i64>,
    /// The schema's version when the last transaction began.
    schema_begun: i64,
    /// That transaction changed the ledger.
    ledger_changed: bool,
    /// The components that are in the archive, as far as the transaction that is open saw.
    archived: BTreeSet<ContentHash>,
    /// What statements of plugins may use up: of those that the operator said something of, and of all others.
    statements: (BTreeMap<PluginName, StatementLimits>, StatementLimits),
}

/// How far the copy of a table is, for whoever shows it meanwhile.
#[derive(Default)]
pub struct Copying {
    rows: AtomicU64,
    copied: AtomicU64,
    teller: Option<Box<Teller>>,
}

/// Is told how many rows were copied before a piece of the copy, how many are now, and how many there are.
type Teller = dyn Fn(u64, u64, u64) + Send + Sync;

impl Copying {
    /// Tells of each piece of a copy when it is done.
    pub fn telling(teller: impl Fn(u64, u64, u64) + Send + Sync + 'static) -> Self {
        Self { teller: Some(Box::new(teller)), ..Self::default() }
    }

    fn begin(&self, rows: u64) {
        self.copied.store(0, Ordering::Relaxed);
        self.rows.store(rows, Ordering::Relaxed);
    }

    fn reach(&self, copied: u64) {
        let before = self.copied.swap(copied, Ordering::Relaxed);
        if let (Some(teller), Some((copied, rows))) = (&self.teller, self.now()) {
            teller(before, copied, rows);
        }
    }

    fn end(&self) {
        self.begin(0);
    }

    /// How many rows are copied, and how many there are; all, until what belongs to the table is made again and looked at. None when no
    /// table is copied at the moment.
    pub fn now(&self) -> Option<(u64, u64)> {
        let rows = self.rows.load(Ordering::Relaxed);
        (rows > 0).then(|| (self.copied.load(Ordering::Relaxed).min(rows), rows))
    }
}

impl std::fmt::Debug for Copying {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Copying").field(&self.now()).finish()
    }
}

/// What one statement of a plugin's may use up.
#[derive(Debug, Clone, Copy)]
struct StatementLimits {
    time: Duration,
    /// Of all of a revision's together.
    work: Duration,
    result_bytes: usize,
}

impl From<PluginLimits> for StatementLimits {
    fn from(limits: PluginLimits) -> Self {
        Self { time: limits.statement_time, work: limits.runtime.work_time, result_bytes: limits.result_bytes }
    }
}

impl Live {
    /// Opens the operator's database for writing; makes it when it is missing.
    ///
    /// # Errors
    /// The file cannot be used, or another process holds it.
    pub fn open(settings: &Settings) -> Result<Self, StorageError> {
        Self::new(Database::open(&settings.database, Mode::ReadWrite, settings.lock_wait)?, settings)
    }

    /// Opens the operator's database for a run that may turn out to have nothing to do: what is not there is not made yet.
    ///
    /// # Errors
    /// As [`Live::open`]; or its bookkeeping cannot be read by this program.
    pub fn open_to_plan(settings: &Settings) -> Result<Self, StorageError> {
        if !settings.database.exists() {
            return Ok(Self { missing: true, ..Self::open_read_only(settings)? });
        }
        let mut live = Self::open(settings)?;
        // Where there is no bookkeeping, nothing is applied. What an older tenon left there has to be brought up to date to be read.
        if bookkeeping::state(&live.database)? != bookkeeping::State::Absent {
            live.prepare()?;
        }
        Ok(live)
    }

    /// Makes what is not there yet, so that steps can be taken.
    ///
    /// # Errors
    /// As [`Live::open`] and [`Live::prepare`].
    pub fn make(self, settings: &Settings) -> Result<Self, StorageError> {
        let mut live = if self.missing { Self { seen: None, ..Self::open(settings)? } } else { self };
        live.prepare()?;
        Ok(live)
    }

    /// Opens the operator's database for reading; it stays byte by byte as it is, and a missing one is answered as an empty one.
    ///
    /// # Errors
    /// The file cannot be used, or its bookkeeping cannot be read by this program.
    pub fn open_read_only(settings: &Settings) -> Result<Self, StorageError> {
        let database = Database::open(&settings.database, Mode::ReadOnly, settings.lock_wait)?;
        bookkeeping::state(&database)?;
        Self::new(database, settings)
    }

    /// An empty database in memory, with its bookkeeping.
    ///
    /// # Errors
    /// Only when memory runs out.
    pub fn in_memory(settings: &Settings) -> Result<Self, StorageError> {
        let mut database = Database::in_memory()?;
        bookkeeping::ensure(&mut database)?;
        Self::new(database, settings)
    }

    fn new(mut database: Database, settings: &Settings) -> Result<Self, StorageError> {
        for (plugin, given) in &settings.plugins {
            database.grant_reads(plugin, given.reads.iter().cloned());
        }
        let seen = Some(database.data_version()?);
        let each = settings.plugins.keys().map(|name| (name.clone(), settings.limits_of(name).into())).collect();
        let statements = (each, settings.limits.clone().into());
        Ok(Self {
            database,
            seen,
            missing: false,
            copying: Arc::default(),
            owners: OwnerJournal::default(),
            owners_seen: None,
            schema_begun: 0,
            ledger_changed: false,
            archived: BTreeSet::new(),
            statements,
        })
    }

    /// Tells how far a copy is there, from now on.
    pub(super) fn tell_copying(&mut self, copying: Arc<Copying>) {
        self.copying = copying;
    }

    /// Lets a plugin read these objects of others, and no more whatever the settings say.
    pub(super) fn grant_reads(&mut self, plugin: &PluginName, objects: impl IntoIterator<Item = Name>) {
        self.database.grant_reads(plugin, objects);
    }

    /// Brings the bookkeeping tables up to date, in a transaction of its own.
    ///
    /// # Errors
    /// They are of a newer tenon, or the database is held by another process.
    pub fn prepare(&mut self) -> Result<(), StorageError> {
        if bookkeeping::state(&self.database)? == bookkeeping::State::At(bookkeeping::newest()) {
            return Ok(());
        }
        let mut transaction = self.database.write()?;
        bookkeeping::ensure(&mut transaction)?;
        transaction.commit()
    }

    /// The same in the transaction that is open: they are kept with the rest of it, or not.
    ///
    /// # Errors
    /// As [`Live::prepare`].
    pub fn prepare_within(&mut self) -> Result<(), StorageError> {
        bookkeeping::ensure(&mut self.database)
    }

    /// Takes the write lock.
    ///
    /// # Errors
    /// [`BackendError::Busy`] when another process holds it for too long.
    pub fn begin(&mut self) -> Result<(), BackendError> {
        self.archived.clear();
        let seen = self.owners_seen.take();
        self.database.begin_write().map_err(sort)?;
        self.schema_begun = self.database.schema_version().map_err(sort)?;
        self.ledger_changed = false;
        // Another process may have changed them since they were read.
        self.owners_seen = Some(self.database.data_version().map_err(sort)?);
        if seen != self.owners_seen {
            self.owners.forget();
        }
        Ok(())
    }

    /// Keeps what was done since [`Live::begin`].
    ///
    /// # Errors
    /// It cannot be kept; everything was rolled back.
    pub fn commit(&mut self) -> Result<(), StorageError> {
        // A server that is running asks for nothing else to see that its code may not be the one for this database any more.
        if self.ledger_changed && self.database.schema_version()? == self.schema_begun {
            self.database.raise_schema_version()?;
        }
        self.database.commit().inspect_err(|_| self.owners.forget())
    }

    /// Rolls back what was not committed and hands the result on. When even that fails, SQLite rolls back at the next opening.
    pub fn end_quietly<T>(&mut self, result: T) -> T {
        if self.database.is_in_transaction() {
            self.owners.forget();
        }
        if let Err(error) = self.database.rollback() {
            tracing::error!(error = &error as &dyn std::error::Error, "rolling back failed; the database does it when it is opened next");
        }
        result
    }

    /// Whether another connection committed since this was last asked, or since the opening.
    ///
    /// # Errors
    /// Only faults.
    pub fn changed_by_others(&mut self) -> Result<bool, StorageError> {
        let now = Some(self.database.data_version()?);
        Ok(std::mem::replace(&mut self.seen, now) != now)
    }
}
