//! A body becomes checked values: strict, and with everything that is wrong said at once.
//!
//! Unknown members, wrong JSON types and values out of bounds are reasons with a JSON pointer (422). Text that is not JSON is a
//! problem of its own (400), because nothing in it can be pointed at.

use super::collection::{Collection, Field};
use super::error::{MAX_REASONS, in_body, invalid, quoted};
use super::value;
use crate::model::json::{Json, Member, Top, read};
use crate::model::problem::pointer_step;
use crate::model::schema::Managed;
use crate::model::{Problem, Reason, Value};

/// What a body is for; decides what may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A new row: what has no default must be there.
    Create,
    /// A row put in the place of another: the same, except for what the path says and what reading does not show.
    Replace,
    /// A merge patch: only what is named changes.
    Update,
}

/// What a body says of one field.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Given {
    /// Nothing, or nothing that counts.
    Absent,
    /// This value, or NULL.
    Value(Value),
    /// An object to be merged into the JSON that is there.
    Merge(String),
}

/// Reads a body for one row.
///
/// # Shape
/// One entry per field of the collection, in its order.
/// # Errors
/// `malformed-json` (400); `validation-failed` (422) with every reason.
pub(super) fn body(collection: &Collection, bytes: &[u8], purpose: Purpose) -> Result<Vec<Given>, Problem> {
    let members = match read(bytes) {
        Ok(Top::Members(members)) => members,
        Ok(Top::Other(other)) => return Err(invalid(vec![in_body("", "type", format!("must be an object, not {}", other.kind()))])),
        Err(_) if bytes.is_empty() => return Err(Problem::new(400, "malformed-json", "the body is empty; a JSON object is expected")),
        Err(error) => {
            let detail = format!("the body is not JSON: line {}, column {}: {}", error.line, error.column, error.reason);
            return Err(Problem::new(400, "malformed-json", detail));
        }
    };
    let mut given = vec![Given::Absent; collection.fields.len()];
    let mut seen = vec![false; collection.fields.len()];
    let mut reasons = Vec::new();
    for member in &members {
        let pointer = format!("/{}", pointer_step(&member.name));
        if reasons.len() >= MAX_REASONS {
            break;
        }
        let Some((index, field)) = collection.field(&member.name) else {
            reasons.push(in_body(pointer, "unknown", unknown(collection, &member.name)));
            continue;
        };
        if std::mem::replace(&mut seen[index], true) {
            reasons.push(in_body(pointer, "duplicate", "is given twice"));
        } else if cannot_stand_in_a_path(collection, field, &member.value) {
            reasons.push(in_body(pointer, "format", "must not be empty, `.` or `..`, for it is what the row's path ends with"));
        } else if !field.is_ignored() {
            given[index] = one(field, member, &pointer, purpose, &mut reasons);
        }
    }
    missing(collection, &seen, &given, purpose, &mut reasons);
    if reasons.is_empty() { Ok(given) } else { Err(invalid(reasons)) }
}

/// Reads what a plugin worked out for a row: an object of columns that no client can give.
///
/// # Shape
/// Indices of the collection's fields, with a value each.
/// # Errors
/// `not-computed` (422): what it is not, in words for the plugin's author.
pub(super) fn computed(collection: &Collection, bytes: &[u8]) -> Result<Vec<(usize, Given)>, Problem> {
    let refused = |detail: String| Problem::new(422, "not-computed", format!("what the plugin computed for {}: {detail}", collection.name));
    let Ok(Top::Members(members)) = read(bytes) else { return Err(refused("it is not a JSON object".to_owned())) };
    let column = |member: &Member<'_>| {
        let found = collection.fields.iter().enumerate().find(|(_, field)| field.name.as_str() == member.name && field.is_computed());
        let (index, field) = found.ok_or_else(|| refused(format!("{} is no column that only the plugin gives", quoted(&member.name))))?;
        let mut reasons = Vec::new();
        match (one(field, member, "", Purpose::Create, &mut reasons), reasons.first()) {
            (given, None) => Ok((index, given)),
            (_, Some(reason)) => Err(refused(format!("{} {}", field.name, reason.detail))),
        }
    };
    members.iter().map(column).collect()
}

/// Whether a path with this key would be another path, however it is written.
fn cannot_stand_in_a_path(collection: &Collection, field: &Field, value: &Json<'_>) -> bool {
    field.key && collection.key.len() == 1 && matches!(value, Json::String(text) if matches!(text.as_ref(), "" | "." | ".."))
}

fn one(field: &Field, member: &Member<'_>, pointer: &str, purpose: Purpose, reasons: &mut Vec<Reason>) -> Given {
    match &member.value {
        // An id that is null is one that was not given; so is a number that the database gives.
        Json::Null if field.rules.managed == Some(Managed::Id) || field.counted => Given::Absent,
        Json::Null if field.nullable && !field.key => Given::Value(Value::Null),
        // A merge patch has no other way to say "remove", and this column cannot be without a value.
        Json::Null if !field.is_json() || field.is_tags() || purpose == Purpose::Update => {
            reasons.push(in_body(pointer, "null", "must not be null"));
            Given::Absent
        }
        Json::Object(patch) if purpose == Purpose::Update && field.is_json() && !field.is_tags() && member.infinite.is_empty() => {
            Given::Merge((*patch).to_owned())
        }
        value => value::from_json(field, value, &member.infinite, pointer, reasons).map_or(Given::Absent, Given::Value),
    }
}

fn missing(collection: &Collection, seen: &[bool], given: &[Given], purpose: Purpose, reasons: &mut Vec<Reason>) {
    let may_be_missing = |field: &Field| match purpose {
        Purpose::Create => !field.is_required(),
        Purpose::Replace => !field.is_required() || field.key || field.write_only || field.immutable,
        Purpose::Update => true,
    };
    for (index, field) in collection.fields.iter().enumerate() {
        if !seen[index] && given[index] == Given::Absent && !may_be_missing(field) {
            reasons.push(in_body(format!("/{}", pointer_step(field.name.as_str())), "required", "is required"));
        }
    }
}

fn unknown(collection: &Collection, name: &str) -> String {
    let known: Vec<_> = collection.fields.iter().filter(|field| !field.hidden).map(|field| field.name.as_str()).collect();
    format!("{} is not a field of {}; known are {}", quoted(name), collection.name, known.join(", "))
}
