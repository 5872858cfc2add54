//! A user: the row as it is answered, the bodies as they are read, and the rules between them.

use std::borrow::Cow;

use chrono::Utc;
use serde::de::IgnoredAny;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use ulid::Ulid;

use crate::tags;

/// A row, in the order in which its members are answered. What is read and answered at once borrows from SQLite's row.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct User<'a> {
    pub(crate) id: Cow<'a, str>,
    /// Times as they are stored.
    #[serde(serialize_with = "shown")]
    pub(crate) created_at: Cow<'a, str>,
    #[serde(serialize_with = "shown")]
    pub(crate) updated_at: Cow<'a, str>,
    /// JSON as it is stored.
    pub(crate) tags: Cow<'a, RawValue>,
    pub(crate) email: Cow<'a, str>,
    pub(crate) name: Cow<'a, str>,
    pub(crate) is_active: bool,
}

impl User<'_> {
    /// The row for longer than SQLite has it.
    pub(crate) fn into_owned(self) -> User<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        User {
            id: own(self.id),
            created_at: own(self.created_at),
            updated_at: own(self.updated_at),
            tags: Cow::Owned(self.tags.into_owned()),
            email: own(self.email),
            name: own(self.name),
            is_active: self.is_active,
        }
    }

    /// Takes over what the patch names; answers whether that changed anything.
    pub(crate) fn take_over(&mut self, patch: Patch) -> bool {
        fn set<T>(place: &mut T, value: Option<T>, same: impl Fn(&T, &T) -> bool) -> bool {
            let value = value.filter(|value| !same(place, value));
            value.map(|value| *place = value).is_some()
        }
        let tags = set(&mut self.tags, patch.tags.map(Cow::Owned), |a, b| a.get() == b.get());
        let email = set(&mut self.email, patch.email.map(Cow::Owned), PartialEq::eq);
        let name = set(&mut self.name, patch.name.map(Cow::Owned), PartialEq::eq);
        let is_active = set(&mut self.is_active, patch.is_active, PartialEq::eq);
        tags | email | name | is_active
    }
}

/// The body of a POST or PUT.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    #[serde(default, deserialize_with = "optional_id")]
    pub(crate) id: Option<Ulid>,
    pub(crate) email: String,
    pub(crate) name: String,
    #[serde(default = "active")]
    pub(crate) is_active: bool,
    #[serde(default = "tags::none", deserialize_with = "tags::read")]
    pub(crate) tags: Box<RawValue>,
    // So that a row that was read can be put back.
    #[serde(default, rename = "created_at")]
    _created_at: IgnoredAny,
    #[serde(default, rename = "updated_at")]
    _updated_at: IgnoredAny,
}

/// The body of a PATCH: what is left out stays. Nothing here can be null.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Patch {
    #[serde(default, rename = "id", deserialize_with = "optional_id")]
    _id: Option<Ulid>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) email: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) is_active: Option<bool>,
    #[serde(default, deserialize_with = "tags::read_some")]
    pub(crate) tags: Option<Box<RawValue>>,
    #[serde(default, rename = "created_at")]
    _created_at: IgnoredAny,
    #[serde(default, rename = "updated_at")]
    _updated_at: IgnoredAny,
}

impl Patch {
    /// What makes any row the same as this one, but for its id.
    pub(crate) fn replacing(new: NewUser) -> Self {
        Self {
            _id: None,
            email: Some(new.email),
            name: Some(new.name),
            is_active: Some(new.is_active),
            tags: Some(new.tags),
            _created_at: IgnoredAny,
            _updated_at: IgnoredAny,
        }
    }
}

fn active() -> bool {
    true
}

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A ULID, null for none. Lower case is accepted.
fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Ulid>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| Ulid::from_string(&text).map_err(|_| serde::de::Error::custom("id must be a ULID"))).transpose()
}

/// Now, as it is stored: `2026-11-22 08:09:32.123`, UTC.
pub(crate) fn stored_now() -> String {
    Utc::now().format("%Y-%m-%d %H:%M:%S%.3f").to_string()
}

/// A stored time as it is answered: `2026-11-22T08:09:32.123Z`. One that SQLite wrote has no fraction.
fn shown<S: Serializer>(stored: &impl AsRef<str>, serializer: S) -> Result<S::Ok, S::Error> {
    let (stored, mut shown) = (stored.as_ref(), *b"0000-00-00T00:00:00.000Z");
    if ![19, 23].contains(&stored.len()) {
        return Err(S::Error::custom(format!("{stored:?} is no stored time")));
    }
    shown[..stored.len()].copy_from_slice(stored.as_bytes());
    shown[10] = b'T';
    serializer.serialize_str(std::str::from_utf8(&shown).map_err(S::Error::custom)?)
}

#[cfg(test)]
mod tests {
    use super::{shown, stored_now};

    #[test]
    fn times_are_answered_in_utc_to_the_millisecond() {
        let shown = |stored: &str| shown(&stored, serde_json::value::Serializer).map_err(drop);
        assert_eq!(shown("2026-11-22 08:09:32.123"), Ok("2026-11-22T08:09:32.123Z".into()));
        assert_eq!(shown("2026-11-22 08:09:32"), Ok("2026-11-22T08:09:32.000Z".into()));
        assert_eq!(shown("2026-11-22"), Err(()));
        assert!(shown(&stored_now()).is_ok());
    }
}
