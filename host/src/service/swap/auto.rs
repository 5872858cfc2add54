//! `tenon serve --auto-upgrade`: applies what plugins bring, and says so in the log.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::{Point, Target};
use crate::model::{ContentHash, PluginName};
use crate::service::apply::Commits;
use crate::service::backup::Backup;
use crate::service::error::ServiceError;
use crate::service::host::{Host, Opened};
use crate::service::live::Live;
use crate::service::load::{Files, Plugin, PluginSet, causes};
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

/// Applies what plugins bring, once for each code of theirs, but nothing that loses rows or values. What somebody undid afterwards stays undone,
/// unless it had failed before and was applied and undone by hand between two looks.
#[derive(Debug, Default)]
pub(in crate::service) struct Auto {
    /// The code whose revisions were all applied once.
    done: BTreeMap<PluginName, ContentHash>,
    /// Of which not all could be applied: the plugin, and its code.
    failed: BTreeMap<(PluginName, Code), Failure>,
}

/// A plugin's code, and that of all that it requires.
type Code = BTreeMap<PluginName, ContentHash>;

#[derive(Debug)]
struct Failure {
    why: Why,
    reason: String,
    is_told: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It fails again, as long as the code is the same.
    Lasts,
    /// It may be possible another time.
    MayPass,
    /// What it requires is not all applied.
    Required,
}

impl Auto {
    /// Applies what a set has of the plugins whose code is new, all or nothing of each; what may pass by itself is tried `anew` or not.
    ///
    /// # Errors
    /// What is to be applied cannot be found out.
    pub(in crate::service) fn upgrade(&mut self, host: &Host, set: &PluginSet, anew: bool) -> Result<(), ServiceError> {
        let wants = |auto: &Self| set.plugins.keys().any(|name| auto.wants(name, &code(set, name), anew));
        // Most exchanges bring nothing to apply, and the database need not be opened to find that out.
        if self.failed.is_empty() && !wants(self) {
            return Ok(());
        }
        let host = host.of(Files::of(set.plugins.values().cloned().map(Ok)));
        let mut open = pending(&host)?;
        // What failed may have been applied by hand: if it is undone later, it stays so.
        for name in set.plugins.keys().filter(|name| !open.contains(*name)) {
            self.is_done(name, set);
        }
        let mut wanted: Vec<(PluginName, Code)> =
            set.plugins.keys().map(|name| (name.clone(), code(set, name))).filter(|(name, code)| self.wants(name, code, anew)).collect();
        // Who is required has less code than who requires it, and comes first.
        wanted.sort_by_key(|(_, code)| code.len());
        // All together, unless one that cannot be applied, or is not to be, would hold up the others.
        let is_all = open.iter().all(|plugin| wanted.iter().any(|(name, _)| name == plugin));
        let is_applied = !open.is_empty() && is_all && upgrade(&host, &Target::all(Point::Heads)).is_ok();
        for (plugin, code) in wanted {
            if !is_applied && open.contains(&plugin) {
                // Those before it may have taken minutes, in which others may have applied and undone something.
                open = pending(&host)?;
                if let Err((reason, why)) = apply(&host, &plugin, &code, &open) {
                    let key = (plugin, code);
                    // It is asked for at each look.
                    let is_told = why == Why::Required && self.failed.get(&key).is_some_and(|known| known.why == why && known.is_told);
                    self.failed.insert(key, Failure { why, reason, is_told });
                    continue;
                }
            }
            self.is_done(&plugin, set);
        }
        Ok(())
    }

    fn wants(&self, plugin: &PluginName, code: &Code, anew: bool) -> bool {
        if self.done.get(plugin) == code.get(plugin) {
            return false;
        }
        self.failed.get(&(plugin.clone(), code.clone())).is_none_or(|failure| match failure.why {
            Why::Lasts => false,
            Why::MayPass => anew,
            Why::Required => true,
        })
    }

    fn is_done(&mut self, plugin: &PluginName, set: &PluginSet) {
        let Some(hash) = set.plugins.get(plugin).map(Plugin::hash) else { return };
        self.failed.retain(|(failed, code), _| failed != plugin || code.get(plugin) != Some(&hash));
        self.done.insert(plugin.clone(), hash);
    }

