//! Holds values against a schema, and says all that is wrong.

use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::JsonSchema;
use super::effort::{Effort, TooMuch};
use super::structure::Structure;
use crate::model::problem::pointer_step;

/// Most bytes of one compiled regular expression. An e-mail address takes some 20 kB, `\w` alone as much.
const PATTERN_BYTES: usize = 256 << 10;

/// Stack of the thread that compiles, in bytes. What a schema may nest fits several times.
const STACK_BYTES: usize = 16 << 20;

/// Work up to which every mistake is looked for. Of a value that is more, only that it does not fit is said: mistakes are gathered in
/// memory before the first can be read, each with a copy of what is wrong.
const MOST_WORK_FOR_REASONS: u64 = 200_000;

/// Most bytes of what a schema allows in a sentence.
const SHOWN_BYTES: usize = 200;

/// A schema that values can be held against.
#[derive(Debug)]
pub struct Checker {
    validator: Validator,
    effort: Effort,
}

/// Something in a value that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// JSON pointer to it.
    pub pointer: String,
    /// Stable and machine-readable, like those of the record engine.
    pub code: &'static str,
    /// What would fit, to be read after the thing's name: `must be …`.
    pub detail: String,
}

impl Checker {
    /// Compiles a schema.
    ///
    /// # Errors
    /// Why it cannot be used, for its author.
    pub fn new(schema: &JsonSchema) -> Result<Self, String> {
        let effort = Effort::of(&Structure::of(schema.value())?)?;
        let value = schema.value().clone();
        // On a thread of its own: the compiler goes down along references, and a panic of it would be a hostile plugin's.
        let thread = std::thread::Builder::new().name("schema".to_owned()).stack_size(STACK_BYTES);
        let compiled = thread.spawn(move || compile(&value)).map(std::thread::JoinHandle::join);
        match compiled {
            Ok(Ok(validator)) => Ok(Self { validator: validator?, effort }),
            Ok(Err(_)) => Err("cannot be compiled".to_owned()),
            Err(error) => Err(format!("cannot be compiled now: {error}")),
        }
    }

    /// Everything about a value that does not fit, in the order of the value; at most about `most`.
    pub fn misfits(&self, value: &Value, most: usize) -> Vec<Misfit> {
        let work = match self.effort.require(value) {
            Ok(work) => work,
            Err(TooMuch::Depth(levels)) => return vec![whole(format!("nests deeper than the {levels} levels that can be checked"))],
            Err(TooMuch::Size) => return vec![whole("is too large to be checked".to_owned())],
        };
        if self.validator.is_valid(value) {
            return Vec::new();
        }
        if work > MOST_WORK_FOR_REASONS {
            return vec![Misfit { code: "schema", ..whole("does not fit its schema, and is too large to say where".to_owned()) }];
        }
        let mut misfits = Vec::new();
        for error in self.validator.iter_errors(value) {
            if misfits.len() >= most {
                break;
            }
            misfits_of(&error, &mut misfits);
        }
        misfits.sort_by_cached_key(|misfit| position(value, &misfit.pointer));
        misfits.dedup();
        misfits
    }
}

/// Where in a value a pointer leads: the place of each step among its neighbours. What is missing comes after what is there.
fn position(mut value: &Value, pointer: &str) -> Vec<usize> {
    let mut places = Vec::new();
    for step in pointer.split('/').skip(1) {
        let place = match value {
            Value::Object(members) => members.keys().position(|name| pointer_step(name) == step),
            Value::Array(_) => step.parse().ok(),
            _ => None,
        };
        places.push(place.unwrap_or(usize::MAX));
        let inside = match value {
            Value::Object(members) => place.and_then(|place| members.values().nth(place)),
            Value::Array(items) => place.and_then(|place| items.get(place)),
            _ => None,
        };
        let Some(inside) = inside else { break };
        value = inside;
    }
    places
}

fn compile(schema: &Value) -> Result<Validator, String> {
    let options = jsonschema::options().with_draft(Draft::Draft202012).offline().should_validate_formats(false);
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES);
    options.with_pattern_options(patterns).build(schema).map_err(|error| {
        let reason = error.masked_with("a value").to_string();
        format!("is no JSON Schema 2020-12 at {:?}: {}", error.instance_path().as_str(), short(&reason))
    })
}

