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

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rusqlite::CachedStatement;

use super::Database;
use super::judge::{Decision, judge};
use super::memory::{self, Budget};
use super::scope::{Phase, Recording};
use crate::model::{Footprint, PluginName};
use crate::store::{SqlError, StorageError};

/// How many decisions are remembered. More than the cache holds statements, so that one that fell out of it is decided on faster.
const MAX_DECISIONS: usize = 4 * super::connection::CACHED_STATEMENTS;

/// Longest text whose statement is kept. A compiled statement is some ten times as large as its text, so the cache of one connection
/// stays below some 25 MB, whatever plugins send.
const MAX_CACHED_TEXT: usize = 8 * 1024;

/// A statement that may run.
pub(super) struct Compiled<'a> {
    pub(super) statement: Kept<'a>,
    pub(super) footprint: Arc<Footprint>,
    /// Bytes that a value may have while it runs.
    pub(super) longest: i32,
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
    let (statement, decision) = judge(database, plugin, sql, &key)?;
    let compiled =
        Compiled { statement: Kept::new(statement, &key), footprint: Arc::clone(&decision.footprint), longest: decision.longest };
    if compiled.statement.keep {
        database.remember(key, decision);
    }
    Ok(compiled)
}

/// The statement of a text that was decided on, if that still holds: it is in the cache, or compiling it again changes nothing.
fn recall<'a>(database: &'a Database, key: &str) -> Result<Option<Compiled<'a>>, StorageError> {
    let Some(known) = database.decisions.borrow().get(key).cloned() else { return Ok(None) };
    let _budget = Budget::enter(memory::COMPILING);
    let phase = database.scope.enter(Phase::Compiling(Recording::default()));
    let compiled = database.connection.prepare_cached(key);
    let recording = phase.finish();
    if let Ok(statement) = compiled {
        // No question was asked: it came from the cache.
        let cached = recording == Recording::default();
        if cached || known.holds(database, &recording)? {
            return Ok(Some(Compiled { statement: Kept::new(statement, key), footprint: known.footprint, longest: known.longest }));
        }
        statement.discard();
    }
    database.decisions.borrow_mut().remove(key);
    Ok(None)
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

    /// Forgets all decisions and the statements that they let into the cache. Where nothing was decided, no statement of a plugin's is in it,
    /// and the host's own may stay.
    pub(in crate::store) fn forget_decisions(&self) {
        self.orders.borrow_mut().clear();
        let mut decisions = self.decisions.borrow_mut();
        if !decisions.is_empty() {
            decisions.clear();
            self.connection.flush_prepared_statement_cache();
        }
    }
}
