//! A parameter: text that stands for a value.

use serde_json::Value;

use crate::model::json::{Json, Top, read};
use crate::model::json_schema::Checker;
use crate::model::manifest::Parameter;
use crate::records::error::quoted;

/// What one parameter must be like.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) name: String,
    pub(super) required: bool,
    kinds: Kinds,
    /// What each of several values is, where they may be several.
    items: Option<Kinds>,
    checker: Checker,
}

/// What a text may stand for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Kinds {
    number: bool,
    boolean: bool,
    string: bool,
    array: bool,
}

const ANY: Kinds = Kinds { number: false, boolean: false, string: true, array: false };

/// References and combinations that are followed to find out what a schema asks for.
const MOST_FOLLOWED: usize = 100;

/// Most mistakes that are told of one parameter.
const MOST_TOLD: usize = 10;

impl Expected {
    /// Compiles a declared parameter.
    ///
    /// # Errors
    /// No text can be what its schema asks for.
    pub(super) fn compile(parameter: &Parameter) -> Result<Self, String> {
        let Parameter { name, schema, required, place, .. } = parameter;
        let root = schema.value();
        let kinds = kinds_of(root, root);
        if kinds == Kinds::default() {
            return Err(format!(
                "the schema of its {place} parameter {name} asks for what no text can be; text can be a string, a number, a boolean, or several of them"
            ));
        }
        let items = kinds.array.then(|| root.get("items").map_or(ANY, |items| kinds_of(items, root)));
        let checker = Checker::new(schema).map_err(|reason| format!("the schema of its {place} parameter {name} {reason}"))?;
        Ok(Self { name: name.clone(), required: *required, kinds, items, checker })
    }

    /// What is wrong with the values that were given, of which there is at least one: codes and sentences.
    pub(super) fn check(&self, texts: &[&str]) -> Vec<(&'static str, String)> {
        let read = match (self.items, texts) {
            (Some(items), texts) => texts.iter().map(|text| items.read(text)).collect::<Result<Vec<_>, _>>().map(Value::from),
            (None, [text]) => self.kinds.read(text),
            (None, _) => Err(("duplicate", "is given twice".to_owned())),
        };
        match read {
            Ok(value) => self.checker.misfits(&value, MOST_TOLD).into_iter().map(|misfit| (misfit.code, misfit.detail)).collect(),
            Err(fault) => vec![fault],
        }
    }
}

impl Kinds {
    /// The value that a text stands for: a number or a boolean where one is asked for, before a string.
    fn read(self, text: &str) -> Result<Value, (&'static str, String)> {
        if self.number
            && let Some(number) = number(text)
        {
            return Ok(number);
        }
        if self.boolean && matches!(text, "true" | "false") {
            return Ok((text == "true").into());
        }
        if self.string {
            return Ok(text.into());
        }
        let wanted = match (self.number, self.boolean) {
            (true, true) => "a number, true or false",
            (false, true) => "true or false",
            _ => "a number",
        };
        Err(("type", format!("must be {wanted}, not {}", quoted(text))))
    }

    fn add(&mut self, other: Self) {
        self.number |= other.number;
        self.boolean |= other.boolean;
        self.string |= other.string;
        self.array |= other.array;
    }

    fn of_type(name: &str) -> Self {
        let mut kinds = Self::default();
        match name {
            "integer" | "number" => kinds.number = true,
            "boolean" => kinds.boolean = true,
            "string" => kinds.string = true,
            "array" => kinds.array = true,
            _ => {}
        }
        kinds
    }

    fn of_value(value: &Value) -> Self {
        match value {
            Value::Number(_) => Self::of_type("number"),
            Value::Bool(_) => Self::of_type("boolean"),
            Value::String(_) => Self::of_type("string"),
            Value::Null | Value::Array(_) | Value::Object(_) => Self::default(),
        }
    }
}

/// A text that is a JSON number from end to end, and one that a double can hold.
fn number(text: &str) -> Option<Value> {
    match read(text.as_bytes()) {
        // `read` allows spaces around; a parameter does not.
        Ok(Top::Other(Json::Number(number))) if number.len() == text.len() => serde_json::from_str(text).ok(),
        _ => None,
    }
}

/// What a schema asks for, as far as it says so; a string where it says nothing.
fn kinds_of(schema: &Value, root: &Value) -> Kinds {
    let (mut open, mut kinds, mut said) = (vec![schema], Kinds::default(), false);
    for _ in 0..MOST_FOLLOWED {
        let Some(schema) = open.pop() else { break };
        let word = |keyword: &str| schema.get(keyword);
        let types = word("type").map(|types| types.as_array().map_or(std::slice::from_ref(types), Vec::as_slice));
        let values = word("enum").and_then(Value::as_array).map(Vec::as_slice).or(word("const").map(std::slice::from_ref));
        if let Some(types) = types {
            types.iter().filter_map(Value::as_str).for_each(|name| kinds.add(Kinds::of_type(name)));
            said = true;
        } else if let Some(values) = values {
            values.iter().for_each(|value| kinds.add(Kinds::of_value(value)));
            said = true;
        }
        open.extend(word("$ref").and_then(Value::as_str).and_then(|place| root.pointer(place.trim_start_matches('#'))));
        let combined = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(word).filter_map(Value::as_array);
        open.extend(combined.flatten());
    }
    if said { kinds } else { ANY }
}
