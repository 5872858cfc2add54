//! Whether a plugin's text may run.
//!
//! Foreign keys make SQLite read key columns of tables that the plugin may not read, and change rows of tables that it does not own,
//! by the actions that those tables' owners declared. Nothing in the authorizer's questions tells them from what the text asks for.
//! So a text that trespasses while foreign keys are on is compiled once more with them off: if it asks for nothing forbidden then,
//! the difference is what the foreign keys ask for, exactly, as SQLite itself computes it. See `docs/decisions/0003-ownership.md`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{CachedStatement, Connection};

use super::memory::{self, Budget};
use super::ownership::{TABLES, Trespass, trespasses, unreadable};
use super::scope::{Phase, Recording};
use super::work::Work;
use super::{Database, foreign_keys, limits, problems, text};
use crate::model::{Footprint, Name, PluginName, Problem};
use crate::store::{SqlError, StorageError, owners};

/// What was decided on a text: that it may run.
#[derive(Debug, Clone)]
pub(super) struct Decision {
    /// What the text can change.
    pub(super) footprint: Arc<Footprint>,
    /// Bytes that a value may have while it runs.
    pub(super) longest: i32,
    /// What the decision is about.
    recording: Arc<Recording>,
    schema_version: i64,
}

impl Decision {
    fn new(recording: Recording, work: Work, schema_version: i64) -> Result<Self, Problem> {
        let footprint = Arc::new(footprint(&recording, work.calls)?);
        Ok(Self { footprint, longest: work.longest_value(), recording: Arc::new(recording), schema_version })
    }

    /// Whether it holds for a text that was compiled again: it asked for the same under the same schema.
    pub(super) fn holds(&self, database: &Database, recording: &Recording) -> Result<bool, StorageError> {
        Ok(recording == &*self.recording && self.schema_version == database.schema_version()?)
    }
}

