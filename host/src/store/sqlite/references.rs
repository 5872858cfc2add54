//! What refers to a table: foreign keys and views of whomever.

use std::collections::{BTreeMap, BTreeSet};

use super::behalf::spent;
use super::introspect::usable;
use super::scope::{Phase, Recording};
use super::{Database, LiveForeignKey};
use crate::model::sql::identifier;
use crate::model::{Name, ObjectKind, Reference, StoredName};
use crate::store::StorageError;

impl Database {
    /// The foreign keys of other tables that point to `table`, each with the number of rows that use it. The table itself need not be
    /// there.
    ///
    /// Reads the text of every table.
    ///
    /// # Errors
    /// [`StorageError::Refused`] for a name that no declaration could have made.
    pub fn references_to(&self, table: &Name) -> Result<Vec<Reference>, StorageError> {
        let mut references = Vec::new();
        for (child, key) in self.keys_to(table)? {
            let used: Vec<_> = key.columns.iter().map(|column| format!("{} IS NOT NULL", identifier(column))).collect();
            let sql = format!("SELECT count(*) FROM {} WHERE {}", identifier(child.as_str()), used.join(" AND "));
            let rows = self.host(|connection| connection.query_row(&sql, [], |row| row.get::<_, i64>(0)))?;
            references.push(Reference { table: usable(child.as_str())?, columns: key.columns, rows: rows.unsigned_abs() });
        }
        Ok(references)
    }

    /// The foreign keys of other tables that point to `table`, each with the table that has it, however that is called.
    ///
    /// Reads the text of every table.
    ///
    /// # Errors
    /// Only faults.
    pub fn keys_to(&self, table: &Name) -> Result<Vec<(StoredName, LiveForeignKey)>, StorageError> {
        // A table that refers to another has its name in its text. Most have not, and their keys need not be looked at.
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> ?1 COLLATE NOCASE
                   AND sql LIKE '%references%' AND instr(lower(sql), lower(?1)) > 0 ORDER BY name";
        let mut keys = Vec::new();
        for child in self.all(sql, [table.as_str()], |row| row.get::<_, String>(0))? {
            let of_child = self.foreign_keys_of(&child)?.into_iter().filter(|key| key.target_table.eq_ignore_ascii_case(table.as_str()));
            keys.extend(of_child.map(|key| (StoredName::from(child.as_str()), key)));
        }
        Ok(keys)
    }

    /// The other tables that a DELETE from `table` looks at or changes: those that it refers to, those that refer to it, and what
    /// follows those. SQLite itself is asked, from the foreign keys that it keeps by their target, so this costs the same however many
    /// tables there are; nothing is run.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when there is no such table, and when a foreign key of one of these tables points to a table that is
    /// not there, or to columns that are no key of it. No row of them could be deleted then.
    pub fn linked_to(&self, table: &Name) -> Result<BTreeSet<String>, StorageError> {
        let sql = format!("DELETE FROM main.{}", identifier(table.as_str()));
        let phase = self.scope.enter(Phase::Compiling(Recording::default()));
        let compiled = self.host(|connection| connection.prepare(&sql).map(drop));
        let Recording { reads, writes, .. } = phase.finish();
        compiled?;
        let mut linked: BTreeSet<String> = reads.into_iter().map(|read| read.name).chain(writes).collect();
        linked.retain(|name| !name.eq_ignore_ascii_case(table.as_str()));
        Ok(linked)
    }

    /// The tables with rows that refer to nothing, each with the table that it refers to. Reads every row of a table with a foreign key.
    ///
    /// # Errors
    /// Only faults.
    pub fn broken_references(&self) -> Result<Vec<(String, String)>, StorageError> {
        let broken = self.all("PRAGMA main.foreign_key_check", [], |row| Ok((row.get(0)?, row.get(2)?)))?;
        Ok(BTreeSet::from_iter(broken).into_iter().collect())
    }

    /// The views that cannot be read and the tables whose triggers do not fit, with SQLite's reason: what they are made of has gone or
    /// changed.
    ///
    /// # Errors
    /// Only faults.
    pub fn broken(&self) -> Result<BTreeMap<(ObjectKind, String), String>, StorageError> {
        let mut broken = BTreeMap::new();
        for view in self.all("SELECT name FROM sqlite_schema WHERE type = 'view'", [], |row| row.get::<_, String>(0))? {
            let sql = format!("SELECT * FROM main.{}", identifier(&view));
            match self.require_compiles(&sql) {
                Err(StorageError::Refused(why)) => drop(broken.insert((ObjectKind::View, view), why)),
                other => other?,
            }
        }
        for table in self.all("SELECT DISTINCT tbl_name FROM sqlite_schema WHERE type = 'trigger'", [], |row| row.get::<_, String>(0))? {
            // Compiling a statement of each kind compiles the triggers that it fires.
            for sql in self.every_write(&table)? {
                match self.require_compiles(&sql) {
                    Err(StorageError::Refused(why)) => drop(broken.insert((ObjectKind::Table, table.clone()), why)),
                    other => other?,
                }
            }
        }
        Ok(broken)
    }

