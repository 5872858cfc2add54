//! Schemas for tests, written in the SQL that a database keeps of them.

use std::collections::BTreeMap;

use super::*;
use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::shape::Constraint;
use crate::model::{Trigger, View};

/// A plugin that declares what these statements make.
pub(super) fn declaring(statements: &[&str]) -> Manifest {
    let mut shapes = Shapes::default();
    for sql in statements {
        let words: Vec<&str> = sql.split_whitespace().collect();
        let kind = if words[1] == "UNIQUE" { 2 } else { 1 };
        shapes.add(name(words[kind + 1].trim_matches('"')), SQLITE.shape(sql).unwrap());
    }
    let (mut tables, mut views, mut triggers) = (BTreeMap::<Name, Table>::new(), Vec::<View>::new(), Vec::<Trigger>::new());
    for one in compare(&shapes, &Shapes::default()).unwrap() {
        match one {
            Detected::AddTable(table) => drop(tables.insert(table.name.clone(), table)),
            Detected::AddConstraint(table, Constraint::ForeignKey(key)) => tables.get_mut(&table).unwrap().foreign_keys.push(key),
            Detected::AddIndex(table, index) => tables.get_mut(&table).unwrap().indexes.push(index),
            Detected::AddView(view) => views.push(view),
            Detected::AddTrigger(trigger) => triggers.push(trigger),
            other => panic!("{other}"),
        }
    }
    Manifest { tables: tables.into_values().collect(), views, triggers, ..Manifest::bare("mine") }
}

impl Manifest {
    /// Says that a column was called otherwise, `t.new` before `old`, or that a table was, `t`.
    pub(super) fn renamed(mut self, what: &str, old: &str) -> Self {
        let (table, column) = what.split_once('.').map_or((what, None), |(table, column)| (table, Some(column)));
        let table = self.tables.iter_mut().find(|one| one.name == *table).unwrap();
        match column {
            None => table.renamed_from = Some(name(old)),
            Some(column) => table.columns.iter_mut().find(|one| one.name == *column).unwrap().renamed_from = Some(name(old)),
        }
        self
    }
}

/// A database with what another manifest declares, and rows.
pub(super) struct Database<'a> {
    replay: Replay<'a>,
}

impl<'a> Database<'a> {
    pub(super) fn new(settings: &'a Settings, before: &Manifest) -> Self {
        let mut replay = Replay::begin(settings).unwrap();
        let views = before.views.iter().map(|view| Operation::CreateView { view: view.clone(), if_not_exists: false });
        let triggers = before.triggers.iter().map(|trigger| Operation::CreateTrigger { trigger: trigger.clone(), if_not_exists: false });
        let all: Vec<Operation> = create(&before.tables).into_iter().chain(views).chain(triggers).collect();
        apply(&mut replay, before, &all).unwrap();
        Self { replay }
    }

    pub(super) fn fill(&mut self, sql: &str) {
        self.replay.fill(&[Operation::Execute { sql: sql.to_owned(), params: Vec::new() }]);
    }

    /// Inserts rows, unless a rule of the table forbids it.
    pub(super) fn offer(&mut self, rows: &Operation) {
        self.replay.offer(rows);
    }

    pub(super) fn detect(&mut self, manifest: &Manifest) -> Result<Found, AuthorError> {
        from_there(&mut self.replay, manifest)
    }

    pub(super) fn run(&mut self, manifest: &Manifest, operations: &[Operation]) -> Result<(), AuthorError> {
        apply(&mut self.replay, manifest, operations)
    }

    /// The values of some columns, by row.
    pub(super) fn values(&mut self, table: &str, columns: &[&str]) -> Vec<String> {
        self.replay.values(&name(table), &columns.iter().map(|column| name(column)).collect::<Vec<_>>())
    }
}

/// What is found when a plugin that was so becomes another.
pub(super) fn found(before: &Manifest, after: &Manifest) -> Result<Found, AuthorError> {
    Database::new(&settings(), before).detect(after)
}

/// The same, as people read it.
pub(super) fn told(found: &Found) -> Vec<String> {
    found.detected.iter().map(ToString::to_string).collect()
}
