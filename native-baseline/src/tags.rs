//! The rules for a user's labels: at most 50, no two alike, each 1 to 100 letters, digits, hyphens and underscores.

use std::collections::HashSet;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::{RawValue, to_raw_value};

const MOST: usize = 50;
const LONGEST: usize = 100;

pub(crate) fn none() -> Box<RawValue> {
    RawValue::from_string("[]".to_owned()).expect("it is JSON")
}

/// Reads labels, and answers them as they are stored.
pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<RawValue>, D::Error> {
    let tags = Vec::<String>::deserialize(deserializer)?;
    if tags.len() > MOST {
        return Err(D::Error::custom(format!("at most {MOST} tags are allowed")));
    }
    let mut seen = HashSet::new();
    for tag in &tags {
        let label = tag.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if tag.is_empty() || !label || tag.chars().count() > LONGEST {
            return Err(D::Error::custom(format!("tag {tag:?} must be 1 to {LONGEST} letters, digits, hyphens and underscores")));
        }
        if !seen.insert(tag) {
            return Err(D::Error::custom(format!("tag {tag:?} is given twice")));
        }
    }
    to_raw_value(&tags).map_err(D::Error::custom)
}

/// The same, where they may be left out.
pub(crate) fn read_some<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    read(deserializer).map(Some)
}
