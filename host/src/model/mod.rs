//! The vocabulary every room speaks: names, ids, types, tables, operations, manifests, queries, problems.
//!
//! Pure data and the rules that hold for it wherever it goes. Nothing here does I/O, knows HTTP or WebAssembly, or is async; of SQL it
//! knows only how a text falls into tokens and how a name or value is written ([`sql`]), never a statement. A value of one of these types
//! has already been checked: [`Name`] cannot hold a NUL, a [`ColumnType`] is one that both the record engine and the dialects answer for,
//! a [`Manifest`] agrees with itself.
//!
//! Where to go next: `migrate` orders and applies [`Operation`]s, `records` turns [`query`] values into JSON and back, `runtime`
//! makes all of it out of what a plugin says.

pub mod attribute;
pub mod catalog;
pub mod change;
pub mod column_type;
pub mod hash;
pub mod json;
pub mod json_schema;
pub mod manifest;
pub mod name;
pub mod operation;
pub mod problem;
pub mod query;
pub mod scalar;
pub mod schema;
pub mod sql;
pub mod text;
pub mod time;
pub mod value;

pub use attribute::{Attribute, AttributeReader, Mistake};
pub use catalog::{DeclaredColumn, Footprint, Object, ObjectKind, Reference, RowChanges, StoredTexts};
pub use change::{Change, ConstraintOf, Position};
pub use column_type::ColumnType;
pub use hash::ContentHash;
pub use json_schema::JsonSchema;
pub use manifest::{Collection, CollectionOperation, Manifest, Requirement, Revision};
pub use name::{Label, Name, Node, PluginName, RevisionId, StoredName};
pub use operation::Operation;
pub use problem::{Place, Problem, Reason};
pub use schema::{Check, Column, Default, ForeignKey, Index, ReferenceAction, Table, Trigger, Unique, View};
pub use time::Deadline;
pub use value::Value;
