//! The rows that say which revisions are applied: `tenon_ledger`.
//!
//! A database without bookkeeping tables has an empty ledger.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::Row;
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
    /// The digest of `up`.
    pub digest: ContentHash,
    /// Its canonical operations, a JSON array.
    pub up: String,
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
                       duration_us, component, digest, up";

/// All applied revisions, in the order in which they were applied.
///
/// # Errors
/// [`StorageError::Damaged`] names the row and the column that cannot be.
pub fn entries(database: &Database) -> Result<Vec<(Sequence, Entry)>, StorageError> {
    let sql = format!("SELECT {COLUMNS}, seq FROM tenon_ledger ORDER BY seq");
    let rows = database.all(&sql, [], Stored::read);
    let rows = rows.or_else(|error| error.none_without("tenon_ledger"))?;
    rows.into_iter().map(Stored::check).collect()
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
    let schema_version = database.host(|connection| connection.query_row("PRAGMA schema_version", [], |row| row.get(0)))?;
    let row = |row: &Row<'_>| Ok(format!("{}@{} {}\n", row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Sequence>(2)?));
    let rows = database.all("SELECT plugin, revision, seq FROM tenon_ledger ORDER BY plugin, revision", [], row)?;
    Ok(Mark { schema_version, applied: ContentHash::of(rows.concat().as_bytes()) })
}

