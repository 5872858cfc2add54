//! One file per noun.

pub(super) mod collections;
mod handled;
pub(super) mod health;
pub(super) mod info;
pub(super) mod plugins;
