//! Where a list was left, as an opaque word that leads on from there.
//!
//! A cursor remembers the sort columns of the last row, so that going on costs the same on every page and neither skips nor repeats
//! a row that stays. It belongs to one list with the same filters; anywhere else it is refused. It grants nothing: its values
//! become parameters of a query that the client may ask anyway, so it is not signed.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::collection::Collection;
use crate::model::{ContentHash, Value};

/// Where a list was left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cursor {
    list: String,
    pub(super) place: Place,
}

/// What a cursor remembers.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// The sort columns of the last row.
    After(Vec<Value>),
    /// The number of rows so far, where a sort column may be NULL.
    Skip(u64),
}

impl Cursor {
    pub(super) fn new(collection: &Collection, filters: &[(String, String)], place: Place) -> Self {
        Self { list: list(collection, filters), place }
    }

    /// Reads a cursor of this list; `None` when it is not one.
    pub(super) fn parse(collection: &Collection, filters: &[(String, String)], text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (found, place): (String, Place) = serde_json::from_slice(&bytes).ok()?;
        let fits = match &place {
            Place::After(values) => values.len() == collection.sort.keyset.len() && !values.is_empty() && !values.contains(&Value::Null),
            Place::Skip(rows) => collection.sort.keyset.is_empty() && i64::try_from(*rows).is_ok(),
        };
        (fits && found == list(collection, filters)).then_some(Self { list: found, place })
    }

    pub(super) fn is_keyset(&self) -> bool {
        matches!(self.place, Place::After(_))
    }
}

/// A word for one list: its table, its order and its filters.
fn list(collection: &Collection, filters: &[(String, String)]) -> String {
    let about = format!("{:?}", (collection.plugin.as_str(), &collection.name, &collection.table, &collection.sort, filters));
    ContentHash::of(about.as_bytes()).short()
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = serde_json::to_vec(&(&self.list, &self.place)).map_err(|_| fmt::Error)?;
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }
}