    /// What takes more memory than there is for it cannot be read or written to by anybody else either.
    fn require_compiles(&self, sql: &str) -> Result<(), StorageError> {
        self.host(|connection| connection.prepare(sql).map(drop)).map_err(spent)
    }

    /// A statement of each kind that changes rows of a table or view, and names all columns that can be given values.
    fn every_write(&self, table: &str) -> Result<Vec<String>, StorageError> {
        let columns = self.columns_of(table)?.into_iter().filter(|column| !column.generated);
        let names: Vec<String> = columns.map(|column| identifier(&column.name).into_owned()).collect();
        let (table, list, nulls) = (identifier(table), names.join(", "), vec!["NULL"; names.len()].join(", "));
        let sets: Vec<String> = names.iter().map(|name| format!("{name} = {name}")).collect();
        let on_table = |sql: String| (!names.is_empty()).then_some(sql);
        let insert = on_table(format!("INSERT INTO main.{table} ({list}) VALUES ({nulls})"));
        let update = on_table(format!("UPDATE main.{table} SET {}", sets.join(", ")));
        let has = |event: &str| {
            // A view takes only what a trigger of it does instead.
            let sql = "SELECT count(*) FROM sqlite_schema WHERE name = ?1 AND type = 'view'
                       AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 AND sql LIKE '%instead of ' || ?2 || '%')";
            Ok::<_, StorageError>(self.all(sql, [table.as_ref(), event], |row| row.get::<_, i64>(0))?.first() == Some(&0))
        };
        let mut all = Vec::new();
        for (event, sql) in [("insert", insert), ("update", update), ("delete", Some(format!("DELETE FROM main.{table}")))] {
            if has(event)? {
                all.extend(sql);
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::testing::name;

    fn linked(database: &Database, table: &str) -> Result<Vec<String>, String> {
        let linked = database.linked_to(&name(table)).map_err(|error| error.to_string())?;
        Ok(linked.into_iter().collect())
    }

    #[test]
    fn sqlite_tells_what_is_linked_by_every_kind_of_foreign_key() {
        for action in
            ["", "ON DELETE RESTRICT", "ON DELETE CASCADE", "ON DELETE SET NULL", "ON UPDATE CASCADE", "DEFERRABLE INITIALLY DEFERRED"]
        {
            let mut database = Database::in_memory().unwrap();
            database.run("CREATE TABLE parent (id INTEGER PRIMARY KEY, self REFERENCES parent)").unwrap();
            assert_eq!(linked(&database, "PARENT"), Ok(vec![]), "{action}");
            database.run(&format!("CREATE TABLE child (id INTEGER PRIMARY KEY, \"to it\" REFERENCES Parent (id) {action})")).unwrap();
            assert_eq!(linked(&database, "parent"), Ok(vec!["child".to_owned()]), "{action}");
            assert!(linked(&database, "child").is_ok(), "{action}");
        }
    }

    #[test]
    fn a_foreign_key_that_leads_nowhere_or_to_no_key_is_told_from_both_ends() {
        let mut database = Database::in_memory().unwrap();
        database.run("CREATE TABLE child (id INTEGER PRIMARY KEY, code REFERENCES parent (code))").unwrap();
        assert!(linked(&database, "child").unwrap_err().contains("no such table: main.parent"));
        database.run("CREATE TABLE parent (id INTEGER PRIMARY KEY, code TEXT)").unwrap();
        for table in ["parent", "child"] {
            assert!(linked(&database, table).unwrap_err().contains("foreign key mismatch"), "{table}");
        }
        database.run("CREATE UNIQUE INDEX ux ON parent (code)").unwrap();
        for table in ["parent", "child"] {
            assert!(linked(&database, table).is_ok(), "{table}");
        }
    }

    #[test]
    fn a_view_is_broken_when_what_it_is_made_of_has_gone() {
        let mut database = Database::in_memory().unwrap();
        database
            .run_script("CREATE TABLE t (a); CREATE VIEW good AS SELECT a FROM t; CREATE TABLE u (b); CREATE VIEW bad AS SELECT b FROM u; DROP TABLE u")
            .unwrap();
        let broken = database.broken().unwrap();
        let bad = (ObjectKind::View, "bad".to_owned());
        assert_eq!(broken.keys().collect::<Vec<_>>(), [&bad]);
        assert!(broken[&bad].contains("no such table: main.u"), "{broken:?}");
    }

    #[test]
    fn a_table_is_broken_when_a_trigger_of_it_does_not_fit() {
        let mut database = Database::in_memory().unwrap();
        let script = "CREATE TABLE t (a, g AS (a + 1)); CREATE TABLE log (a); CREATE VIEW v AS SELECT a FROM t;
            CREATE TRIGGER tr AFTER UPDATE OF a ON t BEGIN INSERT INTO log VALUES (new.a); END;
            CREATE TRIGGER tv INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a); END;";
        database.run_script(script).unwrap();
        assert_eq!(database.broken().unwrap(), BTreeMap::new());
        database.run("DROP TABLE log").unwrap();
        let broken = database.broken().unwrap();
        let table = (ObjectKind::Table, "t".to_owned());
        assert_eq!(broken.keys().collect::<Vec<_>>(), [&table]);
        assert!(broken[&table].contains("no such table: main.log"), "{broken:?}");
    }
}
