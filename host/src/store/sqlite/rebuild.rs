//! What a table's alteration asks of the connection: its texts, rows in the way, the copy, the swap, and that all is sound afterwards.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;

use super::introspect::lossy;
use super::{Database, foreign_keys};
use crate::model::ObjectKind;
use crate::model::sql::{identifier, text_literal};
use crate::model::text::plain;
use crate::model::{Name, StoredTexts};
use crate::store::StorageError;

/// Rows that are copied by one statement: some 10 ms. Between two of them the run can be seen to go on.
const CHUNK: i64 = 10_000;

impl Database {
    /// The texts of a table and of what belongs to it; none when there is no such table.
    ///
    /// # Errors
    /// Only faults.
    pub fn stored_texts(&self, table: &Name) -> Result<Option<StoredTexts>, StorageError> {
        let sql = "SELECT type, sql FROM sqlite_schema
                   WHERE sql IS NOT NULL AND (type = 'table' AND name = ?1 COLLATE NOCASE OR type IN ('index', 'trigger') AND tbl_name = ?1 COLLATE NOCASE)
                   ORDER BY type <> 'table', rowid";
        let all: Vec<(String, String)> = self.all(sql, [table.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut all = all.into_iter();
        let Some((kind, table)) = all.next() else { return Ok(None) };
        Ok((kind == "table").then(|| StoredTexts { table, others: all.map(|(_, sql)| sql).collect() }))
    }

    /// The one number that a query of the host's gives.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when it cannot be compiled.
    pub fn number(&self, sql: &str) -> Result<u64, StorageError> {
        self.host(|connection| connection.query_row(sql, [], |row| row.get::<_, i64>(0))).map(i64::unsigned_abs)
    }

    /// The rows of a query as text for a message: `id 3, name 'x'`. Long values are cut.
    ///
    /// # Errors
    /// As [`Database::number`].
    pub fn shown_rows(&self, sql: &str) -> Result<Vec<String>, StorageError> {
        self.host(|connection| {
            let mut statement = connection.prepare(sql)?;
            let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
            let mut rows = statement.raw_query();
            let mut shown = Vec::new();
            while let Some(row) = rows.next()? {
                let cells = names.iter().enumerate().map(|(i, name)| Ok(format!("{} {}", plain(name), shown_value(row.get_ref(i)?))));
                shown.push(cells.collect::<rusqlite::Result<Vec<_>>>()?.join(", "));
            }
            Ok(shown)
        })
    }

    /// Runs a copy, `INSERT … SELECT … FROM from`, in pieces where `rowid` names what its rows are numbered by; answers how many rows
    /// were copied. `each` is called after each piece, with how many those are so far.
    ///
    /// # Errors
    /// A row does not fit the new table.
    pub fn copy_rows(&self, sql: &str, from: &Name, rowid: Option<&str>, mut each: impl FnMut(&Self, u64)) -> Result<u64, StorageError> {
        let Some(rowid) = rowid else {
            return self.host(|connection| connection.execute(sql, [])).map(|rows| rows as u64);
        };
        let from = identifier(from.as_str());
        let bound = format!("SELECT max(n) FROM (SELECT {rowid} AS n FROM {from} WHERE {rowid} > ?1 ORDER BY {rowid} LIMIT {CHUNK})");
        // The first may be the lowest there is, and then there is nothing below it to begin at.
        let lowest = format!("SELECT min({rowid}) FROM {from}");
        let Some(lowest) = self.host(|connection| connection.query_row(&lowest, [], |row| row.get::<_, Option<i64>>(0)))? else {
            return Ok(0);
        };
        let first = format!("{sql} WHERE {rowid} = ?1");
        let piece = format!("{sql} WHERE {rowid} > ?1 AND {rowid} <= ?2 ORDER BY {rowid}");
        let mut copied = self.host(|connection| connection.execute(&first, [lowest]))? as u64;
        let mut last = lowest;
        while let Some(next) =
            self.host(|connection| connection.prepare_cached(&bound)?.query_row([last], |row| row.get::<_, Option<i64>>(0)))?
        {
            copied += self.host(|connection| connection.prepare_cached(&piece)?.execute([last, next]))? as u64;
            last = next;
            each(self, copied);
        }
        Ok(copied)
    }

    /// Runs a statement in which `"x"` may be a text, as it may be where a schema is read.
    ///
    /// # Errors
    /// As [`Database::run`]; the connection is closed to everything when that could not be switched off again.
    pub fn run_stored(&mut self, sql: &str) -> Result<(), StorageError> {
        self.switch(DbConfig::SQLITE_DBCONFIG_DQS_DDL, true)?;
        let result = self.run(sql);
        if !self.switch(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)? {
            self.unusable.set(true);
        }
        result
    }

    /// Whether it could be done.
    fn switch(&self, setting: DbConfig, on: bool) -> Result<bool, StorageError> {
        self.connection.set_db_config(setting, on).map(|now| now == on).map_err(StorageError::Sqlite)
    }

    /// Runs statements while foreign keys are not enforced and a table's new name changes nothing but the table, and sees to it that both
    /// are as before, whatever happens. What ANALYZE found out of the table `kept` stays.
    ///
    /// # Errors
    /// As [`Database::run`]; the connection is closed to everything when enforcement could not be switched on again.
    pub fn swap_tables(&mut self, statements: &[String], kept: Option<&Name>) -> Result<(), StorageError> {
        // A new name is looked for in the texts of all tables, which are read with that as they are stored.
        let as_stored = [DbConfig::SQLITE_DBCONFIG_LEGACY_ALTER_TABLE, DbConfig::SQLITE_DBCONFIG_DQS_DDL];
        let result = foreign_keys::without(self, || {
            as_stored.into_iter().try_for_each(|setting| self.switch(setting, true).map(drop))?;
            let run = |sql: &String| self.host(|connection| connection.prepare(sql)?.execute([]).map(drop));
            let swap = || {
                // They go with the table of their name.
                let kept = kept.map(|kept| self.statistics(kept)).transpose()?.unwrap_or_default();
                kept.aside.iter().chain(statements).chain(&kept.back).try_for_each(run)
            };
            let result = swap();
            for setting in as_stored {
                if !self.switch(setting, false)? {
                    self.unusable.set(true);
                }
            }
            result
        })?;
        self.forget_decisions();
        result
    }

    /// What keeps the statistics of a table aside and brings them back.
    fn statistics(&self, table: &Name) -> Result<Statistics, StorageError> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4')";
        let all: Vec<String> = self.all(sql, [], |row| row.get(0))?;
        let table = text_literal(table.as_str());
        let rename = |of: &String, from: &str, to: &str| format!("UPDATE main.{of} SET tbl = {to} WHERE tbl = {from} COLLATE NOCASE");
        // No table can be called so.
        let nobody = "'sqlite_kept'";
        Ok(Statistics {
            aside: all.iter().map(|of| rename(of, &table, nobody)).collect(),
            back: all.iter().map(|of| rename(of, nobody, &table)).collect(),
        })
    }

    /// Rows of a table that refer to nothing, as text for a message: by which table, how many, and the first of them.
    ///
    /// # Errors
    /// [`StorageError::Refused`] when a key of the table leads to no table or no key.
    pub fn lost_references(&self, table: &str) -> Result<Vec<(String, u64)>, StorageError> {
        let sql = format!("PRAGMA main.foreign_key_check({})", text_literal(table));
        let rows = self.host(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.raw_query();
            let mut lost = BTreeMap::<String, u64>::new();
            while let Some(row) = rows.next()? {
                *lost.entry(row.get(2)?).or_default() += 1;
            }
            Ok(lost)
        })?;
        Ok(rows.into_iter().collect())
    }

