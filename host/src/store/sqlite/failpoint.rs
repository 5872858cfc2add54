//! Where a test ends the process, in builds with debug assertions: before the n-th statement of its transactions on a file, n
//! from the environment.
//!
//! Killing at a random moment seldom hits the one between two statements that matters; counting hits each.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Statements that are still to begin before the end; none where nobody asked.
static LEFT: LazyLock<Option<AtomicU64>> = LazyLock::new(|| {
    let number = std::env::var("TENON_ABORT_BEFORE_STATEMENT").ok()?;
    Some(AtomicU64::new(number.parse().ok()?))
});

/// A statement is about to begin.
pub(super) fn pass() {
    if LEFT.as_ref().is_some_and(|left| left.fetch_sub(1, Ordering::Relaxed) == 1) {
        std::process::abort();
    }
}
