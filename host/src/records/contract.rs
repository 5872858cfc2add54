//! What a plugin declares of a request, held against what a client sends before the plugin sees it.
//!
//! The words are those of the standard endpoints: a client cannot tell from a refusal who checked.

mod parameter;
#[cfg(test)]
mod tests;

use self::parameter::Expected;
use super::error::{MAX_REASONS, in_body, in_query, invalid, quoted};
use super::query::{pairs, refused};
use crate::model::json::strict::{self, Flaw};
use crate::model::json_schema::{Checker, JsonSchema};
use crate::model::manifest::{Details, ParameterPlace};
use crate::model::problem::{Place, Problem, Reason};
use crate::model::{Mistake, json::Malformed};

/// What the requests for one handled operation or route must be like.
#[derive(Debug)]
pub struct RequestContract {
    query: Vec<Expected>,
    path: Vec<Expected>,
    headers: Vec<Expected>,
    body: Option<Checker>,
}

impl RequestContract {
    /// Compiles what is said of `subject`, a handled operation or route.
    ///
    /// # Errors
    /// A parameter's schema asks for what no text can be.
    pub fn compile(subject: &str, details: &Details) -> Result<Self, Mistake> {
        let mistake = |reason: String| Mistake::new(subject, reason);
        let at = |place| {
            let declared = details.parameters.iter().filter(move |parameter| parameter.place == place);
            declared.map(Expected::compile).collect::<Result<Vec<_>, String>>().map_err(mistake)
        };
        let body = |schema: &JsonSchema| Checker::new(schema).map_err(|reason| mistake(format!("`request-schema` {reason}")));
        Ok(Self {
            query: at(ParameterPlace::Query)?,
            path: at(ParameterPlace::Path)?,
            headers: at(ParameterPlace::Header)?,
            body: details.request_schema.as_ref().map(body).transpose()?,
        })
    }

    /// Checks a query string, percent-encoded and without its question mark. What is not declared must be allowed otherwise.
    ///
    /// # Errors
    /// `invalid-query` (400), with every parameter that is unknown, missing, given twice or has no such value.
    pub fn check_query(&self, query: &str, also_allowed: impl Fn(&str) -> bool) -> Result<(), Problem> {
        let pairs = pairs(query)?;
        let mut reasons = Vec::new();
        for (index, (name, _)) in pairs.iter().enumerate() {
            if pairs[..index].iter().any(|(earlier, _)| earlier == name) {
                continue;
            }
            let values: Vec<&str> = pairs.iter().filter(|(other, _)| other == name).map(|(_, value)| value.as_str()).collect();
            match self.query.iter().find(|expected| expected.name == *name) {
                Some(expected) => reasons.extend(expected.check(&values).into_iter().map(|(code, detail)| in_query(name, code, detail))),
                None if also_allowed(name) => {}
                None => reasons.push(in_query(name, "unknown", self.unknown(name))),
            }
        }
        let missing = self.query.iter().filter(|expected| expected.required && !pairs.iter().any(|(name, _)| *name == expected.name));
        reasons.extend(missing.map(|expected| in_query(&expected.name, "required", "is required")));
        if reasons.is_empty() { Ok(()) } else { Err(refused(reasons)) }
    }

    fn unknown(&self, name: &str) -> String {
        let known: Vec<&str> = self.query.iter().map(|expected| expected.name.as_str()).collect();
        if known.is_empty() {
            return "is unknown: this operation takes no parameters".to_owned();
        }
        format!("{} is unknown; allowed are {}", quoted(name), known.join(", "))
    }

    /// Checks what stands in the path. `value_of` answers a capture by its name, percent-decoded.
    ///
    /// # Errors
    /// `invalid-path` (400), with every value that is none.
    pub fn check_path(&self, value_of: impl Fn(&str) -> Option<String>) -> Result<(), Problem> {
        let reasons = checked(&self.path, Place::Path, value_of);
        let detail = "the path does not lead anywhere; `errors` says which part of it does not fit";
        if reasons.is_empty() { Ok(()) } else { Err(Problem::new(400, "invalid-path", detail).with_errors(reasons)) }
    }

    /// Checks headers. `value_of` answers a header by its name in lower case, several of one name joined by `, `.
    ///
    /// # Errors
    /// `invalid-header` (400), with every header that is missing or has no such value.
    pub fn check_headers(&self, value_of: impl Fn(&str) -> Option<String>) -> Result<(), Problem> {
        let reasons = checked(&self.headers, Place::Header, value_of);
        let detail = "a header does not fit; `errors` says which and why";
        if reasons.is_empty() { Ok(()) } else { Err(Problem::new(400, "invalid-header", detail).with_errors(reasons)) }
    }

    /// Checks a whole body, if anything is said of it.
    ///
    /// # Errors
    /// `malformed-json` (400); `validation-failed` (422) with every reason.
    pub fn check_body(&self, bytes: &[u8]) -> Result<(), Problem> {
        let Some(checker) = &self.body else { return Ok(()) };
        if bytes.is_empty() {
            return Err(Problem::new(400, "malformed-json", "the body is empty; JSON is expected"));
        }
        let value = strict::value(bytes).map_err(unusable)?;
        let reasons: Vec<Reason> =
            checker.misfits(&value, MAX_REASONS).into_iter().map(|fault| in_body(fault.pointer, fault.code, fault.detail)).collect();
        if reasons.is_empty() { Ok(()) } else { Err(invalid(reasons)) }
    }
}

fn unusable(flaw: Flaw) -> Problem {
    match flaw {
        Flaw::Malformed(Malformed { line, column, reason }) => {
            Problem::new(400, "malformed-json", format!("the body is not JSON: line {line}, column {column}: {reason}"))
        }
        Flaw::Twice { pointer } => invalid(vec![in_body(pointer, "duplicate", "is given twice")]),
        Flaw::Infinite { pointer } => invalid(vec![in_body(pointer, "non-finite", "must be a finite number that a double can hold")]),
    }
}

fn checked(expected: &[Expected], place: Place, value_of: impl Fn(&str) -> Option<String>) -> Vec<Reason> {
    let reason = |name: &str, code: &str, detail: String| Reason { place, at: name.to_owned(), code: code.to_owned(), detail };
    let mut reasons = Vec::new();
    for expected in expected {
        let name = expected.name.as_str();
        match value_of(name) {
            Some(value) => reasons.extend(expected.check(&[&value]).into_iter().map(|(code, detail)| reason(name, code, detail))),
            None if expected.required => reasons.push(reason(name, "required", "is required".to_owned())),
            None => {}
        }
    }
    reasons
}
