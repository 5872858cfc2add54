//! The record engine: validates, pages, turns JSON into parameters and rows into JSON. Knows no SQL text, no HTTP, no plugin code.
//!
//! Rows are reached through [`Rows`], the trait that the engine owns.

mod rows;

pub use rows::{Rows, RowsError};
