//! What a handler can answer.

use serde::Serialize;

use super::declaration::Declaration;
use crate::document::Document;
use crate::error::{Problem, Result};

pub use crate::bindings::tenon::plugin::types::Response;

/// A type that a handler can answer.
#[diagnostic::on_unimplemented(
    message = "a handler cannot answer a `{Self}`",
    note = "answer Body<T>, Document, Created, NoContent or Response, or a tenon_sdk::Result of one"
)]
pub trait IntoResponse {
    /// The answer.
    ///
    /// # Errors
    /// The problem that is answered instead.
    fn into_response(self) -> Result<Response>;

    /// Says what the operation answers by this; called only while the plugin describes itself.
    fn declare(declaration: &mut Declaration) {
        _ = declaration;
    }
}

impl<R: IntoResponse, E: Into<Problem>> IntoResponse for Result<R, E> {
    fn into_response(self) -> Result<Response> {
        self.map_err(Into::into)?.into_response()
    }

    fn declare(declaration: &mut Declaration) {
        R::declare(declaration);
    }
}

impl Response {
    /// An answer without headers and body.
    pub fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: None }
    }

    /// Adds a header. The host adds `content-type`, `etag`, `location` and `link` that the body knows of, unless they are given here.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: Document) -> Self {
        self.body = Some(body);
        self
    }

    /// With a value as its body.
    ///
    /// # Errors
    /// The value has no JSON form.
    pub fn json(self, value: &(impl Serialize + ?Sized)) -> Result<Self> {
        Ok(self.body(Document::json(value)?))
    }
}

impl IntoResponse for Response {
    fn into_response(self) -> Result<Response> {
        Ok(self)
    }
}

/// 200, with a document that is handed on as it is.
impl IntoResponse for Document {
    fn into_response(self) -> Result<Response> {
        Ok(Response::new(200).body(self))
    }
}

/// 201: something was made. The header `location` comes from the document, if it is one that `records` answered.
#[derive(Debug)]
pub struct Created<B = Document>(pub B);

impl<B: IntoResponse> IntoResponse for Created<B> {
    fn into_response(self) -> Result<Response> {
        let response = self.0.into_response()?;
        Ok(Response { status: 201, ..response })
    }

    fn declare(declaration: &mut Declaration) {
        B::declare(declaration);
        declaration.attribute("status", 201);
    }
}

/// 204: done, and there is nothing to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Result<Response> {
        Ok(Response::new(204))
    }

    fn declare(declaration: &mut Declaration) {
        declaration.attribute("status", 204);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_answers_what_is_in_it() {
        let answer = |result: Result<NoContent>| result.into_response().map(|response| response.status).map_err(|problem| problem.status);
        assert_eq!([answer(Ok(NoContent)), answer(Err(Problem::not_found("gone")))], [Ok(204), Err(404)]);
        assert_eq!(Created(Response::new(200).header("X-A", "b")).into_response().unwrap().headers, [("x-a".to_owned(), "b".to_owned())]);
    }
}
