//! Files that are no plugins, and plugins that misbehave.

mod behaviour;
mod files;

use super::*;
use crate::runtime::testing::{Guest, runtime};

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}
