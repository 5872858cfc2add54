//! The migration room's [`Backend`] on the store's [`Database`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Live, StatementLimits};
use crate::migrate::dialect::alteration::Copy;
use crate::migrate::{
    Backend, BackendError, BrokenReference, DeclaredColumn, Footprint, Object, ObjectKind, Reference, RowChanges, StatementError,
};
use crate::model::{Name, PluginName, StoredTexts, Value};
use crate::store::{Database, LiveColumn, Soundness, SqlError, StorageError};

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
pub(super) fn sort(error: StorageError) -> BackendError {
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

    fn restore(&mut self, plugin: &PluginName, sql: &str) -> Result<(), BackendError> {
        self.on_behalf_of(plugin, |database| database.run_stored(sql))
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
                copying.reach(copied);
                begin_piece(database);
            };
            database.copy_rows(&copy.sql, &copy.from, copy.rowid, each)
        });
        if result.is_err() {
            copying.end();
        }
        match result {
            Err(BackendError::TooLong { .. }) if Instant::now() >= end => Err(too_long(limits.work, "work-time-ms")),
            result => result,
        }
    }

    fn swap(&mut self, statements: &[String], kept: Option<&Name>) -> Result<(), BackendError> {
        self.database.on_behalf(|database| database.swap_tables(statements, kept)).map_err(sort)
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
        self.copying.end();
        self.database.release().map_err(sort)?;
        self.owners.release();
        Ok(())
    }

    fn undo(&mut self) -> Result<(), BackendError> {
        self.copying.end();
        self.database.rollback_to_savepoint().map_err(sort)?;
        self.owners.undo();
        Ok(())
    }

    fn object(&mut self, name: &Name) -> Result<Option<Object>, BackendError> {
        let owned = self.owners.owned(name, || self.database.all_objects()).map_err(sort)?;
        self.database.lookup(name, owned).map_err(sort)
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

    fn damage_by(
        &mut self,
        plugin: &PluginName,
        sql: &str,
        params: &[Value],
        tables: &BTreeSet<Name>,
    ) -> Result<BTreeMap<Name, RowChanges>, StatementError> {
        self.bounded(plugin, |database| database.damage_by(plugin, sql, params, tables))
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
