//! A file is dropped into the plugins folder, replaced or taken out.
//!
//! Asks for the names, sizes and times of the files, which needs no help of the system's and works on every file system. What was changed is
//! taken when it has been the same for a while: a file that is still being copied waits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::exchange::Exchange;
use crate::service::folder::{Stamp, glance};

/// How long the files must have been as they are.
const SETTLED: Duration = Duration::from_millis(500);

type Glance = BTreeMap<PathBuf, Option<Stamp>>;

/// Looks at the plugins folder.
#[derive(Debug)]
pub(in crate::service) struct FolderWatch {
    exchange: Exchange,
    /// What was taken last.
    taken: Glance,
    /// What was there at the last look, and since when.
    before: Option<(Glance, Instant)>,
    /// The folder could not be read, and that was said.
    is_lost: bool,
}

impl FolderWatch {
    /// `taken` is what the folder held before that was read which is served.
    pub(in crate::service) fn new(exchange: Exchange, taken: Glance) -> Self {
        Self { exchange, taken, before: None, is_lost: false }
    }

    pub(super) fn look(&mut self) {
        self.exchange.end_leaving(Instant::now());
        let now = match glance(&self.exchange.settings().plugins_folder) {
            Ok(now) => now,
            Err(error) => {
                if !std::mem::replace(&mut self.is_lost, true) {
                    tracing::error!(error = &error as &dyn std::error::Error, "the plugins folder cannot be read; what is served stays");
                }
                return;
            }
        };
        self.is_lost = false;
        let since = match self.before.take() {
            Some((before, since)) if before == now => since,
            _ => Instant::now(),
        };
        if (now != self.taken || self.exchange.may_take_more()) && since.elapsed() >= SETTLED {
            self.exchange.take(&now);
            self.taken = now.clone();
        }
        self.before = Some((now, since));
    }
}