/// Records that a revision is applied; answers its number, which is larger than all others.
///
/// # Errors
/// [`StorageError::Violation`] when it is applied already.
pub fn record(database: &mut Database, entry: &Entry) -> Result<Sequence, StorageError> {
    let places = ["?"; 14].join(", ");
    let sql = format!("INSERT INTO tenon_ledger ({COLUMNS}) VALUES ({places}) RETURNING seq");
    let duration = entry.duration.map(microseconds);
    database.host(|connection| {
        let mut statement = connection.prepare_cached(&sql)?;
        statement.query_row(
            rusqlite::params![
                entry.plugin.as_str(),
                entry.revision.as_str(),
                entry.plugin_version.to_string(),
                json(&entry.parents),
                json(&entry.depends_on),
                json(&entry.requires),
                entry.message,
                timestamp(entry.created),
                entry.irreversible,
                timestamp(entry.applied_at),
                duration,
                entry.component.to_string(),
                entry.digest.to_string(),
                entry.up,
            ],
            |row| row.get(0),
        )
    })
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
pub fn replace(database: &mut Database, entry: &Entry) -> Result<(), StorageError> {
    let sql = "UPDATE tenon_ledger SET plugin_version = ?3, parents = ?4, depends_on = ?5, requires = ?6, message = ?7, created = ?8,
               irreversible = ?9, component = ?10, digest = ?11, up = ?12 WHERE plugin = ?1 AND revision = ?2";
    database.host(|connection| {
        connection.prepare_cached(sql)?.execute(rusqlite::params![
            entry.plugin.as_str(),
            entry.revision.as_str(),
            entry.plugin_version.to_string(),
            json(&entry.parents),
            json(&entry.depends_on),
            json(&entry.requires),
            entry.message,
            timestamp(entry.created),
            entry.irreversible,
            entry.component.to_string(),
            entry.digest.to_string(),
            entry.up,
        ])
    })?;
    Ok(())
}

/// [`record`] as a statement for a script: applied when the script runs, in no known time. `applied_at` and `duration` are not used.
pub fn record_script(entry: &Entry) -> String {
    let values = [
        text_literal(entry.plugin.as_str()),
        text_literal(entry.revision.as_str()),
        text_literal(&entry.plugin_version.to_string()),
        text_literal(&json(&entry.parents)),
        text_literal(&json(&entry.depends_on)),
        text_literal(&json(&entry.requires)),
        text_literal(&entry.message),
        text_literal(&timestamp(entry.created)),
        entry.irreversible.as_deref().map_or("NULL".to_owned(), text_literal),
        "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')".to_owned(),
        "NULL".to_owned(),
        text_literal(&entry.component.to_string()),
        text_literal(&entry.digest.to_string()),
        text_literal(&entry.up),
    ];
    format!("INSERT INTO tenon_ledger ({COLUMNS}) VALUES ({})", values.join(", "))
}

/// [`remove`] as a statement for a script.
pub fn remove_script(node: &Node) -> String {
    let (plugin, revision) = (text_literal(node.plugin.as_str()), text_literal(node.revision.as_str()));
    format!("DELETE FROM tenon_ledger WHERE plugin = {plugin} AND revision = {revision}")
}

/// A row as it stands, before it is believed.
struct Stored {
    seq: Sequence,
    texts: [Option<String>; 13],
    duration_us: Option<i64>,
}

/// Where `duration_us` stands among the columns.
const DURATION: usize = 10;

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let mut texts = [const { None }; 13];
        for (place, text) in texts.iter_mut().enumerate() {
            *text = row.get(if place < DURATION { place } else { place + 1 })?;
        }
        Ok(Self { seq: row.get(14)?, texts, duration_us: row.get(DURATION)? })
    }

    fn check(self) -> Result<(Sequence, Entry), StorageError> {
        let seq = self.seq;
        let damaged = |column: &str, reason: &dyn std::fmt::Display| {
            StorageError::damaged(format!("entry {seq} of the ledger, column {column}"), reason)
        };
        let text = |place: usize, column: &str| self.texts[place].as_deref().ok_or_else(|| damaged(column, &"it is missing"));
        let time = |place: usize, column: &str| {
            DateTime::parse_from_rfc3339(text(place, column)?).map(|time| time.to_utc()).map_err(|error| damaged(column, &error))
        };
        let nodes: Vec<String> = serde_json::from_str(text(4, "depends_on")?).map_err(|error| damaged("depends_on", &error))?;
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
            irreversible: self.texts[8].clone(),
            applied_at: time(9, "applied_at")?,
            duration: self.duration_us.map(|us| Duration::from_micros(us.unsigned_abs())),
            component: text(10, "component")?.parse().map_err(|error| damaged("component", &error))?,
            digest: text(11, "digest")?.parse().map_err(|error| damaged("digest", &error))?,
            up: text(12, "up")?.to_owned(),
        };
        Ok((seq, entry))
    }
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
            up: "[{\"operation\":\"drop-table\",\"name\":\"o'brien\"}]".into(),
        }
    }

    fn database() -> Database {
        let mut database = Database::in_memory().unwrap();
        bookkeeping::ensure(&mut database).unwrap();
        database
    }

    #[test]
    fn an_entry_that_is_replaced_keeps_its_number_and_its_time() {
        let mut database = database();
        let (first, second) = (entry("r1"), entry("r2"));
        let seq = record(&mut database, &first).unwrap();
        record(&mut database, &second).unwrap();
        let now = Entry { digest: ContentHash::of(b"[1]"), up: "[1]".into(), message: "Other".into(), ..first };
        replace(&mut database, &Entry { applied_at: Utc::now(), duration: None, ..now.clone() }).unwrap();
        assert_eq!(entries(&database).unwrap(), [(seq, now), (seq + 1, second)]);
    }

    #[test]
    fn an_entry_reads_back_as_it_was_recorded() {
        let mut database = database();
        let (first, second) = (entry("r1"), Entry { irreversible: None, duration: None, depends_on: vec![], ..entry("r2") });
        assert_eq!(record(&mut database, &first).unwrap(), 1);
        assert_eq!(record(&mut database, &second).unwrap(), 2);
        assert_eq!(entries(&database).unwrap(), [(1, first), (2, second)]);
    }

    #[test]
    fn a_revision_is_recorded_once_and_removed_once() {
        let mut database = database();
        record(&mut database, &entry("r1")).unwrap();
        assert!(matches!(record(&mut database, &entry("r1")), Err(StorageError::Violation(_))));
        assert!(remove(&mut database, &"shop@r1".parse().unwrap()).unwrap());
        assert!(!remove(&mut database, &"shop@r1".parse().unwrap()).unwrap());
        assert!(entries(&database).unwrap().is_empty());
    }

    #[test]
    fn a_mark_tells_apart_what_has_the_same_numbers() {
        let mut database = database();
        record(&mut database, &entry("r1")).unwrap();
        record(&mut database, &entry("r2")).unwrap();
        let before = mark(&database).unwrap();
        assert_eq!(mark(&database).unwrap(), before);
        remove(&mut database, &"shop@r2".parse().unwrap()).unwrap();
        assert_eq!(record(&mut database, &entry("r3")).unwrap(), 2);
        assert_ne!(mark(&database).unwrap(), before);
    }

    #[test]
    fn a_script_records_the_same_entry() {
        let mut database = database();
        let written = entry("r1");
        database.run(&record_script(&written)).unwrap();
        let (seq, read) = entries(&database).unwrap().remove(0);
        assert_eq!(seq, 1);
        assert!((Utc::now() - read.applied_at).num_seconds() < 60);
        assert_eq!(read, Entry { applied_at: read.applied_at, duration: None, ..written });
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
        record(&mut database, &entry("r1")).unwrap();
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
