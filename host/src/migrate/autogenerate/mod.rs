//! From two schemas to the revision between them: what differs, the operations that make it so, and their Rust source.
//!
//! ```text
//! stored texts, declared tables ─> Shapes ─> compare ─> [Detected] ─> operations ─> source
//! ```
//!
//! Nothing is guessed: a rename is one because its author says `renamed_from`, and what looks like one without is told. Nothing is left
//! out: a difference that no operation makes is an error that names it.

mod compare;
mod detected;
mod look_alike;
mod operations;
mod renames;
mod source;

#[cfg(test)]
mod tests;

pub use compare::{Unwritable, compare};
pub use detected::Detected;
pub use look_alike::{LookAlike, look_alikes};
pub use operations::{backfills, operations};
pub use renames::renames;
pub use source::{Draft, source};
