//! The query string of a list: which rows, how many, from where on. Strict: what is not known is refused with what is.

use percent_encoding::{percent_decode_str, utf8_percent_encode};

use super::collection::{Collection, Field};
use super::cursor::Cursor;
use super::error::{in_query, quoted};
use super::key::UNRESERVED;
use super::value;
use crate::model::query::{Comparator, Condition};
use crate::model::{ColumnType, Name, Problem, Reason, Value};

/// Rows in an answer that asks for no number.
pub const DEFAULT_LIMIT: u64 = 100;
/// Most rows in one answer.
pub const MAX_LIMIT: u64 = 1000;
/// The last page that can be asked for; far beyond it the database would only count.
pub const MAX_PAGE: u64 = i32::MAX as u64;

/// Most parameters in one query string; there are fewer columns that could be asked for.
const MAX_PARAMETERS: usize = 200;

/// Names that mean something else than a column.
pub const RESERVED: [&str; 4] = ["limit", "cursor", "page", "size"];

/// In which form the rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Part {
    /// A bare array.
    Window {
        /// At most so many.
        limit: u64,
    },
    /// One page of known size, with the total.
    Page {
        /// From 1.
        page: u64,
        /// Rows on a page.
        size: u64,
    },
}

/// A list's query string, understood.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    pub(super) conditions: Vec<Condition>,
    pub(super) part: Part,
    /// Only rows behind this place.
    pub(super) cursor: Option<Cursor>,
    /// The filters as they were given, to be repeated in the link to the next part.
    filters: Vec<(String, String)>,
}

impl ListQuery {
    /// Reads a query string, percent-encoded and without its question mark.
    ///
    /// # Errors
    /// `invalid-query` (400), with every parameter that is unknown, given twice or has no such value.
    pub fn parse(collection: &Collection, query: &str) -> Result<Self, Problem> {
        let pairs = pairs(query)?;
        let mut reasons = Vec::new();
        let mut given = Given::default();
        let part = Part::Window { limit: DEFAULT_LIMIT };
        let mut read = Self { conditions: Vec::new(), part, cursor: None, filters: Vec::new() };
        for (index, (name, text)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                reasons.push(in_query(name, "duplicate", "is given twice"));
                continue;
            }
            match name.as_str() {
                "limit" => given.limit = number(name, text, MAX_LIMIT, &mut reasons),
                "size" => given.size = number(name, text, MAX_LIMIT, &mut reasons),
                "page" => given.page = number(name, text, MAX_PAGE, &mut reasons),
                "cursor" => match Cursor::parse(collection, text) {
                    None => reasons.push(in_query(name, "format", "must be one from the `Link` header of an answer to the same list")),
                    cursor => read.cursor = cursor,
                },
                _ => match collection.field(name).filter(|(_, field)| field.is_filterable()) {
                    None => reasons.push(in_query(name, "unknown", unknown(collection, name))),
                    Some((_, field)) => match value::from_text(field, text) {
                        Ok(value) => read.narrow(field, value, text),
                        Err((code, detail)) => reasons.push(in_query(name, code, detail)),
                    },
                },
            }
        }
        read.part = given.part();
        if reasons.is_empty() { Ok(read) } else { Err(refused(reasons)) }
    }

    /// Whether the answer costs no more than its own rows: no total to count, no rows to pass over, none to search for or to sort.
    pub fn is_cheap(&self, collection: &Collection) -> bool {
        if self.conditions.is_empty() {
            let window = matches!(self.part, Part::Window { .. });
            return window && collection.sort.at_hand && self.cursor.as_ref().is_none_or(Cursor::is_keyset);
        }
        // One row at the most is found, by an index.
        let is_given =
            |name: &Name| self.conditions.iter().any(|condition| condition.comparator == Comparator::Equal && condition.column == *name);
        collection.unique.iter().any(|columns| columns.iter().all(is_given))
    }

    /// The query string that leads on from here.
    pub(super) fn next(&self, limit: u64, cursor: &Cursor) -> String {
        let limit = [("limit".to_owned(), limit.to_string()), ("cursor".to_owned(), cursor.to_string())];
        let encode = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
        let pairs: Vec<_> = self.filters.iter().chain(&limit).map(|(name, text)| format!("{}={}", encode(name), encode(text))).collect();
        pairs.join("&")
    }

    fn narrow(&mut self, field: &Field, value: Value, text: &str) {
        self.filters.push((field.name.to_string(), text.to_owned()));
        match (&field.data_type, value) {
            (ColumnType::Timestamp, Value::Text(moment)) => self.conditions.extend(at_moment(field, &moment)),
            (_, value) => self.conditions.push(Condition::equal(field.name.clone(), value)),
        }
    }
}

