//! Bytes that stay in the host: rows, bodies.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::tenon::plugin::types::Document;

use crate::error::Result;

impl Document {
    /// A JSON document of a value.
    ///
    /// # Errors
    /// The value has no JSON form, e.g. a map whose keys are no texts.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self> {
        Ok(Self::new("application/json", &serde_json::to_vec(value)?))
    }

    /// The value of a JSON document.
    ///
    /// # Errors
    /// It is no JSON, or does not fit `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(serde_json::from_slice(&self.read())?)
    }

    /// How many rows it holds: 1 for an object, n for an array. None if the host does not know.
    pub fn rows(&self) -> Option<u64> {
        self.about("rows")?.parse().ok()
    }

    /// How many rows a list has in all, if it was asked for.
    pub fn total(&self) -> Option<u64> {
        self.about("total")?.parse().ok()
    }

    /// The query string of a list's next page; none on the last one.
    pub fn next(&self) -> Option<String> {
        self.about("next")
    }

    /// The etag of a row.
    pub fn etag(&self) -> Option<String> {
        self.about("etag")
    }

    /// Where a row that is new stands.
    pub fn location(&self) -> Option<String> {
        self.about("location")
    }

    /// The key of a row that is new, as its path ends with it and as [`records::get`](crate::records::get) takes it.
    pub fn key(&self) -> Option<String> {
        let mut location = self.location()?;
        let start = location.rfind('/').map_or(0, |slash| slash + 1);
        Some(location.split_off(start))
    }
}
