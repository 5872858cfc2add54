//! What stands in the schema.

use std::collections::BTreeMap;

use rusqlite::{Params, Row};
use serde::Serialize;

use super::Database;
use crate::model::sql::text_literal;
use crate::model::{Name, Object, ObjectKind, PluginName, StoredName};
use crate::store::{StorageError, owners};

/// A column as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveColumn {
    /// Its name; whatever whoever made the table chose.
    pub name: String,
    /// Its declared type, as stored, e.g. `VARCHAR(26)`.
    pub declared_type: String,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// The text of its default.
    pub default: Option<String>,
    /// Its place in the primary key, from 1.
    pub primary_key: Option<u32>,
    /// Computed from other columns.
    pub generated: bool,
}

/// An index as it stands in the database, also one that a UNIQUE or PRIMARY KEY brought with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveIndex {
    /// Its name.
    pub name: String,
    /// No two rows alike.
    pub unique: bool,
    /// `c` by CREATE INDEX, `u` by UNIQUE, `pk` by PRIMARY KEY.
    pub origin: String,
    /// Only some rows.
    pub partial: bool,
    /// In order; none for an expression.
    pub columns: Vec<Option<String>>,
}

/// A foreign key as it stands in the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveForeignKey {
    /// The table referred to, as the key names it.
    pub target_table: String,
    /// The columns that refer.
    pub columns: Vec<String>,
    /// The columns referred to; none where the key names none and means the primary key.
    pub target_columns: Vec<Option<String>>,
    /// `NO ACTION`, `RESTRICT`, `CASCADE`, `SET NULL` or `SET DEFAULT`.
    pub on_delete: String,
    /// The same words.
    pub on_update: String,
}

/// An index or trigger of a table as it stands in the database, whoever made it and however it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePart {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name. What is no UTF-8 in it is replaced, and in its text too.
    pub name: StoredName,
    /// Whose it is; none when somebody made it by hand.
    pub owner: Option<PluginName>,
    /// Its text.
    pub text: String,
}

/// A table with all that belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveTable {
    /// In order.
    pub columns: Vec<LiveColumn>,
    /// By name.
    pub indexes: Vec<LiveIndex>,
    /// In order of declaration.
    pub foreign_keys: Vec<LiveForeignKey>,
}

/// The whole schema, the same for the same schema, without the host's own tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LiveSchema {
    /// By name.
    pub tables: BTreeMap<String, LiveTable>,
    /// Texts of views and triggers, by name.
    pub views_and_triggers: BTreeMap<String, String>,
}

impl Database {
    /// The object of that name, whatever its kind; names are compared without regard to case.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for an owner that cannot be.
    pub fn object(&self, name: &Name) -> Result<Option<Object>, StorageError> {
        let sql = "SELECT type, name, tbl_name FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE";
        Ok(self.objects(sql, name)?.into_iter().next())
    }

    /// As [`Database::object`], for whoever knows that the name has an owner, or none (`owned`); but for a trigger that no plugin made, which is not found. Reads the whole schema only where it has to: not for
    /// a name that nothing has, and not for a plugin's own tables and indexes, of which a step with many tables asks very often.
    ///
    /// # Errors
    /// As [`Database::object`].
    pub fn lookup(&self, name: &Name, owned: Option<Object>) -> Result<Option<Object>, StorageError> {
        let is_table = || self.host(|connection| connection.table_exists(Some("main"), name.as_str()));
        let is_index = || Ok::<_, StorageError>(!self.describe("index_info", name.as_str(), |_| Ok(()))?.is_empty());
        match owned.as_ref().map(|object| object.kind) {
            Some(ObjectKind::Table) if is_table()? => Ok(owned),
            Some(ObjectKind::Index) if is_index()? => Ok(owned),
            None if self.names_no_table(name)? && !is_index()? => Ok(None),
            _ => self.object(name),
        }
    }

    /// Whether neither a table nor a view has the name. A view that cannot be read has it.
    fn names_no_table(&self, name: &Name) -> Result<bool, StorageError> {
        match self.columns(name) {
            Err(StorageError::Refused(_)) => Ok(false),
            columns => Ok(columns?.is_empty()),
        }
    }

