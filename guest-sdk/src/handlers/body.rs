//! Bodies: as a type, or as they are.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::argument::{Call, FromRequest};
use super::declared::Declaration;
use super::response::{IntoResponse, Response};
use crate::document::Document;
use crate::error::{Problem, Reason, Result};

/// The JSON body of a request, or of an answer (200).
///
/// The body's schema is declared, so that OpenAPI has it and the host answers 422 with every reason before the handler is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + JsonSchema> FromRequest for Body<T> {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        let bytes = call.body().map(|body| body.read()).unwrap_or_default();
        serde_json::from_slice(&bytes).map(Self).map_err(|_| refused::<T>(&bytes))
    }

    fn declare(declaration: &mut Declaration) {
        declaration.takes::<T>();
    }
}

/// Reads again what could not be read, to find out where.
#[cold]
fn refused<T: DeserializeOwned>(bytes: &[u8]) -> Problem {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => unfit(&error.path().iter().map(step).collect::<String>(), error.inner(), bytes.is_empty()),
        // What is wrong comes after a value that fits.
        Ok(_) => malformed(reader.end().err().map(|error| error.to_string()).unwrap_or_default()),
    }
}

fn malformed(why: String) -> Problem {
    Problem::new(400, "malformed-json", format!("the body is not JSON: {why}"))
}

/// One step of a JSON pointer.
fn step(segment: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        // The variant of an enum is no member of its own.
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

fn unfit(at: &str, error: &serde_json::Error, empty: bool) -> Problem {
    if empty {
        return Problem::new(400, "malformed-json", "the body is empty; JSON is expected");
    }
    if !error.is_data() {
        return malformed(error.to_string());
    }
    let said = error.to_string();
    // serde_json adds where in the text; the pointer says it better.
    let said = said.rfind(" at line ").map_or(said.as_str(), |end| &said[..end]);
    let named = said.split('`').nth(1).unwrap_or_default();
    // serde's own words; a mistake of another kind has none of them.
    let (at, code) = match said {
        _ if said.starts_with("missing field `") => (format!("{at}/{named}"), "required"),
        _ if said.starts_with("unknown field `") => (at.to_owned(), "unknown"),
        _ if said.starts_with("duplicate field `") => (at.to_owned(), "duplicate"),
        _ if said.starts_with("invalid type") => (at.to_owned(), "type"),
        _ => (at.to_owned(), "invalid"),
    };
    Problem::validation([Reason::body(&at, code, said)])
}

impl<T: Serialize + JsonSchema> IntoResponse for Body<T> {
    fn into_response(self) -> Result<Response> {
        Response::new(200).json(&self.0)
    }

    fn declare(declaration: &mut Declaration) {
        declaration.answers::<T>();
    }
}

/// The body as it is, never copied unless it is read. A request without a body is answered 400.
impl FromRequest for Document {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        call.body().ok_or_else(|| Problem::bad_request("the body is empty"))
    }
}

/// The body as it is, or none.
impl FromRequest for Option<Document> {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        Ok(call.body())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read into")]
    struct Line {
        price: i64,
    }

    #[test]
    fn a_body_that_does_not_fit_is_answered_with_the_place() {
        type Lines = BTreeMap<String, Vec<Line>>;
        let cases = [
            (r#"{"a/b": [{"price": 1}, {"price": "2"}]}"#, "/a~1b/1/price", "type"),
            (r#"{"lines": [{}]}"#, "/lines/0/price", "required"),
            (r#"{"lines": [{"price": 1, "cost": 2}]}"#, "/lines/0/cost", "unknown"),
            (r#"[]"#, "", "type"),
        ];
        for (text, at, code) in cases {
            let problem = refused::<Lines>(text.as_bytes());
            assert_eq!((problem.status, problem.code.as_str()), (422, "validation-failed"), "{text}");
            assert_eq!((problem.errors[0].at.as_str(), problem.errors[0].code.as_str()), (at, code), "{problem}");
            assert!(!problem.errors[0].detail.contains("line 1"), "{problem}");
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_answered_400() {
        for text in ["", "{", "{} {}", "{\"a\": [}"] {
            let problem = refused::<BTreeMap<String, Vec<i64>>>(text.as_bytes());
            assert_eq!((problem.status, problem.code.as_str()), (400, "malformed-json"), "{text} {problem}");
        }
    }
}
