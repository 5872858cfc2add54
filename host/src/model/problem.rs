//! A failure that the caller is meant to read.

use std::fmt;

use serde::Serialize;

use super::value::Value;

/// Where a reason points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A JSON pointer into the body.
    Body,
    /// A query parameter.
    Query,
    /// A path parameter.
    Path,
    /// A header.
    Header,
}

/// One reason among several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// What kind of place `at` is.
    pub place: Place,
    /// A JSON pointer for the body, the parameter's name otherwise.
    pub at: String,
    /// Stable and machine-readable: `required`, `type`, `unknown`, `unique` …
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
}

/// A failure that the caller is meant to read; `application/problem+json` over HTTP.
///
/// `detail` never holds SQL text, a path of this machine or another plugin's data. What went wrong inside belongs in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Stable and machine-readable, e.g. `not-found`.
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
    /// All reasons at once, in document order.
    pub errors: Vec<Reason>,
    /// Further members of the answer, e.g. `constraint`.
    pub members: Vec<(String, Value)>,
}

impl Problem {
    /// A problem with no reasons and no further members.
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), detail: detail.into(), errors: Vec::new(), members: Vec::new() }
    }

    /// 404: the thing is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not-found", detail)
    }

    /// 501: the contract has it, this host does not carry it out yet.
    pub fn not_yet(what: &str) -> Self {
        Self::new(501, "not-yet-supported", format!("{what} is not yet supported by this version of tenon"))
    }

    /// Adds reasons.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Reason>) -> Self {
        self.errors = errors;
        self
    }

    /// Adds a member.
    #[must_use]
    pub fn with_member(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.members.push((key.to_owned(), value.into()));
        self
    }
}

/// A member's name as one step of a JSON pointer (RFC 6901).
pub fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)?;
        self.errors.iter().try_for_each(|reason| write!(f, "; {}: {}", reason.at, reason.detail))
    }
}

impl std::error::Error for Problem {}
