//! Compiling a plugin's text, and the statement cache.
//!
//! # The cache
//! rusqlite's cache is keyed by text alone, and a statement prepared for plugin A would be handed to B. So every text of a plugin is
//! compiled with the plugin's name before it, as a comment: `/*shop*/SELECT …`. A plugin's name holds no `*` or `/`, so the comment
//! ends where it should; every text of a plugin begins with one and no text of the host's does; two scopes can share no key. The text
//! is the key, and rusqlite's cache needs no help.
//!
//! A statement gets back into the cache only after it was decided on: a refused one is discarded. So a hit needs no second decision,
//! as long as the facts are the same: [`Database::forget_decisions`] is called when owners or grants change, and SQLite itself
//! recompiles, which is refused (see `scope`), when the schema changes.
//!
//! # The decision
//! Foreign keys make SQLite read key columns of tables that the plugin may not read, and change rows of tables that it does not own,
//! by the actions that those tables' owners declared. Nothing in the authorizer's questions tells them from what the text asks for.
//! So a text that trespasses while foreign keys are on is compiled once more with them off: if it asks for nothing forbidden then,
//! the difference is what the foreign keys ask for, exactly, as SQLite itself computes it. See `docs/decisions/0003-ownership.md`.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rusqlite::{CachedStatement, Connection};

use super::ownership::{Trespass, trespasses};
use super::scope::{Phase, Recording};
use super::{Database, foreign_keys, limits, problems, text};
use crate::model::{Footprint, Name, PluginName, Problem};
use crate::store::{SqlError, StorageError};

/// How many decisions are remembered. More than the cache holds statements, so that one that fell out of it is decided on faster.
const MAX_DECISIONS: usize = 4 * super::connection::CACHED_STATEMENTS;

/// Longest text whose statement is kept. A compiled statement is some ten times as large as its text, so the cache of one connection
/// stays below some 25 MB, whatever plugins send.
const MAX_CACHED_TEXT: usize = 8 * 1024;

/// What was decided on a text.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    /// What the text can change.
    pub(super) footprint: Arc<Footprint>,
    /// What the decision is about. The same record again, under the same schema, has the same answer.
    recording: Arc<Recording>,
    schema_version: i64,
}

/// A statement that may run.
pub(super) struct Compiled<'a> {
    pub(super) statement: Kept<'a>,
    pub(super) footprint: Arc<Footprint>,
}

/// A statement that goes back into the cache when it is dropped, if its text is short enough for that.
pub(super) struct Kept<'a> {
    /// None only while it is dropped.
    statement: Option<CachedStatement<'a>>,
    keep: bool,
}

impl<'a> Kept<'a> {
    fn new(statement: CachedStatement<'a>, key: &str) -> Self {
        Self { statement: Some(statement), keep: key.len() <= MAX_CACHED_TEXT }
    }

    /// Drops it without giving it back.
    pub(super) fn throw_away(mut self) {
        self.keep = false;
    }
}

impl<'a> Deref for Kept<'a> {
    type Target = CachedStatement<'a>;

    fn deref(&self) -> &CachedStatement<'a> {
        self.statement.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Kept<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.statement.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        match self.statement.take() {
            Some(statement) if !self.keep => statement.discard(),
            _ => {}
        }
    }
}

/// The text as it is compiled, and the key of everything that is remembered of it.
fn scoped(plugin: &PluginName, sql: &str) -> String {
    format!("/*{plugin}*/{sql}")
}

/// How many bytes stand before the plugin's own text.
pub(super) fn prefix_length(plugin: &PluginName) -> usize {
    scoped(plugin, "").len()
}

/// Compiles one statement of a plugin's, and decides whether it may run. Nothing is run.
pub(super) fn compile<'a>(database: &'a Database, plugin: &PluginName, sql: &str) -> Result<Compiled<'a>, SqlError> {
    let key = scoped(plugin, sql);
    if let Some(compiled) = recall(database, &key)? {
        return Ok(compiled);
    }
    let text = text::check(sql)?;
    let judge = Judge { database, plugin, sql, text: &text };
    let (compiled, recording) = judge.compile(&key)?;
    let statement = match compiled {
        Ok(statement) => statement,
        Err(error) => return Err(judge.failed(&key, error, &recording)?),
    };
    let Decided { recompiled, decision } = match judge.decide(&key, statement.readonly(), recording) {
        Ok(decided) => decided,
        Err(error) => {
            statement.discard();
            return Err(error);
        }
    };
    let statement = match recompiled {
        Some(recompiled) => {
            statement.discard();
            recompiled
        }
        None => statement,
    };
    let footprint = Arc::clone(&decision.footprint);
    let statement = Kept::new(statement, &key);
    if statement.keep {
        database.remember(key, decision);
    }
    Ok(Compiled { statement, footprint })
}

