//! The rows that say which revisions are applied: `tenon_ledger`.
//!
//! A database without bookkeeping tables has an empty ledger.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::Row;
use rusqlite::types::Value;
use semver::Version;

use super::{Database, StorageError};
use crate::model::sql::text_literal;
use crate::model::{ContentHash, Node, PluginName, RevisionId};

/// One applied revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The plugin.
    pub plugin: PluginName,
    /// The revision's id.
    pub revision: RevisionId,
    /// The version of the plugin that applied it.
    pub plugin_version: Version,
    /// Parents within the plugin.
    pub parents: Vec<RevisionId>,
    /// Revisions of other plugins that it needs.
    pub depends_on: Vec<Node>,
    /// The plugins that its plugin requires.
    pub requires: Vec<PluginName>,
    /// One line for a person.
    pub message: String,
    /// When it was written, as the plugin says.
    pub created: DateTime<Utc>,
    /// Why there is no way back, if there is none.
    pub irreversible: Option<String>,
    /// When it was applied.
    pub applied_at: DateTime<Utc>,
    /// How long that took; none when it was applied from a script.
    pub duration: Option<Duration>,
    /// The component that applied it.
    pub component: ContentHash,
    /// The digest of its canonical operations.
    pub digest: ContentHash,
}

impl Entry {
    /// The revision that it is about.
    pub fn node(&self) -> Node {
        Node::new(self.plugin.clone(), self.revision.clone())
    }
}

/// The number of an entry: the larger, the later it was applied. Never a time.
pub type Sequence = i64;

const COLUMNS: &str = "plugin, revision, plugin_version, parents, depends_on, requires, message, created, irreversible, applied_at, \
                       duration_us, component, digest";

/// All applied revisions, in the order in which they were applied.
///
/// # Errors
/// [`StorageError::Damaged`] names the row and the column that cannot be.
pub fn entries(database: &Database) -> Result<Vec<(Sequence, Entry)>, StorageError> {
    let sql = format!("SELECT {COLUMNS}, seq FROM tenon_ledger ORDER BY seq");
    let rows = database.all(&sql, [], |row| Ok(entry(row)));
    rows.or_else(|error| error.none_without("tenon_ledger"))?.into_iter().collect()
}

/// What the applied revisions of a plugin did, each a JSON array of canonical operations, in the order in which they were applied. Long:
/// whoever wants to know what is applied does not ask for it.
///
/// # Errors
/// Only faults.
pub fn operations(database: &Database, plugin: &PluginName) -> Result<Vec<String>, StorageError> {
    let rows = database.all("SELECT up FROM tenon_ledger WHERE plugin = ?1 ORDER BY seq", [plugin.as_str()], |row| row.get(0));
    rows.or_else(|error| error.none_without("tenon_ledger"))
}

/// What tells one state of the ledger and the schema from another, for a database that has a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    schema_version: i64,
    applied: ContentHash,
}

/// Reads the [`Mark`].
///
/// Numbers are used again (decision 0008), so neither the largest nor their count tells anything: which revisions have which is read.
/// All of it stands in one index; the rows themselves, with their long texts, are not touched.
///
/// # Errors
/// Only faults.
pub fn mark(database: &Database) -> Result<Mark, StorageError> {
    let schema_version = database.schema_version()?;
    let row = |row: &Row<'_>| Ok(format!("{}@{} {}\n", row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Sequence>(2)?));
    let rows = database.all("SELECT plugin, revision, seq FROM tenon_ledger ORDER BY plugin, revision", [], row)?;
    Ok(Mark { schema_version, applied: ContentHash::of(rows.concat().as_bytes()) })
}

/// Records that a revision is applied; answers its number, which is larger than all others. `up` are its canonical operations, a JSON array.
///
/// # Errors
/// [`StorageError::Violation`] when it is applied already.
pub fn record(database: &mut Database, entry: &Entry, up: &str) -> Result<Sequence, StorageError> {
    let values = values(entry, up);
    let places = ["?"; VALUES].join(", ");
    let sql = format!("INSERT INTO tenon_ledger ({COLUMNS}, up) VALUES ({places}) RETURNING seq");
    database.host(|connection| connection.prepare_cached(&sql)?.query_row(rusqlite::params_from_iter(values), |row| row.get(0)))
}

/// Removes the entry of a revision that was undone; answers whether there was one.
///
/// # Errors
/// Only faults.
pub fn remove(database: &mut Database, node: &Node) -> Result<bool, StorageError> {
    database.host(|connection| {
        let mut statement = connection.prepare_cached("DELETE FROM tenon_ledger WHERE plugin = ?1 AND revision = ?2")?;
        Ok(statement.execute([node.plugin.as_str(), node.revision.as_str()])? > 0)
    })
}

