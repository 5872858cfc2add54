//! Rows of `insert-rows`: from a JSON array into cells, one row at a time, so that a large document is never held twice.
//!
//! What a cell may be is told by the type that its column was declared with (`dialect/sqlite/column.rs`), and it is stored as the record
//! engine stores it. Nothing is rounded, cut or passed over in silence.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Json};

use crate::migrate::backend::DeclaredColumn;
use crate::model::scalar::{self, NotDecimal};
use crate::model::{Name, Problem, Value};

/// Reads the rows and hands each on, with the columns that all of them name, in the order of the first; answers how many there were.
///
/// # Errors
/// `invalid-rows` with the number of the row; or what `each` says, which is not called again then. Rows before may have been handed on.
pub(super) fn read(
    table: &Name,
    live: &[DeclaredColumn],
    strict: bool,
    rows: &[u8],
    each: impl FnMut(&[Name], Vec<Value>) -> Result<(), Problem>,
) -> Result<u64, Problem> {
    let mut reader = Reader { table, live, strict, columns: Vec::new(), names: Vec::new(), number: 0, problem: None, each };
    let mut json = serde_json::Deserializer::from_slice(rows);
    let read = serde::Deserializer::deserialize_seq(&mut json, &mut reader).and_then(|()| json.end());
    match (reader.problem, read) {
        (Some(problem), _) => Err(problem),
        (None, Err(error)) => Err(wrong(table, &format!("the rows are not a JSON array of objects: {error}"))),
        (None, Ok(())) => Ok(reader.number),
    }
}

fn wrong(table: &Name, why: &str) -> Problem {
    Problem::new(422, "invalid-rows", format!("insert-rows into {table}: {why}"))
}

struct Reader<'a, F> {
    table: &'a Name,
    live: &'a [DeclaredColumn],
    strict: bool,
    /// Those that the first row names.
    columns: Vec<&'a DeclaredColumn>,
    names: Vec<Name>,
    /// Of the row in hand, from 0.
    number: u64,
    /// Why reading was broken off, if it was not for the JSON.
    problem: Option<Problem>,
    each: F,
}

impl<'a, F: FnMut(&[Name], Vec<Value>) -> Result<(), Problem>> Reader<'a, F> {
    /// Takes a row in: its members in the order in which they stand in the document.
    fn row(&mut self, members: Vec<(Cow<'_, str>, Json)>) -> Result<(), Problem> {
        if self.number == 0 {
            self.name_columns(&members)?;
        }
        let number = self.number;
        let mut cells: Vec<Option<Value>> = vec![None; self.columns.len()];
        for (position, (key, json)) in members.iter().enumerate() {
            let is_it = |column: &&DeclaredColumn| column.name == **key;
            // Nearly always in the same order.
            let same = self.columns.get(position).filter(|column| is_it(column)).map(|_| position);
            let place = same.or_else(|| self.columns.iter().position(is_it)).ok_or_else(|| self.other_columns())?;
            if cells[place].is_some() {
                return Err(wrong(self.table, &format!("row {number} names column {key} twice")));
            }
            let cell = read_cell(json, self.columns[place], self.strict);
            cells[place] = Some(cell.map_err(|why| wrong(self.table, &format!("row {number}, column {key}: {why}")))?);
        }
        let cells = cells.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| self.other_columns())?;
        (self.each)(&self.names, cells)
    }

    fn name_columns(&mut self, members: &[(Cow<'_, str>, Json)]) -> Result<(), Problem> {
        for (key, _) in members {
            let column = self.live.iter().find(|column| column.name == **key);
            let column = column.ok_or_else(|| wrong(self.table, &format!("the table has no column {key:?}")))?;
            if self.columns.iter().any(|known| known.name == column.name) {
                return Err(wrong(self.table, &format!("row 0 names column {} twice", column.name)));
            }
            self.columns.push(column);
            self.names.push(column.name.clone());
        }
        if members.is_empty() { Err(wrong(self.table, "row 0 names no column")) } else { Ok(()) }
    }

    fn other_columns(&self) -> Problem {
        wrong(self.table, &format!("row {} does not name the same columns as row 0", self.number))
    }
}

impl<'de, F: FnMut(&[Name], Vec<Value>) -> Result<(), Problem>> Visitor<'de> for &mut Reader<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(members) = rows.next_element_seed(Members)? {
            if let Err(problem) = self.row(members) {
                self.problem = Some(problem);
                return Err(A::Error::custom("broken off"));
            }
            self.number += 1;
        }
        Ok(())
    }
}

/// The members of one object, also those that are there twice.
struct Members;