/// The statement of a text that was decided on, if that still holds: it is in the cache, or compiling it again asks for the same under
/// the same schema.
fn recall<'a>(database: &'a Database, key: &str) -> Result<Option<Compiled<'a>>, StorageError> {
    let Some(known) = database.decisions.borrow().get(key).cloned() else { return Ok(None) };
    let phase = database.scope.enter(Phase::Compiling(Recording::default()));
    let compiled = database.connection.prepare_cached(key);
    let recording = phase.finish();
    if let Ok(statement) = compiled {
        // No question was asked: it came from the cache.
        let cached = recording == Recording::default();
        if cached || (recording == *known.recording && known.schema_version == schema_version(database)?) {
            return Ok(Some(Compiled { statement: Kept::new(statement, key), footprint: known.footprint }));
        }
        statement.discard();
    }
    database.decisions.borrow_mut().remove(key);
    Ok(None)
}

/// A text that may run.
struct Decided<'a> {
    /// The statement to run instead of the one that was compiled first.
    recompiled: Option<CachedStatement<'a>>,
    decision: Decision,
}

/// One text of one plugin, being decided on.
struct Judge<'a, 't> {
    database: &'a Database,
    plugin: &'t PluginName,
    sql: &'t str,
    text: &'t text::CheckedText,
}

impl<'a> Judge<'a, '_> {
    /// Compiles under the limits for texts of plugins, and answers what was asked for meanwhile.
    ///
    /// The limits would hold for parsing the stored schema too, and a refusal must not rest on what the schema was before another
    /// process changed it. So the schema is brought up to date first, which a statement that reads it does.
    fn record<T>(
        &self,
        work: impl FnOnce(&'a Connection) -> rusqlite::Result<T>,
    ) -> Result<(rusqlite::Result<T>, Recording), StorageError> {
        self.database.host(|connection| connection.prepare_cached("SELECT 1 FROM sqlite_schema LIMIT 0")?.exists([]))?;
        let _limits = limits::Lowered::enter(&self.database.connection, &limits::COMPILING).map_err(StorageError::Sqlite)?;
        let phase = self.database.scope.enter(Phase::Compiling(Recording::default()));
        let result = work(&self.database.connection);
        Ok((result, phase.finish()))
    }

    /// Compiles into a statement for the cache. What comes out of the cache instead, without a question asked, was decided on in a way
    /// that nobody remembers: it is thrown away and compiled again.
    fn compile(&self, key: &str) -> Result<(rusqlite::Result<CachedStatement<'a>>, Recording), StorageError> {
        match self.record(|connection| connection.prepare_cached(key))? {
            (Ok(cached), recording) if recording == Recording::default() => {
                cached.discard();
                self.record(|connection| connection.prepare_cached(key))
            }
            fresh => Ok(fresh),
        }
    }

    /// Why there is no statement: what is forbidden comes before what is misspelt.
    fn failed(&self, key: &str, error: rusqlite::Error, recording: &Recording) -> Result<SqlError, StorageError> {
        if let Some(reason) = recording.refused {
            return Ok(Problem::new(403, "not-granted", reason).into());
        }
        let found = self.trespasses(recording)?;
        if !found.is_empty() {
            if recording.target.is_none() {
                return Ok(self.refusal(&found));
            }
            // The forbidden may have been the foreign keys' wish.
            if let Err(error) = self.without_foreign_keys(key) {
                return Ok(error);
            }
        }
        Ok(problems::sort(self.database, self.plugin, self.sql, error, None))
    }

    fn trespasses(&self, recording: &Recording) -> Result<Vec<Trespass>, StorageError> {
        trespasses(self.database, self.plugin, recording)
    }

    /// Decides on what the text asked for.
    fn decide(&self, key: &str, readonly: bool, recording: Recording) -> Result<Decided<'a>, SqlError> {
        // Read before anything is decided: what changes from here on makes the number, and with it the decision, obsolete.
        let version = schema_version(self.database)?;
        let found = self.trespasses(&recording)?;
        if found.is_empty() {
            return Ok(Decided { recompiled: None, decision: Decision::new(recording, version)? });
        }
        if readonly {
            // Foreign keys have no part in a query.
            return Err(self.refusal(&found));
        }
        self.without_foreign_keys(key)?;
        // Switching enforcement expired what was compiled before.
        let (compiled, recording) = self.compile(key)?;
        let recompiled = compiled.map_err(|error| problems::sort(self.database, self.plugin, self.sql, error, None))?;
        let decision = match Decision::new(recording, version) {
            // Both compilations must have seen one schema, or their difference says nothing. Inside a transaction they always have.
            Ok(decision) if schema_version(self.database)? == version => decision,
            other => {
                recompiled.discard();
                other?;
                return Err(StorageError::Busy { waited_ms: 0 }.into());
            }
        };
        Ok(Decided { recompiled: Some(recompiled), decision })
    }

    /// Refuses what the text asks for without any help of foreign keys.
    fn without_foreign_keys(&self, key: &str) -> Result<(), SqlError> {
        let (result, recording) = foreign_keys::without(self.database, || {
            // Uncached: it would be recompiled, with foreign keys on, before it could run.
            self.record(|connection| connection.prepare(key).map(drop))
        })??;
        if let Some(reason) = recording.refused {
            return Err(Problem::new(403, "not-granted", reason).into());
        }
        let found = self.trespasses(&recording)?;
        if !found.is_empty() {
            return Err(self.refusal(&found));
        }
        result.map_err(|error| problems::sort(self.database, self.plugin, self.sql, error, None))
    }

    /// Names what the plugin wrote itself, never more.
    fn refusal(&self, found: &[Trespass]) -> SqlError {
        let wrote = |name: &str| self.text.mentions(name);
        let detail = found
            .iter()
            .find_map(|trespass| match trespass {
                Trespass::Write(name) if wrote(name) => {
                    Some(format!("table {name} is not this plugin's own: it can only be read, if it is granted"))
                }
                Trespass::Read(name) if wrote(name) => {
                    Some(format!("table {name} is neither this plugin's own nor granted to it for reading"))
                }
                Trespass::Function(name) => Some(format!("function {name}() is not available to plugins")),
                Trespass::Read(_) | Trespass::Write(_) => None,
            })
            .unwrap_or_else(|| "the statement reaches a table that is neither this plugin's own nor granted to it".to_owned());
        Problem::new(403, "not-granted", detail).into()
    }
}

