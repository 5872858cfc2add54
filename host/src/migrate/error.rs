//! What can be wrong with a graph, a target or a plan. Each message names the thing, the reason and the way out.

use std::collections::BTreeSet;
use std::fmt;

use crate::model::text::plain;
use crate::model::{Node, PluginName, RevisionId};

/// Why there is no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages say they are")]
pub enum GraphError {
    /// A plugin was given twice.
    #[error("plugin {plugin} is there twice; remove one of its files")]
    DuplicatePlugin { plugin: PluginName },
    /// A plugin has two revisions of one id.
    #[error("plugin {} has two revisions with the id {}; give one of them another id", .node.plugin, .node.revision)]
    DuplicateRevision { node: Node },
    /// An id that means something else in a target.
    #[error("revision {node}: `head`, `heads` and `base` cannot be ids, because targets use these words")]
    ReservedId { node: Node },
    /// A parent that the plugin does not have.
    #[error(
        "revision {node} names {parent} as its parent, and plugin {} has no such revision; it has {}",
        .node.plugin,
        list(.known)
    )]
    MissingParent { node: Node, parent: RevisionId, known: Vec<RevisionId> },
    /// A dependency into a plugin that is not there.
    #[error("revision {node} depends on {on}, and there is no plugin {}", .on.plugin)]
    DependsOnUnknownPlugin { node: Node, on: Node },
    /// A dependency on a revision that its plugin does not have.
    #[error("revision {node} depends on {on}, and plugin {} has no revision {}", .on.plugin, .on.revision)]
    DependsOnUnknownRevision { node: Node, on: Node },
    /// `run-before` names a revision that its plugin does not have.
    #[error("revision {node} wants to run before {before}, and plugin {} has no revision {}", .before.plugin, .before.revision)]
    RunBeforeUnknownRevision { node: Node, before: Node },
    /// Revisions that need each other. Each needs the next, the last the first.
    #[error("revisions need each other in a circle: {}", circle(.nodes, "needs"))]
    Cycle { nodes: Vec<Node> },
    /// Plugins that require each other. Each requires the next, the last the first.
    #[error("plugins require each other in a circle: {}", circle(.plugins, "requires"))]
    CircularRequirement { plugins: Vec<PluginName> },
}

impl GraphError {
    /// The plugins whose declarations are at fault: without them the others may still have a graph.
    pub fn blames(&self) -> BTreeSet<&PluginName> {
        match self {
            Self::DuplicatePlugin { plugin } => BTreeSet::from([plugin]),
            Self::DuplicateRevision { node }
            | Self::ReservedId { node }
            | Self::MissingParent { node, .. }
            | Self::DependsOnUnknownPlugin { node, .. }
            | Self::DependsOnUnknownRevision { node, .. }
            | Self::RunBeforeUnknownRevision { node, .. } => BTreeSet::from([&node.plugin]),
            Self::Cycle { nodes } => nodes.iter().map(|node| &node.plugin).collect(),
            Self::CircularRequirement { plugins } => plugins.iter().collect(),
        }
    }
}

/// The text is no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages say they are")]
pub enum TargetError {
    /// Not of the grammar.
    #[error(
        "{} is no target; write head, heads, base, a revision id or the beginning of one, +1, -1, ID+1 or ID-1, \
         and PLUGIN@ before any of them",
        quote(.text)
    )]
    Malformed { text: String },
    /// A range without its end, or with more than two.
    #[error("{} is no range; write FROM:TO, each a target", quote(.text))]
    Range { text: String },
    /// The same where both ends may be left out.
    #[error("{} is no range; write FROM:TO, FROM: or :TO, each a target or `current`", quote(.text))]
    OpenRange { text: String },
    /// A range where one target is meant.
    #[error("{} is a range of two targets, which only --sql takes", quote(.text))]
    RangeNotHere { text: String },
}

/// A revision that holds another one back from being undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// The applied revision that stands on the other.
    pub node: Node,
    /// What it needs.
    pub needs: Node,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the fields are what the messages say they are")]
