//! Schemas that plugins declare, among the components.
//!
//! The builders of the description know their own keywords only, and a plugin may write any. So what it wrote goes in as it is, once the
//! rest of the description is JSON; until then there is its name. Definitions inside a schema (`$defs`, as schemars writes them) become
//! components of their own: `#` of a description is the description.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use super::names::Names;
use super::schema::named;
use crate::model::JsonSchema;
use crate::model::problem::pointer_step;

/// Where components are.
const COMPONENTS: &str = "#/components/schemas/";

/// The schemas so far.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// By the component's name.
    components: BTreeMap<String, Value>,
    /// What stands in the place of its name.
    inline: BTreeMap<String, Value>,
    /// By plugin and the name in its `$defs`: the definition as it was first written, and its component.
    known: BTreeMap<(String, String), (Value, String)>,
}

impl Declared {
    /// A component for a schema of a plugin's; `words` are what it is of.
    pub(super) fn component(&mut self, plugin: &str, words: &str, schema: &JsonSchema, names: &mut Names) -> RefOr<Schema> {
        let name = names.schema(plugin, words);
        let schema = self.rewritten(plugin, schema, &name, names);
        self.components.insert(name.clone(), schema);
        named(&name)
    }

    /// A schema that stands where it is used; one that refers to itself becomes a component.
    pub(super) fn inline(&mut self, plugin: &str, words: &str, schema: &JsonSchema, names: &mut Names) -> RefOr<Schema> {
        if references(schema.value()).contains("#") {
            return self.component(plugin, words, schema, names);
        }
        let name = format!("inline {}", self.inline.len());
        let schema = self.rewritten(plugin, schema, &name, names);
        self.inline.insert(name.clone(), schema);
        named(&name)
    }

    /// Puts everything into a description.
    pub(super) fn put_into(self, document: &mut Value) {
        put_inline(document, &self.inline);
        if let Some(components) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
            components.extend(self.components);
        }
    }

    /// The schema with references into the description; its definitions become components.
    fn rewritten(&mut self, plugin: &str, schema: &JsonSchema, name: &str, names: &mut Names) -> Value {
        let mut schema = schema.value().clone();
        let mut definitions: Vec<(String, Value)> = Vec::new();
        if let Some(members) = schema.as_object_mut() {
            members.shift_remove("$schema");
            for keyword in DEFINITIONS {
                if let Some(Value::Object(found)) = members.shift_remove(keyword) {
                    definitions.extend(found.into_iter().map(|(name, value)| (format!("#/{keyword}/{}", pointer_step(&name)), value)));
                }
            }
        }
        let known = self.already_there(plugin, &definitions);
        let mut places = BTreeMap::from([("#".to_owned(), format!("{COMPONENTS}{name}"))]);
        for (place, definition) in &definitions {
            let key = (plugin.to_owned(), place.clone());
            let component = match self.known.get(&key).filter(|_| known.contains(place)) {
                Some((_, component)) => component.clone(),
                None => {
                    let word = place.rsplit('/').next().unwrap_or_default();
                    let component = names.schema(plugin, word);
                    self.known.entry(key).or_insert_with(|| (definition.clone(), component.clone()));
                    component
                }
            };
            places.insert(place.clone(), format!("{COMPONENTS}{component}"));
        }
        for (place, mut definition) in definitions.into_iter().filter(|(place, _)| !known.contains(place)) {
            rewrite(&mut definition, &places);
            if let Some(component) = places.get(&place).and_then(|place| place.strip_prefix(COMPONENTS)) {
                self.components.insert(component.to_owned(), definition);
            }
        }
        rewrite(&mut schema, &places);
        schema
    }

    /// The definitions that are components already: the same text, with references to the same.
    fn already_there(&self, plugin: &str, definitions: &[(String, Value)]) -> BTreeSet<String> {
        let same =
            |place: &String, value: &Value| self.known.get(&(plugin.to_owned(), place.clone())).is_some_and(|(known, _)| known == value);
        let mut left: BTreeMap<&String, BTreeSet<String>> =
            definitions.iter().filter(|(place, value)| same(place, value)).map(|(place, value)| (place, references(value))).collect();
        loop {
            let apart = left.iter().find(|(_, references)| references.iter().any(|place| !left.contains_key(place)));
            let Some(apart) = apart.map(|(place, _)| *place) else { break };
            left.remove(apart);
        }
        left.into_keys().cloned().collect()
    }
}

const DEFINITIONS: [&str; 2] = ["$defs", "definitions"];

/// Calls `each` for the schema and those in it, and for nothing that only looks like one: a member of `properties` may be called `$ref`.
fn walk(schema: &mut Value, each: &mut dyn FnMut(&mut Map<String, Value>)) {
    let Some(members) = schema.as_object_mut() else { return };
    each(members);
    for (keyword, value) in members {
        match keyword.as_str() {
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => value.as_array_mut().into_iter().flatten().for_each(|part| walk(part, each)),
            "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions" => {
                value.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(|part| walk(part, each));
            }
            "not"
            | "if"
            | "then"
            | "else"
            | "items"
            | "contains"
            | "additionalProperties"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties" => walk(value, each),
            _ => {}
        }
    }
}

fn references(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk(&mut schema.clone(), &mut |members| found.extend(members.get("$ref").and_then(Value::as_str).map(place_of)));
    found
}

fn rewrite(schema: &mut Value, places: &BTreeMap<String, String>) {
    walk(schema, &mut |members| {
        if let Some(reference) = members.get_mut("$ref")
            && let Some(place) = reference.as_str().and_then(|text| places.get(&place_of(text)))
        {
            *reference = place.as_str().into();
        }
    });
}

/// A reference as definitions are known here: a reference may be percent-encoded.
fn place_of(reference: &str) -> String {
    percent_encoding::percent_decode_str(reference).decode_utf8_lossy().into_owned()
}

fn put_inline(value: &mut Value, inline: &BTreeMap<String, Value>) {
    let name = value.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix(COMPONENTS));
    if let Some(schema) = name.and_then(|name| inline.get(name)) {
        *value = schema.clone();
        return;
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(|value| put_inline(value, inline)),
        Value::Array(items) => items.iter_mut().for_each(|value| put_inline(value, inline)),
        _ => {}
    }
}