impl Decision {
    fn new(recording: Recording, schema_version: i64) -> Result<Self, Problem> {
        Ok(Self { footprint: Arc::new(footprint(&recording)?), recording: Arc::new(recording), schema_version })
    }
}

/// The tables that the recorded statement can change.
fn footprint(recording: &Recording) -> Result<Footprint, Problem> {
    let name = |text: &String| {
        text.parse::<Name>().map_err(|_| {
            let detail = "the statement changes, by a foreign key, a table whose name tenon cannot handle; rename that table";
            Problem::new(409, "sql", detail)
        })
    };
    let target = recording.target.as_ref().map(name).transpose()?;
    let mut others = recording.writes.iter().map(name).collect::<Result<std::collections::BTreeSet<_>, _>>()?;
    if let Some(target) = &target {
        others.remove(target);
    }
    Ok(Footprint { target, others })
}

/// Counts up with every change of the schema.
fn schema_version(database: &Database) -> Result<i64, StorageError> {
    database.host(|connection| connection.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0)))
}

impl Database {
    pub(super) fn remember(&self, key: String, decision: Decision) {
        let mut decisions = self.decisions.borrow_mut();
        if decisions.len() >= MAX_DECISIONS {
            // A plugin that makes up texts without end costs everybody a few microseconds a text. The statements go too: in the cache
            // are only those that somebody remembers the decision on.
            decisions.clear();
            self.connection.flush_prepared_statement_cache();
        }
        decisions.insert(key, decision);
    }

    /// To be called when an owner changed. What is decided from now on is forgotten again when the transaction is undone.
    pub(in crate::store) fn facts_changed(&self) {
        self.forget_decisions();
        self.scope.lock().facts_changed = true;
    }

    /// Forgets all decisions and the statements that they let into the cache.
    pub(in crate::store) fn forget_decisions(&self) {
        self.decisions.borrow_mut().clear();
        self.orders.borrow_mut().clear();
        self.connection.flush_prepared_statement_cache();
    }
}