    /// What is wrong with a table's pages, or with the whole file: empty when nothing is.
    ///
    /// # Errors
    /// Only faults.
    pub fn unsound(&self, of: Soundness<'_>) -> Result<Vec<String>, StorageError> {
        let sql = match of {
            Soundness::Quick(table) => format!("PRAGMA main.quick_check({})", text_literal(table.as_str())),
            Soundness::Full => "PRAGMA main.integrity_check".to_owned(),
        };
        let mut said: Vec<String> = self.host(|connection| connection.prepare(&sql)?.query_map([], |row| row.get(0))?.collect())?;
        said.retain(|line| line != "ok");
        Ok(said)
    }
}

impl Database {
    /// Copies all of it to a file that is not there yet. Others may write meanwhile; the copy is of one moment.
    ///
    /// # Errors
    /// The file is there, or cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<(), StorageError> {
        let refuse = |reason, source| StorageError::Copy { path: path.to_owned(), reason, source };
        // Made here, so that nobody else's file is written over.
        let mut options = File::options();
        options.write(true).create_new(true);
        // Nobody may read a copy who may not read the database.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let made = options.open(path);
        made.map_err(|error| {
            let there = error.kind() == io::ErrorKind::AlreadyExists;
            refuse(if there { "it is there already; name another" } else { "it cannot be made" }, error.into())
        })?;
        let copy = || {
            let mut target = Connection::open(path)?;
            let step = Backup::new(&self.connection, &mut target)?.step(-1)?;
            target.close().map_err(|(_, error)| error)?;
            Ok::<_, rusqlite::Error>(step)
        };
        let refusal = match copy() {
            Ok(StepResult::Done) => return Ok(()),
            Ok(_) => refuse("another process holds the database", io::Error::from(io::ErrorKind::ResourceBusy).into()),
            Err(error) => refuse("it could not be written", error.into()),
        };
        // Half a copy is none.
        if let Err(error) = std::fs::remove_file(path) {
            tracing::warn!(%error, "half a copy of the database could not be removed: {}", path.display());
        }
        Err(refusal)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// There is no such table.
    pub fn count_rows(&self, table: &str) -> Result<u64, StorageError> {
        self.number(&format!("SELECT count(*) FROM main.{}", identifier(table)))
    }

