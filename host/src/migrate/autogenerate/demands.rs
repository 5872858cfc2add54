//! What the rules of a table ask of the values of one of its columns, beyond its type.

use crate::migrate::shape::{Constraint, Shapes};
use crate::model::schema::{IndexKey, IndexTerm};
use crate::model::sql::mentions;
use crate::model::{Index, Name};

/// What is asked of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Demands {
    /// Each leads to a row: a foreign key is over the column.
    pub(super) refers: bool,
    /// No two are the same, alone or with other columns: a primary key, a UNIQUE or a unique index is over it.
    pub(super) differs: bool,
    /// The table has a rowid that can be asked for, which tells rows apart.
    pub(super) has_rowid: bool,
}

impl Demands {
    /// Of a column of a table of that schema.
    pub(super) fn of(schema: &Shapes, table: &Name, column: &Name) -> Self {
        let shape = schema.tables.get(table);
        let constraints = || shape.into_iter().flat_map(|shape| &shape.constraints).filter_map(|piece| piece.said.as_ref().ok());
        let key = shape.and_then(|shape| shape.primary_key.as_ref()?.said.as_ref().ok()).map(|key| &key.columns[..]).unwrap_or_default();
        let uniques = constraints().filter_map(|one| match one {
            Constraint::Unique(unique) => Some(unique.columns.clone()),
            _ => None,
        });
        let (plain, others): (Vec<&Index>, Vec<&Index>) = unique_indexes(schema, table).partition(|index| index.whole_columns().is_some());
        let keys: Vec<Vec<Name>> = std::iter::once(key.to_vec())
            .chain(uniques)
            .chain(plain.iter().filter_map(|index| index.whole_columns()))
            .filter(|columns| !columns.is_empty())
            .collect();
        // Rows that differ in what is unique without the column differ in whatever has all of that.
        let is_key_of = |columns: &[Name], key: &[Name]| !key.contains(column) && key.iter().all(|name| columns.contains(name));
        let differs = |columns: &[Name]| columns.contains(column) && !keys.iter().any(|key| is_key_of(columns, key));
        Self {
            refers: constraints().any(|one| matches!(one, Constraint::ForeignKey(key) if key.columns.contains(column))),
            differs: keys.iter().any(|columns| differs(columns)) || others.iter().any(|index| differs(&columns_of(index, column))),
            has_rowid: shape.is_some_and(|shape| !shape.without_rowid && shape.columns.iter().all(|other| other.name != *"rowid")),
        }
    }
}

fn unique_indexes<'a>(schema: &'a Shapes, table: &Name) -> impl Iterator<Item = &'a Index> {
    let own = schema.indexes.values().filter(move |(of, _)| of == table).filter_map(|(_, piece)| piece.said.as_ref().ok());
    own.filter(|index| index.unique)
}

/// The columns that an index is over, and the one in question where an expression names it.
fn columns_of(index: &Index, column: &Name) -> Vec<Name> {
    let of = |term: &IndexTerm| match &term.key {
        IndexKey::Column(name) => Some(name.clone()),
        IndexKey::Expression(text) => mentions(text, column.as_str()).then(|| column.clone()),
    };
    index.terms.iter().filter_map(of).collect()
}
