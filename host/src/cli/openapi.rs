//! `tenon openapi`.

use super::Outcome;
use super::output::Output;
use crate::http::{self, Info};
use crate::service::host::Host;
use crate::service::offer::{Offer, offer};

/// Prints the description of what a server would serve, the same that it answers at `/openapi.json`.
pub(super) fn run(host: &Host, output: Output) -> anyhow::Result<Outcome> {
    let Offer { snapshot, refused } = offer(host)?;
    refused.iter().for_each(|refusal| output.error(&refusal.to_string()));
    let document = http::describe(snapshot, &Info::default())?;
    // JSON is the only form that it has.
    Output { json: true, ..output }.result(&document, "")?;
    Ok(if refused.is_empty() { Outcome::Done } else { Outcome::Incomplete })
}
