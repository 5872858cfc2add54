//! What `tenon serve` would serve, without serving it.

use super::error::ServiceError;
use super::handlers::Handlers;
use super::host::Host;
use super::live::Live;
use super::load::Refusal;
use super::serving::Snapshot;
use super::start::snapshot;

/// What would be served, and what would be left out of it.
#[derive(Debug)]
pub struct Offer {
    /// The endpoints.
    pub snapshot: Snapshot,
    /// Files that were refused.
    pub refused: Vec<Refusal>,
}

/// Looks at the folder's plugins as a server would. Nothing is changed; a database that is not there counts as empty.
///
/// # Errors
/// The folder or the database cannot be read.
pub fn offer(host: &Host) -> Result<Offer, ServiceError> {
    let live = Live::open_read_only(host.settings())?;
    let schema = live.schema_version()?;
    let (set, state) = host.load(&live, live.books()?, host.files())?;
    let handlers = Handlers::of(&set, host.settings(), &Handlers::none())?;
    Ok(Offer { snapshot: snapshot(&set, &handlers, schema, &state, &live.tables()?), refused: set.refused })
}
