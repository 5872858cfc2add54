//! The components of applied revisions, compressed, by hash: `tenon_components`.
//!
//! What comes out was checked against the hash by which it was asked for, so that nobody who can write to the database can slip in
//! another component.

use chrono::{DateTime, Utc};
use semver::Version;

use super::{Database, StorageError, ledger};
use crate::model::{ContentHash, PluginName};

/// Largest component, uncompressed. Far above any plugin (a Rust one is some 30 kB, one with a language runtime inside some 20 MB); it
/// bounds what a damaged or hostile row can make the host allocate.
pub const MAX_COMPONENT_BYTES: u64 = 128 * 1024 * 1024;

/// How hard zstd tries: archived once, so slower and smaller than its default 3, and still some 50 MB a second.
const LEVEL: i32 = 9;

/// Archives a component; does nothing when it is there. Answers its hash.
///
/// # Errors
/// [`StorageError::Refused`] for one that is too large.
pub fn put(
    database: &mut Database,
    plugin: &PluginName,
    version: &Version,
    now: DateTime<Utc>,
    component: &[u8],
) -> Result<ContentHash, StorageError> {
    let hash = ContentHash::of(component);
    if contains(database, &hash)? {
        return Ok(hash);
    }
    let size = component.len() as u64;
    if size > MAX_COMPONENT_BYTES {
        return Err(StorageError::Refused(format!("component {} of {size} bytes is larger than {MAX_COMPONENT_BYTES}", hash.short())));
    }
    let content = zstd::bulk::compress(component, LEVEL).map_err(StorageError::Archive)?;
    database.host(|connection| {
        let sql = "INSERT INTO tenon_components (hash, plugin, plugin_version, size, archived_at, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(rusqlite::params![
            hash.to_string(),
            plugin.as_str(),
            version.to_string(),
            i64::try_from(size).unwrap_or(i64::MAX),
            ledger::timestamp(now),
            content
        ])
    })?;
    Ok(hash)
}

/// The component with that hash, if it is archived.
///
/// # Errors
/// [`StorageError::Damaged`] when the row does not hold what its hash says.
pub fn get(database: &Database, hash: &ContentHash) -> Result<Option<Vec<u8>>, StorageError> {
    let sql = "SELECT size, content FROM tenon_components WHERE hash = ?1";
    let rows = database.all(sql, [hash.to_string()], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)));
    let rows = rows.or_else(|error| error.none_without("tenon_components"))?;
    let Some((size, content)) = rows.into_iter().next() else { return Ok(None) };
    let damaged = |reason: &str| StorageError::damaged(format!("archived component {}", hash.short()), reason);
    let size = u64::try_from(size).ok().filter(|size| *size <= MAX_COMPONENT_BYTES).ok_or_else(|| damaged("its size cannot be"))?;
    let capacity = usize::try_from(size).map_err(|_| damaged("its size cannot be"))?;
    // Never more than `capacity`, whatever the compressed bytes say.
    let component = zstd::bulk::decompress(&content, capacity).map_err(|_| damaged("it cannot be decompressed to its size"))?;
    if ContentHash::of(&component) != *hash {
        return Err(damaged("its content has another hash"));
    }
    Ok(Some(component))
}

/// Whether a component is archived.
///
/// # Errors
/// Only faults.
pub fn contains(database: &Database, hash: &ContentHash) -> Result<bool, StorageError> {
    let rows = database.all("SELECT 1 FROM tenon_components WHERE hash = ?1", [hash.to_string()], |_| Ok(()));
    Ok(!rows.or_else(|error| error.none_without("tenon_components"))?.is_empty())
}

/// The components that entries of the ledger name and that are not archived, e.g. after a script.
///
/// # Errors
/// [`StorageError::Damaged`] for a hash that is none.
pub fn missing(database: &Database) -> Result<Vec<ContentHash>, StorageError> {
    let sql = "SELECT DISTINCT component FROM tenon_ledger WHERE component NOT IN (SELECT hash FROM tenon_components) ORDER BY component";
    let rows = database.all(sql, [], |row| row.get::<_, String>(0));
    let rows = rows.or_else(|error| error.none_without("tenon_ledger"))?;
    rows.iter().map(|hash| hash.parse().map_err(|error| StorageError::damaged("the ledger, column component", error))).collect()
}

/// Removes the components that no entry of the ledger names; answers how many.
///
/// # Errors
/// Only faults.
pub fn prune(database: &mut Database) -> Result<u64, StorageError> {
    database.host(|connection| connection.prepare_cached(PRUNE)?.execute([])).map(|removed| removed as u64)
}

/// [`prune`] as a statement for a script.
pub fn prune_script() -> String {
    PRUNE.to_owned()
}

const PRUNE: &str = "DELETE FROM tenon_components WHERE hash NOT IN (SELECT component FROM tenon_ledger)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::bookkeeping;

    fn database() -> Database {
        let mut database = Database::in_memory().unwrap();
        bookkeeping::ensure(&mut database).unwrap();
        database
    }

    fn archived(database: &mut Database, component: &[u8]) -> ContentHash {
        put(database, &"shop".parse().unwrap(), &"1.0.0".parse().unwrap(), Utc::now(), component).unwrap()
    }

    #[test]
    fn a_component_comes_back_byte_by_byte() {
        let mut database = database();
        let component: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(n) >> 3) as u8).collect();
        let hash = archived(&mut database, &component);
        assert_eq!(archived(&mut database, &component), hash);
        assert!(contains(&database, &hash).unwrap());
        assert_eq!(get(&database, &hash).unwrap(), Some(component));
        assert_eq!(get(&database, &ContentHash::of(b"other")).unwrap(), None);
    }

    #[test]
    fn a_row_that_was_tampered_with_is_never_handed_out() {
        let mut database = database();
        let hash = archived(&mut database, &[7; 10_000]);
        let other = zstd::bulk::compress(&[8; 10_000], 3).unwrap();
        let bomb = zstd::bulk::compress(&vec![0; 10_000_000], 3).unwrap();
        for (size, content) in [(10_000_i64, &other), (10_000, &bomb), (-1, &other), (i64::MAX, &bomb), (10_000, &b"junk".to_vec())] {
            database.host(|c| c.execute("UPDATE tenon_components SET size = ?1, content = ?2", rusqlite::params![size, content])).unwrap();
            assert!(matches!(get(&database, &hash), Err(StorageError::Damaged { .. })));
        }
    }

    #[test]
    fn components_that_no_entry_names_can_be_pruned() {
        let mut database = database();
        let (kept, _) = (archived(&mut database, b"kept"), archived(&mut database, b"gone"));
        let entry = ledger::Entry { component: kept, ..ledger::tests::entry("r1") };
        ledger::record(&mut database, &entry, "[]").unwrap();
        let script_only = ledger::Entry { component: ContentHash::of(b"script"), ..ledger::tests::entry("r2") };
        ledger::record(&mut database, &script_only, "[]").unwrap();
        assert_eq!(missing(&database).unwrap(), [ContentHash::of(b"script")]);
        assert_eq!(prune(&mut database).unwrap(), 1);
        assert!(contains(&database, &kept).unwrap());
    }

    #[test]
    fn a_database_without_bookkeeping_has_no_archive() {
        let database = Database::in_memory().unwrap();
        assert_eq!(get(&database, &ContentHash::of(b"x")).unwrap(), None);
        assert!(missing(&database).unwrap().is_empty());
    }
}
