//! The migration room's [`Backend`] on the store's [`Database`], and the few things that verbs do with both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;

use super::error::ServiceError;
use super::limit_settings::PluginLimits;
use super::load::{Plugin, PluginSet};
use super::owner_changes::{OwnerChanges, OwnerJournal};
use super::settings::Settings;
use crate::migrate::dialect::alteration::Copy;
use crate::migrate::{Backend, BackendError, BrokenReference, DeclaredColumn, Footprint, Object, ObjectKind, Reference, StatementError};
use crate::model::{ContentHash, Name, Node, PluginName, StoredTexts, Value};
use crate::store::accepted::{self, Accepted};
use crate::store::ledger::{self, Entry, Sequence};
use crate::store::{Database, LiveColumn, Mode, Soundness, SqlError, StorageError, archive, bookkeeping};

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
    /// How owners changed.
    owners: OwnerJournal,
    /// What statements of plugins may use up: of those that the operator said something of, and of all others.
    statements: (BTreeMap<PluginName, StatementLimits>, StatementLimits),
}

/// How far the copy of a table is, for whoever shows it meanwhile.
#[derive(Debug, Default)]
pub struct Copying {
    rows: AtomicU64,
    copied: AtomicU64,
}

impl Copying {
    fn begin(&self, rows: u64) {
        self.copied.store(0, Ordering::Relaxed);
        self.rows.store(rows, Ordering::Relaxed);
    }

    /// How many rows are copied, and how many there are; none when nothing is copied at the moment.
    pub fn now(&self) -> Option<(u64, u64)> {
        let rows = self.rows.load(Ordering::Relaxed);
        (rows > 0).then(|| (self.copied.load(Ordering::Relaxed).min(rows), rows))
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
        Ok(Self { database, seen, missing: false, copying: Arc::default(), owners: OwnerJournal::default(), statements })
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

    /// Takes the write lock.
    ///
    /// # Errors
    /// [`BackendError::Busy`] when another process holds it for too long.
    pub fn begin(&mut self) -> Result<(), BackendError> {
        self.database.begin_write().map_err(sort)
    }

    /// Keeps what was done since [`Live::begin`].
    ///
    /// # Errors
    /// It cannot be kept; everything was rolled back.
    pub fn commit(&mut self) -> Result<(), StorageError> {
        self.database.commit()
    }

    /// Rolls back what was not committed and hands the result on. When even that fails, SQLite rolls back at the next opening.
    pub fn end_quietly<T>(&mut self, result: T) -> T {
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

    /// What tells one state of the ledger and the schema from another.
    ///
    /// # Errors
    /// Only faults.
    pub(super) fn mark(&self) -> Result<ledger::Mark, StorageError> {
        ledger::mark(&self.database)
    }

    /// Whom the database knows as an object's owner.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn owners(&self) -> Result<BTreeMap<Name, PluginName>, StorageError> {
        let owned = self.database.all_objects()?.into_iter();
        Ok(owned.filter_map(|object| object.owner.map(|owner| (object.name, owner))).collect())
    }

    /// The tables that are there and that plugins own.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn tables(&self) -> Result<BTreeMap<Name, PluginName>, StorageError> {
        let tables = self.database.owned_tables()?.into_iter();
        Ok(tables.filter_map(|table| table.owner.map(|owner| (table.name, owner))).collect())
    }

