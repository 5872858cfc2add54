//! What the texts of stored objects say, piece by piece: each with what it can be compared by, and with the declaration that makes it.

use std::collections::BTreeMap;

use crate::model::{Check, Column, ForeignKey, Index, Name, Table, Trigger, Unique, View};

/// A piece of a stored text that no declaration makes, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsayable(pub String);

/// The declaration of a piece.
pub type Said<T> = Result<T, Unsayable>;

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// A table.
    Table(TableShape),
    /// An index, with its table.
    Index(Name, Piece<Index>),
    /// A view.
    View(Piece<View>),
    /// A trigger.
    Trigger(Piece<Trigger>),
}

/// One part, or an object that is compared as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece<T> {
    /// Two of the same key mean the same: without case, quotes and blanks where they mean nothing.
    pub key: String,
    /// The name of a constraint, if it has one.
    pub name: Option<Name>,
    /// What declares it.
    pub said: Said<T>,
}

/// A table. What is empty or none is what its text does not say.
#[derive(Debug, Clone, PartialEq)]
pub struct TableShape {
    /// In order.
    pub columns: Vec<ColumnShape>,
    /// As a whole.
    pub primary_key: Option<Piece<PrimaryKey>>,
    /// In order.
    pub constraints: Vec<Piece<Constraint>>,
    /// STRICT.
    pub strict: bool,
    /// WITHOUT ROWID.
    pub without_rowid: bool,
}

/// A column, by what can be changed of it apart from the rest. Constraints that stand in it are the table's.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnShape {
    /// Its name.
    pub name: Name,
    /// The key of its declared type.
    pub data_type: String,
    /// That it refuses NULL, where its text has to say so.
    pub not_null: Option<String>,
    /// The key of its default.
    pub default: Option<String>,
    /// The key of its collation.
    pub collate: Option<String>,
    /// The key of what computes it.
    pub generated: Option<String>,
    /// What declares it.
    pub said: Said<Column>,
}

/// A primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrimaryKey {
    /// In order.
    pub columns: Vec<Name>,
    /// SQLite's AUTOINCREMENT.
    pub autoincrement: bool,
}

/// A constraint of a table other than its primary key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constraint {
    /// UNIQUE.
    Unique(Unique),
    /// CHECK.
    Check(Check),
    /// FOREIGN KEY.
    ForeignKey(ForeignKey),
}

/// A schema by the names of its objects.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shapes {
    /// Tables.
    pub tables: BTreeMap<Name, TableShape>,
    /// Indexes, with their tables.
    pub indexes: BTreeMap<Name, (Name, Piece<Index>)>,
    /// Views.
    pub views: BTreeMap<Name, Piece<View>>,
    /// Triggers.
    pub triggers: BTreeMap<Name, Piece<Trigger>>,
}

impl Shapes {
    /// Adds an object.
    pub fn add(&mut self, name: Name, shape: Shape) {
        match shape {
            Shape::Table(table) => drop(self.tables.insert(name, table)),
            Shape::Index(table, index) => drop(self.indexes.insert(name, (table, index))),
            Shape::View(view) => drop(self.views.insert(name, view)),
            Shape::Trigger(trigger) => drop(self.triggers.insert(name, trigger)),
        }
    }

    /// Puts a table, with its indexes, as it is in another schema in the place of the own.
    pub fn keep(&mut self, table: &Name, as_in: &Self) {
        self.indexes.retain(|_, (of, _)| of != table);
        self.indexes.extend(as_in.indexes.iter().filter(|(_, (of, _))| of == table).map(|(name, index)| (name.clone(), index.clone())));
        match as_in.tables.get(table) {
            Some(shape) => drop(self.tables.insert(table.clone(), shape.clone())),
            None => drop(self.tables.remove(table)),
        }
    }
}

impl TableShape {
    /// Puts what a plugin says of its table in the place of what the text that comes of it says: that has fewer words for types.
    pub fn said_by(&mut self, table: &Table) {
        for (shape, column) in self.columns.iter_mut().zip(&table.columns) {
            shape.said = Ok(column.clone());
        }
        // The order of a text that is made of a declaration.
        let keys = table.foreign_keys.iter().cloned().map(Constraint::ForeignKey);
        let all =
            keys.chain(table.uniques.iter().cloned().map(Constraint::Unique)).chain(table.checks.iter().cloned().map(Constraint::Check));
        for (shape, constraint) in self.constraints.iter_mut().zip(all) {
            shape.said = Ok(constraint);
        }
    }

    /// The tables that its foreign keys lead to.
    pub fn targets(&self) -> impl Iterator<Item = &Name> {
        self.constraints.iter().filter_map(|piece| match &piece.said {
            Ok(Constraint::ForeignKey(key)) => Some(&key.target_table),
            _ => None,
        })
    }

    /// The column of that name.
    pub fn column(&self, name: &Name) -> Option<&ColumnShape> {
        self.columns.iter().find(|column| column.name == *name)
    }
}
