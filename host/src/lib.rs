//! Tenon lets a service's database grow by plugins.
//!
//! The map, and which way the arrows point (`tests/architecture.rs` reads the imports and names an offender):
//!
//! ```text
//! cli ──┐              ┌─> runtime   wasmtime: engine, limits, host imports; knows no HTTP, no SQL text
//!       ├─> service ───┼─> migrate   graph, plan, operations, dialects; pure but for its executor
//! http ─┘   (verbs)    ├─> records   the record engine: validate, filter, page, JSON <-> rows
//!                      └─> store     the SQLite backend, connections, ledger rows, archive
//! all ──────────────────> model      names, ids, table and column types, manifest, problem; no I/O
//! ```
//!
//! `cli` and `http` are two front doors on the same verbs. What one room needs from another comes in as a trait that it owns:
//! [`runtime::MigrationContext`], [`migrate::Backend`], [`records::Rows`]; `service` joins them.

pub mod cli;
pub mod http;
pub mod migrate;
pub mod model;
pub mod records;
pub mod runtime;
pub mod service;
pub mod store;
