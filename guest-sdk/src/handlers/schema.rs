//! JSON Schemas of types, written only while a plugin describes itself.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

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

/// A schema for a body: an object has no other members than it names, as with a standard endpoint. One that says itself what else it takes
/// keeps that.
pub(super) fn strict(mut schema: Value) -> Value {
    close(&mut schema, true);
    schema
}

/// `whole`: it is all that its value must be, and not a part of that.
fn close(schema: &mut Value, whole: bool) {
    let Some(schema) = schema.as_object_mut() else { return };
    let has = |schema: &Map<String, Value>, keys: &[&str]| keys.iter().any(|key| schema.contains_key(*key));
    let named = has(schema, &["properties", "allOf"]);
    if whole && named && !has(schema, &["additionalProperties", "unevaluatedProperties"]) {
        // What the parts name is known, too; only the longer word looks at it.
        let parts = has(schema, &["allOf", "anyOf", "oneOf", "$ref"]);
        schema.insert(if parts { "unevaluatedProperties" } else { "additionalProperties" }.to_owned(), Value::Bool(false));
    }
    for (key, inner) in schema.iter_mut() {
        match (key.as_str(), inner) {
            ("items" | "additionalProperties", inner) => close(inner, true),
            ("properties" | "$defs", Value::Object(each)) => each.values_mut().for_each(|inner| close(inner, true)),
            ("prefixItems", Value::Array(each)) => each.iter_mut().for_each(|inner| close(inner, true)),
            ("anyOf" | "oneOf", Value::Array(each)) => each.iter_mut().for_each(|inner| close(inner, whole && !named)),
            ("allOf", Value::Array(each)) => each.iter_mut().for_each(|inner| close(inner, false)),
            _ => {}
        }
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::data;

    #[data]
    struct Part {
        a: i16,
        parts: Vec<Self>,
    }

    #[data]
    #[serde(tag = "kind", rename_all = "lowercase")]
    enum Kind {
        Plain { b: Option<Box<Kind>> },
        Of(Line),
    }

    #[data]
    struct Line {
        c: i16,
    }

    #[data]
    struct Whole {
        line: Option<Line>,
        #[serde(flatten)]
        kind: Kind,
    }

    #[data]
    struct Open {
        line: Line,
        #[serde(flatten)]
        rest: BTreeMap<String, Value>,
    }

    #[data]
    #[schemars(extend("additionalProperties" = true))]
    struct Loose {
        line: Line,
    }

    fn of<T: JsonSchema>() -> Value {
        strict(read_as::<T>())
    }

    #[test]
    fn an_object_has_what_it_names_however_deep_it_stands() {
        let line = of::<Vec<Line>>();
        assert_eq!(line["items"]["additionalProperties"], json!(false), "{line}");
        let part = of::<Part>();
        assert_eq!(part["additionalProperties"], json!(false), "{part}");
        let kind = of::<Kind>();
        let closed: Vec<_> = kind["oneOf"].as_array().unwrap().iter().map(|each| each["additionalProperties"].clone()).collect();
        assert_eq!((closed, kind.get("unevaluatedProperties")), (vec![json!(false); 2], None), "{kind}");
    }

    #[test]
    fn a_part_is_not_all_that_there_may_be() {
        let whole = of::<Whole>();
        assert_eq!((&whole["unevaluatedProperties"], whole.get("additionalProperties")), (&json!(false), None), "{whole}");
        assert!(whole["oneOf"].as_array().unwrap().iter().all(|part| part.get("additionalProperties").is_none()), "{whole}");
        assert_eq!(whole["properties"]["line"]["additionalProperties"], json!(false), "{whole}");
    }

    #[test]
    fn what_takes_more_says_so() {
        for open in [of::<Open>(), of::<Loose>()] {
            let line = &open["properties"]["line"];
            assert_eq!([&open, line].map(|of| &of["additionalProperties"]), [&json!(true), &json!(false)], "{open}");
        }
        let map = of::<BTreeMap<String, Line>>();
        assert_eq!(map["additionalProperties"]["additionalProperties"], json!(false), "{map}");
        assert_eq!(of::<Value>(), read_as::<Value>());
    }
}
