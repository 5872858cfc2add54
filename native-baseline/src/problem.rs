//! Errors as `application/problem+json` (RFC 9457).

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An error as a client reads it.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is no such user")
    }

    /// Another user has the same.
    pub(crate) fn conflict(field: &str) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", format!("another user has the same {field}"))
    }

    pub(crate) fn busy() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "too much is waiting to be written; try again")
    }

    /// A body that cannot be read is 400, one that does not fit 422.
    pub(crate) fn of_body(error: &serde_json::Error) -> Self {
        if error.is_data() {
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "validation-failed", error.to_string())
        } else {
            Self::new(StatusCode::BAD_REQUEST, "malformed-json", error.to_string())
        }
    }

    /// A fault of ours: the reason is for the log.
    pub(crate) fn internal(error: &dyn std::error::Error) -> Self {
        eprintln!("error: {error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed")
    }
}

/// A row that cannot be written down is one that nobody should have stored.
impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        Self::internal(&error)
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(&error)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, code, detail } = self;
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({ "type": format!("urn:native-baseline:problem:{code}"), "title": title, "status": status.as_u16(), "detail": detail, "code": code });
        (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
    }
}
