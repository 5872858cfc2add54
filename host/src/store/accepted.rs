//! What an operator accepted although no revision leaves it so: the rows of `tenon_accepted`.

use chrono::{DateTime, Utc};

use super::ledger::timestamp;
use super::{Database, StorageError};
use crate::model::{ContentHash, Name, ObjectKind, StoredName};

/// An object as it was when it was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its kind.
    pub kind: ObjectKind,
    /// Its name.
    pub name: StoredName,
    /// The hash of its text; none when it was not there.
    pub text: Option<ContentHash>,
}

/// Accepts an object as it is; what was accepted of it before is forgotten.
///
/// # Errors
/// Only faults.
pub fn accept(database: &mut Database, accepted: &Accepted, at: DateTime<Utc>) -> Result<(), StorageError> {
    let Accepted { kind, name, text } = accepted;
    let text = text.map(|hash| hash.to_string());
    database.host(|connection| {
        let sql = "INSERT OR REPLACE INTO tenon_accepted (name, kind, text_hash, accepted_at) VALUES (?1, ?2, ?3, ?4)";
        connection.prepare_cached(sql)?.execute(rusqlite::params![name.as_str(), kind.word(), text, timestamp(at)])
    })?;
    Ok(())
}

/// Forgets what was accepted of an object.
///
/// # Errors
/// Only faults.
pub fn forget(database: &mut Database, kind: ObjectKind, name: &Name) -> Result<(), StorageError> {
    let sql = "DELETE FROM tenon_accepted WHERE name = ?1 AND kind = ?2";
    database.host(|connection| connection.prepare_cached(sql)?.execute([name.as_str(), kind.word()]))?;
    Ok(())
}

/// All that was accepted, by name. A database of an older tenon has nothing.
///
/// # Errors
/// [`StorageError::Damaged`] for a row that cannot be.
pub fn all(database: &Database) -> Result<Vec<Accepted>, StorageError> {
    let rows = database.all("SELECT name, kind, text_hash FROM tenon_accepted ORDER BY name, kind", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?))
    });
    let read = |(name, kind, text): (String, String, Option<String>)| {
        let damaged = |reason: &dyn std::fmt::Display| StorageError::damaged(format!("tenon_accepted, {name:?}"), reason);
        Ok(Accepted {
            kind: kind.parse().map_err(|error| damaged(&error))?,
            name: StoredName::from(name.as_str()),
            text: text.map(|hash| hash.parse()).transpose().map_err(|error| damaged(&error))?,
        })
    };
    rows.or_else(|error| error.none_without("tenon_accepted"))?.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::bookkeeping;

    #[test]
    fn what_was_accepted_last_counts_until_it_is_forgotten() {
        let mut database = Database::in_memory().unwrap();
        assert_eq!(all(&database).unwrap(), []);
        bookkeeping::ensure(&mut database).unwrap();
        let accepted = |name: &str, text: Option<ContentHash>| Accepted { kind: ObjectKind::Table, name: name.into(), text };
        accept(&mut database, &accepted("users", None), Utc::now()).unwrap();
        let second = accepted("USERS", Some(ContentHash::of(b"CREATE TABLE users (id)")));
        accept(&mut database, &second, Utc::now()).unwrap();
        assert_eq!(all(&database).unwrap(), std::slice::from_ref(&second));
        // A trigger may be called as a table or an index is.
        let trigger = Accepted { kind: ObjectKind::Trigger, name: "users".into(), text: None };
        accept(&mut database, &trigger, Utc::now()).unwrap();
        assert_eq!(all(&database).unwrap(), [second, trigger.clone()]);
        forget(&mut database, ObjectKind::Table, &"Users".parse().unwrap()).unwrap();
        assert_eq!(all(&database).unwrap(), [trigger]);
    }
}
