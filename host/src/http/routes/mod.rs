//! One file per noun.

pub(super) mod collections;
pub(super) mod health;
pub(super) mod info;
