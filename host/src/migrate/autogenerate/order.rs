//! What comes before what: parents before their children, views after those that they read.

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
    let query = |piece: &'_ Piece<View>| piece.said.as_ref().map_or_else(|_| piece.key.clone(), |view| view.query.clone());
    let reads = |view: &Name, other: &Name| schema.views.get(view).is_some_and(|piece| mentions(&query(piece), other.as_str()));
    let mut order: Vec<&Name> = Vec::new();
    let mut left: Vec<&Name> = views.to_vec();
    while !left.is_empty() {
        let free = left.iter().position(|view| !left.iter().any(|other| other != view && reads(view, other))).unwrap_or(0);
        order.push(left.remove(free));
    }
    order
}
