//! Users over HTTP, written by hand: what Tenon is measured against (`docs/benchmarks/README.md`).
//!
//! ```text
//! routes ──> database   reads, on a connection of the thread's own
//!        └─> writer     one thread, one commit for all who wait
//! user      the row, the bodies, and their rules        problem   errors as JSON
//! ```

mod database;
mod problem;
mod routes;
mod tags;
mod user;
mod writer;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use axum::serve::ListenerExt as _;
use clap::Parser;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use database::{Database, Synchronous};
use writer::Writer;

/// Users over HTTP, written by hand.
#[derive(Debug, Parser)]
#[command(version = VERSION.as_str())]
struct Arguments {
    /// The database; a new file gets its tables
    #[arg(long, value_name = "PATH")]
    database: PathBuf,
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N")]
    port: u16,
    /// Whether a commit waits for the disk
    #[arg(long, value_enum, default_value_t = Synchronous::Full)]
    synchronous: Synchronous,
}

/// Its own version, and that of the SQLite in it.
static VERSION: LazyLock<String> = LazyLock::new(|| format!("{}, SQLite {}", env!("CARGO_PKG_VERSION"), rusqlite::version()));

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { database: path, port, synchronous } = arguments;
    let unusable = || format!("the database {} cannot be used", path.display());
    let database = Database::open(path, *synchronous).with_context(unusable)?;
    let writer = Writer::start(database.writer().with_context(unusable)?).context("the writer cannot be started")?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    println!("listening on http://{}", listener.local_addr()?);

    // Answers are written whole; waiting for more to send only delays them. A socket that refuses is served all the same.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let stop = async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    Ok(axum::serve(listener, routes::router(database, writer)).with_graceful_shutdown(stop).await?)
}