    /// All objects that plugins own, in the order in which they were recorded.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn objects(&self) -> Result<Vec<Object>, StorageError> {
        self.database.all_objects()
    }

    /// The object of that name, whatever its kind and whoever made it.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn any_object(&self, name: &Name) -> Result<Option<Object>, StorageError> {
        self.database.object(name)
    }

    /// The texts of a plugin's objects.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn texts_of(&self, plugin: &PluginName) -> Result<Vec<(Object, String)>, StorageError> {
        self.database.texts_of(plugin)
    }

    /// How owners changed since this was last asked.
    pub(super) fn take_owner_changes(&mut self) -> OwnerChanges {
        self.owners.take()
    }

    /// The ledger, in order of application.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn ledger(&self) -> Result<Vec<(Sequence, Entry)>, StorageError> {
        ledger::entries(&self.database)
    }

    /// Records that a revision is applied.
    ///
    /// # Errors
    /// It is recorded already.
    pub fn record(&mut self, entry: &Entry) -> Result<Sequence, StorageError> {
        ledger::record(&mut self.database, entry)
    }

    /// Removes a revision from the ledger.
    ///
    /// # Errors
    /// Only faults.
    pub fn forget(&mut self, node: &Node) -> Result<bool, StorageError> {
        ledger::remove(&mut self.database, node)
    }

    /// An applied revision counts from now on as what another component would do.
    ///
    /// # Errors
    /// Only faults.
    pub fn replace_entry(&mut self, entry: &Entry) -> Result<(), StorageError> {
        ledger::replace(&mut self.database, entry)
    }

    /// What was accepted although no revision leaves it so.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn accepted(&self) -> Result<Vec<Accepted>, StorageError> {
        accepted::all(&self.database)
    }

    /// Accepts an object as it is.
    ///
    /// # Errors
    /// Only faults.
    pub fn accept(&mut self, accepted: &Accepted) -> Result<(), StorageError> {
        accepted::accept(&mut self.database, accepted, Utc::now())
    }

    /// Forgets what was accepted of an object.
    ///
    /// # Errors
    /// Only faults.
    pub fn forget_accepted(&mut self, name: &Name) -> Result<(), StorageError> {
        accepted::forget(&mut self.database, name)
    }

    /// The text of an object; none when it is not there.
    ///
    /// # Errors
    /// Only faults.
    pub fn text_of(&self, kind: ObjectKind, name: &Name) -> Result<Option<String>, StorageError> {
        self.database.text_of(kind, name)
    }

    /// Archives a plugin's component, if it is not there.
    ///
    /// # Errors
    /// Its file was replaced since it was loaded, or cannot be read any more.
    pub fn archive(&mut self, plugin: &Plugin) -> Result<(), ServiceError> {
        if !archive::contains(&self.database, &plugin.hash())? {
            archive::put(&mut self.database, &plugin.manifest.name, &plugin.manifest.version, Utc::now(), &plugin.wasm)?;
        }
        Ok(())
    }

    /// Archives the components that the ledger names, that are missing, and that the folder has: those of a script, that is.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub fn archive_missing(&mut self, set: &PluginSet) -> Result<(), ServiceError> {
        let missing = archive::missing(&self.database)?;
        let there: Vec<&Plugin> = set.plugins.values().filter(|plugin| missing.contains(&plugin.hash())).collect();
        if there.is_empty() {
            return Ok(());
        }
        self.begin()?;
        let result = there.into_iter().try_for_each(|plugin| self.archive(plugin)).and_then(|()| Ok(self.commit()?));
        self.end_quietly(result)
    }

    /// Takes the components out of the archive by which nothing is applied any more.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub fn prune_archive(&mut self) -> Result<(), ServiceError> {
        self.begin()?;
        let result = archive::prune(&mut self.database).and_then(|_| self.commit());
        Ok(self.end_quietly(result)?)
    }

    /// Copies the database to a file that is not there yet, while others go on using it.
    ///
    /// # Errors
    /// The file is there, or cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<(), StorageError> {
        self.database.copy_to(path)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// There is no such table.
    pub fn count_rows(&self, table: &Name) -> Result<u64, StorageError> {
        self.database.count_rows(table.as_str())
    }

    /// How large the database is, in bytes.
    ///
    /// # Errors
    /// Only faults.
    pub fn bytes(&self) -> Result<u64, StorageError> {
        self.database.bytes()
    }

    /// The text of every object but the host's own, by `kind name`.
    ///
    /// # Errors
    /// Only faults.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, StorageError> {
        self.database.texts()
    }

    /// How many rows each table has but the host's own.
    ///
    /// # Errors
    /// Only faults.
    pub fn rows_of_all(&self) -> Result<BTreeMap<String, u64>, StorageError> {
        self.database.rows_of_all()
    }

    /// That nothing is wrong with the whole file.
    ///
    /// # Errors
    /// Something is.
    pub fn require_whole_file(&self) -> Result<(), StorageError> {
        match &self.database.unsound(Soundness::Full)?[..] {
            [] => Ok(()),
            said => Err(StorageError::Damaged { what: "the file".to_owned(), reason: said.join("; ") }),
        }
    }

    /// An archived component.
    ///
    /// # Errors
    /// The row does not hold what its hash says.
    pub fn archived(&self, hash: ContentHash) -> Result<Option<Vec<u8>>, StorageError> {
        archive::get(&self.database, &hash)
    }
}

