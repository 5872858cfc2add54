//! Reads JSON text in place: slices of it, nothing decoded that nobody asks for.
//!
//! A general JSON value loses what the record engine and `insert-rows` promise to keep: integers beyond 64 bits and `1.10` inside a JSON column, the
//! place of a number that is too large, a name given twice. So the text is checked once against RFC 8259 and handed out as slices;
//! scalars are decoded by the column that they are meant for. A property test compares the verdict with `serde_json`'s.

mod scanner;
pub mod strict;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::scanner::Scanner;

/// How deep arrays and objects may nest in a body. The same number as `serde_json`'s.
pub const MAX_DEPTH: usize = 128;

/// A JSON value as it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, as written.
    Number(&'a str),
    /// A string, decoded.
    String(Cow<'a, str>),
    /// An array's text, brackets included.
    Array(&'a str),
    /// An object's text, braces included.
    Object(&'a str),
}

impl Json<'_> {
    /// What kind of value this is, for messages.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}

/// One member of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Member<'a> {
    /// Its name, decoded.
    pub name: Cow<'a, str>,
    /// Its value.
    pub value: Json<'a>,
    /// JSON pointers, below this member, to numbers that no double can hold: the first few.
    pub infinite: Vec<String>,
}

/// Text that is not JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The line, from 1.
    pub line: usize,
    /// The column in bytes, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

/// What stands at the top of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Top<'a> {
    /// An object's members, in order, repetitions included.
    Members(Vec<Member<'a>>),
    /// Anything else.
    Other(Json<'a>),
}

/// Reads a whole text.
pub fn read(bytes: &[u8]) -> Result<Top<'_>, Malformed> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(malformed(bytes, error.valid_up_to(), "the text is not UTF-8")),
    };
    let mut scanner = Scanner::new(text);
    scanner.top().map_err(|reason| malformed(bytes, scanner.at, reason))
}

/// Appends the text without the spaces between its tokens; answers false, and appends nothing, when it is not JSON.
pub fn append_compact(bytes: &[u8], out: &mut Vec<u8>) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let mut scanner = Scanner::new(text);
    if scanner.whole().is_err() {
        return false;
    }
    if scanner.spaced {
        compact(text, out)
    } else {
        out.extend_from_slice(bytes)
    }
    true
}

/// The items of an array that [`read`] handed out as a slice.
pub fn items(text: &str) -> Vec<Json<'_>> {
    let mut scanner = Scanner::new(text);
    let mut items = Vec::new();
    // The slice was checked when it was cut, so reading it again cannot fail.
    let _ = scanner.array(|value| items.push(value));
    items
}

/// A slice that [`read`] handed out, without the spaces between its tokens.
pub fn compacted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    compact(text, &mut out);
    // Only ASCII spaces were left out, so it is still UTF-8.
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Objects taken apart, all else as it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// No object; its text.
    Leaf(&'a str),
    /// An object's members in order, repetitions included.
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

/// Takes the objects of a text apart; `None` when it is not JSON.
pub fn tree(text: &str) -> Option<Node<'_>> {
    let mut scanner = Scanner::new(text);
    scanner.skip_space();
    let node = scanner.node().ok()?;
    scanner.end().ok().map(|()| node)
}

fn compact(text: &str, out: &mut Vec<u8>) {
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        if quoted {
            out.push(byte);
            quoted = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
            out.push(byte);
            quoted = byte == b'"';
        }
    }
}

fn malformed(bytes: &[u8], at: usize, reason: &'static str) -> Malformed {
    let before = &bytes[..at.min(bytes.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() + 1;
    let column = before.iter().rev().take_while(|b| **b != b'\n').count() + 1;
    Malformed { line, column, reason }
}
