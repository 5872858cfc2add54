//! What comes before what: parents before their children, views and computed columns after what they read.

use std::collections::{BTreeMap, BTreeSet};

use crate::migrate::shape::{Piece, Shapes, TableShape};
use crate::model::sql::mentions;
use crate::model::{Name, View};

/// Tables so that each comes after those that its keys lead to.
pub(super) fn parents_first<'a>(tables: &BTreeMap<&'a Name, &'a TableShape>) -> Vec<&'a Name> {
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

/// Views so that each comes after those that its query reads.
pub(super) fn views_in_order<'a>(schema: &Shapes, views: &[&'a Name]) -> Vec<&'a Name> {
    in_order(views, |view, other| schema.views.get(*view).is_some_and(|piece| reads(piece, other)))
}

/// Whether a view reads a table or another view.
pub(super) fn reads(view: &Piece<View>, other: &Name) -> bool {
    let query = view.said.as_ref().map_or(&view.key, |view| &view.query);
    mentions(query, other.as_str())
}

/// Things so that each comes after those that it `reads`, else as they are.
pub(super) fn in_order<T: Copy + PartialEq>(all: &[T], reads: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let (mut order, mut left) = (Vec::new(), all.to_vec());
    while !left.is_empty() {
        let free = left.iter().position(|one| !left.iter().any(|other| other != one && reads(one, other))).unwrap_or(0);
        order.push(left.remove(free));
    }
    order
}
