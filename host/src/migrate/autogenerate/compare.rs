//! What a schema has that another does not, in an order in which it can be made so.
//!
//! Triggers and views go first and come last, for they name the rest. Indexes go before the columns that they are over. New tables come
//! parents first and old ones go children first. Of tables whose keys lead in a circle, one comes without a key, which is added when all are
//! there. Keys that lead to what changes go before it and come after it.

use crate::migrate::shape::{Constraint, Piece, Said, Shapes, Unsayable};
use crate::model::{ForeignKey, Index, Name};

use super::around::differing;
use super::computed::Recomputed;
use super::order::{parents_first, views_in_order};
use super::{Detected, keys, tables};

/// A difference that no operation makes, so that no revision can be written for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}; write that revision by hand (`tenon revision -m \"…\"`)")]
pub struct Unwritable {
    /// The table whose difference it is, where it is one's: without that table the rest can be compared.
    pub table: Option<Name>,
    /// Of what.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Unwritable {
    pub(super) fn new(what: String, why: &str) -> Self {
        Self { table: None, what, why: why.to_owned() }
    }

    fn of(self, table: &Name) -> Self {
        Self { table: Some(table.clone()), ..self }
    }
}

pub(super) type Compared<T> = Result<T, Unwritable>;

/// What must be done to `found` so that it becomes what is `asked` for.
///
/// # Errors
/// [`Unwritable`].
pub fn compare(asked: &Shapes, found: &Shapes) -> Compared<Vec<Detected>> {
    let recomputed = Recomputed::of(asked, found);
    let (views, triggers) = differing(asked, found, &recomputed);
    let indexes = Indexes::of(asked, found, &recomputed)?;
    let mut all: Vec<Detected> = triggers.gone.iter().map(|name| Detected::RemoveTrigger((*name).clone())).collect();
    all.extend(views_in_order(found, &views.gone).into_iter().rev().map(|name| Detected::RemoveView(name.clone())));
    let (mut between, mut closing) = (Vec::new(), Vec::new());
    for (name, wanted) in &asked.tables {
        if let Some(there) = found.tables.get(name) {
            let ((wanted, late), (there, early)) = (keys::apart(wanted, asked, found), keys::apart(there, asked, found));
            all.extend(early.into_iter().map(|key| Detected::RemoveConstraint(name.clone(), key)));
            closing.extend(late.into_iter().map(|key| Detected::AddConstraint(name.clone(), key)));
            tables::between(name, &wanted, &there, &recomputed, &mut between).map_err(|error| error.of(name))?;
        }
    }
    all.extend(indexes.gone.iter().filter(|(table, _)| asked.tables.contains_key(*table)).map(removed));
    new_tables(asked, found, &indexes, &mut all)?;
    all.extend(between);
    all.extend(indexes.new.iter().filter(|(table, _)| found.tables.contains_key(*table)).map(added));
    all.extend(closing);
    old_tables(asked, found, &indexes, &mut all);
    for name in views_in_order(asked, &views.new) {
        all.push(Detected::AddView(said(&format!("view {name}"), &asked.views[name].said)?.clone()));
    }
    for name in &triggers.new {
        all.push(Detected::AddTrigger(said(&format!("trigger {name}"), &asked.triggers[*name].said)?.clone()));
    }
    Ok(all)
}

/// Indexes that go and that come, with their tables; one that is another under the same name does both.
struct Indexes<'a> {
    gone: Vec<(&'a Name, &'a Name)>,
    new: Vec<(&'a Name, &'a Index)>,
}

impl<'a> Indexes<'a> {
    fn of(asked: &'a Shapes, found: &'a Shapes, recomputed: &Recomputed<'_>) -> Compared<Self> {
        let lacks = |others: &Shapes, name: &Name, table: &Name, index: &Piece<Index>| {
            others.indexes.get(name).is_none_or(|(_, it)| it.key != index.key) || recomputed.is_under_index(table, index)
        };
        let gone = found.indexes.iter().filter(|(name, (table, index))| lacks(asked, name, table, index));
        let gone = gone.map(|(name, (table, _))| (table, name));
        let new = asked.indexes.iter().filter(|(name, (table, index))| lacks(found, name, table, index));
        let new = new.map(|(name, (table, index))| {
            let index = said(&format!("index {name}"), &index.said).map_err(|error| error.of(table))?;
            Ok((table, index))
        });
        Ok(Self { gone: gone.collect(), new: new.collect::<Compared<_>>()? })
    }
}

fn removed((table, name): &(&Name, &Name)) -> Detected {
    Detected::RemoveIndex((*table).clone(), (*name).clone())
}

fn added((table, index): &(&Name, &Index)) -> Detected {
    Detected::AddIndex((*table).clone(), (*index).clone())
}

/// Tables that come, with their indexes, parents first; keys that lead in a circle come when all are there.
fn new_tables(asked: &Shapes, found: &Shapes, indexes: &Indexes<'_>, all: &mut Vec<Detected>) -> Compared<()> {
    let new = asked.tables.iter().filter(|(name, _)| !found.tables.contains_key(*name)).collect();
    let order = parents_first(&new);
    let mut closing = Vec::new();
    for (place, name) in order.iter().copied().enumerate() {
        let mut made = tables::declared(name, &asked.tables[name]).map_err(|error| error.of(name))?;
        let is_late = |key: &mut ForeignKey| order[place + 1..].contains(&&key.target_table);
        let late = made.foreign_keys.extract_if(.., is_late);
        closing.extend(late.map(|key| Detected::AddConstraint(name.clone(), Constraint::ForeignKey(key))));
        all.push(Detected::AddTable(made));
        all.extend(indexes.new.iter().filter(|(table, _)| *table == name).map(added));
    }
    all.extend(closing);
    Ok(())
}

/// Tables that go, with their indexes, children first.
fn old_tables(asked: &Shapes, found: &Shapes, indexes: &Indexes<'_>, all: &mut Vec<Detected>) {
    let old = found.tables.iter().filter(|(name, _)| !asked.tables.contains_key(*name)).collect();
    let mut order = parents_first(&old);
    while let Some(name) = order.pop() {
        all.extend(indexes.gone.iter().filter(|(table, _)| *table == name).map(removed));
        // One of those that refer to each other goes first.
        let is_referred_to = order.iter().any(|other| old[other].targets().any(|target| target == name));
        all.push(Detected::RemoveTable(name.clone(), is_referred_to));
    }
}

pub(super) fn said<'a, T>(what: &str, said: &'a Said<T>) -> Compared<&'a T> {
    said.as_ref().map_err(|Unsayable(why)| Unwritable::new(what.to_owned(), &format!("it has {why}")))
}