impl<'de> DeserializeSeed<'de> for Members {
    type Value = Vec<(Cow<'de, str>, Json)>;

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(Cow<'de, str>, Json)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

/// The stored form of a JSON value in a column, by its declared type. A STRICT table has SQLite's own words only, which tell less.
fn read_cell(json: &Json, column: &DeclaredColumn, strict: bool) -> Result<Value, String> {
    let (word, arguments) = match column.declared_type.split_once('(') {
        Some((word, rest)) => (word, rest.trim_end_matches(')')),
        None => (column.declared_type.as_str(), ""),
    };
    let text = |json: &Json, what: &str, stored: fn(&str) -> Option<String>| match json {
        Json::String(text) => stored(text).map(Value::Text).ok_or_else(|| format!("{text:?} is not {what}")),
        other => Err(format!("{other} is not {what}")),
    };
    match (word, json) {
        (_, Json::Null) => Ok(Value::Null),
        ("JSON", json) => Ok(Value::Text(json.to_string())),
        ("INTEGER" | "BIGINT", Json::Number(number)) => integer(number),
        ("BOOLEAN", Json::Bool(flag)) => Ok(Value::Boolean(*flag)),
        // A boolean is declared so, too.
        ("INTEGER", Json::Bool(flag)) if strict => Ok(Value::Boolean(*flag)),
        ("INTEGER" | "BIGINT", other) => Err(format!("{other} is not an integer")),
        ("FLOAT" | "REAL", Json::Number(number)) => {
            scalar::real(&number.to_string()).map(Value::Real).ok_or(format!("{number} is too large"))
        }
        ("FLOAT" | "REAL", other) => Err(format!("{other} is not a number")),
        // As it is stored, and as a query answers it.
        ("BOOLEAN", Json::Number(number)) if matches!(number.as_i64(), Some(0 | 1)) => Ok(Value::Boolean(number.as_i64() == Some(1))),
        ("BOOLEAN", other) => Err(format!("{other} is not true or false")),
        ("DECIMAL_TEXT", json) => decimal(json, arguments),
        ("DATETIME", json) => text(json, "a moment, e.g. 2026-11-22T08:09:32.000Z", scalar::moment),
        ("DATE", json) => text(json, "a date, YYYY-MM-DD", scalar::date),
        ("TIME", json) => text(json, "a time of day, HH:MM:SS or HH:MM:SS.mmm", scalar::time),
        ("BLOB", Json::String(text)) => {
            use base64::Engine as _;
            let bytes = base64::engine::general_purpose::STANDARD.decode(text);
            Ok(Value::Bytes(bytes.map_err(|error| format!("bytes are given as base64: {error}"))?))
        }
        ("BLOB", other) => Err(format!("{other} is not text: bytes are given as base64")),
        ("VARCHAR" | "TEXT", Json::String(text)) => match arguments.parse::<usize>() {
            Ok(most) if text.chars().count() > most => Err(format!("the text is longer than {most} characters")),
            _ => Ok(Value::Text(text.clone())),
        },
        ("VARCHAR" | "TEXT", Json::Array(_) | Json::Object(_)) => Err("only a JSON column takes an array or an object".to_owned()),
        ("VARCHAR" | "TEXT", other) => Err(format!("{other} is not text")),
        (_, json) => untyped(json),
    }
}

fn integer(number: &Number) -> Result<Value, String> {
    match number.as_i64() {
        Some(integer) => Ok(Value::Integer(integer)),
        None if number.is_f64() => Err(format!("{number} is not an integer, which is written without point and exponent")),
        None => Err(format!("{number} does not fit into 64 bits")),
    }
}

fn decimal(json: &Json, arguments: &str) -> Result<Value, String> {
    let size = arguments.split_once(',').and_then(|(precision, scale)| Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?)));
    let Some((precision, scale)) = size else { return untyped(json) };
    let text = match json {
        Json::String(text) => Cow::Borrowed(text),
        // Only a whole number is exact here; a fraction has gone through a binary one.
        Json::Number(number) if !number.is_f64() => Cow::Owned(number.to_string()),
        Json::Number(number) => return Err(format!("{number} may be rounded: a decimal with a fraction is given as text, e.g. \"12.50\"")),
        other => return Err(format!("{other} is not a decimal")),
    };
    scalar::decimal(&text, precision, scale).map(Value::Text).map_err(|error| match error {
        NotDecimal::Form => format!("{text:?} is not a decimal, e.g. \"12.50\""),
        NotDecimal::Digits => format!("{text} has more digits than decimal({precision},{scale})"),
    })
}

/// A column that tenon did not declare takes what its value is.
fn untyped(json: &Json) -> Result<Value, String> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(flag) => Ok(Value::Boolean(*flag)),
        Json::Number(number) if number.is_f64() => {
            scalar::real(&number.to_string()).map(Value::Real).ok_or(format!("{number} is too large"))
        }
        Json::Number(number) => integer(number),
        Json::String(text) => Ok(Value::Text(text.clone())),
        Json::Array(_) | Json::Object(_) => Err("only a JSON column takes an array or an object".to_owned()),
    }
}