/// An applied revision counts from now on as what another component would do; its number and its time stay.
///
/// # Errors
/// Only faults.
pub fn replace(database: &mut Database, entry: &Entry, up: &str) -> Result<(), StorageError> {
    let sql = "UPDATE tenon_ledger SET plugin_version = ?3, parents = ?4, depends_on = ?5, requires = ?6, message = ?7, created = ?8,
               irreversible = ?9, component = ?12, digest = ?13, up = ?14 WHERE plugin = ?1 AND revision = ?2";
    database.host(|connection| connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values(entry, up))))?;
    Ok(())
}

/// [`record`] as a statement for a script: applied when the script runs, in no known time. `applied_at` and `duration` are not used.
pub fn record_script(entry: &Entry, up: &str) -> String {
    let mut values = values(entry, up).map(|value| match value {
        Value::Text(text) => text_literal(&text),
        Value::Integer(number) => number.to_string(),
        _ => "NULL".to_owned(),
    });
    values[APPLIED_AT] = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')".to_owned();
    values[DURATION] = "NULL".to_owned();
    format!("INSERT INTO tenon_ledger ({COLUMNS}, up) VALUES ({})", values.join(", "))
}

/// [`remove`] as a statement for a script.
pub fn remove_script(node: &Node) -> String {
    let (plugin, revision) = (text_literal(node.plugin.as_str()), text_literal(node.revision.as_str()));
    format!("DELETE FROM tenon_ledger WHERE plugin = {plugin} AND revision = {revision}")
}

/// How many columns are written, and where two of them stand.
const VALUES: usize = 14;
const APPLIED_AT: usize = 9;
const DURATION: usize = 10;

/// An entry as it is written: its [`COLUMNS`], and its operations.
fn values(entry: &Entry, up: &str) -> [Value; VALUES] {
    [
        Value::Text(entry.plugin.to_string()),
        Value::Text(entry.revision.to_string()),
        Value::Text(entry.plugin_version.to_string()),
        Value::Text(json(&entry.parents)),
        Value::Text(json(&entry.depends_on)),
        Value::Text(json(&entry.requires)),
        Value::Text(entry.message.clone()),
        Value::Text(timestamp(entry.created)),
        entry.irreversible.clone().map_or(Value::Null, Value::Text),
        Value::Text(timestamp(entry.applied_at)),
        entry.duration.map_or(Value::Null, |duration| Value::Integer(microseconds(duration))),
        Value::Text(entry.component.to_string()),
        Value::Text(entry.digest.to_string()),
        Value::Text(up.to_owned()),
    ]
}

/// Reads a row, and believes nothing of it.
fn entry(row: &Row<'_>) -> Result<(Sequence, Entry), StorageError> {
    let seq: Sequence = row.get(VALUES - 1).map_err(StorageError::Sqlite)?;
    let damaged =
        |column: &str, reason: &dyn std::fmt::Display| StorageError::damaged(format!("entry {seq} of the ledger, column {column}"), reason);
    let perhaps = |place: usize, column: &str| match row.get_ref(place).map(|value| value.as_str_or_null()) {
        Ok(Ok(text)) => Ok(text),
        Ok(Err(error)) => Err(damaged(column, &error)),
        Err(error) => Err(damaged(column, &error)),
    };
    let text = |place: usize, column: &str| perhaps(place, column)?.ok_or_else(|| damaged(column, &"it is missing"));
    let time = |place: usize, column: &str| {
        DateTime::parse_from_rfc3339(text(place, column)?).map(|time| time.to_utc()).map_err(|error| damaged(column, &error))
    };
    let nodes: Vec<String> = serde_json::from_str(text(4, "depends_on")?).map_err(|error| damaged("depends_on", &error))?;
    let duration: Option<i64> = row.get(DURATION).map_err(|error| damaged("duration_us", &error))?;
    let entry = Entry {
        plugin: text(0, "plugin")?.parse().map_err(|error| damaged("plugin", &error))?,
        revision: text(1, "revision")?.parse().map_err(|error| damaged("revision", &error))?,
        plugin_version: text(2, "plugin_version")?.parse().map_err(|error| damaged("plugin_version", &error))?,
        parents: serde_json::from_str(text(3, "parents")?).map_err(|error| damaged("parents", &error))?,
        depends_on: nodes
            .iter()
            .map(|node| node.parse::<Node>().map_err(|error| damaged("depends_on", &error)))
            .collect::<Result<_, _>>()?,
        requires: serde_json::from_str(text(5, "requires")?).map_err(|error| damaged("requires", &error))?,
        message: text(6, "message")?.to_owned(),
        created: time(7, "created")?,
        irreversible: perhaps(8, "irreversible")?.map(str::to_owned),
        applied_at: time(APPLIED_AT, "applied_at")?,
        duration: duration.map(|us| Duration::from_micros(us.unsigned_abs())),
        component: text(11, "component")?.parse().map_err(|error| damaged("component", &error))?,
        digest: text(12, "digest")?.parse().map_err(|error| damaged("digest", &error))?,
    };
    Ok((seq, entry))
}

fn json<T: serde::Serialize>(list: &[T]) -> String {
    serde_json::to_string(list).expect("lists of names always serialise")
}

