//! `tenon upgrade --simulate`: the upgrade on a copy of the database, which is thrown away.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::unfinished::Unfinished;
use super::upgrade::{Interrupted, Options, Progress, Report, upgrade};
use crate::migrate::Target;
use crate::model::text::plain;
use crate::store::StorageError;

/// What an upgrade did to a copy.
#[derive(Debug, Serialize)]
pub struct Simulated {
    /// What was done, with the time that each step took.
    #[serde(flatten)]
    pub report: Report,
    /// Why it ended early, if it did: so would the upgrade.
    pub failure: Option<String>,
    /// Bytes of the database before.
    pub bytes_before: u64,
    /// Bytes of it afterwards.
    pub bytes_after: u64,
    /// Tables whose number of rows is another, by name.
    pub rows: BTreeMap<String, RowsChanged>,
    /// Objects that are there afterwards and were not.
    pub created: Vec<String>,
    /// Objects whose text is another.
    pub changed: Vec<String>,
    /// Objects that are gone.
    pub dropped: Vec<String>,
}

/// The rows of a table; none where it is not there.
#[derive(Debug, Serialize)]
pub struct RowsChanged {
    /// Before.
    pub before: Option<u64>,
    /// Afterwards.
    pub after: Option<u64>,
}

impl Simulated {
    /// Whether everything that was asked for would be done.
    pub fn is_complete(&self) -> bool {
        self.failure.is_none() && self.report.is_complete()
    }
}

/// Upgrades a copy of the database, beside it. The database itself is only read.
///
/// # Errors
/// The copy cannot be made or looked at. That the upgrade itself fails is an answer.
pub fn simulate(host: &Host, target: &Target, options: &Options, progress: &mut dyn Progress) -> Result<Simulated, ServiceError> {
    let database = &host.settings().database;
    // In the database's own folder: there is room for it, or there is none for the upgrade either.
    let copy = Unfinished::beside(database, "simulate").map_err(|source| ServiceError::no_room(database, source))?;
    if database.exists() {
        Live::open_read_only(host.settings())?.copy_to(copy.path())?;
    }
    let host = host.on(copy.path().to_owned());
    let before = Picture::of(&host)?;
    let result = upgrade(&host, target, &Options { backup: None, ..options.clone() }, progress);
    let (report, failure) = match result {
        Ok(report) => (report, None),
        Err(Interrupted { report, source }) => (report, Some(super::load::causes(&source))),
    };
    let after = Picture::of(&host)?;
    let mut rows = BTreeMap::new();
    for table in before.rows.keys().chain(after.rows.keys()) {
        let (then, now) = (before.rows.get(table).copied(), after.rows.get(table).copied());
        if then != now {
            rows.insert(plain(table), RowsChanged { before: then, after: now });
        }
    }
    let missing = |these: &Picture, those: &Picture| {
        these.texts.keys().filter(|name| !those.texts.contains_key(*name)).map(|name| plain(name)).collect()
    };
    let other = |name: &&String| after.texts.get(*name).is_some_and(|text| before.texts.get(*name) != Some(text));
    Ok(Simulated {
        report,
        failure,
        bytes_before: before.bytes,
        bytes_after: after.bytes,
        rows,
        created: missing(&after, &before),
        changed: before.texts.keys().filter(other).map(|name| plain(name)).collect(),
        dropped: missing(&before, &after),
    })
}

/// What is looked at before and afterwards.
struct Picture {
    bytes: u64,
    /// By `kind name`.
    texts: BTreeMap<String, String>,
    rows: BTreeMap<String, u64>,
}

impl Picture {
    fn of(host: &Host) -> Result<Self, StorageError> {
        let live = Live::open_read_only(host.settings())?;
        Ok(Self { bytes: live.bytes()?, texts: live.texts()?, rows: live.rows_of_all()? })
    }
}
