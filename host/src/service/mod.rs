//! Being built.

pub mod serving;
