//! The verbs that change rows: create, replace, update, delete.
//!
//! Each has two halves. A [`Draft`], or a [`Removal`], is what the client sent, read and checked without a database: whoever holds the only
//! writer need not wait for a large or wrong body. Applying it runs inside a transaction of the caller's, changes at most one row, and can
//! be done again after a rollback. What an answer shows is read back, so that defaults, triggers and the column's own idea of a value are
//! in it.

use std::ops::ControlFlow;

use super::clock::Clock;
use super::collection::{Collection, Field};
use super::conflict::{self, Attempt};
use super::decode::{self, Given, Purpose};
use super::encode::{Shape, as_cell, as_value};
use super::error::{RecordError, in_body, invalid};
use super::key;
use super::merge;
use super::read;
use super::rows::{Rows, RowsError};
use crate::model::problem::pointer_step;
use crate::model::query::{Order, Select, Write};
use crate::model::scalar;
use crate::model::schema::Managed;
use crate::model::{Default, Name, Problem, Reason, Value};

/// A row as a client sent it, new or in part, checked as far as that goes without the database.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft(Intent);

#[derive(Debug, Clone, PartialEq)]
enum Intent {
    Create { given: Vec<Given> },
    Change { key: Vec<Value>, given: Vec<Given>, purpose: Purpose },
}

/// A row that is to go.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    key: Vec<Value>,
}

/// What a draft answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The row as a JSON object.
    pub body: Vec<u8>,
    /// The key of a row that is new, as a path writes it.
    pub created: Option<String>,
}

impl Written {
    /// The HTTP status that says so.
    pub fn status(&self) -> u16 {
        if self.created.is_some() { 201 } else { 200 }
    }
}

impl Draft {
    /// A new row.
    ///
    /// # Errors
    /// `malformed-json` (400), `validation-failed` (422).
    pub fn create(collection: &Collection, body: &[u8]) -> Result<Self, Problem> {
        Ok(Self(Intent::Create { given: decode::body(collection, body, Purpose::Create)? }))
    }

    /// A row put in the place of the one with this key; the path's key wins over the body's.
    ///
    /// A field that the body leaves out gets its default or NULL, except those that reading does not show, those that are given once,
    /// and those whose default the database works out: they keep their value. A row that stays as it was keeps its `updated_at`.
    ///
    /// # Errors
    /// As for [`Draft::create`]; `invalid-ulid`, `invalid-key` (400).
    pub fn replace(collection: &Collection, key: &str, body: &[u8]) -> Result<Self, Problem> {
        Self::change(collection, key, body, Purpose::Replace)
    }

    /// A merge patch (RFC 7396) for the row with this key.
    ///
    /// # Errors
    /// As for [`Draft::replace`].
    pub fn update(collection: &Collection, key: &str, patch: &[u8]) -> Result<Self, Problem> {
        Self::change(collection, key, patch, Purpose::Update)
    }

    /// The same, with what the plugin worked out for the row: a JSON object of columns that no client can give.
    ///
    /// # Errors
    /// `not-computed` (422).
    pub fn with_computed(mut self, collection: &Collection, computed: &[u8]) -> Result<Self, Problem> {
        let (Intent::Create { given } | Intent::Change { given, .. }) = &mut self.0;
        for (index, value) in decode::computed(collection, computed)? {
            given[index] = value;
        }
        Ok(self)
    }

    fn change(collection: &Collection, key: &str, body: &[u8], purpose: Purpose) -> Result<Self, Problem> {
        // The body first: a bad id with a bad body is answered 422.
        let given = decode::body(collection, body, purpose)?;
        Ok(Self(Intent::Change { key: key::parse(collection, key)?, given, purpose }))
    }

    /// Carries it out on the collection that it was read for, inside the caller's transaction.
    ///
    /// # Errors
    /// `not-found`, `conflict`, `validation-failed`; the caller rolls back.
    pub fn apply(&self, collection: &Collection, clock: &dyn Clock, rows: &mut dyn Rows) -> Result<Written, RecordError> {
        match &self.0 {
            Intent::Create { given } => insert(collection, given, clock, rows),
            Intent::Change { key, given, purpose } => {
                let body = change(collection, key, given, *purpose, clock, rows)?;
                Ok(Written { body, created: None })
            }
        }
    }
}

