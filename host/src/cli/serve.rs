//! `tenon serve`.

use std::io::ErrorKind;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::Outcome;
use super::args::Serve;
use super::output::Output;
use crate::http::{self, Ended, Limits, Options};
use crate::service::host::Host;
use crate::service::load::Refusal;
use crate::service::serving::{Readiness, Snapshot};
use crate::service::settings::HttpSettings;
use crate::service::start::{self, Started};

/// How long calls in flight are waited for. Orchestrators kill after 30 seconds; this leaves time to close the database.
const GRACE: Duration = Duration::from_secs(20);

/// How long what requests left running on threads of its own is waited for after that.
const REST: Duration = Duration::from_secs(3);

/// Serves until it is told to stop. The address is the one result: it goes to standard output when the socket is listening.
pub(super) fn run(host: &Host, arguments: &Serve, output: Output) -> anyhow::Result<Outcome> {
    // First, because nothing has to be made for it, nor tidied up when it fails.
    let listener = listen(&arguments.host, arguments.port)?;
    let Started { serving, refused, watches, administration, lock: _held } = start::start(host, arguments.auto_upgrade)?;
    tell(&refused, &serving.snapshot(), output);
    let (limits, administration) = (limits(host.settings().http), administration.map(Arc::new));
    let options = Options { limits, administration, ..Options::default() };
    let state = http::State::new(serving, options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the server's threads cannot be started")?;
    let ended = runtime.block_on(async {
        let signals = http::StopSignals::count().context("the handlers of signals cannot be installed")?;
        let (stop, hurry) = (signals.clone().reach(1), signals.reach(2));
        let listener = tokio::net::TcpListener::from_std(listener).context("the socket cannot be waited on")?;
        let address = listener.local_addr().context("the address that is listened on cannot be read")?;
        let url = format!("http://{address}");
        output.result(&serde_json::json!({ "url": url }), &format!("listening on {url}"))?;
        anyhow::Ok(http::serve(listener, state, stop, hurry, GRACE).await)
    })?;
    // Everything that has the database open goes before its WAL is folded in. The watches first: requests may wait for what they do.
    drop(watches);
    runtime.shutdown_timeout(REST);
    start::fold_wal(host);
    Ok(if ended == Ended::Well { Outcome::Done } else { Outcome::Incomplete })
}

/// Says what is not served, or does not answer. Whoever wants JSON reads it in the log, of which each line is JSON then.
fn tell(refused: &[Refusal], snapshot: &Snapshot, output: Output) {
    for refusal in refused {
        if output.json { tracing::error!("{refusal}") } else { output.error(&refusal.to_string()) }
    }
    for plugin in &snapshot.plugins {
        if let Readiness::NotReady { reason, command } = &plugin.readiness {
            let text = format!("{reason}, so its endpoints do not answer; run `{command}`");
            if output.json { tracing::warn!("{text}") } else { output.warning(&text) }
        }
    }
}

/// What the operator decided, and where that is nothing, what the server has.
fn limits(settings: HttpSettings) -> Limits {
    let or = |kib: Option<usize>, bytes| kib.map_or(bytes, |kib| kib << 10);
    let Limits { body_bytes, url_bytes, header_bytes, body_time } = Limits::default();
    Limits {
        body_bytes: or(settings.body_kib.map(|kib| kib.get().into()), body_bytes),
        url_bytes: or(settings.url_kib.map(|kib| kib.get().into()), url_bytes),
        header_bytes: or(settings.header_kib.map(|kib| kib.get().into()), header_bytes),
        body_time,
    }
}

fn listen(host: &str, port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((host, port)).map_err(|error| {
        let hint = if error.kind() == ErrorKind::AddrInUse { "; is another server running there?" } else { "" };
        anyhow::Error::new(error).context(format!("cannot listen on {host}:{port}{hint}"))
    })?;
    listener.set_nonblocking(true).context("the socket cannot be waited on")?;
    Ok(listener)
}
