//! The verbs that read: list and get.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::collection::Collection;
use super::cursor::Cursor;
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
    /// The query string of the next part, if there is one.
    pub next: Option<String>,
    /// Rows in it.
    pub rows: u64,
    /// Rows of the whole list, where it was counted.
    pub total: Option<u64>,
}

/// What a list is written to, piece by piece; stops the reading when it wants no more.
type Send<'a> = &'a mut dyn FnMut(Vec<u8>) -> ControlFlow<()>;

/// Bytes in one piece of a list that is sent while it is read: large enough that a piece costs little, small enough to be kept several
/// times for every client that reads slowly.
pub(super) const PIECE_BYTES: usize = 64 << 10;

/// Lists rows, as long as the answer has at most `most_bytes`; `None` when it has more, and must be sent by [`stream`].
///
/// Several statements: the caller holds a read transaction around it.
///
/// # Errors
/// Only faults of the database; the query was checked when it was read.
pub fn list(collection: &Collection, query: &ListQuery, most_bytes: usize, rows: &mut dyn Rows) -> Result<Option<Listing>, RecordError> {
    let reading = Reading::plan(collection, query, rows)?;
    let mut listing = Listing { body: Vec::with_capacity(4096), next: None, rows: 0, total: reading.total };
    let rows_read = &mut listing.rows;
    let end = reading.write(rows, &mut listing.body, &mut |out| {
        *rows_read += 1;
        if out.len() > most_bytes { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    let ControlFlow::Continue(end) = end else { return Ok(None) };
    listing.next = reading.next(end);
    Ok(Some(listing))
}

/// Sends a list piece by piece while it is read, so that no answer has to fit into memory: first to `begin` the query string of the next
/// part, if there is one, then the body. Ends early when a piece is no longer wanted.
///
/// # Errors
/// As [`list`]; what was sent by then is a part of an answer.
pub fn stream(
    collection: &Collection,
    query: &ListQuery,
    rows: &mut dyn Rows,
    begin: impl FnOnce(Option<String>),
    send: Send<'_>,
) -> Result<(), RecordError> {
    let reading = Reading::plan(collection, query, rows)?;
    let end = reading.look_ahead(rows)?;
    begin(reading.next(end));
    let mut out = Vec::with_capacity(PIECE_BYTES);
    let written = reading.write(rows, &mut out, &mut |out| match out.len() >= PIECE_BYTES {
        true => send(std::mem::replace(out, Vec::with_capacity(PIECE_BYTES))),
        false => ControlFlow::Continue(()),
    })?;
    if written.is_continue() {
        // Whether it is still wanted makes no difference any more.
        let _ = send(out);
    }
    Ok(())
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
        ControlFlow::Break(())
    })?;
    Ok(found)
}

/// One list being read: what is asked of the database, and what stands around the rows.
struct Reading<'a> {
    collection: &'a Collection,
    query: &'a ListQuery,
    /// Asked one after another; together they answer the rows in order.
    selects: Vec<Select>,
    /// Rows to write; one more may come, and says that there is a next part.
    most: u64,
    prefix: &'static str,
    suffix: String,
    /// Rows of the whole list, where they are counted.
    total: Option<u64>,
}

/// How a window of rows ended.
enum End {
    /// With the list.
    Whole,
    /// Before it: the sort columns of the last row.
    More(Vec<Value>),
}

