//! Columns that are computed otherwise than before, or no longer: each is dropped and added in one change, and so is what is over it.

use std::collections::BTreeMap;

use crate::migrate::shape::{ColumnShape, Constraint, Piece, Shapes, TableShape};
use crate::model::schema::IndexKey;
use crate::model::sql::mentions;
use crate::model::{Index, Name};

/// Such columns, by their tables.
pub(super) struct Recomputed<'a>(BTreeMap<&'a Name, Vec<&'a Name>>);

impl<'a> Recomputed<'a> {
    pub(super) fn of(asked: &'a Shapes, found: &Shapes) -> Self {
        let both = asked.tables.iter().filter_map(|(name, wanted)| Some((name, columns(wanted, found.tables.get(name)?))));
        Self(both.filter(|(_, columns)| !columns.is_empty()).collect())
    }

    /// The tables that have one.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'a Name> {
        self.0.keys().copied()
    }

    pub(super) fn has(&self, table: &Name, column: &Name) -> bool {
        self.any(table, |name| name == column)
    }

    /// Whether a constraint of a table is over one.
    pub(super) fn is_under(&self, table: &Name, piece: &Piece<Constraint>) -> bool {
        self.any(table, |name| match &piece.said {
            Ok(Constraint::Unique(unique)) => unique.columns.contains(name),
            Ok(Constraint::ForeignKey(key)) => key.columns.contains(name),
            Ok(Constraint::Check(check)) => mentions(&check.expression, name.as_str()),
            Err(_) => mentions(&piece.key, name.as_str()),
        })
    }

    /// Whether an index of a table is.
    pub(super) fn is_under_index(&self, table: &Name, piece: &Piece<Index>) -> bool {
        self.any(table, |name| match &piece.said {
            Ok(index) => is_over(index, name),
            Err(_) => mentions(&piece.key, name.as_str()),
        })
    }

    fn any(&self, table: &Name, is: impl Fn(&Name) -> bool) -> bool {
        self.0.get(table).is_some_and(|columns| columns.iter().any(|name| is(name)))
    }
}

fn is_over(index: &Index, name: &Name) -> bool {
    let names = |text: &String| mentions(text, name.as_str());
    let is = |key: &IndexKey| match key {
        IndexKey::Column(column) => column == name,
        IndexKey::Expression(text) => names(text),
    };
    index.terms.iter().any(|term| is(&term.key)) || index.filter.as_ref().is_some_and(names)
}

/// Columns of both whose values are no longer what they were: what is computed, or comes to be, holds none of its own. So is what is
/// computed of such a column.
fn columns<'a>(wanted: &'a TableShape, there: &TableShape) -> Vec<&'a Name> {
    let is_other = |wanted: &ColumnShape, there: &ColumnShape| {
        wanted.generated != there.generated || wanted.generated.is_some() && wanted.data_type != there.data_type
    };
    let pairs = || wanted.columns.iter().filter_map(|column| Some((column, there.column(&column.name)?)));
    let mut all: Vec<&Name> = pairs().filter(|(wanted, there)| is_other(wanted, there)).map(|(column, _)| &column.name).collect();
    let mut place = 0;
    while let Some(&name) = all.get(place) {
        let of_it = pairs().map(|(column, _)| column).filter(|column| reads(column, name));
        let more: Vec<&Name> = of_it.map(|column| &column.name).filter(|other| !all.contains(other)).collect();
        all.extend(more);
        place += 1;
    }
    all
}

/// Whether a column is computed of another.
pub(super) fn reads(column: &ColumnShape, other: &Name) -> bool {
    let own = column.said.as_ref().ok().and_then(|said| Some(&said.generated.as_ref()?.expression));
    own.or(column.generated.as_ref()).is_some_and(|text| mentions(text, other.as_str()))
}
