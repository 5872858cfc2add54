//! Whether a plugin's collections can answer.
//!
//! The record engine works as the host, so nothing below it asks whose rows it reads. That a plugin *declares* a table says nothing: the
//! table may be the operator's, another plugin's, or a view. Only one that this plugin's revisions made, as the database knows it, is
//! served in its name.

use super::serving::Readiness;
use super::state::State;
use crate::model::{Collection, Manifest};

/// Of one collection.
pub(super) fn of_collection(manifest: &Manifest, collection: &Collection, state: &State) -> Readiness {
    if let Some(behind) = behind(manifest, state) {
        return behind;
    }
    match state.tables.get(&collection.table) {
        Some(owner) if *owner == manifest.name => Readiness::Ready,
        _ => Readiness::not_own(&manifest.name, &collection.table),
    }
}

/// Of a plugin as a whole: that of its first collection that cannot answer. One without collections is ready when all is applied.
pub(super) fn of_plugin(manifest: &Manifest, state: &State) -> Readiness {
    if let Some(behind) = behind(manifest, state) {
        return behind;
    }
    let mut collections = manifest.collections.iter().map(|collection| of_collection(manifest, collection, state));
    collections.find(|readiness| *readiness != Readiness::Ready).unwrap_or(Readiness::Ready)
}

/// That not all of the plugin's revisions are applied, if so.
fn behind(manifest: &Manifest, state: &State) -> Option<Readiness> {
    let heads = state.graph.heads(&manifest.name);
    let pending = heads.iter().any(|head| !state.is_applied(head));
    pending.then(|| Readiness::behind(&manifest.name, heads.len()))
}
