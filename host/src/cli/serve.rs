//! `tenon serve`.

use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;

use super::Outcome;
use super::args::Serve;
use super::output::Output;
use crate::http::{self, Ended, Options};
use crate::service::host::Host;
use crate::service::start::{self, Started};

/// How long calls in flight are waited for. Orchestrators kill after 30 seconds; this leaves time to close the database.
const GRACE: Duration = Duration::from_secs(20);

/// Serves until it is told to stop. The address is the one result: it goes to standard output when the socket is listening.
pub(super) fn run(host: &Host, arguments: &Serve, output: Output) -> anyhow::Result<Outcome> {
    let Started { serving, refused, watch, lock: _held } = start::start(host)?;
    refused.iter().for_each(|refusal| output.error(&refusal.to_string()));
    let state = http::State::new(serving, Options::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the server's threads cannot be started")?;
    let ended = runtime.block_on(async {
        let signal = |times| http::stop_signal(times).context("the handlers of signals cannot be installed");
        let (stop, hurry) = (signal(1)?, signal(2)?);
        let (name, port) = (arguments.host.as_str(), arguments.port);
        let listener = TcpListener::bind((name, port))
            .await
            .with_context(|| format!("cannot listen on {name}:{port}; is another server running there?"))?;
        let address = listener.local_addr().context("the address that is listened on cannot be read")?;
        let url = format!("http://{address}");
        output.result(&serde_json::json!({ "url": url }), &format!("listening on {url}"))?;
        anyhow::Ok(http::serve(listener, state, stop, hurry, GRACE).await)
    })?;
    // Everything that has the database open goes before it is settled.
    drop((runtime, watch));
    start::settle(host);
    Ok(if ended == Ended::Well { Outcome::Done } else { Outcome::Incomplete })
}