pub(super) fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn microseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(in crate::store) mod tests {
    use super::*;
    use crate::store::bookkeeping;

    pub(in crate::store) fn entry(revision: &str) -> Entry {
        Entry {
            plugin: "shop".parse().unwrap(),
            revision: revision.parse().unwrap(),
            plugin_version: "1.2.3-rc.1".parse().unwrap(),
            parents: vec!["r0".parse().unwrap()],
            depends_on: vec!["core@c1".parse().unwrap()],
            requires: vec!["core".parse().unwrap()],
            message: "It's the first; -- \"one\"\n\0é".into(),
            created: "2025-10-24T15:00:00Z".parse().unwrap(),
            irreversible: Some("can't be".into()),
            applied_at: "2025-10-25T15:00:00.123Z".parse().unwrap(),
            duration: Some(Duration::from_micros(1_234)),
            component: ContentHash::of(b"component"),
            digest: ContentHash::of(b"[]"),
        }
    }

    const UP: &str = "[{\"operation\":\"drop-table\",\"name\":\"o'brien\"}]";

    fn database() -> Database {
        let mut database = Database::in_memory().unwrap();
        bookkeeping::ensure(&mut database).unwrap();
        database
    }

    #[test]
    fn an_entry_that_is_replaced_keeps_its_number_and_its_time() {
        let mut database = database();
        let (first, second) = (entry("r1"), entry("r2"));
        let seq = record(&mut database, &first, UP).unwrap();
        record(&mut database, &second, UP).unwrap();
        let now = Entry { digest: ContentHash::of(b"[1]"), message: "Other".into(), ..first };
        replace(&mut database, &Entry { applied_at: Utc::now(), duration: None, ..now.clone() }, "[1]").unwrap();
        assert_eq!(entries(&database).unwrap(), [(seq, now), (seq + 1, second)]);
        assert_eq!(operations(&database, &"shop".parse().unwrap()).unwrap(), ["[1]", UP]);
        assert!(operations(&database, &"core".parse().unwrap()).unwrap().is_empty());
    }

    #[test]
    fn an_entry_reads_back_as_it_was_recorded() {
        let mut database = database();
        let (first, second) = (entry("r1"), Entry { irreversible: None, duration: None, depends_on: vec![], ..entry("r2") });
        assert_eq!(record(&mut database, &first, UP).unwrap(), 1);
        assert_eq!(record(&mut database, &second, UP).unwrap(), 2);
        assert_eq!(entries(&database).unwrap(), [(1, first), (2, second)]);
    }

    #[test]
    fn a_revision_is_recorded_once_and_removed_once() {
        let mut database = database();
        record(&mut database, &entry("r1"), UP).unwrap();
        assert!(matches!(record(&mut database, &entry("r1"), UP), Err(StorageError::Violation(_))));
        assert!(remove(&mut database, &"shop@r1".parse().unwrap()).unwrap());
        assert!(!remove(&mut database, &"shop@r1".parse().unwrap()).unwrap());
        assert!(entries(&database).unwrap().is_empty());
    }

    #[test]
    fn a_mark_tells_apart_what_has_the_same_numbers() {
        let mut database = database();
        record(&mut database, &entry("r1"), UP).unwrap();
        record(&mut database, &entry("r2"), UP).unwrap();
        let before = mark(&database).unwrap();
        assert_eq!(mark(&database).unwrap(), before);
        remove(&mut database, &"shop@r2".parse().unwrap()).unwrap();
        assert_eq!(record(&mut database, &entry("r3"), UP).unwrap(), 2);
        assert_ne!(mark(&database).unwrap(), before);
    }

    #[test]
    fn a_script_records_the_same_entry() {
        let mut database = database();
        let written = entry("r1");
        database.run(&record_script(&written, UP)).unwrap();
        let (seq, read) = entries(&database).unwrap().remove(0);
        assert_eq!(seq, 1);
        assert!((Utc::now() - read.applied_at).num_seconds() < 60);
        assert_eq!(read, Entry { applied_at: read.applied_at, duration: None, ..written });
        assert_eq!(operations(&database, &read.plugin).unwrap(), [UP]);
        database.run(&remove_script(&"shop@r1".parse().unwrap())).unwrap();
        assert!(entries(&database).unwrap().is_empty());
    }

    #[test]
    fn a_database_without_bookkeeping_has_an_empty_ledger() {
        assert!(entries(&Database::in_memory().unwrap()).unwrap().is_empty());
    }

    #[test]
    fn a_damaged_entry_is_named_with_its_column() {
        let mut database = database();
        record(&mut database, &entry("r1"), UP).unwrap();
        for (column, value) in
            [("parents", "{"), ("created", "yesterday"), ("component", "zz"), ("depends_on", "[\"x\"]"), ("plugin", "NO")]
        {
            database.begin_write().unwrap();
            database.run(&format!("UPDATE tenon_ledger SET {column} = '{value}'")).unwrap();
            let error = entries(&database).unwrap_err().to_string();
            assert!(error.contains(&format!("entry 1 of the ledger, column {column}")), "{error}");
            database.rollback().unwrap();
        }
    }
}
