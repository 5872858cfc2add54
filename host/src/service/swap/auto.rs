//! `tenon serve --auto-upgrade`: applies what plugins bring, and says so in the log.

use crate::migrate::{Point, Target};
use crate::model::PluginName;
use crate::service::backup::Backup;
use crate::service::error::ServiceError;
use crate::service::host::{Host, Opened};
use crate::service::live::Live;
use crate::service::load::{Files, causes};
use crate::service::state::State;
use crate::service::upgrade::{self, Options, Progress, StepLine};

/// Tells a run in the log.
#[derive(Debug, Default)]
struct InLog {
    step: Option<StepLine>,
}

impl Progress for InLog {
    fn backed_up(&mut self, _: &Backup) {}

    fn begin(&mut self, line: &StepLine, _: usize, _: usize) {
        self.step = Some(line.clone());
    }

    fn done(&mut self) {
        if let Some(StepLine { revision, message, .. }) = self.step.take() {
            tracing::info!(%revision, message, "applied");
        }
    }
}

/// Applies all that those files have, but nothing that loses rows or values. What could not be applied, and why, is in the log.
pub(in crate::service) fn upgrade_all(host: &Host, files: Files) {
    let host = host.of(files);
    let options = Options::default();
    if upgrade::upgrade(&host, &Target::all(Point::Heads), &options, &mut InLog::default()).is_ok_and(|report| report.is_complete()) {
        return;
    }
    // One that cannot be applied does not hold up the others.
    let pending = pending(&host).unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "what is to be applied cannot be found out");
        Vec::new()
    });
    for plugin in pending {
        let target = Target::of(plugin.clone(), Point::Heads);
        let reasons = match upgrade::upgrade(&host, &target, &options, &mut InLog::default()) {
            Ok(report) => report.refused.iter().map(ToString::to_string).chain(report.held_back).collect(),
            Err(interrupted) => vec![causes(&*interrupted.source)],
        };
        if !reasons.is_empty() {
            tracing::error!(%plugin, "not all of its revisions could be applied: {}", reasons.join("; "));
        }
    }
}

/// The plugins whose revisions are not all applied.
fn pending(host: &Host) -> Result<Vec<PluginName>, ServiceError> {
    let Opened { books, files, .. } = host.open(Live::open_read_only)?;
    let set = host.agree(files?, &books.owners);
    let state = State::of(books.entries, &set)?;
    let is_pending = |name: &&PluginName| state.graph.heads(name).iter().any(|head| !state.is_applied(head));
    Ok(set.plugins.keys().filter(is_pending).cloned().collect())
}
