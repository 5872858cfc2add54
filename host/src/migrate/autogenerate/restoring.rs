//! What rows get on the way back to a schema that was there before.

use crate::migrate::shape::{Constraint, Shapes};
use crate::model::sql::mentions;
use crate::model::{Column, Name};

use super::demands::Demands;
use super::fill::{Fill, refused_again, restored};

/// From the schema that is there now to the one that is wanted back.
pub(super) struct Restoring<'a> {
    pub(super) now: &'a Shapes,
    pub(super) wanted: &'a Shapes,
}

impl Restoring<'_> {
    /// In a column that comes back.
    pub(super) fn added(&self, table: &Name, column: &Column) -> Fill {
        restored(column, self.demands(table, &column.name))
    }

    /// Where a column takes no NULL again; none of a column that cannot be said.
    pub(super) fn refused(&self, table: &Name, column: &Name) -> Option<Fill> {
        Some(refused_again(self.column(table, column)?, self.demands(table, column)))
    }

    /// Whether a column that is there is computed.
    pub(super) fn is_computed(&self, table: &Name, column: &Name) -> bool {
        self.now.tables.get(table).and_then(|shape| shape.column(column)).is_some_and(|column| column.generated.is_some())
    }

    /// Whether a value is neither the column's default nor NULL.
    pub(super) fn is_made_up(&self, table: &Name, column: &Name, fill: &Fill) -> bool {
        match fill {
            Fill::Same(value) => self.column(table, column).is_none_or(|column| column.default.as_ref() != Some(value)),
            Fill::Distinct(_) => true,
            Fill::Null | Fill::Computed | Fill::Missing(_) => false,
        }
    }

    /// The CHECKs that may not let in what is made up for the column.
    pub(super) fn judges<'a>(&'a self, table: &Name, column: &'a Name) -> impl Iterator<Item = &'a str> {
        let constraints = self.wanted.tables.get(table).into_iter().flat_map(|shape| &shape.constraints);
        constraints.filter_map(|piece| match &piece.said {
            Ok(Constraint::Check(check)) if mentions(&check.expression, column.as_str()) => Some(check.expression.as_str()),
            _ => None,
        })
    }

    fn demands(&self, table: &Name, column: &Name) -> Demands {
        let demands = Demands::of(self.wanted, table, column);
        // A column that goes may hide the number of a row as long as it is there.
        let has_rowid = demands.has_rowid && Demands::of(self.now, table, column).has_rowid;
        Demands { has_rowid, ..demands }
    }

    fn column(&self, table: &Name, column: &Name) -> Option<&Column> {
        self.wanted.tables.get(table)?.column(column)?.said.as_ref().ok()
    }
}
