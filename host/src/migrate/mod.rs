//! The migration room: one graph over all plugins, targets, plans, and how an operation becomes SQL.
//!
//! Pure but for [`Backend`], the trait through which the executor reaches a live database.

mod backend;

pub use backend::{Backend, BackendError, DeclaredColumn, Footprint, Object, ObjectKind, Reference};
