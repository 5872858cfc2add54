//! The migration vocabulary as data: one schema or data change inside a step.
//!
//! The enum is exhaustive on purpose: a dialect, the canonical form and the guard each answer every case or do not compile.
//! `migrate::operation` says of each what it touches, whether it loses data and how it reverses; `migrate::dialect` gives its SQL.

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::name::Name;
use super::schema::{Column, Index, Table, Trigger, View};
use super::value::Value;

/// One change. Its serialisation is the canonical form that digests are taken of: keys and order are frozen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Operation {
    /// Creates a table with its indexes.
    CreateTable {
        /// What to create.
        table: Table,
        /// Do nothing when it is there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Drops a table with its indexes.
    DropTable {
        /// Its name.
        name: Name,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
        /// Although rows of other tables refer to it; they stay as they are.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        detach: bool,
    },
    /// Renames a table.
    RenameTable {
        /// From.
        name: Name,
        /// To.
        to: Name,
    },
    /// Adds a column at the end.
    AddColumn {
        /// The table.
        table: Name,
        /// The column.
        column: Column,
        /// Do nothing when it is there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Drops a column.
    DropColumn {
        /// The table.
        table: Name,
        /// The column.
        name: Name,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
    },
    /// Renames a column.
    RenameColumn {
        /// The table.
        table: Name,
        /// From.
        name: Name,
        /// To.
        to: Name,
    },
    /// Several changes to one table as one.
    AlterTable {
        /// The table.
        table: Name,
        /// At least one, unless it is rebuilt.
        changes: Vec<Change>,
        /// Copy it row by row even where the database could change it in place.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        rebuild: bool,
    },
    /// Creates an index.
    CreateIndex {
        /// The table.
        table: Name,
        /// The index.
        index: Index,
        /// Do nothing when it is there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Drops an index.
    DropIndex {
        /// Its name.
        name: Name,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
    },
    /// Creates a view.
    CreateView {
        /// The view.
        view: View,
        /// Do nothing when it is there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Drops a view.
    DropView {
        /// Its name.
        name: Name,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
    },
    /// Creates a trigger.
    CreateTrigger {
        /// The trigger.
        trigger: Trigger,
        /// Do nothing when it is there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_not_exists: bool,
    },
    /// Drops a trigger.
    DropTrigger {
        /// Its name.
        name: Name,
        /// Do nothing when it is not there.
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        if_exists: bool,
    },
    /// One data statement of the plugin's own, on its own tables.
    Execute {
        /// One INSERT, UPDATE, DELETE or SELECT.
        sql: String,
        /// Its parameters, in order.
        params: Vec<Value>,
    },
    /// Rows for one table.
    InsertRows {
        /// The table.
        table: Name,
        /// The columns that the rows give.
        columns: Vec<Name>,
        /// Each as long as `columns`.
        rows: Vec<Vec<Value>>,
    },
}

impl Operation {
    /// The operation's name in the contract.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CreateTable { .. } => "create-table",
            Self::DropTable { .. } => "drop-table",
            Self::RenameTable { .. } => "rename-table",
            Self::AddColumn { .. } => "add-column",
            Self::DropColumn { .. } => "drop-column",
            Self::RenameColumn { .. } => "rename-column",
            Self::AlterTable { .. } => "alter-table",
            Self::CreateIndex { .. } => "create-index",
            Self::DropIndex { .. } => "drop-index",
            Self::CreateView { .. } => "create-view",
            Self::DropView { .. } => "drop-view",
            Self::CreateTrigger { .. } => "create-trigger",
            Self::DropTrigger { .. } => "drop-trigger",
            Self::Execute { .. } => "execute",
            Self::InsertRows { .. } => "insert-rows",
        }
    }
}
