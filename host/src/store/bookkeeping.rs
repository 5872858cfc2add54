//! The host's own tables, all named `tenon_…`: which files of `migrations/` make them, and which of these ran.
//!
//! Linear, forward only, never through the plugin engine: the recorder cannot be built by what it records. `migrations/README.md` says
//! how a file is added.

use super::{Database, StorageError};

/// One file.
#[derive(Debug, Clone, Copy)]
struct File {
    number: u32,
    sql: &'static str,
    /// SHA-256 of a file that was part of a release. It never changes again: databases exist that it made.
    #[cfg_attr(not(test), expect(dead_code, reason = "a promise that a test keeps"))]
    released: Option<&'static str>,
}

/// All files, in order.
const FILES: &[File] = &[
    File { number: 1, sql: include_str!("../../../migrations/0001_bookkeeping.sql"), released: None },
    File { number: 2, sql: include_str!("../../../migrations/0002_accepted.sql"), released: None },
    // <── the next file goes here, with the next number; then `migrations/schema.sql`, which a test compares
];

/// The tables that the first file makes, besides that of the version. A database that lost one must not pass for one where nothing is
/// applied.
const TABLES: [&str; 3] = ["tenon_ledger", "tenon_components", "tenon_objects"];

/// How far a database's bookkeeping tables have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There are none: tenon has not written to this database.
    Absent,
    /// They are as this file leaves them.
    At(u32),
}

/// The number of the newest file.
pub fn newest() -> u32 {
    FILES.last().map_or(0, |file| file.number)
}

/// Reads how far the bookkeeping tables have come.
///
/// # Errors
/// [`StorageError::TooNew`] when a newer program made them; [`StorageError::Damaged`] when the version row is not one, or a table is gone.
pub fn state(database: &Database) -> Result<State, StorageError> {
    let rows = database.all("SELECT version FROM tenon_bookkeeping", [], |row| row.get::<_, i64>(0));
    let versions = match rows {
        Err(error) if error.is_missing_table("tenon_bookkeeping") => return Ok(State::Absent),
        rows => rows?,
    };
    let [version] = versions.as_slice() else {
        return Err(StorageError::damaged("tenon_bookkeeping", format!("there are {} rows instead of one", versions.len())));
    };
    let version =
        u32::try_from(*version).map_err(|_| StorageError::damaged("tenon_bookkeeping", format!("version {version} cannot be")))?;
    if version > newest() {
        return Err(StorageError::TooNew { found: version, known: newest() });
    }
    for table in TABLES {
        let there = database.all("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1", [table], |_| Ok(()))?;
        if there.is_empty() {
            return Err(StorageError::damaged(table, "the table is gone; restore a backup"));
        }
    }
    Ok(State::At(version))
}

/// Makes the bookkeeping tables, or brings them up to date; inside the caller's transaction, if there is one.
///
/// # Errors
/// As [`state`].
pub fn ensure(database: &mut Database) -> Result<(), StorageError> {
    for sql in outstanding(state(database)?) {
        database.run_script(sql)?;
    }
    database.facts_changed();
    Ok(())
}

/// The texts that bring bookkeeping tables from `state` up to date, for a script. Empty when they are.
pub fn outstanding(state: State) -> impl Iterator<Item = &'static str> {
    let done = match state {
        State::Absent => 0,
        State::At(version) => version,
    };
    FILES.iter().filter(move |file| file.number > done).map(|file| file.sql)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ContentHash;

    fn stored(database: &Database) -> Vec<String> {
        database.all("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn the_files_are_numbered_densely_from_one() {
        let numbers: Vec<_> = FILES.iter().map(|file| file.number).collect();
        assert_eq!(numbers, (1..=newest()).collect::<Vec<_>>());
    }

    #[test]
    fn a_released_file_never_changes() {
        for File { number, sql, released } in FILES {
            if let Some(hash) = released {
                assert_eq!(
                    &ContentHash::of(sql.as_bytes()).to_string(),
                    hash,
                    "file {number} was released; write a new one instead of changing it"
                );
            }
        }
    }

    #[test]
    fn a_replay_ends_in_what_schema_sql_says() {
        let mut database = Database::in_memory().unwrap();
        ensure(&mut database).unwrap();
        let replayed = stored(&database).iter().map(|sql| format!("{sql};\n")).collect::<String>();
        let text = include_str!("../../../migrations/schema.sql");
        let (_comment, written) = text.split_once("\n\n").unwrap();
        assert_eq!(replayed, written, "copy the left side into migrations/schema.sql, below its comment");

        let mut fresh = Database::in_memory().unwrap();
        fresh.run_script(text).unwrap();
        assert_eq!(stored(&fresh), stored(&database));
    }

    #[test]
    fn the_state_is_absent_then_current_and_ensuring_twice_changes_nothing() {
        let mut database = Database::in_memory().unwrap();
        assert_eq!(state(&database).unwrap(), State::Absent);
        ensure(&mut database).unwrap();
        assert_eq!(state(&database).unwrap(), State::At(newest()));
        let before = stored(&database);
        ensure(&mut database).unwrap();
        assert_eq!(stored(&database), before);
        assert_eq!(outstanding(State::At(newest())).count(), 0);
        assert_eq!(outstanding(State::Absent).count(), FILES.len());
    }

    #[test]
    fn the_callers_transaction_decides_whether_they_stay() {
        let mut database = Database::in_memory().unwrap();
        let mut transaction = database.write().unwrap();
        ensure(&mut transaction).unwrap();
        drop(transaction);
        assert_eq!(state(&database).unwrap(), State::Absent);
    }

    #[test]
    fn a_newer_or_impossible_version_is_refused() {
        let mut database = Database::in_memory().unwrap();
        ensure(&mut database).unwrap();
        database.run("UPDATE tenon_bookkeeping SET version = 99").unwrap();
        assert!(state(&database).unwrap_err().to_string().contains("newer tenon"));
        assert!(matches!(ensure(&mut database), Err(StorageError::TooNew { found: 99, .. })));
        database.run("UPDATE tenon_bookkeeping SET version = -1").unwrap();
        assert!(matches!(state(&database), Err(StorageError::Damaged { .. })));
        database.run("DELETE FROM tenon_bookkeeping").unwrap();
        assert!(matches!(state(&database), Err(StorageError::Damaged { .. })));
    }

    #[test]
    fn a_table_that_is_gone_is_no_empty_one() {
        for table in TABLES {
            let mut database = Database::in_memory().unwrap();
            ensure(&mut database).unwrap();
            database.run(&format!("DROP TABLE {table}")).unwrap();
            assert!(matches!(state(&database), Err(StorageError::Damaged { what, .. }) if what == table));
        }
    }
}