pub enum PlanError {
    /// No revision has that id or begins so.
    #[error("can't locate revision identified by '{text}'{}; known are {}", in_plugin(.plugin.as_ref()), list_or(.known, "none"))]
    UnknownRevision { text: String, plugin: Option<PluginName>, known: Vec<Node> },
    /// No revision of a branch has that id or begins so.
    #[error("no revision of the line through {label} is identified by '{text}'; of it are {}", list_or(.known, "none"))]
    NotOfBranch { text: String, label: PluginName, known: Vec<Node> },
    /// `base` of a branch.
    #[error("{label} is a label, and base is of a plugin: write {plugin}@base, or the revision to go back to")]
    BaseOfBranch { label: PluginName, plugin: PluginName },
    /// Several revisions begin so, or several plugins have that id.
    #[error("revision '{text}' is ambiguous: it can be {}; write more of it, or PLUGIN@ before it", list(.candidates))]
    AmbiguousRevision { text: String, candidates: Vec<Node> },
    /// No such plugin, loaded or in the ledger.
    #[error("there is no plugin '{plugin}'{}; known are {}", did_you_mean(.near.as_ref()), list_or(.known, "none"))]
    UnknownPlugin { plugin: PluginName, known: Vec<PluginName>, near: Option<PluginName> },
    /// A plugin's name where a revision is meant.
    #[error("{plugin} is a plugin, not a revision; write {plugin}@head, {plugin}@base or {plugin}@ID")]
    PluginNotRevision { plugin: PluginName },
    /// A plugin, or the line through a label, has several heads and the target means one.
    #[error("{} has {} heads: {}; name one of them, or write heads for all", whose(.plugin, .label.as_ref()), .heads.len(), list(.heads))]
    ManyHeads { plugin: PluginName, label: Option<PluginName>, heads: Vec<Node> },
    /// A relative target that leads out of the history.
    #[error("relative revision {target} didn't produce {wanted} migrations: there are {found}")]
    RelativeTooFar { target: String, wanted: u64, found: u64 },
    /// A relative target that comes to a fork.
    #[error("relative revision {target} is ambiguous: at {at} the way divides into {}; name the revision", list(.choices))]
    AmbiguousWalk { target: String, at: String, choices: Vec<Node> },
    /// A range of a history between whose ends nothing lies.
    #[error("no way leads up from {from} to {to}{}", if *turned { format!("; it leads the other way: write {to}:{from}") } else { String::new() })]
    NoWay { from: String, to: String, turned: bool },
    /// `head-1` or `base+1` over several plugins.
    #[error("{target} needs a plugin: write PLUGIN@{target}")]
    NeedsPlugin { target: String },
    /// A target that lies behind.
    #[error("{target} is not a target of upgrade; to undo revisions use downgrade")]
    NotAnUpgrade { target: String },
    /// A target that lies ahead.
    #[error("{target} is not a target of downgrade; to apply revisions use upgrade")]
    NotADowngrade { target: String },
    /// An upgrade to what has been passed.
    #[error("{node} is applied already, and later revisions too ({} is at {}); to go back to it use downgrade", .node.plugin, list(.current))]
    AlreadyApplied { node: Node, current: Vec<Node> },
    /// A downgrade to what is not applied.
    #[error("{node} is not applied, so there is no way down to it{}", at(.current))]
    NotApplied { node: Node, current: Vec<Node> },
    /// Other applied revisions stand on what would be undone.
    #[error("cannot undo {}: {}; --cascade undoes these, too", list(.undo), reasons(.dependents))]
    Dependents { undo: Vec<Node>, dependents: Vec<Dependent> },
    /// A revision without a way back.
    #[error("{node} cannot be undone: {}", plain(.reason))]
    Irreversible { node: Node, reason: String },
    /// The ledger's order contradicts its own dependencies.
    #[error("the ledger says that {dependent} was applied before {node}, on which it stands; neither can be undone in that order")]
    LedgerOrder { node: Node, dependent: Node },
    /// A revision is applied, and what it stands on is not.
    #[error(
        "{node} is applied, but {missing}, on which it stands, is not: the ledger was changed by hand; undo what stands on it with downgrade"
    )]
    InconsistentHistory { node: Node, missing: Node },
    /// The loaded file is older than the database.
    #[error(
        "plugin {plugin} is behind the database: applied are {}, which its file does not have; put the newer file back, \
         or undo them with downgrade",
        list(.revisions)
    )]
    AppliedButMissing { plugin: PluginName, revisions: Vec<RevisionId> },
    /// The target is of a plugin that was left out.
    #[error("plugin {plugin} was left out, so it cannot be upgraded")]
    LeftOut { plugin: PluginName },
    /// The target needs a revision of a plugin that was left out.
    #[error("{node} needs {needs}, which is not applied, and plugin {} was left out", .needs.plugin)]
    NeedsLeftOut { node: Node, needs: Node },
    /// The target is of a plugin that only the ledger knows.
    #[error("plugin {plugin} has no file in the plugins folder, or one that was refused; what there is to apply is in its file")]
    NoFile { plugin: PluginName },
    /// A revision that only the ledger knows would have to be applied.
    #[error("{node} cannot be applied, because the file of plugin {} does not have it", .node.plugin)]
    NotLoaded { node: Node },
    /// A ledger row about a revision that the graph was not built with.
    #[error("the ledger has {node}, and the graph does not")]
    NotInGraph { node: Node },
    /// Two ledger rows about one revision, or two with one sequence number.
    #[error("the ledger has {node} twice, or two revisions under its number")]
    AppliedTwice { node: Node },
}

/// At most this many names in a message; the error's fields have all of them.
const SHOWN: usize = 10;

/// Longer than any target that means something.
const QUOTED: usize = 200;

/// What somebody wrote, as far as it helps to see it again.
fn quote(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => format!("{text:?}"),
        Some((end, _)) => format!("{:?} and so on", &text[..end]),
    }
}

fn joined<T>(items: &[T], separator: &str, show: impl Fn(&T) -> String) -> String {
    let mut text: Vec<String> = items.iter().take(SHOWN).map(show).collect();
    if items.len() > SHOWN {
        text.push(format!("and {} more", items.len() - SHOWN));
    }
    text.join(separator)
}

fn list<T: fmt::Display>(items: &[T]) -> String {
    joined(items, ", ", T::to_string)
}

fn list_or<T: fmt::Display>(items: &[T], empty: &str) -> String {
    if items.is_empty() { empty.to_owned() } else { list(items) }
}

fn circle<T: fmt::Display>(items: &[T], verb: &str) -> String {
    let round: Vec<String> = items.iter().chain(items.first()).map(T::to_string).collect();
    round.join(&format!(" {verb} "))
}

fn reasons(dependents: &[Dependent]) -> String {
    joined(dependents, ", ", |dependent| format!("{} needs {}", dependent.node, dependent.needs))
}

fn in_plugin(plugin: Option<&PluginName>) -> String {
    plugin.map(|plugin| format!(" in plugin {plugin}")).unwrap_or_default()
}

fn whose(plugin: &PluginName, label: Option<&PluginName>) -> String {
    label.map_or_else(|| format!("plugin {plugin}"), |label| format!("the line through {label}"))
}

fn did_you_mean(near: Option<&PluginName>) -> String {
    near.map(|name| format!("; did you mean '{name}'?")).unwrap_or_default()
}

fn at(current: &[Node]) -> String {
    if current.is_empty() { String::new() } else { format!("; applied are {}", list(current)) }
}
