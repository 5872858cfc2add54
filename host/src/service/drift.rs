//! `tenon drift` and `tenon repair`: in what the database is not as the applied revisions leave it, and accepting that.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::downgrade::Choice;
use super::error::ServiceError;
use super::host::Host;
use super::live::Live;
use super::load::{PluginSet, Refusal, causes};
use super::pending::{moved, proven};
use super::replay::{Mode, Replay, ReplayError, ReplayStep, facts_of};
use super::state::State;
use super::upgrade::ledger_entry;
use crate::migrate::Step;
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::difference::{Facts, differences};
use crate::model::{ContentHash, Name, Node, ObjectKind, PluginName, StoredName};
use crate::store::LivePart;
use crate::store::accepted::Accepted;
use crate::store::ledger::Entry;

/// In what the database is not as the applied revisions leave it.
#[derive(Debug, Serialize)]
pub struct Drift {
    /// By plugin; empty when there is none.
    pub items: Vec<Item>,
    /// Files that were refused, of which it is not known whether they would apply otherwise what is applied.
    pub refused: Vec<Refusal>,
}

/// One thing that is otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct Item {
    /// What `repair` takes: `table users`, or `shop@a1b2`.
    pub subject: String,
    /// Whose it is.
    pub plugin: PluginName,
    /// In what way.
    pub kind: Kind,
    /// The same for a person.
    pub reason: String,
    /// What the revisions leave and is not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// What is there and no revision leaves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surplus: Vec<String>,
    #[serde(skip)]
    what: What,
}

/// In what way something is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An object is gone.
    Missing,
    /// An object says something else.
    Changed,
    /// An object is there that no revision leaves.
    Surplus,
    /// The file of a plugin applies an applied revision otherwise than the component that applied it.
    Edited,
    /// What applied a revision is lost, or is not what the ledger says.
    Damaged,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    /// As it is: the hash of its text, none when it is not there.
    Object(Accepted),
    Revision(Node),
}

/// Compares; nothing is changed, not a byte of the file.
///
/// # Errors
/// The database cannot be read.
pub fn drift(host: &Host) -> Result<Drift, ServiceError> {
    let mut live = Live::open_read_only(host.settings())?;
    let (set, state) = loaded(host, &live)?;
    Ok(Drift { items: items(host, &mut live, &set, &state)?, refused: set.refused })
}

fn loaded(host: &Host, live: &Live) -> Result<(PluginSet, State), ServiceError> {
    let books = live.books()?;
    let set = host.load_if_there(host.files(), &books.owners);
    host.prove(live, books, set)
}

