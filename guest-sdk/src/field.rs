//! Which Rust type stands for which column type.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A Rust type that a field of an [`Entity`](crate::Entity) can have.
///
/// `Option` of one is a column that may hold NULL. A type that is not in the list, or another width than the usual one, is
/// written in the attribute: `#[entity(type = "decimal(12,2)")]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no column type of its own",
    label = "the derive cannot tell which column this is",
    note = "use String, bool, i16, i32, i64, u16, u32, f64, Vec<u8>, Ulid, Uuid, Timestamp, Date, Time, Json, or an Option of one",
    note = "or say what is stored: #[entity(type = \"decimal(12,2)\")]"
)]
pub trait FieldType {
    /// The column's type, in the grammar of `data-type` in `wit/v0.1/schema.wit`.
    const DATA_TYPE: &'static str;
    /// Whether the column may hold NULL.
    const NULLABLE: bool = false;
}

impl<T: FieldType> FieldType for Option<T> {
    const DATA_TYPE: &'static str = T::DATA_TYPE;
    const NULLABLE: bool = true;
}

/// Any JSON value: a `json` column.
pub type Json = serde_json::Value;

macro_rules! field_types {
    ($($type:ty => $data_type:literal),* $(,)?) => { $(
        impl FieldType for $type {
            const DATA_TYPE: &'static str = $data_type;
        }
    )* };
}

field_types! {
    String => "string",
    bool => "boolean",
    i16 => "integer",
    i32 => "integer",
    i64 => "integer",
    u16 => "integer",
    u32 => "integer",
    f64 => "float",
    Vec<u8> => "bytes",
    Json => "json",
    Ulid => "ulid",
    Uuid => "uuid",
    Timestamp => "timestamp",
    Date => "date",
    Time => "time",
}

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident $(in $case:ident)?),* $(,)?) => { $(
        $(#[$meta])*
        ///
        /// Text in the form that the host reads and writes; the host checks it where it is used.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                text.to_owned().into()
            }
        }

        impl From<String> for $name {
            #[allow(unused_mut, reason = "most have one form only")]
            fn from(mut text: String) -> Self {
                $(text.$case();)?
                Self(text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    )* };
}

texts! {
    /// A ULID: 26 characters of Crockford base 32, in upper case however it was written. [`host::new_id`](crate::host::new_id) makes one.
    Ulid in make_ascii_uppercase,
    /// A UUID: 36 characters with hyphens, in lower case however it was written.
    Uuid in make_ascii_lowercase,
    /// A moment in UTC: `2025-10-24T15:00:00.000Z`.
    Timestamp,
    /// A day: `2025-10-24`.
    Date,
    /// A time of day: `15:00:00.000`.
    Time,
    /// An exact number, e.g. `12.50`. Its column says how exact: `#[entity(type = "decimal(12,2)")]`.
    Decimal,
}
