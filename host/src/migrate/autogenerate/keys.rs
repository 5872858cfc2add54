//! Foreign keys that lead to what changes with them.
//!
//! A table is copied with its keys, and each of these must lead to columns that are unique together at that moment. A key whose target
//! becomes so in the same revision therefore comes after all tables, and one whose target no longer is goes before them; one that stays
//! while what makes its target unique is exchanged does both.

use crate::migrate::shape::{Constraint, Shapes, TableShape};
use crate::model::{ForeignKey, Name};

/// A table without its keys that cannot stay or come while tables change, and these.
pub(super) fn apart(table: &TableShape, asked: &Shapes, found: &Shapes) -> (TableShape, Vec<Constraint>) {
    let mut rest = table.clone();
    let loose = rest.constraints.extract_if(.., |piece| match &piece.said {
        Ok(Constraint::ForeignKey(key)) => !stands(key, asked, found),
        _ => false,
    });
    let loose = loose.filter_map(|piece| piece.said.ok()).collect();
    (rest, loose)
}

/// Whether what a key leads to is there all the time: as it is, or, of a table that comes or goes, as long as that is there.
fn stands(key: &ForeignKey, asked: &Shapes, found: &Shapes) -> bool {
    let (Some(wanted), Some(there)) = (asked.tables.get(&key.target_table), found.tables.get(&key.target_table)) else { return true };
    let is_same = |name: &Name| match (wanted.column(name), there.column(name)) {
        (Some(wanted), Some(there)) => wanted.data_type == there.data_type && wanted.generated == there.generated,
        _ => false,
    };
    let before = unique_by(found, there, key);
    key.target_columns.iter().all(is_same) && unique_by(asked, wanted, key).iter().any(|one| before.contains(one))
}

/// What makes a key's target unique.
fn unique_by<'a>(schema: &'a Shapes, table: &'a TableShape, key: &ForeignKey) -> Vec<&'a str> {
    let are = |columns: &[Name]| columns.len() == key.target_columns.len() && columns.iter().all(|name| key.target_columns.contains(name));
    let primary = table.primary_key.iter().filter(|piece| piece.said.as_ref().is_ok_and(|own| are(&own.columns)));
    let uniques = table.constraints.iter().filter(|piece| matches!(&piece.said, Ok(Constraint::Unique(unique)) if are(&unique.columns)));
    let indexes = schema.indexes.values().filter(|(of, index)| {
        *of == key.target_table
            && index.said.as_ref().is_ok_and(|index| index.unique && index.whole_columns().is_some_and(|columns| are(&columns)))
    });
    primary.map(|piece| &*piece.key).chain(uniques.map(|piece| &*piece.key)).chain(indexes.map(|(_, piece)| &*piece.key)).collect()
}
