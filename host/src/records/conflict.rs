//! What the database refused, in words for the client: which rule, which fields; never SQL, never what other rows hold.

use super::collection::Collection;
use super::error::{in_body, invalid};
use super::key;
use super::rows::Rows;
use crate::model::problem::pointer_step;
use crate::model::query::{Condition, Constraint, Count, Violation, Write};
use crate::model::{Name, Problem, Reason, Value};

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    Create,
    Change,
    Delete,
}

/// The problem for a write that broke a rule of the schema.
///
/// 409 `conflict` where other rows stand against it, 422 `validation-failed` where the row itself is wrong; always with the member
/// `constraint`.
pub(super) fn explain(collection: &Collection, violation: &Violation, write: &Write, attempt: Attempt, rows: &mut dyn Rows) -> Problem {
    match violation.kind {
        Constraint::Unique => unique(collection, violation, write),
        Constraint::ForeignKey if attempt == Attempt::Delete => {
            conflict("foreign_key", "other rows still refer to this row".to_owned(), Vec::new())
        }
        Constraint::ForeignKey => {
            let reasons = missing_targets(collection, write, rows);
            conflict("foreign_key", "the row refers to a row that does not exist, or is itself still referred to".to_owned(), reasons)
        }
        Constraint::NotNull => rejected(collection, violation, "not_null", "null", "must not be null"),
        Constraint::Check => rejected(collection, &Violation { kind: violation.kind, columns: Vec::new() }, "check", "check", ""),
        Constraint::Type => rejected(collection, violation, "type", "type", "is of another type than the column"),
    }
}

/// 409 for a foreign key that is checked at commit.
pub(super) fn at_commit() -> Problem {
    conflict("foreign_key", "a row would refer to a row that does not exist".to_owned(), Vec::new())
}

fn unique(collection: &Collection, violation: &Violation, write: &Write) -> Problem {
    let fields = named_fields(collection, violation);
    let is_key =
        !fields.is_empty() && fields.len() == collection.key.len() && collection.key_fields().all(|field| fields.contains(&&field.name));
    let key: Option<Vec<Value>> = collection.key_fields().map(|field| value_of(write, &field.name).cloned()).collect();
    if let Some(key) = key.filter(|_| is_key) {
        let reasons = pointing(&fields, "unique", "is taken");
        return conflict("unique", format!("a row in {} with {} already exists", collection.name, key::named(collection, &key)), reasons);
    }
    let detail = match fields.as_slice() {
        [] => format!("another row in {} has the same values where they must be unique", collection.name),
        names => format!(
            "another row in {} has the same {}",
            collection.name,
            names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" and ")
        ),
    };
    conflict("unique", detail, pointing(&fields, "unique", "must be unique"))
}

/// The foreign keys of the written row whose target is not there. Only looked for once the database has refused the row.
fn missing_targets(collection: &Collection, write: &Write, rows: &mut dyn Rows) -> Vec<Reason> {
    let mut reasons = Vec::new();
    for foreign_key in &collection.foreign_keys {
        let values: Option<Vec<&Value>> =
            foreign_key.columns.iter().map(|column| value_of(write, column).filter(|value| **value != Value::Null)).collect();
        let Some(values) = values else { continue };
        let conditions =
            foreign_key.target_columns.iter().zip(values).map(|(column, value)| Condition::equal(column.clone(), value.clone())).collect();
        // When even this cannot be asked, the answer still says that it is a foreign key.
        let missing = rows.count(&Count { table: foreign_key.target_table.clone(), conditions }).is_ok_and(|count| count == 0);
        let shown: Vec<&Name> = foreign_key.columns.iter().filter(|column| collection.field(column.as_str()).is_some()).collect();
        if missing {
            reasons.extend(pointing(&shown, "foreign-key", "refers to a row that does not exist"));
        }
    }
    reasons
}

fn rejected(collection: &Collection, violation: &Violation, constraint: &str, code: &str, detail: &str) -> Problem {
    let reasons = pointing(&named_fields(collection, violation), code, detail);
    let mut problem = invalid(reasons).with_member("constraint", constraint);
    if problem.errors.is_empty() {
        problem.detail = "the row breaks a rule of its table".to_owned();
    }
    problem
}

fn conflict(constraint: &str, detail: String, reasons: Vec<Reason>) -> Problem {
    Problem::new(409, "conflict", detail).with_errors(reasons).with_member("constraint", constraint)
}

/// The fields that the violation names and the client knows; `table.column` and `column` are both understood.
fn named_fields<'a>(collection: &'a Collection, violation: &Violation) -> Vec<&'a Name> {
    let prefix = format!("{}.", collection.table).to_ascii_lowercase();
    let bare = |text: &str| if text.to_ascii_lowercase().starts_with(&prefix) { text[prefix.len()..].to_owned() } else { text.to_owned() };
    let columns: Vec<String> = violation.columns.iter().map(|text| bare(text)).collect();
    let known = collection.fields.iter().filter(|field| !field.hidden).map(|field| &field.name);
    known.filter(|name| columns.iter().any(|column| **name == **column)).collect()
}

fn pointing(fields: &[&Name], code: &str, detail: &str) -> Vec<Reason> {
    fields.iter().map(|name| in_body(format!("/{}", pointer_step(name.as_str())), code, detail)).collect()
}

fn value_of<'a>(write: &'a Write, column: &Name) -> Option<&'a Value> {
    match write {
        Write::Insert { cells, .. } | Write::Update { cells, .. } => cells.iter().find(|(name, _)| name == column).map(|(_, value)| value),
        Write::Delete { .. } => None,
    }
}
