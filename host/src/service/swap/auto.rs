//! `tenon serve --auto-upgrade`: applies what plugins bring, and says so in the log.

use crate::migrate::{Point, Target};
use crate::service::backup::Backup;
use crate::service::host::Host;
use crate::service::load::causes;
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

/// Applies all that the folder's plugins have, but nothing that loses rows or values. Answers whether all of it was; what was not, and why, is
/// in the log.
pub(in crate::service) fn upgrade_all(host: &Host) -> bool {
    let target = Target::all(Point::Heads);
    match upgrade::upgrade(host, &target, &Options::default(), &mut InLog::default()) {
        Ok(_) => true,
        Err(interrupted) => {
            tracing::error!("not all revisions could be applied: {}", causes(&*interrupted.source));
            false
        }
    }
}