impl Removal {
    /// The row with this key goes.
    ///
    /// # Errors
    /// `invalid-ulid`, `invalid-key` (400).
    pub fn of(collection: &Collection, key: &str) -> Result<Self, Problem> {
        Ok(Self { key: key::parse(collection, key)? })
    }

    /// Carries it out on the collection that it was read for, inside the caller's transaction.
    ///
    /// # Errors
    /// As [`Draft::apply`].
    pub fn apply(&self, collection: &Collection, rows: &mut dyn Rows) -> Result<(), RecordError> {
        let write = Write::Delete { table: collection.table.clone(), conditions: collection.key_conditions(&self.key) };
        match run(collection, &write, Attempt::Delete, rows)? {
            0 => Err(key::not_found(collection, &self.key).into()),
            _ => Ok(()),
        }
    }
}

/// 422: a plugin gives columns of a row where none is written.
pub fn not_computed() -> Problem {
    Problem::new(422, "not-computed", "only create, replace and update write a row, so only they take what the plugin computed")
}

/// What a failed commit means: a foreign key that is checked only then was broken; anything else is no problem of the client's.
pub fn at_commit(error: RowsError) -> RecordError {
    match error {
        RowsError::Violation(_) => conflict::at_commit().into(),
        other => other.into(),
    }
}

fn insert(collection: &Collection, given: &[Given], clock: &dyn Clock, rows: &mut dyn Rows) -> Result<Written, RecordError> {
    let now = now(clock)?;
    let mut cells = Vec::with_capacity(given.len());
    for (field, given) in collection.fields.iter().zip(given) {
        let value = match (field.rules.managed, given) {
            (Some(Managed::CreatedAt | Managed::UpdatedAt), _) => Some(now.clone()),
            (_, Given::Value(value)) => Some(value.clone()),
            (Some(Managed::Id), _) => Some(Value::Text(clock.new_id())),
            // Left out, so that the database gives its default; an object to merge comes with patches only.
            (None, Given::Absent | Given::Merge(_)) => None,
        };
        cells.extend(value.map(|value| (field.name.clone(), value)));
    }
    let write = Write::Insert { table: collection.table.clone(), cells };
    run(collection, &write, Attempt::Create, rows)?;
    let key = created_key(collection, &write, rows)?;
    let body = read::row(collection, &key, rows)?.ok_or_else(|| vanished(collection))?;
    Ok(Written { body, created: Some(key::write(collection, &key)) })
}

fn change(
    collection: &Collection,
    key: &[Value],
    given: &[Given],
    purpose: Purpose,
    clock: &dyn Clock,
    rows: &mut dyn Rows,
) -> Result<Vec<u8>, RecordError> {
    let current = current(collection, key, rows)?.ok_or_else(|| key::not_found(collection, key))?;
    let mut cells = changes(collection, given, &current, purpose)?;
    if !cells.is_empty() {
        let now = now(clock)?;
        let stamped = collection.fields.iter().filter(|field| field.rules.managed == Some(Managed::UpdatedAt));
        cells.extend(stamped.map(|field| (field.name.clone(), now.clone())));
        let write = Write::Update { table: collection.table.clone(), cells, conditions: collection.key_conditions(key) };
        run(collection, &write, Attempt::Change, rows)?;
    }
    read::row(collection, key, rows)?.ok_or_else(|| vanished(collection))
}

/// What of the row in hand becomes different.
fn changes(collection: &Collection, given: &[Given], current: &[Vec<u8>], purpose: Purpose) -> Result<Vec<(Name, Value)>, Problem> {
    let mut cells = Vec::new();
    let mut reasons = Vec::new();
    for ((field, given), current) in collection.fields.iter().zip(given).zip(current) {
        let kept = field.is_computed() && *given == Given::Absent;
        if field.key || kept || field.generated || field.rules.managed.is_some() {
            continue;
        }
        let value = match given {
            Given::Value(value) => value.clone(),
            Given::Merge(_) if current.len() > MAX_MERGED_BYTES => {
                reasons.push(too_large_to_merge(field));
                continue;
            }
            Given::Merge(patch) => merge::apply(field, current, patch).ok_or_else(|| unmergeable(field))?,
            Given::Absent if purpose == Purpose::Replace => match reset(field) {
                Some(value) => value,
                None => continue,
            },
            Given::Absent => continue,
        };
        // A row is the same when nobody who reads it could tell the difference.
        let mut encoded = Vec::new();
        Shape::of(field).cell(as_cell(&value), &mut encoded);
        if encoded == *current {
            continue;
        }
        if field.immutable {
            reasons.push(in_body(format!("/{}", pointer_step(field.name.as_str())), "immutable", "is given once and cannot be changed"));
        }
        cells.push((field.name.clone(), value));
    }
    if reasons.is_empty() { Ok(cells) } else { Err(invalid(reasons)) }
}

