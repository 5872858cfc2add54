//! What a schema has that another does not, in an order in which it can be made so.
//!
//! Triggers and views go first and come last, for they name the rest. Indexes go before the columns that they are over. New tables come
//! parents first and old ones go children first. Of tables whose keys lead in a circle, one comes without a key, which is added when all are
//! there.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::shape::{ColumnShape, Constraint, Piece, PrimaryKey, Said, Shapes, TableShape, Unsayable};
use crate::model::{Column, ForeignKey, Name, Table};

use super::Detected;

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
    fn new(what: String, why: &str) -> Self {
        Self { table: None, what, why: why.to_owned() }
    }

    fn of(self, table: &Name) -> Self {
        Self { table: Some(table.clone()), ..self }
    }
}

type Compared<T> = Result<T, Unwritable>;

/// What must be done to `found` so that it becomes what is `asked` for.
///
/// # Errors
/// [`Unwritable`].
pub fn compare(asked: &Shapes, found: &Shapes) -> Compared<Vec<Detected>> {
    let mut all = Vec::new();
    let goes = |name: &Name| !asked.tables.contains_key(name);
    let is_new = |name: &Name| !found.tables.contains_key(name);
    let triggers = differing(&asked.triggers, &found.triggers);
    let views = differing(&asked.views, &found.views);
    all.extend(triggers.gone.iter().map(|name| Detected::RemoveTrigger((*name).clone())));
    all.extend(views_in_order(found, &views.gone).into_iter().rev().map(|name| Detected::RemoveView(name.clone())));
    let (mut gone, mut new) = (Vec::new(), Vec::new());
    for (name, (table, index)) in &found.indexes {
        if asked.indexes.get(name).is_none_or(|(_, other)| other.key != index.key) {
            gone.push((table, name));
        }
    }
    for (name, (table, index)) in &asked.indexes {
        if found.indexes.get(name).is_none_or(|(_, other)| other.key != index.key) {
            new.push((table, said(&format!("index {name}"), &index.said).map_err(|error| error.of(table))?));
        }
    }
    all.extend(gone.iter().filter(|(table, _)| !goes(table)).map(|(table, name)| Detected::RemoveIndex((*table).clone(), (*name).clone())));
    let added = asked.tables.iter().filter(|(name, _)| is_new(name)).collect();
    let order = parents_first(&added);
    let mut closing = Vec::new();
    for (place, name) in order.iter().copied().enumerate() {
        let mut made = table(name, &asked.tables[name]).map_err(|error| error.of(name))?;
        let is_late = |key: &mut ForeignKey| order[place + 1..].contains(&&key.target_table);
        closing.extend(
            made.foreign_keys.extract_if(.., is_late).map(|key| Detected::AddConstraint(name.clone(), Constraint::ForeignKey(key))),
        );
        all.push(Detected::AddTable(made));
        let own = new.iter().filter(|(table, _)| *table == name);
        all.extend(own.map(|(table, index)| Detected::AddIndex((*table).clone(), (*index).clone())));
    }
    all.extend(closing);
    for (name, wanted) in &asked.tables {
        if let Some(there) = found.tables.get(name) {
            of_table(name, wanted, there, &mut all).map_err(|error| error.of(name))?;
        }
    }
    all.extend(new.iter().filter(|(table, _)| !is_new(table)).map(|(table, index)| Detected::AddIndex((*table).clone(), (*index).clone())));
    let removed = found.tables.iter().filter(|(name, _)| goes(name)).collect();
    let mut order = parents_first(&removed);
    while let Some(name) = order.pop() {
        let own = gone.iter().filter(|(table, _)| *table == name);
        all.extend(own.map(|(table, index)| Detected::RemoveIndex((*table).clone(), (*index).clone())));
        // One of those that refer to each other goes first.
        let is_referred_to = order.iter().any(|other| removed[other].targets().any(|target| target == name));
        all.push(Detected::RemoveTable(name.clone(), is_referred_to));
    }
    for name in views_in_order(asked, &views.new) {
        all.push(Detected::AddView(said(&format!("view {name}"), &asked.views[name].said)?.clone()));
    }
    for name in &triggers.new {
        all.push(Detected::AddTrigger(said(&format!("trigger {name}"), &asked.triggers[*name].said)?.clone()));
    }
    Ok(all)
}

