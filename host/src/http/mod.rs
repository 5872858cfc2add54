//! The HTTP front door: reads a request, calls one verb of `service`, writes the answer.
//!
//! Knows no SQL, no plugin code and no rows: what a collection is and what may be asked of it comes from [`crate::service::serving`].
//! Two things are decided here and nowhere else: which path leads to which endpoint (`table`), and which status and
//! which body an error gets (`error`).
//!
//! Every request passes through the `envelope`: it gets an id, its errors become `application/problem+json`, a panic
//! becomes a 500, and one line of log says what happened. Paths below `/api/v1/` go through a table of our own instead of axum's, because it is
//! exchanged with the plugins while calls are in flight.

mod body;
mod docs;
mod envelope;
mod error;
mod in_flight;
mod leftover;
mod limits;
mod openapi;
mod patience;
mod request_id;
mod router;
mod routes;
mod server;
mod signals;
mod site;
mod state;
mod streamed;
mod table;
#[cfg(test)]
mod tests;

pub use limits::Limits;
pub use router::router;
pub use server::{Ended, serve};
pub use signals::StopSignals;
pub use state::{Info, Options, State};
pub use table::TableError;

use std::sync::Arc;

use crate::service::serving::Snapshot;

/// The OpenAPI description of what would be served.
///
/// # Errors
/// The endpoints cannot be served together.
pub fn describe(snapshot: Snapshot, info: &Info) -> Result<serde_json::Value, TableError> {
    let site = site::Site::build(Arc::new(snapshot))?;
    Ok(openapi::document(&site.snapshot, info))
}