    /// Whether a plugin could not be applied for a reason that may be gone although nothing has changed.
    pub(super) fn may_find_otherwise(&self) -> bool {
        self.failed.values().any(|failure| failure.why == Why::MayPass)
    }

    /// Whether that is why not all is applied of a plugin of that set.
    pub(super) fn may_pass(&self, plugin: &PluginName, set: &PluginSet) -> bool {
        self.failed.get(&(plugin.clone(), code(set, plugin))).is_some_and(|failure| failure.why == Why::MayPass)
    }

    /// Whether there is a plugin that could not be applied.
    pub(super) fn is_lacking(&self) -> bool {
        !self.failed.is_empty()
    }

    /// A plugin's file was read anew: what failed may not.
    pub(super) fn forget_failure(&mut self, plugin: &PluginName) {
        self.failed.retain(|(failed, _), _| failed != plugin);
    }

    /// Knows only of plugins that are there any more, and of failures only those with code that is there.
    pub(super) fn keep(&mut self, is_there: impl Fn(&PluginName) -> bool, has_code: impl Fn(&PluginName, ContentHash) -> bool) {
        self.done.retain(|plugin, _| is_there(plugin));
        self.failed.retain(|(_, code), _| code.iter().all(|(plugin, hash)| has_code(plugin, *hash)));
    }

    /// Says once in the log what could not be applied. What waits for another plugin is said of the set that is served: it may be applied beside
    /// the former one.
    pub(in crate::service) fn tell(&mut self, served: &PluginSet) {
        for ((plugin, of), failure) in self.failed.iter_mut().filter(|(_, failure)| !failure.is_told) {
            failure.is_told = failure.why != Why::Required || *of == code(served, plugin);
            if failure.is_told {
                tracing::error!(%plugin, "not all of its revisions could be applied: {}", failure.reason);
            }
        }
    }
}

/// The code of a set's plugin.
fn code(set: &PluginSet, plugin: &PluginName) -> Code {
    let (mut code, mut open) = (Code::new(), vec![plugin]);
    while let Some(name) = open.pop() {
        let Some(plugin) = set.plugins.get(name) else { continue };
        if code.insert(name.clone(), plugin.hash()).is_none() {
            open.extend(plugin.manifest.requires.iter().map(|requirement| &requirement.plugin));
        }
    }
    code
}

/// Applies a plugin's revisions, but nobody else's.
fn apply(host: &Host, plugin: &PluginName, code: &Code, pending: &BTreeSet<PluginName>) -> Result<(), (String, Why)> {
    if !pending.contains(plugin) {
        return Ok(());
    }
    if let Some(required) = code.keys().find(|name| *name != plugin && pending.contains(*name)) {
        let reason = format!("it requires {required}, of which not all is applied; run `tenon upgrade {plugin}@head`");
        return Err((reason, Why::Required));
    }
    upgrade(host, &Target::of(plugin.clone(), Point::Heads))
        .map_err(|(reasons, may_pass)| (reasons.join("; "), if may_pass { Why::MayPass } else { Why::Lasts }))
}

/// Why not all that was asked for was done, and whether that may pass.
type Reasons = (Vec<String>, bool);

fn upgrade(host: &Host, target: &Target) -> Result<(), Reasons> {
    let options = Options { commits: Commits::All, ..Options::default() };
    let mut steps = Steps::default();
    let report = upgrade::upgrade(host, target, &options, &mut steps)
        .map_err(|interrupted| (vec![causes(&*interrupted.source)], interrupted.source.may_pass()))?;
    for StepLine { revision, message, .. } in steps.0 {
        tracing::info!(%revision, text = message, "applied");
    }
    if report.is_complete() {
        return Ok(());
    }
    let may_pass = report.refused.iter().any(|refusal| refusal.may_pass);
    Err((report.refused.iter().map(ToString::to_string).chain(report.held_back).collect(), may_pass))
}

/// The plugins whose revisions are not all applied.
fn pending(host: &Host) -> Result<BTreeSet<PluginName>, ServiceError> {
    let Opened { books, files, .. } = host.open(Live::open_read_only)?;
    let set = host.agree(files?, &books.owners);
    let state = State::of(books.entries, &set)?;
    let is_pending = |name: &&PluginName| state.graph.heads(name).iter().any(|head| !state.is_applied(head));
    Ok(set.plugins.keys().filter(is_pending).cloned().collect())
}