struct Differing<'a> {
    gone: Vec<&'a Name>,
    new: Vec<&'a Name>,
}

/// What is there and not asked for, and the other way round; what is another under the same name is both.
fn differing<'a, T>(asked: &'a BTreeMap<Name, Piece<T>>, found: &'a BTreeMap<Name, Piece<T>>) -> Differing<'a> {
    let lacks = |others: &BTreeMap<Name, Piece<T>>, (name, piece): &(&Name, &Piece<T>)| {
        others.get(*name).is_none_or(|other| other.key != piece.key)
    };
    let names = |all: &'a BTreeMap<Name, Piece<T>>, others: &BTreeMap<Name, Piece<T>>| {
        all.iter().filter(|one| lacks(others, one)).map(|(name, _)| name).collect()
    };
    Differing { gone: names(found, asked), new: names(asked, found) }
}

fn said<'a, T>(what: &str, said: &'a Said<T>) -> Compared<&'a T> {
    said.as_ref().map_err(|Unsayable(why)| Unwritable::new(what.to_owned(), &format!("it has {why}")))
}

/// Tables so that each comes after those that its keys lead to.
fn parents_first<'a>(tables: &BTreeMap<&'a Name, &'a TableShape>) -> Vec<&'a Name> {
    fn visit<'a>(name: &'a Name, tables: &BTreeMap<&'a Name, &'a TableShape>, seen: &mut BTreeSet<&'a Name>, order: &mut Vec<&'a Name>) {
        if !seen.insert(name) {
            return;
        }
        for target in tables[name].targets() {
            if let Some((parent, _)) = tables.get_key_value(target) {
                visit(parent, tables, seen, order);
            }
        }
        order.push(name);
    }
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    for name in tables.keys() {
        visit(name, tables, &mut seen, &mut order);
    }
    order
}

/// Views so that each comes after those that its query names.
fn views_in_order<'a>(schema: &Shapes, views: &[&'a Name]) -> Vec<&'a Name> {
    let names = |view: &Name, other: &Name| {
        schema
            .views
            .get(view)
            .is_some_and(|piece| piece.key.split(' ').any(|word| word.trim_matches('"').eq_ignore_ascii_case(other.as_str())))
    };
    let mut order: Vec<&Name> = Vec::new();
    let mut left: Vec<&Name> = views.to_vec();
    while !left.is_empty() {
        let free = left.iter().position(|view| !left.iter().any(|other| other != view && names(view, other))).unwrap_or(0);
        order.push(left.remove(free));
    }
    order
}

