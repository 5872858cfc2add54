//! `tenon serve`.

use super::Outcome;
use super::args::Serve;
use super::output::Output;
use crate::service::host::Host;

/// Serves until it is told to stop.
pub(super) fn run(_host: Host, _arguments: &Serve, _output: Output) -> anyhow::Result<Outcome> {
    anyhow::bail!("not built yet")
}