/// Refuses every parameter, for operations that take none.
///
/// # Errors
/// `invalid-query` (400), if there is one.
pub fn no_parameters(query: &str) -> Result<(), Problem> {
    let pairs = pairs(query)?;
    let reasons: Vec<_> =
        pairs.iter().map(|(name, _)| in_query(name, "unknown", "is unknown: this operation takes no parameters")).collect();
    if reasons.is_empty() { Ok(()) } else { Err(refused(reasons)) }
}

#[derive(Debug, Default)]
struct Given {
    limit: Option<u64>,
    page: Option<u64>,
    size: Option<u64>,
}

impl Given {
    /// `page` or `size` ask for the envelope. `limit` bounds what either form holds, so all of them go together.
    fn part(self) -> Part {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        match (self.page, self.size) {
            (None, None) => Part::Window { limit },
            (page, size) => Part::Page { page: page.unwrap_or(1), size: size.map_or(limit, |size| size.min(self.limit.unwrap_or(size))) },
        }
    }
}

/// All stored forms of a moment are found that are shown as this one, and an index still serves: `…:32` and `…:32.000`, and of the
/// finer ones that others wrote, `…:32.000999`.
fn at_moment(field: &Field, moment: &str) -> Vec<Condition> {
    let condition = |comparator, text: String| Condition { column: field.name.clone(), comparator, value: Value::Text(text) };
    // Digits compare like the moments that they write.
    let before = |text: &str| {
        let (rest, last) = text.split_at(text.len() - 1);
        format!("{rest}{}", last.chars().map(|digit| char::from(digit as u8 - 1)).collect::<String>())
    };
    let (second, fraction) = moment.split_at(moment.len() - ".000".len());
    let after = match fraction {
        // Less than `…:32` itself, more than any fraction of the digit before.
        ".000" => before(second),
        _ => match fraction[1..].parse::<u16>() {
            Ok(milliseconds) => format!("{second}.{:03}", milliseconds.saturating_sub(1)),
            Err(_) => return vec![condition(Comparator::Equal, moment.to_owned())],
        },
    };
    vec![condition(Comparator::Greater, format!("{after}\u{10ffff}")), condition(Comparator::Less, format!("{moment}\u{10ffff}"))]
}

pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced)
            .decode_utf8()
            .map(String::from)
            .map_err(|_| Problem::new(400, "invalid-query", "the query string is not UTF-8"))
    };
    let parts: Vec<&str> = query.split('&').filter(|part| !part.is_empty()).take(MAX_PARAMETERS + 1).collect();
    if parts.len() > MAX_PARAMETERS {
        return Err(Problem::new(400, "invalid-query", format!("the query string has more than {MAX_PARAMETERS} parameters")));
    }
    parts
        .into_iter()
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, text)| Ok((decode(name)?, decode(text)?)))
        .collect()
}

fn number(name: &str, text: &str, most: u64, reasons: &mut Vec<Reason>) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = digits.then(|| text.parse().ok()).flatten().filter(|n| (1..=most).contains(n));
    if number.is_none() {
        reasons.push(in_query(name, "range", format!("must be a whole number from 1 to {most}, not {}", quoted(text))));
    }
    number
}

fn unknown(collection: &Collection, name: &str) -> String {
    let columns = collection.fields.iter().filter(|field| field.is_filterable()).map(|field| field.name.as_str());
    let known: Vec<_> = RESERVED.into_iter().chain(columns.filter(|name| !RESERVED.contains(name))).collect();
    format!("{} is unknown; allowed are {}", quoted(name), known.join(", "))
}

pub(super) fn refused(reasons: Vec<Reason>) -> Problem {
    Problem::new(400, "invalid-query", "the query string cannot be understood; `errors` says which parameters and why").with_errors(reasons)
}
