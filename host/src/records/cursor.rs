//! Where a list was left, as an opaque word that leads on from there.
//!
//! A cursor remembers the sort columns of the last row, so that going on costs the same on every page and neither skips nor repeats
//! a row that stays. It is a place in the list's order and nothing more: it goes with other filters as well, and grants nothing, for its
//! values become parameters of a query that the client may ask anyway. So it is not signed, and every word of its form is one: a client
//! or a fuzzer that goes by the description is never refused.
//!
//! # Shape
//! One part for each sort column, joined by `.`: `i` and a whole number or `r` and a double, each as 16 hexadecimal digits; `t` and text
//! or `b` and bytes, in hexadecimal. Where rows have to be counted because a sort column may be NULL: `n` and 8 hexadecimal digits.

use std::fmt::{self, Write as _};

use super::collection::Collection;
use crate::model::Value;

/// Where a list was left.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cursor {
    /// The sort columns of the last row.
    After(Vec<Value>),
    /// The number of rows so far.
    Skip(u32),
}

/// A whole number's bits in the order of the numbers.
const SIGN: u64 = 1 << 63;

impl Cursor {
    /// Reads a cursor of this list; `None` when it is not one.
    pub(super) fn parse(collection: &Collection, text: &str) -> Option<Self> {
        if collection.sort.keyset.is_empty() {
            let digits = text.strip_prefix('n').filter(|digits| digits.len() == 8)?;
            return Some(Self::Skip(u32::try_from(number(digits)?).ok()?));
        }
        let values = text.split('.').map(part).collect::<Option<Vec<_>>>()?;
        (values.len() == collection.sort.keyset.len()).then_some(Self::After(values))
    }

    pub(super) fn is_keyset(&self) -> bool {
        matches!(self, Self::After(_))
    }
}

/// What every cursor of this list looks like, as a regular expression.
pub fn pattern(collection: &Collection) -> String {
    match collection.sort.keyset.len() {
        0 => "^n[0-9a-f]{8}$".to_owned(),
        parts => {
            let part = "([ir][0-9a-f]{16}|[tb]([0-9a-f]{2})*)";
            format!("^{}$", vec![part; parts].join("\\."))
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = match self {
            Self::Skip(rows) => return write!(f, "n{rows:08x}"),
            Self::After(values) => values,
        };
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                f.write_char('.')?;
            }
            let (kind, bytes) = match value {
                Value::Integer(number) => {
                    write!(f, "i{:016x}", number.cast_unsigned() ^ SIGN)?;
                    continue;
                }
                Value::Real(number) => {
                    write!(f, "r{:016x}", number.to_bits())?;
                    continue;
                }
                // No row has them: a sort column is never NULL, and booleans are stored as numbers.
                Value::Null | Value::Boolean(_) => ('b', &[][..]),
                Value::Text(text) => ('t', text.as_bytes()),
                Value::Bytes(bytes) => ('b', bytes.as_slice()),
            };
            f.write_char(kind)?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

fn part(text: &str) -> Option<Value> {
    let (kind, digits) = text.split_at_checked(1)?;
    match kind {
        "i" | "r" if digits.len() != 16 => None,
        "i" => Some(Value::Integer((number(digits)? ^ SIGN).cast_signed())),
        // What is not a number is after all numbers; SQLite would take it for NULL.
        "r" => Some(Value::Real(Some(f64::from_bits(number(digits)?)).filter(|real| !real.is_nan()).unwrap_or(f64::INFINITY))),
        "t" => Some(Value::Text(String::from_utf8_lossy(&bytes(digits)?).into_owned())),
        "b" => Some(Value::Bytes(bytes(digits)?)),
        _ => None,
    }
}

fn number(digits: &str) -> Option<u64> {
    is_hexadecimal(digits).then(|| u64::from_str_radix(digits, 16).ok())?
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    if !is_hexadecimal(digits) || !digits.len().is_multiple_of(2) {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

fn is_hexadecimal(digits: &str) -> bool {
    digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<i64>().prop_map(Value::Integer),
            any::<f64>().prop_filter("SQLite stores no NaN", |real| !real.is_nan()).prop_map(Value::Real),
            any::<String>().prop_map(Value::Text),
            any::<Vec<u8>>().prop_map(Value::Bytes),
        ]
    }

    proptest! {
        #[test]
        fn a_place_is_read_as_it_was_written(value in stored()) {
            let text = Cursor::After(vec![value.clone()]).to_string();
            prop_assert_eq!(part(&text), Some(value));
        }

        #[test]
        fn every_word_of_the_form_is_a_place(text in "[ir][0-9a-f]{16}|[tb]([0-9a-f]{2}){0,20}") {
            prop_assert!(part(&text).is_some());
        }

        #[test]
        fn no_other_word_is(text in "[ -~é]{0,24}") {
            let form = text.len() > 17 || part(&text).is_none() || "irtb".contains(&text[..1]);
            prop_assert!(form, "{}", text);
        }
    }
}
