//! What a schema is made of: which parts are asked of a value, and which of the values inside it.
//!
//! JSON Schema is a small language, and a plugin writes programs in it. Only what can be followed from here is let through: references go
//! to the schema itself and its definitions.

use std::collections::{BTreeMap, HashMap};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Keywords that are refused, with the reason.
const REFUSED: [(&str, &str); 9] = [
    ("$id", NO_NAMES),
    ("$anchor", NO_NAMES),
    ("$dynamicAnchor", NO_NAMES),
    ("$dynamicRef", NO_NAMES),
    ("$recursiveAnchor", NO_NAMES),
    ("$recursiveRef", NO_NAMES),
    ("$vocabulary", NO_NAMES),
    ("additionalItems", OLDER),
    ("dependencies", OLDER),
];
const NO_NAMES: &str = "is not possible here; a schema refers to its own parts as `#` and `#/$defs/NAME`";
const OLDER: &str = "is of an older JSON Schema; write it as 2020-12 does";

/// How often a part is asked that another looks back at: by itself, for whether it holds, and for what it has seen.
const ASKED_AGAIN: usize = 3;

/// The only dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// One schema among those that a schema is made of.
#[derive(Debug, Default)]
pub(super) struct Part {
    /// What asking it alone costs: one for each value of which its own keywords are made.
    pub(super) own: u64,
    /// Regular expressions that it asks of a string, or of an object's names.
    pub(super) patterns: u64,
    /// Asked of the same value.
    pub(super) same: Vec<usize>,
    /// Asked of the member of that name.
    pub(super) named: BTreeMap<String, usize>,
    /// Asked of all other members.
    pub(super) additional: Option<usize>,
    /// Asked of members whose names match.
    pub(super) matching: Vec<usize>,
    /// Asked of the items at the beginning.
    pub(super) prefix: Vec<usize>,
    /// Asked of the items after them.
    pub(super) items: Option<usize>,
    /// Asked of every item, or name.
    pub(super) each: Vec<usize>,
    /// Looks at what the parts that are asked of the same value find, which asks them again.
    pub(super) looks_back: bool,
}

/// A schema taken apart. The first part is the schema itself.
#[derive(Debug)]
pub(super) struct Structure(pub(super) Vec<Part>);

impl Structure {
    /// Takes a schema apart.
    ///
    /// # Errors
    /// What in it is not possible, for its author.
    pub(super) fn of(schema: &Value) -> Result<Self, String> {
        let mut reader = Reader { parts: Vec::new(), places: HashMap::new(), references: Vec::new() };
        reader.part(schema, "#")?;
        for (from, reference) in std::mem::take(&mut reader.references) {
            let decoded = percent_decode_str(&reference).decode_utf8().ok();
            let Some(to) = decoded.and_then(|place| reader.places.get(place.as_ref()).copied()) else {
                return Err(format!(
                    "refers to {reference:?}; a schema refers to its own parts, as `#` and `#/$defs/NAME`, and to nothing else"
                ));
            };
            reader.parts[from].same.push(to);
        }
        for part in reader.parts.iter_mut().filter(|part| part.looks_back) {
            part.same = part.same.repeat(ASKED_AGAIN);
        }
        Ok(Self(reader.parts))
    }
}

struct Reader {
    parts: Vec<Part>,
    /// What can be referred to.
    places: HashMap<String, usize>,
    /// From which part, and to where.
    references: Vec<(usize, String)>,
}

impl Reader {
    fn part(&mut self, schema: &Value, place: &str) -> Result<usize, String> {
        let index = self.parts.len();
        self.parts.push(Part { own: 1, ..Part::default() });
        if is_referable(place) {
            self.places.insert(place.to_owned(), index);
        }
        let members = match schema {
            Value::Object(members) => members,
            Value::Bool(_) => return Ok(index),
            _ => return Err(format!("is no schema at {place:?}: an object, true or false is expected")),
        };
        for (keyword, value) in members {
            if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| refused == keyword) {
                return Err(format!("has `{keyword}` at {place:?}, which {reason}"));
            }
            self.keyword(index, keyword, value, place)?;
        }
        Ok(index)
    }

    fn keyword(&mut self, index: usize, keyword: &str, value: &Value, place: &str) -> Result<(), String> {
        let below = format!("{place}/{keyword}");
        match keyword {
            "$schema" if value.as_str().map(|text| text.trim_end_matches('#')) != Some(DIALECT) => {
                return Err(format!("has a `$schema` other than {DIALECT}"));
            }
            "$ref" => {
                let reference = value.as_str().ok_or_else(|| format!("has a `$ref` at {place:?} that is no text"))?;
                self.references.push((index, reference.to_owned()));
            }
            "allOf" | "anyOf" | "oneOf" => {
                let parts = self.list(value, &below)?;
                self.parts[index].same.extend(parts);
            }
            "not" | "if" | "then" | "else" => {
                let part = self.part(value, &below)?;
                self.parts[index].same.push(part);
            }
            "dependentSchemas" => {
                let parts = self.map(value, &below)?;
                self.parts[index].same.extend(parts.into_values());
            }
            "properties" => {
                let parts = self.map(value, &below)?;
                self.parts[index].own += parts.len() as u64;
                self.parts[index].named = parts;
            }
            "patternProperties" => {
                let parts = self.map(value, &below)?;
                self.parts[index].patterns += parts.len() as u64;
                self.parts[index].matching.extend(parts.into_values());
            }
            "additionalProperties" => self.parts[index].additional = Some(self.part(value, &below)?),
            "prefixItems" => self.parts[index].prefix = self.list(value, &below)?,
            "items" => self.parts[index].items = Some(self.part(value, &below)?),
            "contains" | "propertyNames" => {
                let part = self.part(value, &below)?;
                self.parts[index].each.push(part);
            }
            "unevaluatedItems" | "unevaluatedProperties" => {
                let part = self.part(value, &below)?;
                self.parts[index].each.push(part);
                self.parts[index].looks_back = true;
            }
            "$defs" | "definitions" => {
                self.map(value, &below)?;
            }
            _ => {
                self.parts[index].patterns += u64::from(keyword == "pattern");
                self.parts[index].own += super::size(value);
            }
        }
        Ok(())
    }

    fn list(&mut self, value: &Value, place: &str) -> Result<Vec<usize>, String> {
        let items = value.as_array().ok_or_else(|| format!("is no schema at {place:?}: an array is expected"))?;
        items.iter().enumerate().map(|(position, item)| self.part(item, &format!("{place}/{position}"))).collect()
    }

    fn map(&mut self, value: &Value, place: &str) -> Result<BTreeMap<String, usize>, String> {
        let members: &Map<String, Value> = value.as_object().ok_or_else(|| format!("is no schema at {place:?}: an object is expected"))?;
        let part = |(name, schema): (&String, &Value)| {
            let name = name.as_str();
            Ok((name.to_owned(), self.part(schema, &format!("{place}/{}", crate::model::problem::pointer_step(name)))?))
        };
        members.iter().map(part).collect()
    }
}

/// The schema itself, and what is defined at its top.
fn is_referable(place: &str) -> bool {
    let definition = place.strip_prefix("#/$defs/").or_else(|| place.strip_prefix("#/definitions/"));
    place == "#" || definition.is_some_and(|name| !name.contains('/'))
}
