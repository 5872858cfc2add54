//! The one error type of a plugin: a [`Problem`] that its reader is meant to understand.
//!
//! What a plugin answers with a problem reaches the operator (in a migration) or the HTTP client as `application/problem+json` (in a
//! handler). A panic is not an answer: it stops the instance, and the reader sees only that the plugin failed.

use std::fmt;

use crate::bindings::tenon::plugin::types;
use crate::value::Value;

pub use crate::bindings::tenon::plugin::types::Reason;

/// What every function of a plugin answers that can fail.
pub type Result<T, E = Problem> = std::result::Result<T, E>;

/// A failure that its reader is meant to understand.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// HTTP status, 400 to 599.
    pub status: u16,
    /// Stable and machine-readable, e.g. `conflict`, or the plugin's own word.
    pub code: String,
    /// One sentence for a person. Never SQL, never a path.
    pub detail: String,
    /// All reasons at once, in document order; empty when there is nothing to point at.
    pub errors: Vec<Reason>,
    /// Further members of the answer, e.g. `constraint`.
    pub members: Vec<(String, Value)>,
}

impl Problem {
    /// A problem with no reasons and no further members.
    pub fn new(status: u16, code: &str, detail: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), detail: detail.into(), errors: Vec::new(), members: Vec::new() }
    }

    /// 400: what was asked for cannot be read.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(400, "bad-request", detail)
    }

    /// 404: the thing is not there.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "not-found", detail)
    }

    /// 409: what is stored does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, "conflict", detail)
    }

    /// 403: whoever asks may not.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(403, "forbidden", detail)
    }

    /// 422: what was asked for can be read, and a rule forbids it.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(422, "unprocessable", detail)
    }

    /// 422: the body does not fit, for these reasons.
    ///
    /// ```
    /// use tenon_sdk::{Problem, Reason};
    ///
    /// let problem = Problem::validation([Reason::body("/amount", "range", "must be at most 12.50")]);
    /// assert_eq!((problem.status, problem.code.as_str()), (422, "validation-failed"));
    /// ```
    pub fn validation(reasons: impl IntoIterator<Item = Reason>) -> Self {
        let mut problem = Self::new(422, "validation-failed", "the body does not fit; `errors` says where and why");
        problem.errors.extend(reasons);
        problem
    }

    /// 500: the plugin itself went wrong.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(500, "internal", detail)
    }

    /// Adds a reason.
    #[must_use]
    pub fn reason(mut self, reason: Reason) -> Self {
        self.errors.push(reason);
        self
    }

    /// Adds a further member to the answer.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.members.push((key.to_owned(), value.into()));
        self
    }
}

impl Reason {
    /// In the body, at a JSON pointer: `Reason::body("/lines/0/price", "range", "must be at least 0")`.
    pub fn body(at: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::in_place("body", at, code, detail)
    }

    /// In a parameter of the query string.
    pub fn query(name: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::in_place("query", name, code, detail)
    }

    /// In a parameter of the path.
    pub fn path(name: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::in_place("path", name, code, detail)
    }

    /// In a header.
    pub fn header(name: &str, code: &str, detail: impl Into<String>) -> Self {
        Self::in_place("header", name, code, detail)
    }

    fn in_place(place: &str, at: &str, code: &str, detail: impl Into<String>) -> Self {
        Self { place: place.to_owned(), at: at.to_owned(), code: code.to_owned(), detail: detail.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.detail, self.code)?;
        self.errors.iter().try_for_each(|reason| write!(f, "; {}: {}", reason.at, reason.detail))
    }
}

impl std::error::Error for Problem {}

/// JSON that a plugin writes or reads and that does not fit its types.
impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(format!("JSON does not fit: {error}"))
    }
}

impl From<types::Problem> for Problem {
    fn from(problem: types::Problem) -> Self {
        let members = problem.members.into_iter().map(|member| (member.key, member.value)).collect();
        Self { status: problem.status, code: problem.code, detail: problem.detail, errors: problem.errors, members }
    }
}

impl From<Problem> for types::Problem {
    fn from(problem: Problem) -> Self {
        let members = problem.members.into_iter().map(|(key, value)| types::Attribute { key, value }).collect();
        Self { status: problem.status, code: problem.code, detail: problem.detail, errors: problem.errors, members }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_crosses_the_contract_and_back_unchanged() {
        let mut problem = Problem::conflict("already there").with("constraint", "unique");
        problem.errors.push(Reason { place: "body".into(), at: "/email".into(), code: "unique".into(), detail: "is taken".into() });
        assert_eq!(Problem::from(types::Problem::from(problem.clone())), problem);
    }

    #[test]
    fn a_problem_reads_as_a_sentence_with_its_reasons() {
        let mut problem = Problem::bad_request("two things are wrong");
        problem.errors.push(Reason { place: "body".into(), at: "/a".into(), code: "type".into(), detail: "is no number".into() });
        assert_eq!(problem.to_string(), "two things are wrong (bad-request); /a: is no number");
    }
}
