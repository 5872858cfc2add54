//! A row as a collection answers it.

use serde::{Deserialize, Serialize};

use schemars::JsonSchema;

use crate::field::{Timestamp, Ulid};

/// A row of an entity as its collection answers it: its own columns, with the four that come with every entity.
///
/// ```
/// use tenon_sdk::{Entity, Record, data};
///
/// #[data]
/// #[derive(Entity)]
/// #[entity(table = "notes")]
/// pub struct Note {
///     pub title: String,
/// }
///
/// let text = r#"{"title": "a", "id": "01K9ZZZZZZZZZZZZZZZZZZZZZZ", "created_at": "2025-10-24T15:00:00.000Z",
///     "updated_at": "2025-10-24T15:00:00.000Z", "tags": []}"#;
/// let note: Record<Note> = tenon_sdk::serde_json::from_str(text).unwrap();
/// assert_eq!(note.row.title, "a");
/// # fn main() {}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{E}")]
pub struct Record<E> {
    /// Its own columns.
    #[serde(flatten)]
    pub row: E,
    /// What it is found by.
    pub id: Ulid,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Labels.
    pub tags: Vec<String>,
}