impl Live {
    fn limits_of(&self, plugin: &PluginName) -> StatementLimits {
        *self.statements.0.get(plugin).unwrap_or(&self.statements.1)
    }

    /// Runs something of the host's that may hold expressions of the plugin's, under the plugin's deadline.
    fn on_behalf_of<T>(
        &mut self,
        plugin: &PluginName,
        run: impl FnOnce(&mut Database) -> Result<T, StorageError>,
    ) -> Result<T, BackendError> {
        let result = self.bounded(plugin, |database| database.on_behalf(run).map_err(SqlError::Fault));
        result.map_err(|error| match error {
            StatementError::Fault(fault) => fault,
            StatementError::Problem(problem) => BackendError::Refused(problem.detail),
        })
    }

    /// Runs a plugin's statement under its deadline; the host's own have none.
    fn bounded<T>(&mut self, plugin: &PluginName, run: impl FnOnce(&mut Database) -> Result<T, SqlError>) -> Result<T, StatementError> {
        let StatementLimits { time, result_bytes, .. } = self.limits_of(plugin);
        self.database.set_result_bytes(result_bytes);
        self.database.set_deadline(Some((Instant::now() + time).into()));
        let result = run(&mut self.database);
        self.database.set_deadline(None);
        result.map_err(|error| match error {
            SqlError::Fault(StorageError::Deadline) => StatementError::Fault(too_long(time, "statement-time-ms")),
            other => sort_sql(other),
        })
    }
}

fn too_long(time: Duration, limit: &'static str) -> BackendError {
    BackendError::TooLong { limit_ms: u64::try_from(time.as_millis()).unwrap_or(u64::MAX), limit }
}

/// Sorts the store's errors into those that a step's guest may hear of, and those that end the step.
fn sort(error: StorageError) -> BackendError {
    match error {
        StorageError::Refused(why) => BackendError::Refused(why),
        violation @ StorageError::Violation(_) => BackendError::Refused(violation.to_string()),
        StorageError::Busy { waited_ms } => BackendError::Busy { waited_ms },
        other => BackendError::Fault(Box::new(other)),
    }
}

fn sort_sql(error: SqlError) -> StatementError {
    match error {
        SqlError::Problem(problem) => StatementError::Problem(problem),
        SqlError::Fault(fault) => StatementError::Fault(sort(fault)),
    }
}

impl Backend for Live {
    fn run(&mut self, plugin: &PluginName, sql: &str) -> Result<(), BackendError> {
        self.on_behalf_of(plugin, |database| database.run(sql))
    }

    fn stored(&mut self, table: &Name) -> Result<Option<StoredTexts>, BackendError> {
        self.database.stored_texts(table).map_err(sort)
    }

    fn number(&mut self, plugin: &PluginName, sql: &str) -> Result<u64, BackendError> {
        self.on_behalf_of(plugin, |database| database.number(sql))
    }

    fn shown_rows(&mut self, plugin: &PluginName, sql: &str) -> Result<Vec<String>, BackendError> {
        self.on_behalf_of(plugin, |database| database.shown_rows(sql))
    }

    fn copy(&mut self, plugin: &PluginName, copy: &Copy, rows: u64) -> Result<u64, BackendError> {
        let (limits, copying) = (self.limits_of(plugin), Arc::clone(&self.copying));
        copying.begin(rows);
        let end = Instant::now() + limits.work;
        let result = self.on_behalf_of(plugin, |database| {
            // Each piece has the time of a statement, and all together that of a revision.
            let begin_piece = |database: &Database| database.set_deadline(Some((Instant::now() + limits.time).min(end).into()));
            begin_piece(database);
            let each = |database: &Database, copied| {
                copying.copied.store(copied, Ordering::Relaxed);
                begin_piece(database);
            };
            database.copy_rows(&copy.sql, &copy.from, copy.rowid, each)
        });
        copying.begin(0);
        match result {
            Err(BackendError::TooLong { .. }) if Instant::now() >= end => Err(too_long(limits.work, "work-time-ms")),
            result => result,
        }
    }

    fn swap(&mut self, statements: &[String]) -> Result<(), BackendError> {
        self.database.on_behalf(|database| database.swap_tables(statements)).map_err(sort)
    }

    fn lost_references(&mut self, table: &Name) -> Result<Vec<(String, u64)>, BackendError> {
        self.database.on_behalf(|database| database.lost_references(table.as_str())).map_err(sort)
    }

