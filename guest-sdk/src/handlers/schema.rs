//! JSON Schemas of types, written only while a plugin describes itself.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use crate::field::{Date, Decimal, Time, Timestamp, Ulid, Uuid};

/// What a value of this type may look like in a request.
pub(super) fn read_as<T: JsonSchema>() -> Value {
    of::<T>(settings().for_deserialize())
}

/// What a value of this type looks like in an answer.
pub(super) fn written_as<T: JsonSchema>() -> Value {
    of::<T>(settings().for_serialize())
}

/// Whole in itself, so that a part of it can stand alone.
fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.meta_schema = None;
        settings.inline_subschemas = true;
    })
}

fn of<T: JsonSchema>(settings: SchemaSettings) -> Value {
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

pub(super) fn text(schema: &Value) -> String {
    schema.to_string()
}

/// A schema for a parameter, which cannot be null: it is left out instead.
pub(super) fn without_null(mut schema: Value) -> Value {
    if let Some(types) = schema.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|of| of != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(cases) = schema.get_mut(key).and_then(Value::as_array_mut) {
            cases.retain(|case| case["type"] != "null");
        }
    }
    if let Some(words) = schema.get_mut("enum").and_then(Value::as_array_mut) {
        words.retain(|word| !word.is_null());
    }
    schema
}

macro_rules! texts {
    ($($type:ident $schema:tt)*) => { $(
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )* };
}

texts! {
    Ulid { "type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$" }
    Uuid { "type": "string", "format": "uuid" }
    Timestamp { "type": "string", "format": "date-time" }
    Date { "type": "string", "format": "date" }
    Time { "type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?$" }
    Decimal { "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" }
}
