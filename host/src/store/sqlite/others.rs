//! What another program left in the file: its objects, and what Alembic wrote down of its migrations.

use std::collections::BTreeSet;

use rusqlite::types::ValueRef;

use super::Database;
use super::introspect::lossy;
use crate::model::text::plain;
use crate::model::{Name, ObjectKind, StoredName};
use crate::store::StorageError;

/// An object of the schema, whoever made it and however it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredObject {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: StoredName,
    /// The table it belongs to; its own name for a table or view.
    pub table: StoredName,
    /// Its text. What is no UTF-8 in it is replaced.
    pub text: String,
}

/// What there is of the table in which Alembic writes down how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlembicVersions {
    /// Nothing of that name.
    Absent,
    /// Something of that name that is not Alembic's, and what it is.
    Other(String),
    /// Its rows, in order and each once.
    Rows(BTreeSet<String>),
}

/// The table that Alembic makes, unless it is told another name.
const ALEMBICS: &str = "alembic_version";

impl Database {
    /// All objects but the host's own, SQLite's, and those that constraints bring.
    ///
    /// # Errors
    /// Only faults.
    pub fn stored_objects(&self) -> Result<Vec<StoredObject>, StorageError> {
        let sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   AND name NOT LIKE 'tenon\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'tenon\\_%' ESCAPE '\\' ORDER BY type, name";
        let stored: Vec<[String; 4]> = self.all(sql, [], |row| Ok([row.get(0)?, lossy(row, 1)?, lossy(row, 2)?, lossy(row, 3)?]))?;
        let object = |[kind, name, table, text]: [String; 4]| {
            let kind: ObjectKind = kind.parse().map_err(|reason| StorageError::damaged("the schema", reason))?;
            Ok(StoredObject { kind, name: StoredName::from(name.as_str()), table: StoredName::from(table.as_str()), text })
        };
        stored.into_iter().map(object).collect()
    }

    /// What Alembic wrote down here.
    ///
    /// # Errors
    /// Only faults.
    pub fn alembic_versions(&self) -> Result<AlembicVersions, StorageError> {
        let sql = "SELECT type FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')";
        match self.all(sql, [ALEMBICS], |row| row.get::<_, String>(0))?.first().map(String::as_str) {
            None => return Ok(AlembicVersions::Absent),
            Some("table") => {}
            Some(other) => return Ok(AlembicVersions::Other(format!("is a {other}"))),
        }
        let name: Name = ALEMBICS.parse().map_err(|error| StorageError::Refused(format!("{error}")))?;
        let columns: Vec<String> = self.columns(&name)?.into_iter().map(|column| column.name).collect();
        if !columns.iter().any(|column| column.eq_ignore_ascii_case("version_num")) {
            return Ok(AlembicVersions::Other(format!("has no column version_num, but {}", plain(&columns.join(", ")))));
        }
        let rows = self.all("SELECT version_num FROM main.alembic_version", [], |row| {
            Ok(match row.get_ref(0)? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                ValueRef::Real(number) => Some(number.to_string()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            })
        })?;
        Ok(AlembicVersions::Rows(rows.into_iter().flatten().collect()))
    }
}
