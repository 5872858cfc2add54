//! Compiling a plugin's text, and the statement cache.
//!
//! # The cache
//! rusqlite's cache is keyed by text alone, and a statement prepared for plugin A would be handed to B. So every text of a plugin is
//! compiled with the plugin's name before it, as a comment: `/*shop*/ SELECT …`. A plugin's name holds no `*` or `/`, so the comment
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

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection};

use super::ownership::{Trespass, trespasses};
use super::scope::{Phase, Recording};
use super::{Database, foreign_keys, limits, problems, text};
use crate::model::{Footprint, Name, PluginName, Problem};
use crate::store::{SqlError, StorageError};

/// How many decisions are remembered. More than the cache holds statements, so that one that fell out of it is decided on faster.
const MAX_DECISIONS: usize = 4 * super::connection::CACHED_STATEMENTS;

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
    pub(super) statement: CachedStatement<'a>,
    pub(super) footprint: Arc<Footprint>,
    pub(super) key: String,
}

/// The text as it is compiled, and the key of everything that is remembered of it.
fn scoped(plugin: &PluginName, sql: &str) -> String {
    format!("/*{plugin}*/ {}", sql.trim())
}

/// How many bytes stand before the plugin's own text.
pub(super) fn prefix_length(plugin: &PluginName) -> usize {
    scoped(plugin, "").len()
}

/// Compiles one statement of a plugin's, and decides whether it may run. Nothing is run.
pub(super) fn compile<'a>(database: &'a Database, plugin: &PluginName, sql: &str) -> Result<Compiled<'a>, SqlError> {
    let key = scoped(plugin, sql);
    let known = database.decisions.borrow().get(&key).cloned();
    let text = match &known {
        // What was decided on passed the check of its text.
        Some(_) => None,
        None => Some(text::check(sql)?),
    };
    let judge = Judge { database, plugin, sql, text: text.as_ref() };

    let (compiled, recording) = judge.record(known.is_none(), |connection| connection.prepare_cached(&key))?;
    if let (Ok(_), Some(known)) = (&compiled, &known)
        && recording == Recording::default()
    {
        // No question was asked: it came from the cache.
        let footprint = Arc::clone(&known.footprint);
        return Ok(Compiled { statement: compiled.map_err(|error| problems::sort(database, plugin, sql, error, None))?, footprint, key });
    }
    let statement = judge.compiled(compiled, &recording)?;
    if let Some(known) = &known
        && *known.recording == recording
        && known.schema_version == schema_version(database)?
    {
        return Ok(Compiled { statement, footprint: Arc::clone(&known.footprint), key });
    }

    let (statement, recording) = match judge.trespasses(&recording) {
        Ok(found) if found.is_empty() => (statement, recording),
        Ok(found) if statement.readonly() => {
            statement.discard();
            return Err(judge.refusal(&found));
        }
        Ok(_) => {
            statement.discard();
            judge.without_foreign_keys(&key)?;
            // Switching enforcement expired what was compiled before, so this is compiled anew.
            let (compiled, recording) = judge.record(true, |connection| connection.prepare_cached(&key))?;
            (judge.compiled(compiled, &recording)?, recording)
        }
        Err(error) => {
            statement.discard();
            return Err(error.into());
        }
    };
    match footprint(&recording) {
        Ok(footprint) => {
            let footprint = Arc::new(footprint);
            let decision =
                Decision { footprint: Arc::clone(&footprint), recording: Arc::new(recording), schema_version: schema_version(database)? };
            database.remember(key.clone(), decision);
            Ok(Compiled { statement, footprint, key })
        }
        Err(problem) => {
            statement.discard();
            Err(problem.into())
        }
    }
}

/// One text of one plugin, being decided on.
struct Judge<'a, 't> {
    database: &'a Database,
    plugin: &'t PluginName,
    sql: &'t str,
    text: Option<&'t text::CheckedText>,
}

impl<'a> Judge<'a, '_> {
    /// Compiles, and answers what was asked for meanwhile.
    ///
    /// `limited`: under the limits for texts of plugins. They hold for parsing the stored schema too, which SQLite does when it must,
    /// so the schema is brought up to date first.
    fn record<T>(
        &self,
        limited: bool,
        work: impl FnOnce(&'a Connection) -> rusqlite::Result<T>,
    ) -> Result<(rusqlite::Result<T>, Recording), StorageError> {
        let _limits = if limited {
            schema_version(self.database)?;
            self.database.host(|connection| connection.prepare_cached("SELECT 1 FROM sqlite_schema LIMIT 0")?.exists([]))?;
            Some(limits::Lowered::enter(&self.database.connection, &limits::COMPILING).map_err(StorageError::Sqlite)?)
        } else {
            None
        };
        let guard = self.database.scope.enter(Phase::Compiling(Recording::default()));
        let result = work(&self.database.connection);
        Ok((result, guard.finish()))
    }

    /// The statement, or the problem that says why there is none: what is forbidden before what is misspelt.
    fn compiled<T>(&self, result: rusqlite::Result<T>, recording: &Recording) -> Result<T, SqlError> {
        if let Some(reason) = recording.refused {
            return Err(Problem::new(403, "not-granted", reason).into());
        }
        result.or_else(|error| {
            let found = self.trespasses(recording)?;
            if found.is_empty() {
                Err(problems::sort(self.database, self.plugin, self.sql, error, None))
            } else {
                Err(self.refusal(&found))
            }
        })
    }

    fn trespasses(&self, recording: &Recording) -> Result<Vec<Trespass>, StorageError> {
        trespasses(self.database, self.plugin, recording)
    }

    /// Refuses what the text asks for without any help of foreign keys.
    fn without_foreign_keys(&self, key: &str) -> Result<(), SqlError> {
        let (result, recording) = foreign_keys::without(self.database, || {
            // Uncached: it would be recompiled, with foreign keys on, before it could run.
            self.record(true, |connection| connection.prepare(key).map(drop))
        })??;
        self.compiled(result, &recording)?;
        let found = self.trespasses(&recording)?;
        if found.is_empty() { Ok(()) } else { Err(self.refusal(&found)) }
    }

    /// Names what the plugin wrote itself, never more.
    fn refusal(&self, found: &[Trespass]) -> SqlError {
        let wrote = |name: &str| match self.text {
            Some(text) => text.mentions(name),
            None => text::check(self.sql).is_ok_and(|text| text.mentions(name)),
        };
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

/// Counts up with every change of the schema. Also reads the schema's page, so that the schema is known as it is now.
fn schema_version(database: &Database) -> Result<i64, StorageError> {
    database.host(|connection| connection.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0)))
}

impl Database {
    pub(super) fn remember(&self, key: String, decision: Decision) {
        let mut decisions = self.decisions.borrow_mut();
        if decisions.len() >= MAX_DECISIONS {
            // A plugin that makes up texts without end pays with everybody's decisions, a few microseconds each.
            decisions.clear();
        }
        decisions.insert(key, decision);
    }

    /// Forgets the decision on one text, whose statement must have been discarded.
    pub(super) fn forget(&self, key: &str) {
        self.decisions.borrow_mut().remove(key);
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
