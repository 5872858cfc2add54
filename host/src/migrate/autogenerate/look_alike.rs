//! What may be a rename that nobody said: something goes, and something of the same make comes.
//!
//! The measure is generous, for one word undoes a false alarm and nothing brings back what is lost. Columns are alike when their types are of
//! one family. Tables are when they have enough columns in common, of the same name and family; what every entity has says nothing.

use std::fmt;

use serde::Serialize;

use crate::migrate::shape::{ColumnShape, Shapes, TableShape};
use crate::model::{ColumnType, Name};

use super::Detected;

/// The columns that every entity has.
const OF_EVERY_ENTITY: [&str; 4] = ["id", "created_at", "updated_at", "tags"];

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

impl LookAlike {
    /// `notes:memos`, `notes.phone:telephone`: what an author calls it who says that it is no rename.
    pub fn label(&self) -> String {
        let Self { table, removed, added, .. } = self;
        let of = table.as_ref().map(|table| format!("{table}.")).unwrap_or_default();
        format!("{of}{removed}:{added}")
    }
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

/// All pairs, by what goes, each with what comes and is most like it first.
pub fn look_alikes(detected: &[Detected], asked: &Shapes, found: &Shapes) -> Vec<LookAlike> {
    let alike = |removed: &Detected| match removed {
        Detected::RemoveColumn(table, removed) => columns_like(detected, asked, found, table, removed),
        Detected::RemoveTable(removed, _) => tables_like(detected, asked, found, removed),
        _ => Vec::new(),
    };
    detected.iter().flat_map(alike).collect()
}

fn columns_like(detected: &[Detected], asked: &Shapes, found: &Shapes, table: &Name, removed: &Name) -> Vec<LookAlike> {
    let column = |schema: &'_ Shapes, name: &Name| schema.tables.get(table).and_then(|shape| shape.column(name)).cloned();
    let Some(old) = column(found, removed) else { return Vec::new() };
    let added = detected.iter().filter_map(|other| match other {
        Detected::AddColumn(of, added) if of == table => column(asked, &added.name),
        _ => None,
    });
    let mut alike: Vec<ColumnShape> =
        added.filter(|new| old.generated.is_none() && new.generated.is_none() && same_family(&old, new)).collect();
    alike.sort_by_key(|new| new.data_type != old.data_type);
    let pair = |new: ColumnShape| LookAlike { kind: "column", table: Some(table.clone()), removed: removed.clone(), added: new.name };
    alike.into_iter().map(pair).collect()
}

fn tables_like(detected: &[Detected], asked: &Shapes, found: &Shapes, removed: &Name) -> Vec<LookAlike> {
    let Some(old) = found.tables.get(removed) else { return Vec::new() };
    let added = detected.iter().filter_map(|other| match other {
        Detected::AddTable(table) => Some((&table.name, asked.tables.get(&table.name)?)),
        _ => None,
    });
    let mut alike: Vec<(usize, &Name)> = added.filter_map(|(name, new)| Some((overlap(old, new)?, name))).collect();
    alike.sort_by_key(|(common, _)| std::cmp::Reverse(*common));
    let pair = |(_, added): (usize, &Name)| LookAlike { kind: "table", table: None, removed: removed.clone(), added: added.clone() };
    alike.into_iter().map(pair).collect()
}

/// How many columns of its own a table has in common with another, where that is enough: half of the one that has fewer, and a third of the
/// other.
fn overlap(one: &TableShape, other: &TableShape) -> Option<usize> {
    let own = |shape: &'_ TableShape| -> Vec<ColumnShape> {
        shape.columns.iter().filter(|column| !OF_EVERY_ENTITY.iter().any(|name| column.name == **name)).cloned().collect()
    };
    let (one, other) = (own(one), own(other));
    let is_common = |column: &&ColumnShape| other.iter().any(|there| there.name == column.name && same_family(there, column));
    let common = one.iter().filter(is_common).count();
    let (fewer, more) = (one.len().min(other.len()), one.len().max(other.len()));
    (common > 0 && 2 * common >= fewer && 3 * common >= more).then_some(common)
}

/// Whether a column that was given another type, too, could have been the other.
fn same_family(one: &ColumnShape, other: &ColumnShape) -> bool {
    let families = || {
        let [one, other] = [one, other].map(|column| column.said.as_ref().ok().map(|said| family(&said.data_type)));
        one.is_some() && one == other
    };
    one.data_type == other.data_type || families()
}

/// Types that people take for each other.
fn family(data_type: &ColumnType) -> &'static str {
    match data_type {
        ColumnType::String(_) | ColumnType::Text | ColumnType::Enum(_) => "text",
        ColumnType::Integer | ColumnType::BigInt => "integer",
        ColumnType::Float | ColumnType::Decimal { .. } => "fraction",
        ColumnType::Timestamp | ColumnType::Date => "day",
        ColumnType::Time => "time",
        ColumnType::Boolean => "boolean",
        ColumnType::Ulid => "ulid",
        ColumnType::Uuid => "uuid",
        ColumnType::Json => "json",
        ColumnType::Bytes => "bytes",
    }
}
