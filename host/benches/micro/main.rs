//! The pieces that a request or an upgrade is made of, each by itself: `cargo xtask bench micro`.
//!
//! What is measured is checked while it is measured, so that nothing gets fast by doing less. What the numbers are good for, and what
//! not, is in `docs/benchmarks/README.md`.

#![allow(missing_docs, reason = "criterion's macros make functions without any")]

mod handlers;
mod plan;
mod rows;

criterion::criterion_group!(micro, handlers::bench, plan::bench, rows::bench);
criterion::criterion_main!(micro);
