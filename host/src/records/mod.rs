//! The record engine: validates, pages, turns JSON into parameters and rows into JSON. Knows no SQL text, no HTTP, no plugin code.
//!
//! A declared collection is compiled once into a [`Collection`]. The verbs ([`list`], [`get`], what a [`Draft`] does: create,
//! replace, update, and a [`Removal`]: delete) take it with a key, a query string or a body as the client sent them, and answer JSON or a
//! problem. They reach rows through [`Rows`] and time through [`Clock`], traits that the engine owns; the transaction around a verb is the
//! caller's.
//!
//! The invariant: a verb that fails has changed nothing that a rollback of the caller's would not undo, and nothing of a client's text
//! becomes anything but a bound value. Standard endpoints and, later, plugins' handlers use the same verbs, so that a client cannot
//! tell them apart.

mod clock;
mod collection;
mod conflict;
mod contract;
mod cursor;
mod decode;
mod encode;
mod error;
mod key;
mod merge;
mod query;
mod read;
mod rows;
mod tags;
#[cfg(test)]
pub(crate) mod tests;
mod value;
mod write;

pub use crate::model::json::MAX_DEPTH;
pub use clock::Clock;
pub use collection::{Collection, Field};
pub use contract::RequestContract;
pub use cursor::pattern as cursor_pattern;
pub use error::RecordError;
pub use query::{DEFAULT_LIMIT, ListQuery, MAX_LIMIT, MAX_PAGE, RESERVED, no_parameters};
pub use read::{Listing, get, list, stream};
pub use rows::{Rows, RowsError};
pub use tags::{MAX_TAG_LENGTH, MAX_TAGS};
pub use write::{Draft, Removal, Written, at_commit, not_computed};
