//! The process is asked to end.

use std::io;

use tokio::sync::watch;

/// How often the process was asked to end: by SIGTERM or an interrupt. They are counted as they come, whether anybody waits or not: two that
/// nobody has seen would be one.
#[derive(Debug, Clone)]
pub struct StopSignals(watch::Receiver<u32>);

impl StopSignals {
    /// Counts from now on, in the runtime that calls it.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub fn count() -> io::Result<Self> {
        let (count, counted) = watch::channel(0);
        let once_more = move || count.send_modify(|times| *times += 1);
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};

            let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
            tokio::spawn(async move {
                loop {
                    tokio::select! {
                        _ = terminate.recv() => once_more(),
                        _ = interrupt.recv() => once_more(),
                    }
                }
            });
        }
        #[cfg(not(unix))]
        tokio::spawn(async move {
            while tokio::signal::ctrl_c().await.is_ok() {
                once_more();
            }
            std::future::pending::<()>().await;
        });
        Ok(Self(counted))
    }

    /// Done when it was asked so often.
    pub async fn reach(mut self, times: u32) {
        // The count ends with the runtime, which nobody waits in any more.
        let _ = self.0.wait_for(|counted| *counted >= times).await;
    }
}
