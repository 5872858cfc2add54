//! SQL on the plugin's own tables and on those that it may read, inside the transaction of the call in hand.
//!
//! One statement a call; values go through parameters. Only in a handler; at any other time a trap.
//!
//! ```no_run
//! # fn count(order: &str) -> tenon_sdk::Result<()> {
//! use tenon_sdk::{database, params};
//!
//! let row = database::row::<(f64, String)>("SELECT total_amount, status FROM orders WHERE id = ?", params![order])?;
//! let Some((total, status)) = row else { return Ok(()) };
//! let numbers: Option<i64> = database::value("SELECT count(*) FROM numbers", params![])?;
//! database::execute("UPDATE numbers SET last = last + 1 WHERE year = ?", params![2026])?;
//! # Ok(())
//! # }
//! ```

use serde::de::DeserializeOwned;

use crate::bindings::tenon::plugin::database as host;
use crate::document::Document;
use crate::error::{Problem, Result};
use crate::value::{FromValue, Value};

/// Rows as a document: a JSON array of objects, in stored form. Booleans are 0 and 1, bytes base64, a moment `2026-11-22 08:09:32.000`.
pub fn query(sql: &str, params: &[Value]) -> Result<Document> {
    Ok(host::query(sql, params)?)
}

/// Rows as values: each is read from an object of its columns.
///
/// # Errors
/// Those of [`query`]; a row that does not fit `T` is `internal` (500).
pub fn query_as<T: DeserializeOwned>(sql: &str, params: &[Value]) -> Result<Vec<T>> {
    query(sql, params)?.parse()
}

/// The first row, as a tuple of its cells; none when there is no row.
///
/// # Errors
/// A row of another width or of other types is `internal` (500).
pub fn row<T: FromRow>(sql: &str, params: &[Value]) -> Result<Option<T>> {
    host::row(sql, params)?.map(T::from_row).transpose()
}

/// The only cell of the first row; none when there is no row. A cell that may be NULL is read into an `Option`.
///
/// # Errors
/// A row of several cells, or a cell of another type, is `internal` (500).
pub fn value<T: FromValue>(sql: &str, params: &[Value]) -> Result<Option<T>> {
    Ok(row::<(T,)>(sql, params)?.map(|(value,)| value))
}

/// Whether there is a row: `exists("SELECT 1 FROM orders WHERE id = ?", params![id])`.
pub fn exists(sql: &str, params: &[Value]) -> Result<bool> {
    Ok(host::row(sql, params)?.is_some())
}

/// Runs a statement; answers how many rows it changed itself.
pub fn execute(sql: &str, params: &[Value]) -> Result<u64> {
    Ok(host::execute(sql, params)?)
}

/// Runs one statement for many rows of parameters, all or nothing; answers how many rows were changed in all.
pub fn execute_many(sql: &str, rows: &[Vec<Value>]) -> Result<u64> {
    Ok(host::execute_many(sql, rows)?)
}

/// What a row can be read into: a tuple of up to eight cells, or the cells themselves.
#[diagnostic::on_unimplemented(
    message = "a row cannot be read into `{Self}`",
    note = "take a tuple of up to eight cells, a single one being `(i64,)`; for a struct use database::query_as"
)]
pub trait FromRow: Sized {
    /// Reads a row.
    ///
    /// # Errors
    /// `internal`: it does not fit.
    fn from_row(cells: Vec<Value>) -> Result<Self>;
}

impl FromRow for Vec<Value> {
    fn from_row(cells: Vec<Value>) -> Result<Self> {
        Ok(cells)
    }
}

fn cell<T: FromValue>(number: usize, cells: &mut impl Iterator<Item = Value>) -> Result<T> {
    let cell = cells.next().ok_or_else(|| Problem::internal(format!("the row has only {number} cells")))?;
    T::from_value(cell).map_err(|problem| Problem::internal(format!("cell {}: {}", number + 1, problem.detail)))
}

macro_rules! tuples {
    ($(($($cell:ident $number:literal),*))*) => { $(
        impl<$($cell: FromValue),*> FromRow for ($($cell,)*) {
            fn from_row(cells: Vec<Value>) -> Result<Self> {
                let mut cells = cells.into_iter();
                let row = ($(cell::<$cell>($number, &mut cells)?,)*);
                match cells.len() {
                    0 => Ok(row),
                    more => Err(Problem::internal(format!("the row has {more} cells more than were asked for"))),
                }
            }
        }
    )* };
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params;

    #[test]
    fn a_row_is_read_cell_by_cell() {
        let row = <(i64, Option<String>, f64)>::from_row(params![7, None::<String>, 2].to_vec());
        assert_eq!(row, Ok((7, None, 2.0)));
        for (cells, said) in [
            (params!["x"].to_vec(), "cell 1: is text, and an integer was asked for"),
            (vec![], "the row has only 0 cells"),
            (params![1, 2].to_vec(), "the row has 1 cells more than were asked for"),
            (params![None::<i64>].to_vec(), "cell 1: is null, and an integer was asked for"),
        ] {
            assert_eq!(<(i64,)>::from_row(cells).unwrap_err().detail, said);
        }
    }
}
