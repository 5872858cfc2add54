//! What the front door makes of one snapshot: its table of paths and its description.

use std::sync::{Arc, OnceLock};

use axum::body::Bytes;

use super::openapi;
use super::state::Info;
use super::table::{Table, TableError};
use crate::service::serving::Snapshot;

/// What the front door makes of one snapshot.
#[derive(Debug)]
pub(super) struct Site {
    /// Where it comes from.
    pub(super) snapshot: Arc<Snapshot>,
    /// The paths.
    pub(super) table: Arc<Table>,
    openapi: OnceLock<Bytes>,
}

impl Site {
    pub(super) fn build(snapshot: Arc<Snapshot>) -> Result<Self, TableError> {
        let table = Arc::new(Table::build(&snapshot.endpoints, &snapshot.routes)?);
        Ok(Self { snapshot, table, openapi: OnceLock::new() })
    }

    /// The same paths, although a newer snapshot was published that cannot be served.
    pub(super) fn kept(&self, refused: Arc<Snapshot>) -> Self {
        let openapi = self.openapi.get().cloned().map_or_else(OnceLock::new, OnceLock::from);
        Self { snapshot: refused, table: Arc::clone(&self.table), openapi }
    }

    /// The OpenAPI description as JSON; made when it is first asked for.
    pub(super) fn openapi(&self, info: &Info) -> Bytes {
        self.openapi.get_or_init(|| Bytes::from(openapi::json(&self.snapshot, info))).clone()
    }
}
