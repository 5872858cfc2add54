//! The WebAssembly room: one engine, one linker, bounded calls into plugins.
//!
//! Knows no HTTP, no SQL text and no database. What a plugin's migration calls ask for goes through [`MigrationContext`].

mod context;

pub use context::MigrationContext;