/// What a field gets that a replacing body leaves out; `None` keeps what is there.
fn reset(field: &Field) -> Option<Value> {
    match &field.default {
        _ if field.write_only || field.immutable => None,
        Some(Default::Value(value)) => Some(value.clone()),
        Some(Default::Expression(_)) => None,
        None => Some(Value::Null),
    }
}

/// Every field of the row with this key, as its JSON.
fn current(collection: &Collection, key: &[Value], rows: &mut dyn Rows) -> Result<Option<Vec<Vec<u8>>>, RecordError> {
    let shapes: Vec<Shape> = collection.fields.iter().map(Shape::of).collect();
    let select = Select {
        table: collection.table.clone(),
        columns: collection.fields.iter().map(|field| field.name.clone()).collect(),
        conditions: collection.key_conditions(key),
        order: Order::Insertion,
        limit: Some(1),
        offset: 0,
    };
    let mut found = None;
    rows.select(&select, &mut |row| {
        let encode = |(index, shape): (usize, &Shape)| {
            let mut json = Vec::new();
            shape.cell(row.cell(index), &mut json);
            json
        };
        found = Some(shapes.iter().enumerate().map(encode).collect());
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// The key of the row just inserted: what was given, or the number that the database gave.
fn created_key(collection: &Collection, write: &Write, rows: &mut dyn Rows) -> Result<Vec<Value>, RecordError> {
    let Write::Insert { cells, .. } = write else { return Err(vanished(collection)) };
    let given = |field: &Field| cells.iter().find(|(name, _)| name == &field.name).map(|(_, value)| value.clone());
    if let Some(key) = collection.key_fields().map(given).collect() {
        return Ok(key);
    }
    // Only a counted key can be missing here, and the database counts upwards: it is the largest.
    let columns: Vec<Name> = collection.key_fields().map(|field| field.name.clone()).collect();
    let order = Order::Columns(columns.iter().map(|name| (name.clone(), true)).collect());
    let mut key = None;
    let select = Select { table: collection.table.clone(), columns, conditions: Vec::new(), order, limit: Some(1), offset: 0 };
    rows.select(&select, &mut |row| {
        key = Some((0..select.columns.len()).map(|index| as_value(row.cell(index))).collect());
        ControlFlow::Break(())
    })?;
    key.ok_or_else(|| vanished(collection))
}

fn run(collection: &Collection, write: &Write, attempt: Attempt, rows: &mut dyn Rows) -> Result<u64, RecordError> {
    match rows.write(write) {
        Err(RowsError::Violation(violation)) => Err(conflict::explain(collection, &violation, write, attempt, rows).into()),
        other => Ok(other?),
    }
}

fn now(clock: &dyn Clock) -> Result<Value, RecordError> {
    let now_ms = clock.now_ms();
    let text = scalar::stored_now(now_ms)
        .ok_or_else(|| RecordError::Fault(format!("the clock says {now_ms} ms, which is no year of four digits").into()))?;
    Ok(Value::Text(text))
}

fn unmergeable(field: &Field) -> Problem {
    Problem::new(409, "conflict", format!("what {} holds cannot be merged into; replace the row as a whole", field.name))
}

/// Most bytes of JSON that are merged into: a patch is small, but what it changes is read and written whole by the one writer, and grows with
/// every patch.
const MAX_MERGED_BYTES: usize = 1 << 20;

fn too_large_to_merge(field: &Field) -> Reason {
    let detail = format!("what it holds is larger than {MAX_MERGED_BYTES} bytes and cannot be merged into; replace it as a whole");
    in_body(format!("/{}", pointer_step(field.name.as_str())), "length", detail)
}

fn vanished(collection: &Collection) -> RecordError {
    RecordError::Fault(format!("a row of {} that was just written is not there; a trigger may have removed it", collection.name).into())
}
