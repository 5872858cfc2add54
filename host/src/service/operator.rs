//! Who may exchange plugins over HTTP: whoever has the operator's key. Nobody, where there is none.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::model::ContentHash;

/// Characters that a key has at the least: it cannot be guessed then, however often somebody tries.
const SHORTEST: usize = 32;

/// A secret text. Only its hash is kept, and nothing shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorKey(ContentHash);

impl OperatorKey {
    /// Whether this is it. How long that takes tells something of the hash of what was given, and nothing of the key.
    pub fn is(&self, given: &[u8]) -> bool {
        ContentHash::of(given) == self.0
    }
}

impl fmt::Debug for OperatorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorKey")
    }
}

impl<'de> Deserialize<'de> for OperatorKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // By way of any value: a message about the wrong kind of one would repeat it.
        let value = toml::Value::deserialize(deserializer)?;
        let is_key = |text: &&str| text.len() >= SHORTEST && text.bytes().all(|byte| byte.is_ascii_graphic());
        let wrong = || {
            D::Error::custom(format!(
                "the operator's `key` is a text of at least {SHORTEST} visible ASCII characters; `openssl rand -hex 32` makes one"
            ))
        };
        value.as_str().filter(is_key).map(|text| Self(ContentHash::of(text.as_bytes()))).ok_or_else(wrong)
    }
}

/// `[operator]` of `tenon.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OperatorSettings {
    /// With this, plugins may be exchanged over HTTP; without it, they may not.
    pub key: Option<OperatorKey>,
}
