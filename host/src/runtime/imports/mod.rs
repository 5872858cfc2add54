//! What a plugin may call: one file per interface of `wit/v0.1`.
//!
//! `declare` and `operations` turn WIT shapes into the model's checked types (`schema` and `values` do the turning); nothing past this
//! folder has seen an unchecked name. Who may call what, and when, is asked of [`HostState`](super::state::HostState) first thing in each function.

mod changes;
mod database;
mod declare;
mod host;
mod manifest;
mod operations;
mod records;
mod schema;
mod types;
mod values;
mod weigh;

pub(super) use manifest::Declarations;
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub use types::Request;
pub(super) use values::{printable_problem_from_guest, problem_from_guest};
