//! What a plugin's objects were after each of its revisions, so that each way back can be held against it. Only what a revision touched is
//! looked at: all objects after each of a thousand revisions would be a million texts.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::difference::{Difference, Facts, differences};
use crate::model::{Change, Name, ObjectKind, Operation, PluginName};
use crate::service::replay::{Replay, ReplayError, Replayed, facts_of};

type Key = (ObjectKind, Name);

/// The texts of a plugin's objects, by revision.
#[derive(Debug, Default)]
pub(super) struct States {
    /// After which revision an object's text became another; none where it went.
    texts: BTreeMap<Key, Vec<(usize, Option<String>)>>,
}

impl States {
    /// Notes what the `number`th revision (from 1) left of what it touched.
    pub(super) fn note(&mut self, replay: &Replay<'_>, number: usize, done: &Replayed, plugin: &PluginName) -> Result<(), ReplayError> {
        let mut keys = touched(done);
        if done.operations.iter().any(renames) {
            // A new name is followed into the texts of others.
            keys.extend(replay.objects_of(plugin)?.into_iter().map(|object| (object.kind, object.name)));
        }
        for key in keys {
            let text = replay.text_of(key.0, &key.1)?;
            self.texts.entry(key).or_default().push((number, text));
        }
        Ok(())
    }

    /// Notes what all of the plugin's objects are after its `number`th revision, which something else changed since.
    pub(super) fn note_all(&mut self, replay: &Replay<'_>, number: usize, plugin: &PluginName) -> Result<(), ReplayError> {
        for object in replay.objects_of(plugin)? {
            let text = replay.text_of(object.kind, &object.name)?;
            self.texts.entry((object.kind, object.name)).or_default().push((number, text));
        }
        Ok(())
    }

    fn after(&self, key: &Key, number: usize) -> Option<&str> {
        let notes = self.texts.get(key)?;
        notes.iter().rev().find(|(at, _)| *at <= number)?.1.as_deref()
    }

    /// In what the objects that one of `steps` touched are not what they were after the `number`th revision.
    pub(super) fn differences(&self, replay: &Replay<'_>, number: usize, steps: &[&Replayed]) -> Result<Vec<Difference>, ReplayError> {
        let (mut then, mut now) = (Facts::new(), Facts::new());
        for key in steps.iter().copied().flat_map(touched).collect::<BTreeSet<Key>>() {
            let (before, after) = (self.after(&key, number), replay.text_of(key.0, &key.1)?);
            if before == after.as_deref() {
                continue;
            }
            let facts = |text: Option<&str>| facts_of(text.map(|text| (key.0, &key.1, text)));
            then.extend(facts(before)?);
            now.extend(facts(after.as_deref())?);
        }
        Ok(differences(&then, &now))
    }
}

/// The objects that a step named, and those that came or went with them.
fn touched(done: &Replayed) -> BTreeSet<Key> {
    let named = done.operations.iter().flat_map(|operation| {
        let touched = operation.touched();
        touched.creates.into_iter().chain(touched.changes).chain(touched.drops)
    });
    let owned = done.owners.gone.iter().chain(&done.owners.new).map(|object| (object.kind, object.name.clone()));
    named.chain(owned).collect()
}

fn renames(operation: &Operation) -> bool {
    match operation {
        Operation::RenameTable { .. } | Operation::RenameColumn { .. } => true,
        Operation::AlterTable { changes, .. } => changes.iter().any(|change| matches!(change, Change::RenameColumn { .. })),
        _ => false,
    }
}
