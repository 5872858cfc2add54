//! Rows of `insert-rows`: from a JSON array into cells, one row at a time, so that a large document is never held twice.
//!
//! What a cell may be is told by the type that its column was declared with (`dialect/sqlite/column.rs`), and it is stored as the record
//! engine stores it. Nothing is cut or passed over in silence, and only what becomes a double is rounded to one.
//!
//! The declared type does not tell all: a ULID, a UUID and an enum are a VARCHAR. Such a text is stored as it is given, so it is the
//! migration that must write it in the form by which it is found: a ULID in upper case, a UUID in lower.

use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::migrate::backend::DeclaredColumn;
use crate::model::json::{self, Json, Member, Top, compacted};
use crate::model::scalar::{self, NotDecimal};
use crate::model::text::printable;
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
    /// Takes a row in: its members in the order in which they stand in the document, also those that are there twice.
    fn row(&mut self, text: &str) -> Result<(), Problem> {
        let number = self.number;
        let members = match json::read(text.as_bytes()) {
            Ok(Top::Members(members)) => members,
            Ok(Top::Other(_)) => return Err(wrong(self.table, &format!("the rows are not a JSON array of objects: row {number} is none"))),
            Err(error) => return Err(wrong(self.table, &format!("row {number}: {}", error.reason))),
        };
        if number == 0 {
            self.name_columns(&members)?;
        }
        let mut cells: Vec<Option<Value>> = vec![None; self.columns.len()];
        for (position, member) in members.iter().enumerate() {
            let key = &*member.name;
            let is_it = |column: &&DeclaredColumn| column.name == *key;
            // Nearly always in the same order.
            let same = self.columns.get(position).filter(|column| is_it(column)).map(|_| position);
            let place = same.or_else(|| self.columns.iter().position(is_it)).ok_or_else(|| self.other_columns())?;
            if cells[place].is_some() {
                return Err(wrong(self.table, &format!("row {number} names column {key} twice")));
            }
            let cell = read_cell(member, self.columns[place], self.strict);
            cells[place] = Some(cell.map_err(|why| wrong(self.table, &format!("row {number}, column {key}: {why}")))?);
        }
        let cells = cells.into_iter().collect::<Option<Vec<_>>>().ok_or_else(|| self.other_columns())?;
        (self.each)(&self.names, cells)
    }

    fn name_columns(&mut self, members: &[Member<'_>]) -> Result<(), Problem> {
        for Member { name: key, .. } in members {
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
        while let Some(row) = rows.next_element::<&RawValue>()? {
            if let Err(problem) = self.row(row.get()) {
                self.problem = Some(problem);
                return Err(A::Error::custom("broken off"));
            }
            self.number += 1;
        }
        Ok(())
    }
}

/// The stored form of a JSON value in a column, by its declared type. A STRICT table has SQLite's own words only, which tell less.
fn read_cell(member: &Member<'_>, column: &DeclaredColumn, strict: bool) -> Result<Value, String> {
    let json = &member.value;
    let (word, arguments) = match column.declared_type.split_once('(') {
        Some((word, rest)) => (word, rest.trim_end_matches(')')),
        None => (column.declared_type.as_str(), ""),
    };
    let no = |what: &str| Err(format!("{} is not {what}", said(json)));
    let text = |what: &str, stored: fn(&str) -> Option<String>| match json {
        Json::String(text) => stored(text).map_or_else(|| no(what), |text| Ok(Value::Text(text))),
        _ => no(what),
    };
    match (word, json) {
        (_, Json::Null) => Ok(Value::Null),
        ("JSON", _) => document(member),
        ("INTEGER" | "BIGINT", Json::Number(number)) => integer(number),
        ("BOOLEAN", Json::Boolean(flag)) => Ok(Value::Boolean(*flag)),
        // A boolean is declared so, too.
        ("INTEGER", Json::Boolean(flag)) if strict => Ok(Value::Boolean(*flag)),
        ("INTEGER" | "BIGINT", _) => no("an integer"),
        ("FLOAT" | "REAL", Json::Number(number)) => real(number),
        ("FLOAT" | "REAL", _) => no("a number"),
        // As it is stored, and as a query answers it.
        ("BOOLEAN", Json::Number(number @ ("0" | "1"))) => Ok(Value::Boolean(*number == "1")),
        ("BOOLEAN", _) => no("true or false"),
        ("DECIMAL_TEXT", json) => decimal(json, arguments),
        ("DATETIME", _) => text("a moment, e.g. 2026-11-22T08:09:32.000Z", scalar::moment),
        ("DATE", _) => text("a date, YYYY-MM-DD", scalar::date),
        ("TIME", _) => text("a time of day, HH:MM:SS or HH:MM:SS.mmm", scalar::time),
        ("BLOB", Json::String(text)) => {
            use base64::Engine as _;
            let bytes = base64::engine::general_purpose::STANDARD.decode(text.as_bytes());
            Ok(Value::Bytes(bytes.map_err(|error| format!("bytes are given as base64: {error}"))?))
        }
        ("BLOB", _) => no("text: bytes are given as base64"),
        ("VARCHAR" | "TEXT", Json::String(text)) => match arguments.parse::<usize>() {
            Ok(most) if text.chars().count() > most => Err(format!("the text is longer than {most} characters")),
            _ => Ok(Value::Text(text.as_ref().to_owned())),
        },
        ("VARCHAR" | "TEXT", Json::Array(_) | Json::Object(_)) => Err("only a JSON column takes an array or an object".to_owned()),
        ("VARCHAR" | "TEXT", _) => no("text"),
        (_, json) => untyped(json),
    }
}

/// A value for a message: a scalar as it is, if it is not too long.
fn said(json: &Json<'_>) -> String {
    match json {
        Json::Boolean(flag) => flag.to_string(),
        Json::Number(number) => printable(number, MOST_SAID),
        Json::String(text) => format!("{:?}", printable(text, MOST_SAID)),
        other => other.kind().to_owned(),
    }
}

/// Bytes of a value in a message.
const MOST_SAID: usize = 100;

/// JSON of any shape, as the record engine stores it: text without needless spaces. A column declared JSON has numeric affinity, so that
/// a bare number is one there.
fn document(member: &Member<'_>) -> Result<Value, String> {
    if !member.infinite.is_empty() {
        return Err("the value holds a number that no double can".to_owned());
    }
    match &member.value {
        Json::Null => Ok(Value::Null),
        Json::Boolean(flag) => Ok(Value::Text(flag.to_string())),
        Json::Number(number) => scalar::integer(number).map_or_else(|_| real(number), |integer| Ok(Value::Integer(integer))),
        Json::String(text) => Ok(Value::Text(serde_json::Value::from(text.as_ref()).to_string())),
        Json::Array(text) | Json::Object(text) => Ok(Value::Text(compacted(text))),
    }
}

fn is_whole(number: &str) -> bool {
    !number.contains(['.', 'e', 'E'])
}

fn integer(number: &str) -> Result<Value, String> {
    match scalar::integer(number) {
        _ if !is_whole(number) => {
            Err(format!("{} is not an integer, which is written without point and exponent", printable(number, MOST_SAID)))
        }
        Ok(integer) => Ok(Value::Integer(integer)),
        Err(_) => Err(format!("{} does not fit into 64 bits", printable(number, MOST_SAID))),
    }
}

/// The double that is nearest.
fn real(number: &str) -> Result<Value, String> {
    scalar::real(number).map(Value::Real).ok_or_else(|| format!("{} is too large", printable(number, MOST_SAID)))
}

fn decimal(json: &Json<'_>, arguments: &str) -> Result<Value, String> {
    let size = arguments.split_once(',').and_then(|(precision, scale)| Some((precision.trim().parse().ok()?, scale.trim().parse().ok()?)));
    // By hand a column can be declared with more digits after the point than it has.
    let Some((precision, scale)) = size.filter(|(precision, scale): &(u8, u8)| scale <= precision) else { return untyped(json) };
    let text: &str = match json {
        Json::String(text) => text,
        Json::Number(number) if is_whole(number) => number,
        // It is exact here, but whoever wrote it may have had a double.
        Json::Number(_) => {
            return Err(format!("{} may be rounded: a decimal with a fraction is given as text, e.g. \"12.50\"", said(json)));
        }
        _ => return Err(format!("{} is not a decimal", said(json))),
    };
    scalar::decimal(text, precision, scale).map(Value::Text).map_err(|error| match error {
        NotDecimal::Form => format!("{} is not a decimal, e.g. \"12.50\"", said(json)),
        NotDecimal::Digits => format!("{} has more digits than decimal({precision},{scale})", said(json)),
    })
}

/// A column that tenon did not declare takes what its value is.
fn untyped(json: &Json<'_>) -> Result<Value, String> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Boolean(flag) => Ok(Value::Boolean(*flag)),
        Json::Number(number) if is_whole(number) => integer(number),
        Json::Number(number) => real(number),
        Json::String(text) => Ok(Value::Text(text.as_ref().to_owned())),
        Json::Array(_) | Json::Object(_) => Err("only a JSON column takes an array or an object".to_owned()),
    }
}
