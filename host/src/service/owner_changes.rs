//! How a step changed who owns what: noted while it runs, because reading all owners before and after each step takes longer with each.

use crate::model::Object;

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
        self.notes.push(Note::Added(object));
    }

    pub(super) fn removed(&mut self, object: Object) {
        self.notes.push(Note::Removed(object));
    }

    pub(super) fn savepoint(&mut self) {
        self.savepoints.push(self.notes.len());
    }

    pub(super) fn release(&mut self) {
        self.savepoints.pop();
    }

    pub(super) fn undo(&mut self) {
        if let Some(length) = self.savepoints.pop() {
            self.notes.truncate(length);
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