/// Compiles one text of a plugin's, known as `key` to the cache, and decides whether it may run.
///
/// # Errors
/// The problem says what the plugin may not do, or what it misspelt. Then nothing of it is in the cache.
pub(super) fn judge<'a>(
    database: &'a Database,
    plugin: &PluginName,
    sql: &str,
    key: &str,
) -> Result<(CachedStatement<'a>, Decision), SqlError> {
    let text = text::check(sql)?;
    let judge = Judge { database, plugin, sql, key, text: &text };
    let (compiled, recording) = judge.compile()?;
    let statement = match compiled {
        Ok(statement) => statement,
        Err(error) => return Err(judge.failed(error, &recording)?),
    };
    match judge.decide(statement.readonly(), recording) {
        Ok(Decided { recompiled: None, decision }) => Ok((statement, decision)),
        Ok(Decided { recompiled: Some(recompiled), decision }) => {
            statement.discard();
            Ok((recompiled, decision))
        }
        Err(error) => {
            statement.discard();
            Err(error)
        }
    }
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
    key: &'t str,
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
        let _limits = limits::Lowered::enter(self.database, &limits::COMPILING).map_err(StorageError::Sqlite)?;
        let _budget = Budget::enter(memory::COMPILING);
        let phase = self.database.scope.enter(Phase::Compiling(Recording::default()));
        let result = work(&self.database.connection);
        Ok((result, phase.finish()))
    }

    /// Compiles into a statement for the cache. What comes out of the cache instead, without a question asked, was decided on in a way
    /// that nobody remembers: it is thrown away and compiled again.
    fn compile(&self) -> Result<(rusqlite::Result<CachedStatement<'a>>, Recording), StorageError> {
        match self.record(|connection| connection.prepare_cached(self.key))? {
            (Ok(cached), recording) if recording == Recording::default() => {
                cached.discard();
                self.record(|connection| connection.prepare_cached(self.key))
            }
            fresh => Ok(fresh),
        }
    }

    /// Why there is no statement: what is forbidden comes before what is misspelt.
    fn failed(&self, error: rusqlite::Error, recording: &Recording) -> Result<SqlError, StorageError> {
        if let Some(reason) = recording.refused {
            return Ok(Problem::new(403, "not-granted", reason).into());
        }
        let found = self.trespasses(recording)?;
        if !found.is_empty() {
            if recording.target.is_none() {
                return self.refusal(&found);
            }
            // The forbidden may have been the foreign keys' wish.
            if let Err(error) = self.without_foreign_keys() {
                return Ok(error);
            }
        }
        self.misspelt(error)
    }

    /// A text that cannot be compiled although nothing that it asked for is forbidden. SQLite gives up before it asks for everything: at a
    /// column that is not there, it has not asked for the table. Whether the column is there is not the plugin's to learn where the
    /// table is not, so a text that names such a table is refused as if the column were there.
    fn misspelt(&self, error: rusqlite::Error) -> Result<SqlError, StorageError> {
        Ok(match self.unreadable()? {
            Some(refusal) => refusal,
            None => problems::sort(self.database, self.plugin, self.sql, error, None),
        })
    }

    fn trespasses(&self, recording: &Recording) -> Result<Vec<Trespass>, StorageError> {
        trespasses(self.database, self.plugin, recording)
    }

    /// Decides on what the text asked for.
    fn decide(&self, readonly: bool, recording: Recording) -> Result<Decided<'a>, SqlError> {
        // Read before anything is decided: what changes from here on makes the number, and with it the decision, obsolete.
        let version = self.database.schema_version()?;
        let found = self.trespasses(&recording)?;
        if found.is_empty() {
            return Ok(Decided { recompiled: None, decision: Decision::new(recording, self.work()?, version)? });
        }
        if readonly {
            // Foreign keys have no part in a query.
            return Err(self.refusal(&found)?);
        }
        self.without_foreign_keys()?;
        // Switching enforcement expired what was compiled before.
        let (compiled, recording) = self.compile()?;
        let recompiled = match compiled {
            Ok(recompiled) => recompiled,
            Err(error) => return Err(self.misspelt(error)?),
        };
        let work = match self.work() {
            Ok(work) => work,
            Err(error) => {
                recompiled.discard();
                return Err(error.into());
            }
        };
        let decision = match Decision::new(recording, work, version) {
            // Both compilations must have seen one schema, or their difference says nothing. Inside a transaction they always have.
            Ok(decision) if self.database.schema_version()? == version => decision,
            other => {
                recompiled.discard();
                other?;
                return Err(StorageError::Busy { waited_ms: 0 }.into());
            }
        };
        Ok(Decided { recompiled: Some(recompiled), decision })
    }

    /// How much the text computes.
    fn work(&self) -> Result<Work, StorageError> {
        let (work, _) = self.record(|connection| Work::of(connection, self.key))?;
        work.map_err(|error| StorageError::sort(error, Duration::ZERO))
    }

    /// Refuses what the text asks for without any help of foreign keys.
    fn without_foreign_keys(&self) -> Result<(), SqlError> {
        let (result, recording) = foreign_keys::without(self.database, || {
            // Uncached: it would be recompiled, with foreign keys on, before it could run.
            self.record(|connection| connection.prepare(self.key).map(drop))
        })??;
        if let Some(reason) = recording.refused {
            return Err(Problem::new(403, "not-granted", reason).into());
        }
        let found = self.trespasses(&recording)?;
        if !found.is_empty() {
            return Err(self.refusal(&found)?);
        }
        match result {
            Ok(()) => Ok(()),
            Err(error) => Err(self.misspelt(error)?),
        }
    }

    /// Why a text that asks for something forbidden is refused. Names what the plugin wrote itself, never more.
    fn refusal(&self, found: &[Trespass]) -> Result<SqlError, StorageError> {
        if let Some(refusal) = self.unreadable()? {
            return Ok(refusal);
        }
        let detail = found
            .iter()
            .find_map(|trespass| match trespass {
                Trespass::Write(name) if self.text.mentions(name) => {
                    Some(format!("table {name} is not this plugin's own: it can only be read"))
                }
                Trespass::Function(name) => Some(format!("function {name}() is not available to plugins")),
                Trespass::Read(_) | Trespass::Write(_) => None,
            })
            .unwrap_or_else(|| "the statement reaches a table that is neither this plugin's own nor granted to it".to_owned());
        Ok(Problem::new(403, "not-granted", detail).into())
    }

    /// The refusal of a text that names a table which the plugin may not read. The same whatever else is wrong with the text.
    fn unreadable(&self) -> Result<Option<SqlError>, StorageError> {
        let Some(name) = unreadable(self.database, self.plugin, |name| self.text.mentions(name))? else { return Ok(None) };
        let way_out = match owners::owner_of(self.database, &name, &TABLES)? {
            Some(_) => format!(
                "the plugin asks for the right `read` on it, and the operator gives it: `reads` of [plugins.{}] in tenon.toml",
                self.plugin
            ),
            None => "it has no owner, and no plugin can be given it".to_owned(),
        };
        let detail = format!("table {name} is neither this plugin's own nor granted to it for reading; {way_out}");
        Ok(Some(Problem::new(403, "not-granted", detail).into()))
    }
}

/// The tables that the recorded statement can change.
fn footprint(recording: &Recording, calls: u64) -> Result<Footprint, Problem> {
    let name = |text: &String| {
        text.parse::<Name>().map_err(|_| {
            let detail = "the statement changes, by a foreign key, a table whose name tenon cannot handle; rename that table";
            Problem::new(409, "sql", detail)
        })
    };
    let target = recording.target.as_ref().map(name).transpose()?;
    let mut others = recording.writes.iter().map(name).collect::<Result<BTreeSet<_>, _>>()?;
    if let Some(target) = &target {
        others.remove(target);
    }
    Ok(Footprint { target, others, calls })
}