impl<'a> Reading<'a> {
    fn plan(collection: &'a Collection, query: &'a ListQuery, rows: &mut dyn Rows) -> Result<Self, RecordError> {
        let keyset = &collection.sort.keyset;
        let (starts, skipped) = match &query.cursor {
            None => (vec![Vec::new()], 0),
            Some(Cursor::Skip(rows)) => (vec![Vec::new()], u64::from(*rows)),
            Some(Cursor::After(values)) => (after(keyset, values), 0),
        };
        let ranges = starts.into_iter().map(|start| query.conditions.iter().cloned().chain(start).collect());
        match query.part {
            Part::Window { limit } => {
                let extra: Vec<Name> = keyset.iter().map(|(name, _)| name.clone()).collect();
                let of = |conditions| Select { conditions, limit: Some(limit + 1), offset: skipped, ..select(collection, &extra) };
                let selects = ranges.map(of).collect();
                Ok(Self { collection, query, selects, most: limit, prefix: "[", suffix: "]".to_owned(), total: None })
            }
            Part::Page { page, size } => {
                let (mut total, mut selects) = (0u64, Vec::new());
                let begin = (page - 1).saturating_mul(size);
                for conditions in ranges.collect::<Vec<Vec<Condition>>>() {
                    let count = rows.count(&Count { table: collection.table.clone(), conditions: conditions.clone() })?;
                    let count = count.saturating_sub(skipped);
                    // What of this range lies on the page.
                    let (from, to) = (begin.max(total), begin.saturating_add(size).min(total + count));
                    if from < to {
                        let offset = skipped + from - total;
                        selects.push(Select { conditions, limit: Some(to - from), offset, ..select(collection, &[]) });
                    }
                    total += count;
                }
                let suffix = format!("],\"total\":{total},\"page\":{page},\"size\":{size},\"pages\":{}}}", total.div_ceil(size));
                Ok(Self { collection, query, selects, most: u64::MAX, prefix: "{\"items\":[", suffix, total: Some(total) })
            }
        }
    }

    /// Writes everything into `out`, and asks after each row whether to go on.
    fn write(
        &self,
        rows: &mut dyn Rows,
        out: &mut Vec<u8>,
        go_on: &mut dyn FnMut(&mut Vec<u8>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<(), End>, RecordError> {
        let shown = self.collection.shown().count();
        let (mut seen, mut last, mut flow) = (0, Vec::new(), ControlFlow::Continue(()));
        out.extend_from_slice(self.prefix.as_bytes());
        for select in &self.selects {
            if flow.is_break() || seen > self.most {
                break;
            }
            rows.select(&self.rest(select, seen), &mut |row| {
                seen += 1;
                if seen > self.most {
                    return ControlFlow::Break(());
                }
                if seen > 1 {
                    out.push(b',');
                }
                self.collection.encoder.row(row, out);
                if seen == self.most {
                    last = (shown..select.columns.len()).map(|index| as_value(row.cell(index))).collect();
                }
                flow = go_on(out);
                flow
            })?;
        }
        out.extend_from_slice(self.suffix.as_bytes());
        let end = if seen > self.most { End::More(last) } else { End::Whole };
        Ok(flow.map_continue(|()| end))
    }

    /// What is still wanted when so many rows were seen: of a window one more than it has, of a page all that lies on it.
    fn rest<'s>(&self, select: &'s Select, seen: u64) -> Cow<'s, Select> {
        // The first is planned so; most lists are one.
        if seen == 0 || self.most == u64::MAX {
            return Cow::Borrowed(select);
        }
        Cow::Owned(Select { limit: Some(self.most + 1 - seen), ..select.clone() })
    }

    /// How it will end, without reading the rows before.
    fn look_ahead(&self, rows: &mut dyn Rows) -> Result<End, RecordError> {
        let (mut seen, mut last) = (0, Vec::new());
        if self.most == u64::MAX {
            return Ok(End::Whole);
        }
        for select in &self.selects {
            let shown = self.collection.shown().count();
            let columns = select.columns[shown..].to_vec();
            rows.select(&Select { columns, ..self.rest(select, seen).into_owned() }, &mut |row| {
                seen += 1;
                if seen == self.most {
                    last = (0..select.columns.len() - shown).map(|index| as_value(row.cell(index))).collect();
                }
                if seen > self.most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
            if seen > self.most {
                return Ok(End::More(last));
            }
        }
        Ok(End::Whole)
    }

    /// The query string that leads on.
    fn next(&self, end: End) -> Option<String> {
        let End::More(last) = end else { return None };
        let cursor = match (&self.query.cursor, self.collection.sort.keyset.is_empty()) {
            (_, false) => Cursor::After(last),
            (Some(Cursor::Skip(rows)), true) => Cursor::Skip(rows.saturating_add(u32::try_from(self.most).unwrap_or(u32::MAX))),
            (_, true) => Cursor::Skip(u32::try_from(self.most).unwrap_or(u32::MAX)),
        };
        Some(self.query.next(self.most, &cursor))
    }
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