fn items(host: &Host, live: &mut Live, set: &PluginSet, state: &State) -> Result<Vec<Item>, ServiceError> {
    let mut items = edited(set, state);
    let mut replay = Replay::begin(host.settings())?;
    let mut choice = Choice::new(host, set);
    let (mut plugins, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    for (_, entry) in &state.entries {
        let node = entry.node();
        plugins.insert(node.plugin.clone());
        if unknown.contains(&node.plugin) {
            continue;
        }
        let step = Step::Upgrade(node.clone());
        let done = choice.code_for(live, state, &node).and_then(|code| {
            let step = ReplayStep { step: &step, mode: Mode::Online, manifest: &code.manifest, component: &code.component };
            Ok(replay.step(step, None)?)
        });
        let reason = match done {
            Ok(done) if done.digest() == entry.digest => continue,
            Ok(_) => "the component that applied it, replayed, does not do what the ledger says".to_owned(),
            Err(error @ (ServiceError::NotArchived { .. } | ServiceError::ArchiveUnusable { .. })) => {
                unknown.insert(node.plugin.clone());
                format!("{}; the plugin's objects cannot be compared", causes(&error))
            }
            Err(ServiceError::Replay(error @ ReplayError::Step { .. })) => {
                unknown.insert(node.plugin.clone());
                format!("{}; the plugin's objects cannot be compared", causes(&error))
            }
            Err(error) => return Err(error),
        };
        items.push(of_revision(&node, Kind::Damaged, reason));
    }
    for plugin in plugins.difference(&unknown) {
        items.extend(of_objects(live, &replay, plugin)?);
    }
    let accepted = live.accepted()?;
    items.retain(|item| !matches!(&item.what, What::Object(object) if accepted.contains(object)));
    items.sort_by(|one, other| (&one.plugin, &one.subject).cmp(&(&other.plugin, &other.subject)));
    Ok(items)
}

fn of_revision(node: &Node, kind: Kind, reason: String) -> Item {
    let (subject, plugin, what) = (node.to_string(), node.plugin.clone(), What::Revision(node.clone()));
    Item { subject, plugin, kind, reason, missing: Vec::new(), surplus: Vec::new(), what }
}

/// Applied revisions that the plugins' files would apply otherwise.
fn edited(set: &PluginSet, state: &State) -> Vec<Item> {
    let edit = |entry: &Entry| {
        let node = entry.node();
        let now = set.plugins.get(&node.plugin)?.manifest.revision(&node.revision)?;
        let otherwise = proven(set, &node).is_some_and(|replayed| replayed.digest() != entry.digest);
        let otherwise = otherwise.then(|| "is applied, and the plugin's file would apply it otherwise".to_owned());
        let (then, now) = moved(entry, now).unzip();
        let moved = then.zip(now).map(|(then, now)| format!("was applied on {then}, and the plugin's file puts it on {now}"));
        let reasons: Vec<String> = otherwise.into_iter().chain(moved).collect();
        (!reasons.is_empty()).then(|| of_revision(&node, Kind::Edited, reasons.join("; ")))
    };
    state.entries.iter().filter_map(|(_, entry)| edit(entry)).collect()
}

/// The objects of a plugin that are not as its revisions leave them; also those that nobody owns and that are part of its tables.
fn of_objects(live: &mut Live, replay: &Replay<'_>, plugin: &PluginName) -> Result<Vec<Item>, ServiceError> {
    let mut objects: Vec<(ObjectKind, Name, String)> =
        live.texts_of(plugin)?.into_iter().map(|(object, text)| (object.kind, object.name, text)).collect();
    let tables: Vec<Name> = objects.iter().filter(|(kind, ..)| *kind == ObjectKind::Table).map(|(_, name, _)| name.clone()).collect();
    let mut items = Vec::new();
    for table in tables {
        for part in live.parts_of(&table)?.into_iter().filter(|part| part.owner.is_none()) {
            match part.name.as_str().parse() {
                Ok(name) => objects.push((part.kind, name, part.text)),
                // No revision can leave what is called so.
                Err(_) => items.push(of_odd_name(plugin, part)),
            }
        }
    }
    let (mut found, mut unreadable) = (Facts::new(), BTreeMap::new());
    for (kind, name, text) in &objects {
        match facts_of([(*kind, name, text.as_str())]) {
            Ok(facts) => found.extend(facts),
            Err(error) => _ = unreadable.insert((*kind, name.clone()), causes(&error)),
        }
    }
    let left = replay.facts_of(plugin)?;
    let hashes: BTreeMap<(ObjectKind, Name), ContentHash> =
        objects.into_iter().map(|(kind, name, text)| ((kind, name), ContentHash::of(text.as_bytes()))).collect();
    let objects: BTreeMap<String, (ObjectKind, Name)> =
        left.keys().chain(found.keys()).map(|(kind, name)| (format!("{kind} {name}"), (*kind, name.clone()))).collect();
    for difference in differences(&left, &found) {
        let Some(object) = objects.get(&difference.object) else { continue };
        let (kind, reason) = match (left.contains_key(object), found.contains_key(object), unreadable.get(object)) {
            (_, _, Some(reason)) => (Kind::Changed, reason.clone()),
            (true, false, None) => (Kind::Missing, "is gone".to_owned()),
            (false, true, None) => (Kind::Surplus, SURPLUS.to_owned()),
            _ => (Kind::Changed, "is not as the revisions leave it".to_owned()),
        };
        let what = What::Object(Accepted { kind: object.0, name: StoredName::from(&object.1), text: hashes.get(object).copied() });
        let (subject, plugin) = (difference.object, plugin.clone());
        items.push(Item { subject, plugin, kind, reason, missing: difference.missing, surplus: difference.surplus, what });
    }
    Ok(items)
}

/// What is said of something that somebody made by hand.
const SURPLUS: &str = "is there, and no revision leaves it";

/// A part of a plugin's table with a name that no plugin could have given it.
fn of_odd_name(plugin: &PluginName, part: LivePart) -> Item {
    let LivePart { kind, name, text, .. } = part;
    let surplus = match SQLITE.facts(&text) {
        Ok(facts) => facts.into_iter().map(|fact| fact.shown).collect(),
        Err(_) => vec![text.clone()],
    };
    let subject = format!("{kind} {name}");
    let what = What::Object(Accepted { kind, name, text: Some(ContentHash::of(text.as_bytes())) });
    Item { subject, plugin: plugin.clone(), kind: Kind::Surplus, reason: SURPLUS.to_owned(), missing: Vec::new(), surplus, what }
}

/// Accepts one item of the drift: an object as it is, or a revision as the plugin's file would apply it now.
///
/// # Errors
/// There is no such item, or it is none that can be accepted.
pub fn repair(host: &Host, subject: &str) -> Result<Item, ServiceError> {
    let mut live = Live::open_to_plan(host.settings())?;
    let (set, state) = loaded(host, &live)?;
    let items = items(host, &mut live, &set, &state)?;
    let is_it = |item: &&Item| {
        let is_called = |object: &Accepted| object.name == StoredName::from(subject) || object.name.to_string() == subject;
        item.subject == subject || matches!(&item.what, What::Object(object) if is_called(object))
    };
    let Some(item) = items.iter().find(is_it).cloned() else {
        let items = items.into_iter().map(|item| item.subject).collect();
        return Err(ServiceError::NoSuchDrift { subject: subject.to_owned(), items });
    };
    live.begin()?;
    let mut work = || {
        if live.changed_by_others()? {
            return Err(ServiceError::ChangedInBetween);
        }
        match &item.what {
            What::Object(object) => live.accept(object)?,
            What::Revision(node) => {
                let plugin = set.plugins.get(&node.plugin).filter(|_| item.kind == Kind::Edited);
                let known = plugin.and_then(|plugin| Some((plugin, plugin.manifest.revision(&node.revision)?, proven(&set, node)?)));
                let Some((plugin, revision, replayed)) = known else {
                    return Err(ServiceError::BeyondRepair { subject: item.subject.clone(), reason: item.reason.clone() });
                };
                let (entry, up) = ledger_entry(plugin, revision, replayed, None);
                live.replace_entry(&entry, &up)?;
                live.archive(plugin)?;
            }
        }
        Ok(live.commit()?)
    };
    let result = work();
    live.end_quietly(result)?;
    live.prune_archive()?;
    Ok(item)
}
