//! One change of a table that is there, as data.
//!
//! Several of them make one `alter-table`; every name in them means the table as it is before the first of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::column_type::ColumnType;
use super::name::Name;
use super::schema::{Check, Column, Default, ForeignKey, Unique};

/// Where a new column goes; at the end, where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Position {
    /// Before all others.
    First,
    /// After this one.
    After(Name),
}

/// A constraint that is there, by what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstraintOf {
    /// Any kind, by its name.
    Name(Name),
    /// UNIQUE over these columns, in this order.
    Unique(Vec<Name>),
    /// A foreign key of these columns, in this order.
    ForeignKey(Vec<Name>),
    /// CHECK of this expression; space and case of words do not matter.
    Check(String),
}

impl fmt::Display for ConstraintOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: &[Name]| names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Self::Name(name) => write!(f, "constraint {name}"),
            Self::Unique(columns) => write!(f, "UNIQUE ({})", list(columns)),
            Self::ForeignKey(columns) => write!(f, "foreign key ({})", list(columns)),
            Self::Check(expression) => write!(f, "CHECK ({expression})"),
        }
    }
}

/// One change. Its serialisation is part of an operation's canonical form: keys and order are frozen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Change {
    /// Adds a column.
    AddColumn {
        /// The column.
        column: Column,
        /// Where.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        position: Option<Position>,
        /// Do nothing when it is there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Drops a column, with the constraints that are its own alone.
    DropColumn {
        /// The column.
        name: Name,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
    },
    /// Renames a column; whatever names it follows.
    RenameColumn {
        /// From.
        name: Name,
        /// To.
        to: Name,
    },
    /// Gives a column another type.
    SetType {
        /// The column.
        name: Name,
        /// The new type.
        data_type: ColumnType,
        /// What a stored value becomes; without it, each must mean the same in the new type.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        using: Option<String>,
    },
    /// Says whether a column may hold NULL.
    SetNullable {
        /// The column.
        name: Name,
        /// Whether it may.
        nullable: bool,
        /// What rows get that hold NULL.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        backfill: Option<Default>,
    },
    /// Gives a column a default, or takes it.
    SetDefault {
        /// The column.
        name: Name,
        /// None: a row that names no value gets NULL.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        default: Option<Default>,
    },
    /// Adds a foreign key.
    AddForeignKey {
        /// The key.
        key: ForeignKey,
        /// Do nothing when one of its name is there or, where it has none, one that says the same.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Adds a UNIQUE constraint.
    AddUnique {
        /// The constraint.
        unique: Unique,
        /// Do nothing when one of its name is there or, where it has none, one that says the same.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Adds a CHECK constraint.
    AddCheck {
        /// The constraint.
        check: Check,
        /// Do nothing when one of its name is there or, where it has none, one that says the same.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Gives the table another primary key, whose columns then take no NULL; none takes it away.
    SetPrimaryKey {
        /// In order.
        columns: Vec<Name>,
        /// SQLite's AUTOINCREMENT.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        autoincrement: bool,
    },
    /// Drops a constraint.
    DropConstraint {
        /// Which.
        constraint: ConstraintOf,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
    },
}

impl Change {
    /// The change's name in the contract.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AddColumn { .. } => "add-column",
            Self::DropColumn { .. } => "drop-column",
            Self::RenameColumn { .. } => "rename-column",
            Self::SetType { .. } => "set-type",
            Self::SetNullable { .. } => "set-nullable",
            Self::SetDefault { .. } => "set-default",
            Self::AddForeignKey { .. } => "add-foreign-key",
            Self::AddUnique { .. } => "add-unique",
            Self::AddCheck { .. } => "add-check",
            Self::SetPrimaryKey { .. } => "set-primary-key",
            Self::DropConstraint { .. } => "drop-constraint",
        }
    }
}
