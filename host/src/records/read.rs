//! The verbs that read: list and get.

use super::collection::Collection;
use super::cursor::{Cursor, Place};
use super::encode::as_value;
use super::error::RecordError;
use super::key;
use super::query::{ListQuery, Part};
use super::rows::Rows;
use crate::model::query::{Comparator, Condition, Count, Order, Select};
use crate::model::{Name, Value};

/// The answer to a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// A JSON array, or the envelope with `items`, `total`, `page`, `size` and `pages`.
    pub body: Vec<u8>,
    /// Rows in it.
    pub rows: u64,
    /// All rows that the filters let through, where it was asked for.
    pub total: Option<u64>,
    /// The query string of the next part, if there is one.
    pub next: Option<String>,
}

/// Lists rows.
///
/// Several statements: the caller holds a read transaction around it.
///
/// # Errors
/// Only faults of the database; the query was checked when it was read.
pub fn list(collection: &Collection, query: &ListQuery, rows: &mut dyn Rows) -> Result<Listing, RecordError> {
    match &query.part {
        Part::Page { page, size } => list_page(collection, query, *page, *size, rows),
        Part::Window { limit, cursor } => list_window(collection, query, *limit, cursor.as_ref(), rows),
    }
}

/// Reads one row; answers its JSON object.
///
/// # Errors
/// `invalid-ulid`, `invalid-key`, `not-found`.
pub fn get(collection: &Collection, key: &str, rows: &mut dyn Rows) -> Result<Vec<u8>, RecordError> {
    let key = key::parse(collection, key)?;
    row(collection, &key, rows)?.ok_or_else(|| key::not_found(collection, &key).into())
}

/// The JSON object of the row with this key, if it is there.
pub(super) fn row(collection: &Collection, key: &[Value], rows: &mut dyn Rows) -> Result<Option<Vec<u8>>, RecordError> {
    let mut found = None;
    let select = Select { conditions: collection.key_conditions(key), limit: Some(1), ..select(collection, &[]) };
    rows.select(&select, &mut |row| {
        let mut body = Vec::with_capacity(256);
        collection.encoder.row(row, &mut body);
        found = Some(body);
    })?;
    Ok(found)
}

fn list_page(collection: &Collection, query: &ListQuery, page: u64, size: u64, rows: &mut dyn Rows) -> Result<Listing, RecordError> {
    let total = rows.count(&Count { table: collection.table.clone(), conditions: query.conditions.clone() })?;
    let offset = (page - 1).saturating_mul(size);
    let mut array = Array::new(collection);
    array.out.extend_from_slice(b"{\"items\":");
    array.open();
    if offset < total {
        let select = Select { conditions: query.conditions.clone(), limit: Some(size), offset, ..select(collection, &[]) };
        array.fill(&select, u64::MAX, rows)?;
    }
    array.close();
    let (mut body, count) = (array.out, array.count);
    body.extend_from_slice(format!(",\"total\":{total},\"page\":{page},\"size\":{size},\"pages\":{}}}", total.div_ceil(size)).as_bytes());
    Ok(Listing { body, rows: count, total: Some(total), next: None })
}

fn list_window(
    collection: &Collection,
    query: &ListQuery,
    limit: u64,
    cursor: Option<&Cursor>,
    rows: &mut dyn Rows,
) -> Result<Listing, RecordError> {
    let keyset = &collection.sort.keyset;
    let extra: Vec<Name> = keyset.iter().map(|(name, _)| name.clone()).collect();
    let (starts, offset) = match cursor.map(|cursor| &cursor.place) {
        None => (vec![Vec::new()], 0),
        Some(Place::Skip(offset)) => (vec![Vec::new()], *offset),
        Some(Place::After(values)) => (after(keyset, values), 0),
    };
    let mut array = Array::new(collection);
    array.open();
    for start in starts {
        // One more than wanted says whether there is a next part.
        let left = limit + 1 - array.seen;
        if left == 0 {
            break;
        }
        let conditions = query.conditions.iter().cloned().chain(start).collect();
        array.fill(&Select { conditions, limit: Some(left), offset, ..select(collection, &extra) }, limit, rows)?;
    }
    array.close();
    let next = (array.seen > limit).then(|| {
        let place = if keyset.is_empty() { Place::Skip(offset + limit) } else { Place::After(array.last) };
        query.next(limit, &Cursor::new(collection, &query.filters, place))
    });
    Ok(Listing { body: array.out, rows: array.count, total: None, next })
}

/// The rows after the one whose sort columns have these values, as ranges in the list's order that together hold them all.
///
/// `(a, b) > (x, y)` is `a = x and b > y`, then `a > x`: each range is one that an index serves.
fn after(keyset: &[(Name, bool)], values: &[Value]) -> Vec<Vec<Condition>> {
    let range = |depth: usize| {
        let equal = keyset[..depth].iter().zip(values).map(|((name, _), value)| Condition::equal(name.clone(), value.clone()));
        let (name, descending) = &keyset[depth];
        let comparator = if *descending { Comparator::Less } else { Comparator::Greater };
        let beyond = Condition { column: name.clone(), comparator, value: values[depth].clone() };
        equal.chain([beyond]).collect()
    };
    (0..keyset.len()).rev().map(range).collect()
}

/// The shown columns in the collection's order, and some more after them.
fn select(collection: &Collection, extra: &[Name]) -> Select {
    Select {
        table: collection.table.clone(),
        columns: collection.shown().map(|field| field.name.clone()).chain(extra.iter().cloned()).collect(),
        conditions: Vec::new(),
        order: match &collection.sort.order {
            Order::Insertion => Order::Insertion,
            Order::Columns(columns) => Order::Columns(columns.clone()),
        },
        limit: None,
        offset: 0,
    }
}

/// A JSON array in the making.
struct Array<'a> {
    collection: &'a Collection,
    out: Vec<u8>,
    /// Rows written.
    count: u64,
    /// Rows that came.
    seen: u64,
    /// The sort columns of the last row written.
    last: Vec<Value>,
}

impl<'a> Array<'a> {
    fn new(collection: &'a Collection) -> Self {
        Self { collection, out: Vec::with_capacity(4096), count: 0, seen: 0, last: Vec::new() }
    }

    fn open(&mut self) {
        self.out.push(b'[');
    }

    fn close(&mut self) {
        self.out.push(b']');
    }

    /// Writes the rows of one query, as long as there are fewer than `limit`.
    fn fill(&mut self, select: &Select, limit: u64, rows: &mut dyn Rows) -> Result<(), RecordError> {
        let shown = self.collection.shown().count();
        rows.select(select, &mut |row| {
            self.seen += 1;
            if self.count >= limit {
                return;
            }
            if self.count > 0 {
                self.out.push(b',');
            }
            self.collection.encoder.row(row, &mut self.out);
            self.count += 1;
            if self.count == limit {
                self.last = (shown..select.columns.len()).map(|index| as_value(row.cell(index))).collect();
            }
        })?;
        Ok(())
    }
}
