//! From two schemas to the revision between them: what differs, the operations that make it so, and their Rust source.
//!
//! ```text
//! stored texts, declared tables ─> Shapes ─> compare ─> [Detected] ─> operations ─> source
//! ```
//!
//! The way back goes through `way_back`, which makes up what rows have lost, and says where it cannot.
//!
//! Nothing is guessed: a rename is one because its author says `renamed_from`, and what looks like one without is told. Nothing is left
//! out: a difference that no operation makes is an error that names it.

mod around;
mod compare;
mod computed;
mod demands;
mod detected;
mod fill;
mod keys;
mod look_alike;
mod operations;
mod order;
mod renames;
mod restoring;
mod risks;
mod source;
mod tables;
mod terms;
mod way_back;

#[cfg(test)]
mod tests;

pub use compare::{Unwritable, compare};
pub use detected::Detected;
pub use look_alike::{LookAlike, look_alikes};
pub use operations::operations;
pub use renames::renames;
pub use risks::{Risk, upgrade_risks};
pub use source::{Draft, source};
pub use way_back::{WayBack, way_back};
