//! Accepting connections, and ending well.
//!
//! Every wait for a client has an end, and every client a bound: how many are connected, how long they take to say what they want, how
//! much of it is kept. What is larger than the parser's own buffer is answered by it, without our envelope; what fits is refused by
//! `limits` with a problem.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::in_flight::InFlight;
use super::limits;
use super::patience::Patient;
use super::router::router;
use super::state::State;

/// Connections at one time. More wait in the system's queue until one of these ends; each costs some 20 kB and a file descriptor, of
/// which a process has 1,024 unless told otherwise.
const MOST_CONNECTIONS: usize = 900;

/// How long a client may take to send the head of a request, and to send another on a connection that it keeps.
const HEAD_TIME: Duration = Duration::from_secs(30);

/// How long a client may take nothing of an answer that is being sent.
const TAKING_TIME: Duration = Duration::from_secs(30);

/// How long the last answers may take to be written when all of them are made.
const FLUSH_TIME: Duration = Duration::from_secs(1);

/// How long nothing is accepted after the system refused to: it has no descriptors left, and a loop would only take its time.
const REST: Duration = Duration::from_millis(50);

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call in flight was answered.
    Well,
    /// Some calls took longer than they were given, and were cut off.
    Late,
}

/// Serves until `stop` is done; then accepts nothing more, and waits for the calls in flight: at most `grace`, and no longer than until
/// `hurry` is done.
/// A connection that cannot be accepted is tried again, and fails nobody else.
pub async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    stop: impl Future<Output = ()>,
    hurry: impl Future<Output = ()>,
    grace: Duration,
) -> Ended {
    let (app, in_flight) = (router(Arc::clone(&state)), InFlight::default());
    let parsed_bytes = state.options.limits.parsed_bytes();
    let (stopping, stopped) = watch::channel(false);
    let mut connections = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            // Reaps those that ended; how they ended is between them and their clients.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => drop(connections.spawn(connection(stream, app.clone(), parsed_bytes, in_flight.clone(), stopped.clone()))),
                Err(error) => refused(&error).await,
            },
        }
    }
    drop(listener);
    state.stop();
    tracing::info!(grace_seconds = grace.as_secs(), "stopping: no new connections, calls in flight are finished");
    stopping.send_replace(true);
    let ended = tokio::select! {
        // A client that has only begun to ask is in flight no more than one that is silent.
        () = in_flight.none() => Ended::Well,
        () = all(&mut connections) => Ended::Well,
        () = tokio::time::sleep(grace) => Ended::Late,
        () = hurry => Ended::Late,
    };
    match ended {
        // Who does not take an answer in this time does not get it.
        Ended::Well => drop(tokio::time::timeout(FLUSH_TIME, all(&mut connections)).await),
        Ended::Late => tracing::warn!("calls in flight took longer than they were given, and were cut off"),
    }
    ended
}

/// Done when every connection has ended.
async fn all(connections: &mut JoinSet<()>) {
    while connections.join_next().await.is_some() {}
}

/// One connection, to its end. When the server stops, it ends after the request in hand.
async fn connection(stream: TcpStream, app: Router, parsed_bytes: usize, in_flight: InFlight, mut stopped: watch::Receiver<bool>) {
    // Answers are written whole; waiting for more to send only delays them. A socket that refuses is served all the same.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (app, guard) = (app.clone(), in_flight.enter());
        async move {
            let response = app.oneshot(request.map(Body::new)).await?;
            Ok::<_, Infallible>(response.map(|body| guard.around(body)))
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME).max_headers(limits::PARSED_HEADERS).max_buf_size(parsed_bytes);
    let mut connection = pin!(http.serve_connection(TokioIo::new(Patient::new(stream, TAKING_TIME)), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke off");
    }
}

/// A connection was not accepted: its client's affair, or there is nothing left to accept it with.
async fn refused(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(error = error as &dyn std::error::Error, "a connection could not be accepted");
        tokio::time::sleep(REST).await;
    }
}
