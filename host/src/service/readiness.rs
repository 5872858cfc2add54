//! Whether a plugin's collections can answer.
//!
//! The record engine works as the host, so nothing below it asks whose rows it reads. That a plugin *declares* a table says nothing: the
//! table may be the operator's, another plugin's, or a view. Only one that this plugin's revisions made, as the database knows it, is
//! served in its name.

use super::load::Plugin;
use super::serving::Readiness;
use super::state::{State, Tables};
use crate::migrate::applied_but_missing_of;
use crate::model::{Collection, Manifest};

/// Of one collection. `tables` are those that are there, and whose they are.
pub(super) fn of_collection(plugin: &Plugin, collection: &Collection, state: &State, tables: &Tables) -> Readiness {
    let manifest = &plugin.manifest;
    if let Some(waiting) = behind(manifest, state).or_else(|| unset(plugin)) {
        return waiting;
    }
    match tables.get(&collection.table) {
        Some(owner) if *owner == manifest.name => Readiness::Ready,
        _ => Readiness::not_own(&manifest.name, &collection.table),
    }
}

/// Of a plugin as a whole: that of its first collection that cannot answer. One without collections is ready when all is applied.
pub(super) fn of_plugin(plugin: &Plugin, state: &State, tables: &Tables) -> Readiness {
    if let Some(waiting) = behind(&plugin.manifest, state).or_else(|| unset(plugin)) {
        return waiting;
    }
    let mut collections = plugin.manifest.collections.iter().map(|collection| of_collection(plugin, collection, state, tables));
    collections.find(|readiness| *readiness != Readiness::Ready).unwrap_or(Readiness::Ready)
}

/// That settings are missing or wrong, if so.
fn unset(plugin: &Plugin) -> Option<Readiness> {
    plugin.settings().err().map(|reasons| Readiness::unset(&plugin.manifest.name, &reasons))
}

/// That not all of the plugin's revisions are applied, or more than its file has, if so: an older file would write rows that the newer one
/// does not mean.
fn behind(manifest: &Manifest, state: &State) -> Option<Readiness> {
    let missing = applied_but_missing_of(&state.graph, &state.applied, &manifest.name);
    let unknown: Vec<String> = missing.into_iter().map(ToString::to_string).collect();
    if !unknown.is_empty() {
        return Some(Readiness::ahead(&manifest.name, &unknown));
    }
    let heads = state.graph.heads(&manifest.name);
    let pending = heads.iter().any(|head| !state.is_applied(head));
    pending.then(|| Readiness::behind(&manifest.name, heads.len()))
}