fn whole(detail: String) -> Misfit {
    Misfit { pointer: String::new(), code: "too-large", detail }
}

/// What the schema's author wrote, in a sentence.
fn short(text: &str) -> String {
    crate::model::text::printable(text, SHOWN_BYTES)
}

fn misfits_of(error: &ValidationError<'_>, misfits: &mut Vec<Misfit>) {
    let at = error.instance_path().as_str();
    let below = |name: &str| format!("{at}/{}", pointer_step(name));
    let one = |code, detail| Misfit { pointer: at.to_owned(), code, detail };
    let count = |limit: &u64, least: bool, what: &str| {
        one("length", format!("must have at {} {limit} {what}", if least { "least" } else { "most" }))
    };
    let bound = |limit: &Value, words: &str| one("range", format!("must be {words} {}", short(&limit.to_string())));
    misfits.push(match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            Misfit { pointer: below(name), code: "required", detail: "is required".to_owned() }
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let unknown = |name: &String| Misfit { pointer: below(name), code: "unknown", detail: "is not known here".to_owned() };
            misfits.extend(unexpected.iter().map(unknown));
            return;
        }
        Kind::Type { .. } if error.instance().is_null() => one("null", "must not be null".to_owned()),
        Kind::Type { kind } => one("type", format!("must be {}, not {}", wanted(kind), kind_of(error.instance()))),
        Kind::Enum { options } => one("enum", format!("must be one of {}", short(&listed(options)))),
        Kind::Constant { expected_value } => one("enum", format!("must be {}", short(&expected_value.to_string()))),
        Kind::Minimum { limit } => bound(limit, "at least"),
        Kind::Maximum { limit } => bound(limit, "at most"),
        Kind::ExclusiveMinimum { limit } => bound(limit, "more than"),
        Kind::ExclusiveMaximum { limit } => bound(limit, "less than"),
        Kind::MultipleOf { multiple_of } => one("range", format!("must be a multiple of {multiple_of}")),
        Kind::MinLength { limit } => count(limit, true, "characters"),
        Kind::MaxLength { limit } => count(limit, false, "characters"),
        Kind::MinItems { limit } => count(limit, true, "items"),
        Kind::MaxItems { limit } => count(limit, false, "items"),
        Kind::MinProperties { limit } => count(limit, true, "members"),
        Kind::MaxProperties { limit } => count(limit, false, "members"),
        Kind::Pattern { pattern } => one("format", format!("must match {}", short(pattern))),
        Kind::UniqueItems => one("duplicate", "must not have an item twice".to_owned()),
        Kind::Contains => one("schema", "lacks an item of the kind that must be there".to_owned()),
        Kind::PropertyNames { .. } => one("unknown", "has a member whose name is not allowed".to_owned()),
        Kind::AdditionalItems { .. } | Kind::UnevaluatedItems { .. } => one("unknown", "has an item that is not known here".to_owned()),
        Kind::FalseSchema => one("unknown", "must not be there".to_owned()),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } => one("schema", "has none of the forms that are allowed here".to_owned()),
        Kind::OneOfMultipleValid { .. } => one("schema", "has several of the forms of which one is allowed here".to_owned()),
        Kind::Not { .. } => one("schema", "has a form that is not allowed here".to_owned()),
        // What else there is cannot be said in the schemas that are let through.
        _ => one("schema", "does not fit its schema".to_owned()),
    });
}

fn wanted(kind: &TypeKind) -> String {
    let name = |name: &str| match name {
        "array" => "an array",
        "boolean" => "a boolean",
        "integer" => "an integer",
        "null" => "null",
        "number" => "a number",
        "object" => "an object",
        _ => "a string",
    };
    match kind {
        TypeKind::Single(one) => name(one.as_str()).to_owned(),
        TypeKind::Multiple(several) => several.iter().map(|one| name(one.as_str())).collect::<Vec<_>>().join(" or "),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn listed(options: &Value) -> String {
    let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    options.as_array().map(|options| options.iter().map(words).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}
