//! Says nothing of itself.
