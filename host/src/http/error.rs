//! The one place where a failure gets its status, its headers and its body.
//!
//! Handlers answer a [`Refusal`]; the envelope writes it as `application/problem+json` (RFC 9457), because only it knows the request's
//! id. A 5xx says a fixed sentence; what went wrong goes to the log with that id, and nowhere else.

use std::fmt::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING, ALLOW, CONNECTION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use serde_json::{Map, Value as Json, json};

use super::request_id::RequestId;
use super::table::Nowhere;
use crate::model::text::printable;
use crate::model::{Place, PluginName, Problem, Value};
use crate::service::serving::CallError;

/// Seconds after which a busy server may be asked again.
const RETRY_BUSY_SECONDS: i64 = 1;
/// Seconds after which a plugin that waits for a person may be asked again.
const RETRY_NOT_READY_SECONDS: i64 = 30;

/// Bytes of a reason in the log; a plugin's own lines may have as many.
const LOGGED_BYTES: usize = 4 << 10;

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// An answer that is an error: what the client reads, and what only the log says.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    problem: Box<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Refusal {
    fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Problem::new(status.as_u16(), code, detail).into()
    }

    fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    /// 404: the path leads nowhere.
    pub(super) fn nowhere(nowhere: &Nowhere) -> Self {
        match nowhere {
            Nowhere::NotFound => Self::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this path"),
            Nowhere::UnknownOperation(_) => {
                Self::new(StatusCode::NOT_FOUND, "unknown-operation", "there is no such operation at this path")
            }
        }
    }

    /// 405, with what is allowed.
    pub(super) fn method(allowed: &[Method]) -> Self {
        let allowed: Vec<_> = allowed.iter().map(Method::as_str).collect();
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "this path does not know the method")
            .header(ALLOW, &allowed.join(", "))
    }

    /// An error that says by itself what the client should know.
    pub(super) fn of(status: StatusCode, code: &str, error: &dyn std::error::Error) -> Self {
        Self::new(status, code, error.to_string())
    }

    /// 401: the operator's key is asked for, and was not given.
    pub(super) fn unauthorized() -> Self {
        let detail = "this is for the operator: send the key of tenon.toml as `Authorization: Bearer KEY`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).header(WWW_AUTHENTICATE, "Bearer realm=\"tenon\"")
    }

    /// 413: the body is larger than the server reads.
    pub(super) fn too_large(limit_bytes: usize) -> Self {
        let detail = format!("the body is larger than {limit_bytes} bytes");
        // What is left of the body may not have been read, so nothing can follow on this connection.
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail).header(CONNECTION, "close")
    }

    /// 415, with what would be read.
    pub(super) fn media_type(method: &Method, accepted: &[&str]) -> Self {
        let list = accepted.join(", ");
        let name = if method == Method::PATCH { ACCEPT_PATCH } else { ACCEPT };
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", format!("the body must be {list}, in UTF-8"))
            .header(name, &list)
    }

    /// 415: the body is compressed.
    pub(super) fn content_encoding() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "the body must not be compressed or otherwise encoded")
            .header(ACCEPT_ENCODING, "identity")
    }

    /// 400: the body did not arrive as a whole.
    pub(super) fn broken_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", "the body could not be read to its end")
    }

    /// 408: the body did not arrive in time.
    pub(super) fn body_too_slow(seconds: u64) -> Self {
        let detail = format!("the body did not arrive within {seconds} seconds");
        Self::new(StatusCode::REQUEST_TIMEOUT, "timeout", detail).header(CONNECTION, "close")
    }

    /// 414: the path and query string are longer than the server reads.
    pub(super) fn url_too_long(limit_bytes: usize) -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "url-too-long", format!("the path and the query string are longer than {limit_bytes} bytes"))
    }

    /// 431: the headers are more than the server reads.
    pub(super) fn headers_too_large(most: usize, limit_bytes: usize) -> Self {
        let detail = format!("there are more than {most} headers, or more than {limit_bytes} bytes of them");
        Self::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large", detail)
    }

    /// 500: something of ours is broken.
    pub(super) fn internal(cause: Arc<dyn std::error::Error + Send + Sync>) -> Self {
        let refusal =
            Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the server failed; its log has the reason under this request id");
        Self { cause: Some(cause), ..refusal }
    }

    /// An error that something below us answered without saying more than its status.
    pub(super) fn bare(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::nowhere(&Nowhere::NotFound),
            StatusCode::METHOD_NOT_ALLOWED => Self::new(status, "method-not-allowed", "this path does not know the method"),
            other => Self::new(other, "error", other.canonical_reason().unwrap_or("the request failed")),
        }
    }

    /// 503: somebody has to do something before the plugin can answer.
    fn not_ready(plugin: &PluginName, reason: &str, command: &str) -> Self {
        let problem = Problem::new(503, "plugin-not-ready", format!("{reason}; run `{command}`"))
            .with_member("plugin", plugin.as_str())
            .with_member("command", command)
            .with_member("retry-after", RETRY_NOT_READY_SECONDS);
        problem.into()
    }

    /// The same, with what only the log says.
    pub(super) fn because(mut self, cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// 503: something has to be done or waited for before all requests can be answered.
    pub(super) fn not_ready_yet(reason: String) -> Self {
        Problem::new(503, "not-ready", reason).with_member("retry-after", RETRY_BUSY_SECONDS).into()
    }

    /// 502: the plugin that should have answered did not.
    fn broke(error: CallError) -> Self {
        let refusal = Self::new(
            StatusCode::BAD_GATEWAY,
            "plugin-failed",
            "the plugin that answers this failed; nothing was changed, and the log has the reason under this request id",
        );
        refusal.because(error)
    }

    /// 502: the plugin that should have answered lacks a right. Which one is for the operator to read.
    fn not_granted(error: CallError) -> Self {
        let refusal = Self::new(
            StatusCode::BAD_GATEWAY,
            "not-granted",
            "the plugin that answers this was not granted what it needs; nothing was changed, and the log has the reason under this request id",
        );
        refusal.because(error)
    }

    /// 504: the plugin took too long.
    fn too_long(error: CallError) -> Self {
        let detail = "the plugin that answers this took longer than it may; nothing was changed";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "plugin-timeout", detail).because(error)
    }

    /// 507: what is read is there; what is written has no place.
    fn storage_full(cause: Arc<dyn std::error::Error + Send + Sync>) -> Self {
        let refusal = Self::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "storage-full",
            "there is no room left for what is to be written; nothing was changed",
        );
        Self { cause: Some(cause), ..refusal }
    }

    fn busy() -> Self {
        Problem::new(503, "busy", "the server has too much to do; try again").with_member("retry-after", RETRY_BUSY_SECONDS).into()
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What the log says: the cause with its causes, or for other errors the detail. A plugin's problem may be as large as it likes;
    /// its line is not.
    pub(super) fn reason(&self) -> String {
        printable(&self.whole_reason(), LOGGED_BYTES)
    }

    fn whole_reason(&self) -> String {
        let Some(cause) = &self.cause else { return self.problem.to_string() };
        let mut text = cause.to_string();
        let mut next = cause.source();
        while let Some(error) = next {
            let _ = write!(text, ": {error}");
            next = error.source();
        }
        text
    }

    /// The whole answer, without the headers that every answer gets.
    pub(super) fn render(&self, instance: &str, id: &RequestId) -> Response {
        let body = self.body(instance, id);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.extend(self.headers.iter().cloned());
        if let Some((_, Value::Integer(seconds))) = self.problem.members.iter().find(|(key, _)| key == "retry-after") {
            headers.insert(RETRY_AFTER, HeaderValue::from((*seconds).max(0)));
        }
        response
    }

    fn body(&self, instance: &str, id: &RequestId) -> String {
        let problem = &self.problem;
        let mut body = Map::new();
        body.insert("type".into(), format!("urn:tenon:problem:{}", problem.code).into());
        body.insert("title".into(), title(problem, self.status()).into());
        body.insert("status".into(), self.status().as_u16().into());
        body.insert("detail".into(), problem.detail.as_str().into());
        body.insert("instance".into(), instance.into());
        body.insert("code".into(), problem.code.as_str().into());
        body.insert("request_id".into(), id.as_str().into());
        if !problem.errors.is_empty() {
            let error = |reason: &crate::model::Reason| {
                let at = match reason.place {
                    Place::Body => "pointer",
                    Place::Query | Place::Path | Place::Header => "parameter",
                };
                json!({ at: reason.at, "code": reason.code, "detail": reason.detail })
            };
            body.insert("errors".into(), problem.errors.iter().map(error).collect());
        }
        for (key, value) in problem.members.iter().filter(|(key, _)| key != "retry-after") {
            // A member never takes the place of one that every problem has.
            body.entry(key.as_str()).or_insert_with(|| member(value));
        }
        Json::Object(body).to_string()
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        if !(400..=599).contains(&problem.status) {
            return Self::internal(Arc::new(problem));
        }
        Self { problem: Box::new(problem), headers: Vec::new(), cause: None }
    }
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Problem(problem) => problem.into(),
            CallError::NotReady { plugin, reason, command } => Self::not_ready(&plugin, &reason, &command),
            busy @ (CallError::Busy | CallError::Crowded(_) | CallError::Changed) => Self::busy().because(busy),
            CallError::Full(cause) => Self::storage_full(Arc::from(cause)),
            broke @ (CallError::Broke { .. } | CallError::Ended { .. }) => Self::broke(broke),
            late @ CallError::TooLong { .. } => Self::too_long(late),
            CallError::Misasked { ref problem, .. } if problem.code == "not-granted" => Self::not_granted(error),
            misasked @ CallError::Misasked { .. } => Self::broke(misasked),
            // One without a body; others are sent as they are.
            CallError::Refusal(outcome) => {
                let status = StatusCode::from_u16(outcome.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let headers = outcome.headers.iter().filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)));
                let refusal = Self { headers: headers.collect(), ..Self::bare(status) };
                refusal.because(CallError::Refusal(outcome))
            }
            CallError::Fault(cause) => Self::internal(Arc::from(cause)),
        }
    }
}

/// An empty answer with the status; the envelope fills it.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn title(problem: &Problem, status: StatusCode) -> &'static str {
    match problem.code.as_str() {
        "not-found" => "Resource Not Found",
        "unknown-operation" => "Unknown Operation",
        "invalid-ulid" => "Invalid ULID",
        "invalid-key" => "Invalid Key",
        "invalid-query" => "Invalid Query",
        "malformed-json" => "Malformed JSON",
        "validation-failed" => "Validation Error",
        "conflict" => "Resource Conflict",
        "plugin-not-ready" => "Plugin Not Ready",
        "not-ready" => "Not Ready",
        "busy" => "Server Busy",
        "plugin-failed" => "Plugin Failed",
        "plugin-timeout" => "Plugin Timeout",
        "plugin-resting" => "Plugin Resting",
        "not-granted" => "Not Granted",
        _ => status.canonical_reason().unwrap_or("Error"),
    }
}

fn member(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(flag) => (*flag).into(),
        Value::Integer(n) => (*n).into(),
        Value::Real(x) => (*x).into(),
        Value::Text(text) => text.as_str().into(),
        Value::Bytes(bytes) => base64::prelude::BASE64_STANDARD.encode(bytes).into(),
    }
}
