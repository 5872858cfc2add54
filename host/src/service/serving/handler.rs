//! Operations that plugins answer themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::lane::{Credit, Lane, Route};
use super::strikes::Strikes;
use crate::model::PluginName;
use crate::records::Collection;
use crate::runtime::Component;

/// A plugin whose handlers are called.
#[derive(Debug)]
pub struct HandlingPlugin {
    /// Its name.
    pub name: PluginName,
    /// Its code, with the limits and the isolation that the operator gave it.
    pub component: Component,
    /// Its own collections by name: what `records` knows.
    pub collections: BTreeMap<String, Arc<Collection>>,
    /// The settings that it declared, as the operator gave them.
    pub settings: BTreeMap<String, Option<String>>,
    /// How long its handlers may take.
    pub times: HandlerTimes,
    credit: Credit,
    strikes: Strikes,
    waiting: AtomicUsize,
}

/// How long a plugin's handlers may take, SQL included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandlerTimes {
    /// One that reads. It holds a thread of its own and a snapshot of the database.
    pub read: Duration,
    /// One that writes. It holds up everybody who writes.
    pub write: Duration,
}

impl Default for HandlerTimes {
    fn default() -> Self {
        Self { read: Duration::from_secs(1), write: Duration::from_millis(50) }
    }
}

/// Reads of one plugin that wait for a thread. One more is answered "busy": what is left of the queue is for others.
const MOST_WAITING: usize = 64;

impl HandlingPlugin {
    /// A plugin of which nothing is known yet.
    pub fn new(
        name: PluginName,
        component: Component,
        collections: BTreeMap<String, Arc<Collection>>,
        settings: BTreeMap<String, Option<String>>,
        times: HandlerTimes,
    ) -> Arc<Self> {
        let (credit, strikes, waiting) = (Credit::default(), Strikes::default(), AtomicUsize::new(0));
        Arc::new(Self { name, component, collections, settings, times, credit, strikes, waiting })
    }

    pub(super) fn strikes(&self) -> &Strikes {
        &self.strikes
    }

    /// A place among the reads that wait, if there is one.
    pub(super) fn wait(self: &Arc<Self>) -> Option<impl Drop + Send + use<>> {
        struct Place(Arc<HandlingPlugin>);
        impl Drop for Place {
            fn drop(&mut self) {
                self.0.waiting.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let place = Place(Arc::clone(self));
        (self.waiting.fetch_add(1, Ordering::Relaxed) < MOST_WAITING).then_some(place)
    }
}

/// One operation that a plugin answers itself: of a collection, or a route.
#[derive(Debug)]
pub struct Handler {
    /// The plugin.
    pub plugin: Arc<HandlingPlugin>,
    /// What `handle` is called with: `orders.create`, or the route's name.
    pub operation: String,
    /// Whether it runs in a write transaction.
    pub writes: bool,
    /// Query parameters of its own.
    pub parameters: Vec<String>,
    lane: Lane,
}

impl Handler {
    /// A handler of which nothing is known yet.
    pub fn new(plugin: Arc<HandlingPlugin>, operation: String, writes: bool, parameters: Vec<String>) -> Arc<Self> {
        Arc::new(Self { plugin, operation, writes, parameters, lane: Lane::default() })
    }

    pub(super) fn lane(&self) -> &Lane {
        &self.lane
    }

    /// Where its next read runs.
    pub(super) fn route(&self) -> Route {
        self.lane.route(&self.plugin.credit)
    }

    /// It ran late where it was asked for, or among those that take long.
    pub(super) fn overran(&self) {
        self.plugin.credit.spend();
        self.lane.rest();
    }

    /// Whether its writes take longer than a group of writes may.
    pub(super) fn is_slow_writer(&self) -> bool {
        self.lane.recent() > super::writer::GROUP_TIME
    }
}

/// The same one: what is known of it is nobody else's.
impl PartialEq for Handler {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}
