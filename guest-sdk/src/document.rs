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
}
