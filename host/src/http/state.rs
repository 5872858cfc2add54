//! What every request finds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;

use super::limits::Limits;
use super::site::Site;
use super::table::TableError;
use crate::service::serving::Serving;
use crate::service::start::Administration;

/// What the service says of itself.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Info {
    /// Its name for people.
    pub display_name: String,
    /// Its version.
    pub version: String,
    /// One line.
    pub summary: Option<String>,
    /// More lines.
    pub description: Option<String>,
    /// Whom to ask.
    pub contact: Option<Contact>,
    /// What is allowed.
    pub license_info: Option<License>,
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Contact {
    /// A name.
    pub name: String,
    /// An address.
    pub email: Option<String>,
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct License {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub url: Option<String>,
}

impl Default for Info {
    fn default() -> Self {
        Self {
            display_name: "Tenon".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: None,
            description: None,
            contact: None,
            license_info: None,
        }
    }
}

/// What an operator may set.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What the service says of itself.
    pub info: Info,
    /// How much of a request is read.
    pub limits: Limits,
    /// What exchanges plugins for whoever has the operator's key; without it nobody can.
    pub administration: Option<Arc<Administration>>,
}

/// What every request finds.
#[derive(Debug)]
pub struct State {
    pub(super) serving: Arc<Serving>,
    pub(super) options: Options,
    site: ArcSwap<Site>,
    stopping: AtomicBool,
}

impl State {
    /// Makes the front door of what is being served.
    ///
    /// # Errors
    /// Two collections claim one path, or one claims a path of the host's.
    pub fn new(serving: Arc<Serving>, options: Options) -> Result<Arc<Self>, TableError> {
        let site = ArcSwap::from_pointee(Site::build(serving.snapshot())?);
        let state = Arc::new(Self { serving, options, site, stopping: AtomicBool::new(false) });
        // Made by who publishes, so that no request waits for it; and what was served before is let go, even if nobody asks for anything.
        let follower = Arc::downgrade(&state);
        state.serving.on_publish(move || {
            if let Some(state) = follower.upgrade() {
                state.site();
            }
        });
        Ok(state)
    }

    /// From now on the server says that it is not ready for more.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The front door of what is being served at this moment.
    ///
    /// A snapshot that cannot be served is reported once, and what was served before goes on.
    pub(super) fn site(&self) -> Arc<Site> {
        let (snapshot, site) = (self.serving.snapshot(), self.site.load_full());
        if Arc::ptr_eq(&snapshot, &site.snapshot) {
            return site;
        }
        // Two requests may build it at once; both build the same.
        let site = Arc::new(Site::build(Arc::clone(&snapshot)).unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "the new plugins cannot be served; the old ones go on");
            site.kept(snapshot)
        }));
        self.site.store(Arc::clone(&site));
        site
    }

    /// The OpenAPI description of what is being served at this moment, as JSON.
    pub fn openapi(&self) -> Vec<u8> {
        self.site().openapi(&self.options.info).to_vec()
    }
}
