//! Who owns what while steps run, and how a step changed it: kept and noted in memory, because reading all owners before and after each step
//! takes longer with each, and asking the database for one compiles the question anew after each change of the schema.

use std::collections::BTreeMap;

use crate::model::{Name, Object};

/// The difference between the owners before a step and after it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnerChanges {
    /// Objects that were there before and have gone, or have another owner or table.
    pub gone: Vec<Object>,
    /// Objects that are there now.
    pub new: Vec<Object>,
}

/// Notes changes one by one, and forgets those that a savepoint takes back.
#[derive(Debug, Default)]
pub(super) struct OwnerJournal {
    /// All that have an owner; none when that is not known.
    known: Option<BTreeMap<Name, Object>>,
    notes: Vec<Note>,
    /// How many notes there were when each open savepoint began.
    savepoints: Vec<usize>,
}

#[derive(Debug)]
enum Note {
    Added(Object),
    Removed(Object),
}

impl OwnerJournal {
    pub(super) fn added(&mut self, object: Object) {
        self.known.iter_mut().for_each(|known| _ = known.insert(object.name.clone(), object.clone()));
        self.notes.push(Note::Added(object));
    }

    pub(super) fn removed(&mut self, object: Object) {
        self.known.iter_mut().for_each(|known| _ = known.remove(&object.name));
        self.notes.push(Note::Removed(object));
    }

    /// The object of that name, if it has an owner. `all` is asked for all that have one, where they are not known.
    pub(super) fn owned<E>(&mut self, name: &Name, all: impl FnOnce() -> Result<Vec<Object>, E>) -> Result<Option<Object>, E> {
        if self.known.is_none() {
            self.known = Some(all()?.into_iter().map(|object| (object.name.clone(), object)).collect());
        }
        Ok(self.known.as_ref().and_then(|known| known.get(name)).cloned())
    }

    /// The owners may be others now than those that were noted.
    pub(super) fn forget(&mut self) {
        self.known = None;
    }

    pub(super) fn savepoint(&mut self) {
        self.savepoints.push(self.notes.len());
    }

    pub(super) fn release(&mut self) {
        self.savepoints.pop();
    }

    pub(super) fn undo(&mut self) {
        let length = self.savepoints.pop().unwrap_or(self.notes.len());
        for note in self.notes.drain(length..).rev() {
            match (&mut self.known, note) {
                (Some(known), Note::Added(object)) => _ = known.remove(&object.name),
                (Some(known), Note::Removed(object)) => _ = known.insert(object.name.clone(), object),
                (None, _) => {}
            }
        }
    }

    /// What was noted since the last time, each change once: what came and went again is none.
    pub(super) fn take(&mut self) -> OwnerChanges {
        self.savepoints.clear();
        let mut changes = OwnerChanges::default();
        let without = |these: &mut Vec<Object>, object: &Object| {
            let place = these.iter().position(|other| other == object);
            place.map(|place| these.remove(place)).is_some()
        };
        for note in std::mem::take(&mut self.notes) {
            match note {
                Note::Added(object) if without(&mut changes.gone, &object) => {}
                Note::Added(object) => changes.new.push(object),
                Note::Removed(object) if without(&mut changes.new, &object) => {}
                Note::Removed(object) => changes.gone.push(object),
            }
        }
        [&mut changes.gone, &mut changes.new].into_iter().for_each(|objects| objects.sort_by(|a, b| a.name.cmp(&b.name)));
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ObjectKind;

    fn table(name: &str) -> Object {
        Object { kind: ObjectKind::Table, name: name.parse().unwrap(), table: name.parse().unwrap(), owner: None }
    }

    fn names(objects: &[Object]) -> Vec<String> {
        objects.iter().map(|object| object.name.to_string()).collect()
    }

    #[test]
    fn what_came_and_went_is_no_change() {
        let mut journal = OwnerJournal::default();
        journal.added(table("a"));
        journal.removed(table("a"));
        journal.removed(table("b"));
        journal.added(table("b"));
        journal.added(table("c"));
        journal.removed(table("d"));
        let changes = journal.take();
        assert_eq!((names(&changes.new), names(&changes.gone)), (vec!["c".to_owned()], vec!["d".to_owned()]));
        assert_eq!(journal.take(), OwnerChanges::default(), "each is told once");
    }

    #[test]
    fn what_is_known_follows_what_is_noted_and_taken_back() {
        let mut journal = OwnerJournal::default();
        let is_owned = |journal: &mut OwnerJournal, name: &str| {
            let owned = journal.owned(&name.parse().unwrap(), || Ok::<_, ()>(vec![table("a"), table("b")]));
            owned.unwrap().is_some()
        };
        assert!(is_owned(&mut journal, "A") && !is_owned(&mut journal, "c"));
        journal.savepoint();
        journal.added(table("c"));
        journal.savepoint();
        journal.removed(table("a"));
        journal.added(table("d"));
        journal.removed(table("d"));
        assert!(!is_owned(&mut journal, "a") && is_owned(&mut journal, "c") && !is_owned(&mut journal, "d"));
        journal.undo();
        assert!(is_owned(&mut journal, "a") && is_owned(&mut journal, "c") && !is_owned(&mut journal, "d"));
        journal.undo();
        assert!(is_owned(&mut journal, "a") && !is_owned(&mut journal, "c"));
        journal.removed(table("b"));
        journal.forget();
        assert!(is_owned(&mut journal, "b"), "it is asked for again");
    }

    #[test]
    fn what_a_savepoint_takes_back_never_was() {
        let mut journal = OwnerJournal::default();
        journal.added(table("kept"));
        journal.savepoint();
        journal.added(table("outer"));
        journal.savepoint();
        journal.removed(table("kept"));
        journal.undo();
        journal.savepoint();
        journal.added(table("inner"));
        journal.release();
        assert_eq!(names(&journal.take().new), ["inner", "kept", "outer"]);
        journal.savepoint();
        journal.added(table("gone"));
        journal.undo();
        assert_eq!(journal.take(), OwnerChanges::default());
    }
}
