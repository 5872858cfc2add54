//! The WebAssembly room: one engine, one linker, bounded calls into plugins.
//!
//! Knows no HTTP, no SQL text and no database. What a plugin's migration calls ask for goes through [`MigrationContext`].
//!
//! What it keeps, whatever a plugin does: the host does not panic, a call ends within its [`Limits`], nothing of one call is there in the
//! next, and a guest's own answer, a guest that broke off and a fault of the host are told apart ([`CallError`]).
//!
//! ```text
//! bytes ── unfold, inspect ── compiler (cache) ── link ──> Component ── instance ──> describe -> Manifest
//!             │                                                                      migrate  -> MigrationContext
//!          contract (the names)                                                      imports/*  (what the guest may call)
//! ```
//!
//! Start with `component` (the way from bytes to a call), then `state` (what may be called when) and `imports`. `limits` holds every number.

mod bindings;
mod cache;
mod compiler;
mod component;
mod context;
mod contract;
mod documents;
mod engine;
mod error;
mod generator;
mod handle;
mod imports;
mod inspect;
mod instance;
mod journal;
mod limiter;
mod limits;
mod mistakes;
mod nesting;
mod request;
mod state;
#[cfg(test)]
pub(crate) mod testing;
mod unfold;
mod warm;

pub use compiler::{COMMAND as COMPILE_COMMAND, work as compile};
pub use component::{Component, Direction, MigrationStep, Runtime, RuntimeConfig};
pub use context::MigrationContext;
pub use engine::Allocation;
pub use error::{CallError, ComponentError, DescribeError, LimitReached, Limited, List, RuntimeError};
pub use limits::{Limits, MOST_STACK_BYTES};
pub use request::{About, Answer, AnswerBody, Asked, Forwarded, Found, HandlerCall, Headers, Incoming, NoHeaders, Refused, RequestContext};
pub use warm::Isolation;
