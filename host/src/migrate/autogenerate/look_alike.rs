//! What may be a rename that nobody said: something goes, and something of the same make comes.

use std::fmt;

use serde::Serialize;

use crate::migrate::shape::{Shapes, TableShape};
use crate::model::Name;

use super::Detected;

/// A drop and an add that look like one rename.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookAlike {
    /// `table` or `column`.
    pub kind: &'static str,
    /// Its table, of a column.
    pub table: Option<Name>,
    /// What goes.
    pub removed: Name,
    /// What comes.
    pub added: Name,
}

impl fmt::Display for LookAlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, table, removed, added } = self;
        let of = table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
        write!(
            f,
            "{kind} {of}{removed} goes and {of}{added} of the same make comes: is it renamed, say renamed_from = \"{removed}\" at {added}"
        )
    }
}

/// All pairs; each that goes is named once, with the first that comes.
pub fn look_alikes(detected: &[Detected], asked: &Shapes, found: &Shapes) -> Vec<LookAlike> {
    let mut all = Vec::new();
    for one in detected {
        match one {
            Detected::RemoveColumn(table, removed) => {
                let make = found.tables.get(table).and_then(|shape| shape.column(removed));
                let is_alike = |added: &&Name| {
                    let new = asked.tables.get(table).and_then(|shape| shape.column(added));
                    make.zip(new)
                        .is_some_and(|(old, new)| old.data_type == new.data_type && old.generated.is_none() && new.generated.is_none())
                };
                let added = detected.iter().filter_map(|other| match other {
                    Detected::AddColumn(of, column) if of == table => Some(&column.name),
                    _ => None,
                });
                let pair =
                    |added: &Name| LookAlike { kind: "column", table: Some(table.clone()), removed: removed.clone(), added: added.clone() };
                all.extend(added.filter(is_alike).map(pair).next());
            }
            Detected::RemoveTable(removed, _) => {
                let added = detected.iter().filter_map(|other| match other {
                    Detected::AddTable(table) => Some(&table.name),
                    _ => None,
                });
                let is_alike = |added: &&Name| {
                    found.tables.get(removed).zip(asked.tables.get(*added)).is_some_and(|(old, new)| holds(old, new) || holds(new, old))
                };
                let pair = |added: &Name| LookAlike { kind: "table", table: None, removed: removed.clone(), added: added.clone() };
                all.extend(added.filter(is_alike).map(pair).next());
            }
            _ => {}
        }
    }
    all
}

/// Whether one table has all columns of another.
fn holds(one: &TableShape, other: &TableShape) -> bool {
    let has = |name: &Name, data_type: &str| one.column(name).is_some_and(|column| column.data_type == data_type);
    other.columns.iter().all(|column| has(&column.name, &column.data_type))
}