    fn unsound(&mut self, table: &Name) -> Result<Vec<String>, BackendError> {
        self.database.on_behalf(|database| database.unsound(Soundness::Quick(table))).map_err(sort)
    }

    fn savepoint(&mut self) -> Result<(), BackendError> {
        self.database.savepoint().map_err(sort)?;
        self.owners.savepoint();
        Ok(())
    }

    fn release(&mut self) -> Result<(), BackendError> {
        self.database.release().map_err(sort)?;
        self.owners.release();
        Ok(())
    }

    fn undo(&mut self) -> Result<(), BackendError> {
        self.database.rollback_to_savepoint().map_err(sort)?;
        self.owners.undo();
        Ok(())
    }

    fn object(&mut self, name: &Name) -> Result<Option<Object>, BackendError> {
        self.database.lookup(name).map_err(sort)
    }

    fn objects_of(&mut self, table: &Name) -> Result<Vec<Object>, BackendError> {
        self.database.objects_of(table).map_err(sort)
    }

    fn columns(&mut self, table: &Name) -> Result<Vec<DeclaredColumn>, BackendError> {
        let columns = self.database.on_behalf(|database| database.columns(table)).map_err(sort)?;
        // A column whose name no plugin could have written is none that an operation can mean.
        let usable = |column: LiveColumn| {
            let LiveColumn { name, declared_type, nullable, default, generated, .. } = column;
            Some(DeclaredColumn { name: name.parse().ok()?, declared_type, nullable, has_default: default.is_some(), generated })
        };
        Ok(columns.into_iter().filter_map(usable).collect())
    }

    fn is_strict(&mut self, table: &Name) -> Result<bool, BackendError> {
        self.database.on_behalf(|database| database.is_strict(table)).map_err(sort)
    }

    fn references_to(&mut self, table: &Name) -> Result<Vec<Reference>, BackendError> {
        self.database.on_behalf(|database| database.references_to(table)).map_err(sort)
    }

    fn linked_to(&mut self, table: &Name) -> Result<BTreeSet<String>, BackendError> {
        self.database.on_behalf(|database| database.linked_to(table)).map_err(sort)
    }

    fn broken(&mut self) -> Result<BTreeMap<(ObjectKind, String), String>, BackendError> {
        self.database.on_behalf(|database| database.broken()).map_err(sort)
    }

    fn broken_references(&mut self) -> Result<Option<Vec<BrokenReference>>, BackendError> {
        if !self.database.owes_references().map_err(sort)? {
            return Ok(None);
        }
        let broken = self.database.broken_references().map_err(sort)?;
        Ok(Some(broken.into_iter().map(|(table, target)| BrokenReference { table, target }).collect()))
    }

    fn own(&mut self, plugin: &PluginName, kind: ObjectKind, name: &Name, table: &Name) -> Result<(), BackendError> {
        self.database.own(plugin, kind, name, table).map_err(sort)?;
        self.owners.added(Object { kind, name: name.clone(), table: table.clone(), owner: Some(plugin.clone()) });
        Ok(())
    }

    fn disown(&mut self, name: &Name) -> Result<(), BackendError> {
        let gone = self.database.owned_with(name).map_err(sort)?;
        self.database.disown(name).map_err(sort)?;
        gone.into_iter().for_each(|object| self.owners.removed(object));
        Ok(())
    }

    fn rename(&mut self, from: &Name, to: &Name) -> Result<(), BackendError> {
        let before = self.database.owned_with(from).map_err(sort)?;
        self.database.rename_owned(from, to).map_err(sort)?;
        before.into_iter().for_each(|object| self.owners.removed(object));
        self.database.owned_with(to).map_err(sort)?.into_iter().for_each(|object| self.owners.added(object));
        Ok(())
    }

    fn footprint_as(&mut self, plugin: &PluginName, sql: &str) -> Result<Footprint, StatementError> {
        self.database.footprint_as(plugin, sql).map_err(sort_sql)
    }

    fn execute_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<u64, StatementError> {
        self.bounded(plugin, |database| database.execute_as(plugin, sql, params))
    }

    fn query_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), StatementError> {
        self.bounded(plugin, |database| database.query_as(plugin, sql, params))
    }

    fn row_as(&mut self, plugin: &PluginName, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, StatementError> {
        self.bounded(plugin, |database| database.row_as(plugin, sql, params))
    }
}
