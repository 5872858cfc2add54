//! What a statement of a plugin's would do to rows of tables that follow its own: it is run, looked at, and undone.
//!
//! The numbers of rows before and after do not show a SET NULL, nor what a trigger changes. So SQLite is asked to tell of each row that comes
//! or gets other values. It does not tell of all that go (a trigger's `DELETE FROM log` empties the table at once, a REPLACE goes over
//! rows): how many those are, the numbers say.
//!
//! # Source
//! <https://sqlite.org/c3ref/update_hook.html>, on what is not told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::hooks::Action;

use super::Database;
use super::plugin_sql::run_to_end;
use crate::model::{Name, PluginName, RowChanges, Value};
use crate::store::{SqlError, StorageError};

/// By table, in lower case: how many rows came, and how many got other values.
type Told = HashMap<String, (u64, u64)>;

impl Database {
    /// Runs one statement of the plugin's and undoes it; answers what it did to the rows of each of these tables.
    ///
    /// # Errors
    /// As [`Database::execute_as`]; [`StorageError::Misuse`] outside a transaction.
    pub fn damage_by(
        &mut self,
        plugin: &PluginName,
        sql: &str,
        params: &[Value],
        tables: &BTreeSet<Name>,
    ) -> Result<BTreeMap<Name, RowChanges>, SqlError> {
        let before = self.counts(tables)?;
        self.savepoint()?;
        let told = Arc::<Mutex<Told>>::default();
        let result = self.told_to(Arc::clone(&told), |database| {
            database.run_as(plugin, sql, |_, statement| {
                // Of one that is run again, because the schema changed, nothing was done.
                lock(&told).clear();
                run_to_end(statement, params)
            })
        });
        let after = result.and_then(|()| Ok(self.counts(tables)?));
        if self.is_lost() {
            return Err(after.err().unwrap_or(StorageError::TransactionLost.into()));
        }
        self.rollback_to_savepoint()?;
        let after = after?;
        let told = lock(&told);
        let mut damage = BTreeMap::new();
        for table in tables {
            let has_rowids = self.has_rowids(table)?;
            let (mut inserted, updated) = told.get(&table.as_str().to_ascii_lowercase()).copied().unwrap_or_default();
            let (before, after) = (before[table], after[table]);
            inserted = inserted.max(after.saturating_sub(before));
            let deleted = (before + inserted).saturating_sub(after);
            let updated = has_rowids.then_some(updated);
            damage.insert(table.clone(), RowChanges { before, after, inserted, deleted, updated });
        }
        Ok(damage)
    }

    /// Does `work` while each row that changes is counted.
    fn told_to<T>(&mut self, told: Arc<Mutex<Told>>, work: impl FnOnce(&mut Self) -> Result<T, SqlError>) -> Result<T, SqlError> {
        let hook = move |action: Action, _: &str, table: &str, _: i64| {
            let mut told = lock(&told);
            let (inserted, updated) = told.entry(table.to_ascii_lowercase()).or_default();
            match action {
                Action::SQLITE_INSERT => *inserted += 1,
                Action::SQLITE_UPDATE => *updated += 1,
                _ => {}
            }
        };
        self.connection.update_hook(Some(hook)).map_err(StorageError::Sqlite)?;
        let result = work(self);
        self.connection.update_hook(None::<fn(Action, &str, &str, i64)>).map_err(StorageError::Sqlite)?;
        result
    }

    fn counts(&self, tables: &BTreeSet<Name>) -> Result<BTreeMap<Name, u64>, StorageError> {
        tables.iter().map(|table| Ok((table.clone(), self.count_rows(table.as_str())?))).collect()
    }

    fn has_rowids(&self, table: &Name) -> Result<bool, StorageError> {
        Ok(self.describe("table_list", table.as_str(), |row| row.get::<_, bool>("wr"))?.first() != Some(&true))
    }
}

fn lock(told: &Mutex<Told>) -> MutexGuard<'_, Told> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ObjectKind;
    use crate::store::bookkeeping;
    use crate::store::sqlite::testing::{name, plugin};

    fn damage(database: &mut Database, sql: &str) -> Vec<String> {
        let tables = ["cascades", "nulls", "log", "counts", "keyed"].map(name).into();
        let damage = database.damage_by(&plugin("shop"), sql, &[], &tables).unwrap();
        damage
            .iter()
            .filter(|(_, changes)| !changes.to_string().ends_with("none changed"))
            .map(|(table, changes)| format!("{table}: {changes}"))
            .collect()
    }

    #[test]
    fn what_counts_do_not_show_is_told_and_nothing_of_it_stays() {
        let mut database = Database::in_memory().unwrap();
        bookkeeping::ensure(&mut database).unwrap();
        database
            .run_script(
                "CREATE TABLE Parents (id INTEGER PRIMARY KEY);
                 CREATE TABLE Cascades (parent REFERENCES parents ON DELETE CASCADE ON UPDATE CASCADE);
                 CREATE TABLE nulls (parent REFERENCES parents ON DELETE SET NULL);
                 CREATE TABLE log (line); CREATE TABLE counts (name PRIMARY KEY, n);
                 CREATE TABLE keyed (id PRIMARY KEY, parent REFERENCES parents ON DELETE SET NULL) WITHOUT ROWID;
                 CREATE TRIGGER gone AFTER DELETE ON parents BEGIN
                     DELETE FROM log; INSERT INTO log VALUES ('gone'); UPDATE counts SET n = n + 1; REPLACE INTO counts VALUES ('last', old.id); END;
                 INSERT INTO parents VALUES (1), (2), (3); INSERT INTO cascades VALUES (1), (1), (2); INSERT INTO nulls VALUES (1), (3);
                 INSERT INTO log VALUES (1), (2), (3); INSERT INTO counts VALUES ('all', 0), ('last', 0);
                 INSERT INTO keyed VALUES ('a', 1)",
            )
            .unwrap();
        for table in ["parents", "cascades", "nulls", "log", "counts", "keyed"].map(name) {
            database.own(&plugin("shop"), ObjectKind::Table, &table, &table).unwrap();
        }
        database.begin_write().unwrap();
        let keyed = "keyed: 1 row before and after: how many updated cannot be told of a table without rowids";
        let expected = [
            "cascades: 3 rows before, 1 after: 2 deleted",
            "counts: 2 rows before and after: 1 deleted, 1 inserted, 2 updated",
            keyed,
            "log: 3 rows before, 1 after: 3 deleted, 1 inserted",
            "nulls: 2 rows before and after: 1 updated",
        ];
        for _ in 0..2 {
            assert_eq!(damage(&mut database, "DELETE FROM parents WHERE id = 1 RETURNING id"), expected);
        }
        assert_eq!(
            damage(&mut database, "UPDATE parents SET id = 9 WHERE id = 2"),
            ["cascades: 3 rows before and after: 1 updated", keyed]
        );
        assert_eq!(damage(&mut database, "DELETE FROM parents WHERE id = 4"), [keyed]);
        let fails = database.damage_by(&plugin("shop"), "INSERT INTO parents VALUES (1)", &[], &[name("log")].into());
        assert!(matches!(fails, Err(SqlError::Problem(_))), "{fails:?}");
        assert_eq!(database.number("SELECT (SELECT count(*) FROM parents) + (SELECT count(*) FROM log)").unwrap(), 6);
        database.commit().unwrap();
    }
}
