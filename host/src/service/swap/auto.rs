//! `tenon serve --auto-upgrade`: applies what plugins bring, and says so in the log.

use std::collections::BTreeMap;

use crate::migrate::{Point, Target};
use crate::model::PluginName;
use crate::service::apply::Commits;
use crate::service::backup::Backup;
use crate::service::error::ServiceError;
use crate::service::host::{Host, Opened};
use crate::service::live::Live;
use crate::service::load::{Files, causes};
use crate::service::state::State;
use crate::service::upgrade::{self, Options, Progress, StepLine};

/// Remembers a run for the log: what it takes is kept when all of it is done.
#[derive(Debug, Default)]
struct Steps(Vec<StepLine>);

impl Progress for Steps {
    fn backed_up(&mut self, _: &Backup) {}

    fn begin(&mut self, line: &StepLine, _: usize, _: usize) {
        self.0.push(line.clone());
    }

    fn done(&mut self) {}
}

/// Applies what those files have of the wanted plugins, but nothing that loses rows or values: of each all or nothing. Answers of which not all
/// could be applied, and whether that may pass by itself; why is in the log.
///
/// # Errors
/// What is to be applied cannot be found out.
pub(in crate::service) fn upgrade_all(
    host: &Host,
    files: Files,
    is_wanted: impl Fn(&PluginName) -> bool,
) -> Result<BTreeMap<PluginName, bool>, ServiceError> {
    let host = host.of(files);
    let pending = pending(&host)?;
    let wanted: Vec<&PluginName> = pending.iter().filter(|plugin| is_wanted(plugin)).collect();
    // All together, unless one that cannot be applied would hold up the others.
    if !wanted.is_empty() && wanted.len() == pending.len() && upgrade(&host, &Target::all(Point::Heads)).is_ok() {
        return Ok(BTreeMap::new());
    }
    let mut failed = BTreeMap::new();
    for plugin in wanted {
        if let Err((reasons, may_pass)) = upgrade(&host, &Target::of(plugin.clone(), Point::Heads)) {
            tracing::error!(%plugin, "not all of its revisions could be applied: {}", reasons.join("; "));
            failed.insert(plugin.clone(), may_pass);
        }
    }
    Ok(failed)
}

/// Why not all that was asked for was done, and whether that may pass.
type Reasons = (Vec<String>, bool);

fn upgrade(host: &Host, target: &Target) -> Result<(), Reasons> {
    let options = Options { commits: Commits::All, ..Options::default() };
    let mut steps = Steps::default();
    let report = upgrade::upgrade(host, target, &options, &mut steps)
        .map_err(|interrupted| (vec![causes(&*interrupted.source)], interrupted.source.may_pass()))?;
    for StepLine { revision, message, .. } in steps.0 {
        tracing::info!(%revision, message, "applied");
    }
    if report.is_complete() {
        return Ok(());
    }
    let may_pass = report.refused.iter().any(|refusal| refusal.may_pass);
    Err((report.refused.iter().map(ToString::to_string).chain(report.held_back).collect(), may_pass))
}

/// The plugins whose revisions are not all applied.
fn pending(host: &Host) -> Result<Vec<PluginName>, ServiceError> {
    let Opened { books, files, .. } = host.open(Live::open_read_only)?;
    let set = host.agree(files?, &books.owners);
    let state = State::of(books.entries, &set)?;
    let is_pending = |name: &&PluginName| state.graph.heads(name).iter().any(|head| !state.is_applied(head));
    Ok(set.plugins.keys().filter(is_pending).cloned().collect())
}