    /// How large the file is, in bytes, its WAL not counted.
    ///
    /// # Errors
    /// Only faults.
    pub fn bytes(&self) -> Result<u64, StorageError> {
        Ok(self.number("PRAGMA main.page_count")? * self.number("PRAGMA main.page_size")?)
    }

    /// The text of every object but the host's own and those that constraints bring, by `kind name`.
    ///
    /// # Errors
    /// Only faults.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, StorageError> {
        let sql = "SELECT type || ' ' || name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'tenon\\_%' ESCAPE '\\'
                   AND tbl_name NOT LIKE 'tenon\\_%' ESCAPE '\\'";
        Ok(self.all(sql, [], |row| Ok((lossy(row, 0)?, lossy(row, 1)?)))?.into_iter().collect())
    }

    /// The texts that make what is there again, but for the host's own and SQLite's: tables first, triggers last.
    ///
    /// # Errors
    /// Only faults.
    pub fn schema_texts(&self) -> Result<Vec<String>, StorageError> {
        let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                   AND name NOT LIKE 'tenon\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'tenon\\_%' ESCAPE '\\'
                   ORDER BY type <> 'table', type = 'trigger', rowid";
        self.all(sql, [], |row| lossy(row, 0))
    }

    /// The text of an object; none when it is not there.
    ///
    /// # Errors
    /// Only faults.
    pub fn text_of(&self, kind: ObjectKind, name: &Name) -> Result<Option<String>, StorageError> {
        let sql = "SELECT sql FROM sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE AND sql IS NOT NULL";
        Ok(self.all(sql, [kind.word(), name.as_str()], |row| row.get(0))?.into_iter().next())
    }

    /// How many rows each table has, the host's own left out.
    ///
    /// # Errors
    /// Only faults.
    pub fn rows_of_all(&self) -> Result<BTreeMap<String, u64>, StorageError> {
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'tenon\\_%' ESCAPE '\\'";
        let tables: Vec<String> = self.all(sql, [], |row| row.get(0))?;
        tables.into_iter().map(|table| self.count_rows(&table).map(|rows| (table, rows))).collect()
    }
}

/// Statements around a swap.
#[derive(Debug, Default)]
struct Statistics {
    aside: Vec<String>,
    back: Vec<String>,
}

/// How thoroughly to look.
#[derive(Debug, Clone, Copy)]
pub enum Soundness<'a> {
    /// One table and its indexes, without comparing them entry by entry.
    Quick(&'a Name),
    /// Everything.
    Full,
}

fn shown_value(value: ValueRef<'_>) -> String {
    const MOST: usize = 40;
    let cut = |text: &str| {
        let shown: String = text.chars().take(MOST).collect();
        let rest = if shown.len() < text.len() { "…" } else { "" };
        format!("{}{rest}", plain(&shown))
    };
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) => format!("'{}'", cut(&String::from_utf8_lossy(text))),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}