/// A table as it is declared.
fn table(name: &Name, shape: &TableShape) -> Compared<Table> {
    let mut made = Table {
        name: name.clone(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        strict: shape.strict,
        without_rowid: shape.without_rowid,
        autoincrement: false,
        renamed_from: None,
    };
    for column in &shape.columns {
        made.columns.push(said(&format!("column {name}.{}", column.name), &column.said)?.clone());
    }
    if let Some(key) = &shape.primary_key {
        let PrimaryKey { columns, autoincrement } = said(&format!("the primary key of {name}"), &key.said)?;
        (made.primary_key, made.autoincrement) = (columns.clone(), *autoincrement);
    }
    for piece in &shape.constraints {
        match said(&format!("a constraint of {name}"), &piece.said)?.clone() {
            Constraint::Unique(unique) => made.uniques.push(unique),
            Constraint::Check(check) => made.checks.push(check),
            Constraint::ForeignKey(key) => made.foreign_keys.push(key),
        }
    }
    Ok(made)
}

fn of_table(name: &Name, asked: &TableShape, found: &TableShape, all: &mut Vec<Detected>) -> Compared<()> {
    for (option, wanted, there) in [("STRICT", asked.strict, found.strict), ("WITHOUT ROWID", asked.without_rowid, found.without_rowid)] {
        if wanted != there {
            return Err(Unwritable::new(format!("table {name}"), &format!("{option} is part of how a table is made")));
        }
    }
    let column = |column: &ColumnShape| -> Compared<Column> { Ok(said(&format!("column {name}.{}", column.name), &column.said)?.clone()) };
    let pairs = || asked.columns.iter().filter_map(|wanted| Some((wanted, found.column(&wanted.name)?)));
    // What is computed, or comes to be, holds no values of its own: it is made anew.
    let is_recomputed = |(wanted, there): &(&ColumnShape, &ColumnShape)| {
        wanted.generated != there.generated || wanted.generated.is_some() && wanted.data_type != there.data_type
    };
    let recomputed: Vec<&Name> = pairs().filter(is_recomputed).map(|(wanted, _)| &wanted.name).collect();
    let mut gone = Vec::new();
    for wanted in &asked.columns {
        if found.column(&wanted.name).is_none() || recomputed.contains(&&wanted.name) {
            all.push(Detected::AddColumn(name.clone(), column(wanted)?));
        }
    }
    for there in &found.columns {
        if asked.column(&there.name).is_none() || recomputed.contains(&&there.name) {
            all.push(Detected::RemoveColumn(name.clone(), there.name.clone()));
            gone.push(&there.name);
        }
    }
    for (wanted, there) in pairs().filter(|(wanted, _)| !recomputed.contains(&&wanted.name)) {
        of_column(name, wanted, there, all)?;
    }
    of_constraints(name, asked, found, &gone, all)?;
    let key = |shape: &TableShape| shape.primary_key.as_ref().map(|key| key.key.clone());
    if key(asked) != key(found) {
        let nothing = PrimaryKey { columns: Vec::new(), autoincrement: false };
        let wanted = asked.primary_key.as_ref().map(|key| said(&format!("the primary key of {name}"), &key.said)).transpose()?;
        all.push(Detected::ModifyPrimaryKey(name.clone(), wanted.cloned().unwrap_or(nothing)));
    }
    Ok(())
}

fn of_column(table: &Name, wanted: &ColumnShape, there: &ColumnShape, all: &mut Vec<Detected>) -> Compared<()> {
    let what = || format!("column {table}.{}", wanted.name);
    if wanted.collate != there.collate {
        return Err(Unwritable::new(what(), "its collation changes, which no operation does"));
    }
    let said = || said(&what(), &wanted.said);
    let (table, name) = (table.clone(), wanted.name.clone());
    if wanted.data_type != there.data_type {
        all.push(Detected::ModifyType(table.clone(), name.clone(), said()?.data_type.clone()));
    }
    if wanted.not_null != there.not_null {
        all.push(Detected::ModifyNullable(table.clone(), name.clone(), said()?.nullable));
    }
    if wanted.default != there.default {
        all.push(Detected::ModifyDefault(table, name, said()?.default.clone()));
    }
    Ok(())
}

/// A constraint that is asked for without a name may have any. What belongs to one column that goes, goes with it.
fn of_constraints(name: &Name, asked: &TableShape, found: &TableShape, gone: &[&Name], all: &mut Vec<Detected>) -> Compared<()> {
    let what = || format!("a constraint of {name}");
    let mut left: Vec<&Piece<Constraint>> = found.constraints.iter().collect();
    let mut missing = Vec::new();
    // Those with a name first, so that one without does not take theirs.
    let (named, nameless): (Vec<_>, Vec<_>) = asked.constraints.iter().partition(|piece| piece.name.is_some());
    for piece in named.into_iter().chain(nameless) {
        match left.iter().position(|other| other.key == piece.key && (piece.name.is_none() || piece.name == other.name)) {
            Some(place) => drop(left.remove(place)),
            None => missing.push(piece),
        }
    }
    for piece in left {
        let constraint = said(&what(), &piece.said)?;
        let own: &[Name] = match constraint {
            Constraint::Unique(unique) => &unique.columns,
            Constraint::ForeignKey(key) => &key.columns,
            Constraint::Check(_) => &[],
        };
        // One of several columns is in the way of each.
        if !matches!(own, [column] if gone.contains(&column)) {
            all.push(Detected::RemoveConstraint(name.clone(), constraint.clone()));
        }
    }
    for piece in missing {
        all.push(Detected::AddConstraint(name.clone(), said(&what(), &piece.said)?.clone()));
    }
    Ok(())
}
