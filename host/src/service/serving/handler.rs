//! Operations that plugins answer themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::answers::Answers;
use super::call::CallError;
use super::lane::{Credit, Lane, Route};
use super::strikes::Strikes;
use crate::model::manifest::{Details, ParameterPlace};
use crate::model::{Mistake, PluginName, Problem};
use crate::records::{Collection, RequestContract};
use crate::runtime::{Component, Incoming};
use crate::service::limit_settings::PluginLimits;

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
    /// Bytes in the answer to one query of its.
    pub result_bytes: usize,
    /// Bytes in the body of one answer of its.
    pub answer_bytes: usize,
    /// Its large answers that their clients have not taken.
    pub(super) answers: Answers,
    credit: Credit,
    strikes: Strikes,
    waiting: AtomicUsize,
    /// Its writes that wait for the writer, and the one that it is at.
    writing: AtomicUsize,
    /// How long its writes lately kept the writer, in microseconds: their mean, for what many take together is what counts.
    write_mean: AtomicU32,
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

/// Reads of one plugin that wait for a thread, or have one, of 1,024 that all may have waiting in each lane. One more is answered "busy":
/// what is left of the queue is for others, whose turns come as soon whatever waits.
pub(super) const MOST_WAITING: usize = 512;

/// Writes of one plugin that wait for the writer, of 1,024 that all may have: what is left of the queue is for others.
pub(super) const MOST_WRITING: usize = 512;

/// How long those writes of one plugin may take together, by what its writes took lately: so long they hold up everybody else's. A full
/// queue of slow ones would for most of a minute.
pub(super) const MOST_WRITING_TIME: Duration = Duration::from_millis(800);

impl HandlingPlugin {
    /// A plugin of which nothing is known yet.
    pub fn new(
        component: Component,
        name: PluginName,
        collections: BTreeMap<String, Arc<Collection>>,
        settings: BTreeMap<String, Option<String>>,
        limits: PluginLimits,
    ) -> Arc<Self> {
        let PluginLimits { times, result_bytes, answer_bytes, .. } = limits;
        let (credit, strikes) = (Credit::default(), Strikes::default());
        let (waiting, writing, write_mean) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicU32::new(0));
        Arc::new(Self {
            name,
            component,
            collections,
            settings,
            times,
            result_bytes,
            answer_bytes,
            answers: Answers::of_one(),
            credit,
            strikes,
            waiting,
            writing,
            write_mean,
        })
    }

    pub(super) fn strikes(&self) -> &Strikes {
        &self.strikes
    }

    /// A place among the reads that wait.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn wait(self: &Arc<Self>) -> Result<Place, CallError> {
        let (place, before) = Place::take(self, |plugin| &plugin.waiting);
        if before < MOST_WAITING {
            return Ok(place);
        }
        Err(CallError::Crowded(format!("{MOST_WAITING} reads of plugin {} wait or run on threads already", self.name)))
    }

    /// Takes into account how long one of its writes kept the writer.
    pub(super) fn wrote(&self, time: Duration) {
        let time = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let mean = self.write_mean.load(Ordering::Relaxed);
        // Only the writer's thread comes here.
        self.write_mean.store(mean - mean / 16 + time / 16, Ordering::Relaxed);
    }

    /// A place among the writes that wait for the writer.
    ///
    /// # Errors
    /// There is none: the plugin is given a rest, or too many of its wait.
    pub(super) fn wait_to_write(self: &Arc<Self>) -> Result<Place, CallError> {
        let (place, before) = Place::take(self, |plugin| &plugin.writing);
        if before >= MOST_WRITING {
            return Err(CallError::Crowded(format!("{MOST_WRITING} writes of plugin {} wait already", self.name)));
        }
        self.admit_write()?;
        Ok(place)
    }

    /// Whether one of its writes, which has its place, may go on: asked before it waits, and again when its turn comes.
    ///
    /// # Errors
    /// The plugin is given a rest, or those that wait take too long together.
    pub(super) fn admit_write(&self) -> Result<(), CallError> {
        if let Some(left) = self.strikes.pause(Instant::now()) {
            let detail = format!("plugin {} took too long again and again with what it writes, and is given a rest", self.name);
            let seconds = i64::try_from(left.as_secs() + 1).unwrap_or(i64::MAX);
            return Err(Problem::new(503, "plugin-resting", detail).with_member("retry-after", seconds).into());
        }
        let writing = u32::try_from(self.writing.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
        let mean = Duration::from_micros(self.write_mean.load(Ordering::Relaxed).into());
        if writing > 1 && mean * writing > MOST_WRITING_TIME {
            let (most, name) = (MOST_WRITING_TIME.as_millis(), &self.name);
            return Err(CallError::Crowded(format!("the {writing} writes of plugin {name} that wait take more than {most} ms together")));
        }
        Ok(())
    }
}

/// A place in one of a plugin's queues, counted as long as it lives.
#[derive(Debug)]
pub(super) struct Place {
    plugin: Arc<HandlingPlugin>,
    count: fn(&HandlingPlugin) -> &AtomicUsize,
}

impl Place {
    /// A place, and how many were taken before.
    fn take(plugin: &Arc<HandlingPlugin>, count: fn(&HandlingPlugin) -> &AtomicUsize) -> (Self, usize) {
        let before = count(plugin).fetch_add(1, Ordering::Relaxed);
        (Self { plugin: Arc::clone(plugin), count }, before)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        (self.count)(&self.plugin).fetch_sub(1, Ordering::Relaxed);
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
    /// What the plugin says of it.
    pub details: Details,
    /// Query parameters of its own.
    pub(super) parameters: Vec<String>,
    contract: RequestContract,
    lane: Lane,
}

impl Handler {
    /// A handler of which nothing is known yet.
    ///
    /// # Errors
    /// A parameter's schema asks for what no text can be.
    pub fn new(plugin: Arc<HandlingPlugin>, operation: String, writes: bool, details: Details) -> Result<Arc<Self>, Mistake> {
        let contract = RequestContract::compile(&operation, &details)?;
        let of_query = details.parameters.iter().filter(|parameter| parameter.place == ParameterPlace::Query);
        let parameters = of_query.map(|parameter| parameter.name.clone()).collect();
        Ok(Arc::new(Self { plugin, operation, writes, details, parameters, contract, lane: Lane::default() }))
    }

    /// Refuses a request that is not as the plugin declared it. Of a collection's operation the record engine knows parameters as well.
    ///
    /// # Errors
    /// 400 or 422, with every reason.
    pub(super) fn check(&self, incoming: &Incoming, of_collection: bool) -> Result<(), Problem> {
        self.contract.check_query(&incoming.query, |_| of_collection)?;
        let param = |name: &str| incoming.params.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        self.contract.check_path(param)?;
        self.contract.check_headers(|name| incoming.headers.header(name))?;
        self.contract.check_body(&incoming.body)
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
        self.lane.rest(Instant::now());
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
