//! Bodies: as a type, or as they are.

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::argument::{Call, FromRequest};
use super::declaration::Declaration;
use super::response::{IntoResponse, Response};
use crate::document::Document;
use crate::error::{Problem, Reason, Result};

/// The JSON body of a request, or of an answer (200).
///
/// The body's schema is declared, so that OpenAPI has it and the host answers 422 with every reason before the handler is called. A member
/// that `T` does not name is such a reason, as it is for a standard endpoint. A type that takes others says so: with a field
/// `#[serde(flatten)] rest: BTreeMap<String, Json>`, or `#[schemars(extend("additionalProperties" = true))]` on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + JsonSchema> FromRequest for Body<T> {
    fn from_request(call: &Call<'_>) -> Result<Self> {
        let bytes = call.body().map(|body| body.read()).unwrap_or_default();
        serde_json::from_slice(&bytes).map(Self).map_err(|error| refused(&error, bytes.is_empty()))
    }

    fn declare(declaration: &mut Declaration) {
        declaration.takes::<T>();
    }
}

/// The host has held the body to its schema, with a JSON pointer for every reason; what is left is what a schema cannot say, and serde's
/// own words must do.
#[cold]
fn refused(error: &serde_json::Error, empty: bool) -> Problem {
    if empty {
        return Problem::new(400, "malformed-json", "the body is empty; JSON is expected");
    }
    if error.is_data() {
        return Problem::validation([Reason::body("", "invalid", error.to_string())]);
    }
    Problem::new(400, "malformed-json", format!("the body is not JSON: {error}"))
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
    use super::*;

    #[test]
    fn a_body_that_is_no_json_is_another_mistake_than_one_that_does_not_fit() {
        let answer = |text: &str| {
            let problem = serde_json::from_str::<Vec<i16>>(text).map_err(|error| refused(&error, text.is_empty())).unwrap_err();
            (problem.status, problem.code)
        };
        for text in ["", "[", "[] []", "[1,]"] {
            assert_eq!(answer(text), (400, "malformed-json".to_owned()), "{text}");
        }
        for text in ["{}", r#"["a"]"#, "[70000]"] {
            assert_eq!(answer(text), (422, "validation-failed".to_owned()), "{text}");
        }
    }
}