    /// The indexes and triggers of a table, by name, without those that a constraint brought with it.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for an owner that cannot be.
    pub fn parts_of(&self, table: &Name) -> Result<Vec<LivePart>, StorageError> {
        let sql = "SELECT type, name, sql FROM sqlite_schema
                   WHERE tbl_name = ?1 COLLATE NOCASE AND type IN ('index', 'trigger') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   ORDER BY name";
        let stored: Vec<(String, String, String)> =
            self.all(sql, [table.as_str()], |row| Ok((row.get(0)?, lossy(row, 1)?, lossy(row, 2)?)))?;
        let part = |(kind, name, text): (String, String, String)| {
            let kind: ObjectKind = kind.parse().map_err(|reason| StorageError::damaged("the schema", reason))?;
            Ok(LivePart { kind, owner: owners::owner_of(self, &name, &[kind])?, name: StoredName::from(name.as_str()), text })
        };
        stored.into_iter().map(part).collect()
    }

    fn objects(&self, sql: &str, name: &Name) -> Result<Vec<Object>, StorageError> {
        let stored: Vec<(String, String, String)> = self.all(sql, [name.as_str()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let object = |(kind, name, table): (String, String, String)| {
            let kind: ObjectKind = kind.parse().map_err(|reason| StorageError::damaged("the schema", reason))?;
            let owner = owners::owner_of(self, &name, &[kind])?;
            Ok(Object { kind, name: usable(&name)?, table: usable(&table)?, owner })
        };
        stored.into_iter().map(object).collect()
    }

    /// A table's or view's columns, in order; empty when there is no such table.
    ///
    /// # Errors
    /// Only faults.
    pub fn columns(&self, table: &Name) -> Result<Vec<LiveColumn>, StorageError> {
        self.columns_of(table.as_str())
    }

    pub(super) fn columns_of(&self, table: &str) -> Result<Vec<LiveColumn>, StorageError> {
        // Hidden: 0 an ordinary column, 2 and 3 generated ones, 1 a virtual table's argument.
        let columns = self.describe("table_xinfo", table, |row| {
            let hidden: u32 = row.get("hidden")?;
            let column = LiveColumn {
                name: row.get("name")?,
                declared_type: row.get("type")?,
                nullable: !row.get::<_, bool>("notnull")?,
                default: row.get("dflt_value")?,
                primary_key: Some(row.get::<_, u32>("pk")?).filter(|place| *place > 0),
                generated: hidden > 0,
            };
            Ok((hidden, column))
        })?;
        Ok(columns.into_iter().filter(|(hidden, _)| *hidden != 1).map(|(_, column)| column).collect())
    }

    /// The indexes of a table, by name.
    ///
    /// # Errors
    /// Only faults.
    pub fn indexes(&self, table: &Name) -> Result<Vec<LiveIndex>, StorageError> {
        self.indexes_of(table.as_str())
    }

    fn indexes_of(&self, table: &str) -> Result<Vec<LiveIndex>, StorageError> {
        let index = |row: &Row<'_>| {
            Ok(LiveIndex {
                name: row.get("name")?,
                unique: row.get("unique")?,
                origin: row.get("origin")?,
                partial: row.get("partial")?,
                columns: Vec::new(),
            })
        };
        let mut indexes = self.describe("index_list", table, index)?;
        indexes.sort_by(|one, other| one.name.cmp(&other.name));
        for index in &mut indexes {
            index.columns = self.describe("index_info", &index.name, |row| row.get("name"))?;
        }
        Ok(indexes)
    }

    /// The foreign keys that a table declares, in order.
    ///
    /// # Errors
    /// Only faults.
    pub fn foreign_keys(&self, table: &Name) -> Result<Vec<LiveForeignKey>, StorageError> {
        self.foreign_keys_of(table.as_str())
    }

    pub(super) fn foreign_keys_of(&self, table: &str) -> Result<Vec<LiveForeignKey>, StorageError> {
        let part = |row: &Row<'_>| {
            let key = LiveForeignKey {
                target_table: row.get("table")?,
                columns: vec![row.get("from")?],
                target_columns: vec![row.get("to")?],
                on_delete: row.get("on_delete")?,
                on_update: row.get("on_update")?,
            };
            Ok((row.get::<_, i64>("id")?, row.get::<_, i64>("seq")?, key))
        };
        let mut parts = self.describe("foreign_key_list", table, part)?;
        // SQLite numbers them from the last one declared.
        parts.sort_by_key(|(id, place, _)| (std::cmp::Reverse(*id), *place));
        let mut keys: Vec<(i64, LiveForeignKey)> = Vec::new();
        for (id, _, part) in parts {
            match keys.last_mut() {
                Some((last, key)) if *last == id => {
                    key.columns.extend(part.columns);
                    key.target_columns.extend(part.target_columns);
                }
                _ => keys.push((id, part)),
            }
        }
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// Whether a table's columns take only SQLite's own types; false when there is no such table.
    ///
    /// # Errors
    /// Only faults.
    pub fn is_strict(&self, table: &Name) -> Result<bool, StorageError> {
        Ok(self.describe("table_list", table.as_str(), |row| row.get("strict"))?.first() == Some(&true))
    }

    /// A number that changes when another connection commits, and never by what this one does.
    ///
    /// # Errors
    /// Only faults.
    pub fn data_version(&self) -> Result<i64, StorageError> {
        self.host(|connection| connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0)))
    }

    /// A number that changes with everything that is made, altered or dropped. Inside a transaction it is that of the state which that sees.
    ///
    /// # Errors
    /// Only faults.
    pub fn schema_version(&self) -> Result<i64, StorageError> {
        self.host(|connection| connection.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0)))
    }

    /// The whole schema, for comparisons.
    ///
    /// # Errors
    /// Only faults.
    pub fn schema(&self) -> Result<LiveSchema, StorageError> {
        let own = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'tenon\\_%' ESCAPE '\\'";
        let names: Vec<String> =
            self.all(&format!("SELECT name FROM sqlite_schema WHERE type = 'table' AND {own}"), [], |row| row.get(0))?;
        let mut tables = BTreeMap::new();
        for name in names {
            let table = LiveTable {
                columns: self.columns_of(&name)?,
                indexes: self.indexes_of(&name)?,
                foreign_keys: self.foreign_keys_of(&name)?,
            };
            tables.insert(name, table);
        }
        let sql = format!("SELECT name, sql FROM sqlite_schema WHERE type IN ('view', 'trigger') AND {own}");
        let texts: Vec<(String, String)> = self.all(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(LiveSchema { tables, views_and_triggers: texts.into_iter().collect() })
    }

    /// The rows of one of SQLite's PRAGMA statements that describe a table or index.
    ///
    /// Never the table-valued function of the same name: that is looked up among the tables first, and a stored table called
    /// `pragma_table_xinfo` would answer instead. Nor from the cache: about something that is not there a PRAGMA compiles to nothing, and
    /// would not notice when it is made.
    pub(super) fn describe<T>(
        &self,
        pragma: &str,
        of: &str,
        each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StorageError> {
        let sql = format!("PRAGMA main.{pragma}({})", text_literal(of));
        self.host(|connection| connection.prepare(&sql)?.query_map([], each)?.collect())
    }

    pub(in crate::store) fn all<T, P: Params>(
        &self,
        sql: &str,
        params: P,
        each: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StorageError> {
        self.host(|connection| connection.prepare_cached(sql)?.query_map(params, each)?.collect())
    }
}

/// A text of the schema; what is no UTF-8 in it is replaced. SQLite takes what it is given.
pub(super) fn lossy(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(String::from_utf8_lossy(row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default()).into_owned())
}

/// A stored name as one of ours. Somebody with the file in hand can have made others.
pub(super) fn usable(name: &str) -> Result<Name, StorageError> {
    name.parse().map_err(|error| StorageError::Refused(format!("{error}; rename or drop it by hand")))
}
