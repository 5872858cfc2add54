//! Parameters of the path and of the query string, as a type.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::argument::{Call, FromRequest};
use super::declaration::{Declaration, Parameter, Place};
use super::schema;
use super::text::{Parameters, Refused};
use crate::error::{Problem, Reason, Result};

/// The parameters of the path: `Path<Ulid>` where there is one, a tuple for several in their order, or a struct whose fields have their
/// names. In a handled operation it is the row's key, named `id`; another key is taken by a struct whose field has the column's name, or,
/// where it has several columns, `key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<T>(pub T);

/// The parameters of the query string, as a struct: one field each. A field that is an `Option` may be left out; a `Vec` takes a parameter
/// that is repeated, and needs `#[serde(default)]` if it may be left out. Other parameters than the declared are answered 400.
///
/// A map, a struct with `#[serde(flatten)]` and a type that is no struct name no parameters that could be declared: a plugin that asks for
/// one is refused at load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query<T>(pub T);

/// What a row's key is called in the path of a collection.
const KEYS: [&str; 2] = ["id", "key"];

/// The names between the braces of a path's template, in order.
fn names(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name)
}

impl<T: DeserializeOwned + JsonSchema> FromRequest for Path<T> {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        let mut found = [""; 8];
        let known = if call.template().is_empty() {
            &KEYS[..]
        } else {
            let count = found.iter_mut().zip(names(call.template())).map(|(place, name)| *place = name).count();
            &found[..count]
        };
        let named = |name: &str| call.param(name).into_iter().collect();
        T::deserialize(Parameters { named: &named, names: known }).map(Self).map_err(|refused| problem(Place::Path, refused))
    }

    fn declare(declaration: &mut Declaration) {
        require_readable::<Self, T>(&KEYS);
        // A collection's key is the host's to describe.
        if declaration.template().is_empty() {
            return;
        }
        let template = declaration.template().to_owned();
        let mut schema = schema::read_as::<T>();
        if let Some(items) = schema.get_mut("prefixItems").and_then(Value::as_array_mut).map(std::mem::take) {
            for (name, schema) in names(&template).zip(items) {
                add(declaration, Place::Path, name, schema, true);
            }
        } else if is_struct(&schema) {
            properties(declaration, Place::Path, schema);
        } else if let Some(name) = names(&template).next() {
            add(declaration, Place::Path, name, schema, true);
        }
    }
}

impl<T: DeserializeOwned + JsonSchema> FromRequest for Query<T> {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        let named = |name: &str| call.arguments(name);
        T::deserialize(Parameters { named: &named, names: &[] }).map(Self).map_err(|refused| problem(Place::Query, refused))
    }

    fn declare(declaration: &mut Declaration) {
        require_readable::<Self, T>(&[]);
        properties(declaration, Place::Query, schema::read_as::<T>());
    }
}

/// Ends the description of a plugin that asks for a type that no request can be read into, instead of answering 500 to each.
fn require_readable<P, T: DeserializeOwned>(names: &[&str]) {
    // It fails by its type before a value matters.
    let named = |_: &str| vec!["0".to_owned()];
    let read = T::deserialize(Parameters { named: &named, names });
    if let Some(refused) = read.err().filter(Refused::is_the_authors) {
        panic!("{} cannot be an argument of a handler: {}", std::any::type_name::<P>(), refused.detail);
    }
}

fn is_struct(schema: &Value) -> bool {
    schema["type"] == "object"
}

/// One parameter for each property of an object.
fn properties(declaration: &mut Declaration, place: Place, mut schema: Value) {
    let required: Vec<Value> = schema["required"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let Some(properties) = schema["properties"].as_object_mut().map(std::mem::take) else { return };
    for (name, schema) in properties {
        let required = place == Place::Path || required.iter().any(|required| *required == name.as_str());
        add(declaration, place, &name, schema, required);
    }
}

fn add(declaration: &mut Declaration, place: Place, name: &str, mut schema: Value, required: bool) {
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
    let description = description.and_then(|text| text.as_str().map(str::to_owned));
    let schema = schema::text(&schema::without_null(schema));
    declaration.add(Parameter { place, name: name.to_owned(), schema, required, description });
}

fn problem(place: Place, refused: Refused) -> Problem {
    let is_the_authors = refused.is_the_authors();
    let Refused { at, code, detail } = refused;
    if is_the_authors {
        return Problem::internal(format!("an argument of the handler cannot be read from the {}: {detail}", place.as_str()));
    }
    let (kind, whole) = match place {
        Place::Path => ("invalid-path", "the path cannot be understood; `errors` says which parameters and why"),
        _ => ("invalid-query", "the query string cannot be understood; `errors` says which parameters and why"),
    };
    Problem::new(400, kind, whole).reason(Reason { place: place.as_str().to_owned(), at, code: code.to_owned(), detail })
}

#[cfg(test)]
mod tests;
