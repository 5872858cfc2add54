//! Accepting connections, and ending well.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::router::router;
use super::state::State;

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every call in flight was answered.
    Well,
    /// Some calls took longer than they were given, and were cut off.
    Late,
}

/// Serves until `stop` is done; then accepts nothing more, and waits at most `grace` for the calls in flight.
///
/// # Errors
/// The listener fails as a whole; a single connection that fails is nothing.
pub async fn serve(
    listener: TcpListener,
    state: Arc<State>,
    stop: impl Future<Output = ()> + Send + 'static,
    grace: Duration,
) -> io::Result<Ended> {
    let (stopping, mut stopped) = watch::channel(false);
    // Answers are written whole; waiting for more to send only delays them. A socket that refuses is served all the same.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let server = axum::serve(listener, router(state)).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!(grace_seconds = grace.as_secs(), "stopping: no new connections, calls in flight are finished");
        stopping.send_replace(true);
    });
    let late = async move {
        // The sender goes away only with the server itself.
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        ended = server.into_future() => ended.map(|()| Ended::Well),
        () = late => {
            tracing::warn!("calls in flight took longer than they were given, and were cut off");
            Ok(Ended::Late)
        }
    }
}

/// Done when the process is asked to end: SIGTERM or an interrupt.
///
/// # Errors
/// The handlers cannot be installed. They are installed when this is called, not when the future is first polled.
pub fn stop_signal() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
