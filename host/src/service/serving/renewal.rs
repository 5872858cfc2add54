//! What a request does that meets a schema which its endpoint was not made for: `tenon upgrade` committed a moment ago, and nobody has looked.
//!
//! It says so, waits until somebody has, and asks the endpoint again that stands where the first one stood. So no request is answered
//! by code that takes the database for another, and those that a migration does not touch are hardly later for it.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::Serving;
use super::call::CallError;
use super::endpoint::{Endpoint, MadeFor, RouteEndpoint, Snapshot};

/// How long a request waits, and tries, in all. A run of many revisions changes the schema again and again.
const PATIENCE: Duration = Duration::from_secs(2);

/// Who waits for the next snapshot, and who makes it.
#[derive(Default)]
pub(super) struct Renewal {
    published: Notify,
    tell: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Whom a new snapshot concerns, before anybody is told that there is one.
    follow: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal").finish_non_exhaustive()
    }
}

impl Renewal {
    pub(super) fn published(&self) {
        if let Some(follow) = self.follow.get() {
            follow();
        }
        self.published.notify_waiters();
    }

    pub(super) fn on_publish(&self, follow: impl Fn() + Send + Sync + 'static) {
        // There is one front door.
        let _ = self.follow.set(Box::new(follow));
    }

    pub(super) fn on_change(&self, tell: impl Fn() + Send + Sync + 'static) {
        // There is one who looks.
        let _ = self.tell.set(Box::new(tell));
    }
}

/// An endpoint that has a successor in each snapshot.
pub(super) trait Renewable: Sized {
    fn made_for(&self) -> MadeFor;

    /// The one that stands where it stood; none when its plugin is served no more.
    fn in_snapshot(&self, snapshot: &Snapshot) -> Option<Arc<Self>>;
}

impl Renewable for Endpoint {
    fn made_for(&self) -> MadeFor {
        self.made_for
    }

    fn in_snapshot(&self, snapshot: &Snapshot) -> Option<Arc<Self>> {
        let is_it = |other: &&Arc<Self>| {
            let (own, other) = (&self.collection, &other.collection);
            own.plugin == other.plugin && own.path == other.path
        };
        snapshot.endpoints.iter().find(is_it).cloned()
    }
}

impl Renewable for RouteEndpoint {
    fn made_for(&self) -> MadeFor {
        self.made_for
    }

    fn in_snapshot(&self, snapshot: &Snapshot) -> Option<Arc<Self>> {
        let is_it = |other: &&Arc<Self>| {
            let (own, asked) = (&self.route, &other.route);
            self.plugin == other.plugin && own.path == asked.path && own.method == asked.method
        };
        snapshot.routes.iter().find(is_it).cloned()
    }
}

/// The endpoint that a request is put to, and those that come in its place as long as the schema changes under them.
#[derive(Debug)]
pub(super) struct Asked<E> {
    endpoint: Arc<E>,
    /// Until when it is tried; set when it is tried again.
    end: Option<Instant>,
}

impl<E: Renewable> Asked<E> {
    pub(super) fn of(endpoint: &Arc<E>) -> Self {
        Self { endpoint: Arc::clone(endpoint), end: None }
    }

    pub(super) fn endpoint(&self) -> &Arc<E> {
        &self.endpoint
    }

    /// Waits for the one that was made for the schema as it is now.
    ///
    /// # Errors
    /// [`CallError::Busy`]: there is none, or none in time.
    pub(super) async fn renew(&mut self, serving: &Serving) -> Result<(), CallError> {
        let end = *self.end.get_or_insert_with(|| Instant::now() + PATIENCE);
        let snapshot = serving.newer(self.endpoint.made_for(), end).await?;
        self.endpoint = self.endpoint.in_snapshot(&snapshot).ok_or(CallError::Busy)?;
        Ok(())
    }
}

impl Serving {
    /// The next snapshot for another schema than this.
    async fn newer(&self, made_for: MadeFor, end: Instant) -> Result<Arc<Snapshot>, CallError> {
        loop {
            let mut published = std::pin::pin!(self.renewal.published.notified());
            // Before the question: what is published after it is heard.
            published.as_mut().enable();
            let snapshot = self.snapshot();
            if snapshot.made_for != made_for && Instant::now() < end {
                return Ok(snapshot);
            }
            if let Some(tell) = self.renewal.tell.get() {
                tell();
            }
            timeout_at(end, published).await.map_err(|_| CallError::Busy)?;
        }
    }
}
