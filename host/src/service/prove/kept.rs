//! Proofs that were made before: sealed in the cache, under a key of all that they depend on.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::Proof;
use crate::model::{ContentHash, Node, Object, Operation, PluginName, RevisionId};
use crate::runtime::Runtime;
use crate::service::load::{Plugin, PluginSet};
use crate::service::owner_changes::OwnerChanges;
use crate::service::replay::Replayed;

/// Changes with what is kept.
const FORM: u32 = 3;

#[derive(Serialize, Deserialize)]
struct KeptRevision {
    id: RevisionId,
    operations: Vec<Operation>,
    gone: Vec<Object>,
    new: Vec<Object>,
}

/// The proof of a plugin, if it was made by this very program with the same files.
pub(super) fn read(runtime: &Runtime, set: &PluginSet, plugin: &Plugin, history: &[Node]) -> Option<Proof> {
    Some(Proof::from_kept(runtime.kept(key(set, plugin, history)?)?))
}

/// What each revision did, out of what [`write()`] wrote; nothing out of anything else, which only another program can have sealed.
pub(super) fn revisions(kept: &[u8]) -> HashMap<RevisionId, Replayed> {
    let revision = |KeptRevision { id, operations, gone, new }: KeptRevision| {
        (id, Replayed { operations, written: Vec::new(), owners: OwnerChanges { gone, new } })
    };
    let kept =
        serde_json::from_slice::<Vec<KeptRevision>>(kept).inspect_err(|error| tracing::warn!("a kept proof cannot be read: {error}"));
    kept.unwrap_or_default().into_iter().map(revision).collect()
}

/// Keeps a proof for next time, where there is a cache.
pub(super) fn write(runtime: &Runtime, set: &PluginSet, plugin: &Plugin, history: &[Node], proof: &Proof) {
    let Some(key) = key(set, plugin, history) else { return };
    let revision = |(id, replayed): (&RevisionId, &Replayed)| {
        let Replayed { operations, owners: OwnerChanges { gone, new }, .. } = replayed.clone();
        KeptRevision { id: id.clone(), operations, gone, new }
    };
    match serde_json::to_vec(&proof.revisions().iter().map(revision).collect::<Vec<_>>()) {
        Ok(bytes) => runtime.keep(key, &bytes),
        Err(error) => tracing::debug!(plugin = %plugin.manifest.name, "its proof cannot be kept: {error}"),
    }
}

/// The hash of everything that a proof depends on: this program, the plugin's file and those of all that it requires, and the order in which
/// their revisions ran.
fn key(set: &PluginSet, plugin: &Plugin, history: &[Node]) -> Option<ContentHash> {
    let mut closure: BTreeSet<&PluginName> = BTreeSet::new();
    let mut open = vec![&plugin.manifest.name];
    while let Some(name) = open.pop() {
        if closure.insert(name) {
            open.extend(set.plugins.get(name)?.manifest.requires.iter().map(|requirement| &requirement.plugin));
        }
    }
    let mut text = format!("proof {FORM} of {} by {} {}\n", plugin.manifest.name, env!("CARGO_PKG_VERSION"), program()?);
    for name in closure {
        writeln!(text, "{name} {}", set.plugins.get(name)?.hash()).ok()?;
    }
    for node in history {
        writeln!(text, "{node}").ok()?;
    }
    Some(ContentHash::of(text.as_bytes()))
}

/// What tells one build of this program from another: its length, and when it was written.
fn program() -> Option<String> {
    let metadata = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let written = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{} {}", metadata.len(), written.as_nanos()))
}
