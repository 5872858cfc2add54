//! Collects what is wrong with what a plugin says, so that its author hears it all at once.

use std::fmt::Display;
use std::str::FromStr;

use crate::model::Mistake;

use super::limits::QUOTE_BYTES;
use crate::model::text::printable;

/// Longest text that is parsed, in bytes. Names have 63 and types some hundred; a megabyte would be quoted in full before it is cut.
const LONGEST: usize = 4 << 10;

/// Mistakes in the order they were found; past a limit they are only counted.
#[derive(Debug)]
pub(super) struct Mistakes {
    kept: Vec<Mistake>,
    most: usize,
    left_out: usize,
}

impl Mistakes {
    /// Keeps at most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Vec::new(), most, left_out: 0 }
    }

    /// Adds one, made fit to print: the texts in it may come from the plugin.
    pub(super) fn add(&mut self, mistake: Mistake) {
        if self.kept.len() < self.most {
            self.kept.push(Mistake { subject: printable(&mistake.subject, QUOTE_BYTES), reason: printable(&mistake.reason, QUOTE_BYTES) });
        } else {
            self.left_out += 1;
        }
    }

    /// Adds one about `subject`.
    pub(super) fn note(&mut self, subject: &str, reason: impl Display) {
        self.add(Mistake::new(subject, reason.to_string()));
    }

    /// The value, or none and a mistake.
    pub(super) fn take<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.add(mistake)).ok()
    }

    /// The parsed text, or none and a mistake about `subject`.
    pub(super) fn parse<T: FromStr<Err: Display>>(&mut self, subject: &str, text: &str) -> Option<T> {
        if text.len() > LONGEST {
            self.note(subject, format_args!("is {} bytes long; at most {LONGEST} are possible", text.len()));
            return None;
        }
        text.parse().map_err(|reason| self.note(subject, reason)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// What was kept, and how many more there were.
    pub(super) fn into_parts(self) -> (Vec<Mistake>, usize) {
        (self.kept, self.left_out)
    }
}

/// A name from a plugin, short and printable, for the subject of a mistake.
pub(super) fn quoted(name: &str) -> String {
    /// Longer than any valid name.
    const NAME_BYTES: usize = 80;
    if name.is_empty() { "\"\"".to_owned() } else { printable(name, NAME_BYTES) }
}
