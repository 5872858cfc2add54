//! `tenon upgrade` and `downgrade` run in other processes.
//!
//! Asks the database now and then whether anything was committed, and only then what; a plugin whose revisions are at head and whose
//! tables are its own becomes ready, another stops answering.

use std::sync::Arc;

use super::Wrong;
use super::served::Served;
use crate::service::error::ServiceError;
use crate::service::live::Live;
use crate::service::serving::Serving;
use crate::store::ledger::Mark;

/// Looks at what is applied, and whether calls outlive their code.
#[derive(Debug)]
pub(in crate::service) struct DatabaseWatch {
    live: Live,
    served: Arc<Served>,
    /// What the served state was read at; none when that is not known.
    seen: Option<Mark>,
    /// It could not be read, and that was said.
    is_lost: bool,
}

impl DatabaseWatch {
    /// What is served was read through another connection, and may be old already: the first look reads it again.
    pub(in crate::service) fn new(live: Live, served: Arc<Served>) -> Self {
        Self { live, served, seen: None, is_lost: false }
    }

    pub(super) fn serving(&self) -> Arc<Serving> {
        Arc::clone(self.served.serving())
    }

    pub(super) fn look(&mut self) -> Wrong {
        // Here, because the thread that exchanges plugins may compile for a minute.
        self.served.end_leaving();
        let Err(error) = self.try_look() else {
            self.is_lost = false;
            return None;
        };
        self.seen = None;
        if !std::mem::replace(&mut self.is_lost, true) {
            let error: &dyn std::error::Error = &error;
            tracing::warn!(error, "what is applied could not be read; endpoints stay as they are, and it is tried again");
        }
        Some("what is applied cannot be read; endpoints stay as they are")
    }

    fn try_look(&mut self) -> Result<(), ServiceError> {
        if !self.live.changed_by_others()? && self.seen.is_some() {
            return Ok(());
        }
        let mark = Some(self.live.mark()?);
        if mark != self.seen {
            self.served.refresh(&self.live)?;
            self.seen = mark;
        }
        Ok(())
    }
}
