//! What surrounds every request: its id, the form of its errors, panics, and one line of log.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::Instant;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State as Extract};
use axum::http::header::{ALLOW, CONTENT_LENGTH};
use axum::http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::error::Refusal;
use super::limits::Limits;
use super::request_id::{self, RequestId};
use super::{leftover, limits};

/// Who answers a request, for the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Served {
    /// The path with names instead of values.
    pub(super) template: String,
    /// The plugin.
    pub(super) plugin: Option<String>,
    /// The operation, e.g. `users.create`.
    pub(super) operation: Option<String>,
}

/// Where whoever finds out who answers a request says it, before the answer is there: its client may leave meanwhile.
#[derive(Debug, Clone, Default)]
pub(super) struct Serves(Arc<OnceLock<Served>>);

impl Serves {
    /// Says it; the first word counts.
    pub(super) fn say(extensions: &Extensions, served: Served) {
        if let Some(Self(said)) = extensions.get::<Self>() {
            said.get_or_init(|| served);
        }
    }

    /// What was said; where nothing was, the path as it came.
    fn or(&self, path: &str) -> Served {
        self.0.get().cloned().unwrap_or_else(|| Served { template: path.to_owned(), ..Served::default() })
    }
}

/// Marks an error whose body is a handler's own, and is sent as it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnBody;

/// Surrounds a request.
pub(super) async fn envelope(Extract(limits): Extract<Limits>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = RequestId::of(request.headers());
    let method = request.method().clone();
    let path = named(request.uri().path()).to_owned();
    let serves = Serves::default();
    let mut waiting = Waiting { id: &id, method: &method, path: &path, serves: &serves, begun, gone: true };
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(id.clone());
    parts.extensions.insert(serves.clone());
    let (body, left) = leftover::lend(&parts.headers, body);
    let inner = match limits.check_head(&parts.uri, &parts.headers) {
        Ok(()) => caught(next.run(Request::from_parts(parts, body))).await,
        Err(refusal) => refusal.into_response(),
    };
    if let Some(left) = left {
        left.discard().await;
    }

    waiting.gone = false;
    drop(waiting);
    let own_body = inner.extensions().get::<OwnBody>().is_some();
    let (mut response, refusal) = finished(inner, &method, &path, &id);
    if let Some(id) = id.header() {
        response.headers_mut().insert(request_id::HEADER, id);
    }
    let reason = match &refusal {
        Some(refusal) if response.status().is_server_error() => Some(refusal.reason()),
        None if own_body && response.status().is_server_error() => Some(format!("the plugin answered {}", response.status().as_u16())),
        _ => None,
    };
    log(&id, &method, &serves.or(&path), response.status(), reason, begun);
    response
}

/// Logs a request whose client left before it was answered. A write of theirs may have been done all the same.
struct Waiting<'a> {
    id: &'a RequestId,
    method: &'a Method,
    path: &'a str,
    serves: &'a Serves,
    begun: Instant,
    gone: bool,
}

/// What other servers log for a client that closed its connection; it is never sent.
const CLIENT_LEFT: u16 = 499;

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.gone {
            let micros = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let Served { template: path, plugin, operation } = self.serves.or(self.path);
            let (request_id, method) = (self.id.as_str(), self.method);
            let reason = "the client left before it was answered; a write may have been done";
            tracing::info!(request_id, %method, path, plugin, operation, status = CLIENT_LEFT, micros, reason, "request");
        }
    }
}

/// A path as answers and logs name it: one that is very long is not repeated in full.
fn named(path: &str) -> &str {
    &path[..path.floor_char_boundary(limits::NAMED_BYTES)]
}

/// Gives the answer its last form: errors as problems, OPTIONS from what a 405 knows, HEAD without a body.
fn finished(inner: Response, method: &Method, path: &str, id: &RequestId) -> (Response, Option<Refusal>) {
    let mut inner = inner;
    if inner.status() == StatusCode::METHOD_NOT_ALLOWED && method == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let refusal = inner.extensions_mut().remove::<Refusal>();
        let rendered = refusal.map(|refusal| refusal.render(path, id));
        if let Some(allowed) = allow(rendered.as_ref().map_or(inner.headers(), Response::headers)) {
            response.headers_mut().insert(ALLOW, allowed);
        }
        return (response, None);
    }
    let status = inner.status();
    let refusal = inner.extensions_mut().remove::<Refusal>();
    let is_bare = (status.is_client_error() || status.is_server_error()) && inner.extensions().get::<OwnBody>().is_none();
    let refusal = refusal.or_else(|| is_bare.then(|| Refusal::bare(status)));
    let mut response = match &refusal {
        None => inner,
        Some(refusal) => {
            let mut response = refusal.render(path, id);
            // axum names the methods of its own routes in a 405 that says nothing else.
            if let Some(named) = inner.headers().get(ALLOW).filter(|_| !response.headers().contains_key(ALLOW)) {
                response.headers_mut().insert(ALLOW, named.clone());
            }
            if let Some(allowed) = allow(response.headers()) {
                response.headers_mut().insert(ALLOW, allowed);
            }
            response
        }
    };
    if method == Method::HEAD {
        if let Some(length) = response.body().size_hint().exact().filter(|_| !response.headers().contains_key(CONTENT_LENGTH)) {
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        *response.body_mut() = Body::empty();
    }
    (response, refusal)
}

/// The methods that a path allows, with OPTIONS, which all do.
fn allow(headers: &HeaderMap) -> Option<HeaderValue> {
    let named = headers.get(ALLOW)?.to_str().ok()?;
    let mut methods: Vec<&str> = named.split(',').map(str::trim).filter(|method| !method.is_empty() && *method != "OPTIONS").collect();
    methods.push("OPTIONS");
    HeaderValue::from_str(&methods.join(", ")).ok()
}

/// The code that ran panicked.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
struct Panicked(String);

/// Turns a panic of a handler into an answer.
async fn caught(handler: impl Future<Output = Response>) -> Response {
    let mut handler = Box::pin(handler);
    let polled = std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| handler.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(response)) => Poll::Ready(Ok(response)),
        Err(payload) => Poll::Ready(Err(payload)),
    });
    polled.await.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| payload.downcast_ref::<String>().cloned());
        Refusal::internal(Arc::new(Panicked(text.unwrap_or_default()))).into_response()
    })
}

/// Why a request was answered as it was is logged of what is no client's doing.
fn log(id: &RequestId, method: &Method, served: &Served, status: StatusCode, reason: Option<String>, begun: Instant) {
    let (request_id, path) = (id.as_str(), served.template.as_str());
    let (plugin, operation) = (served.plugin.as_deref(), served.operation.as_deref());
    let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let status_code = status.as_u16();
    match reason {
        Some(reason) if status == StatusCode::SERVICE_UNAVAILABLE => {
            tracing::warn!(request_id, %method, path, plugin, operation, status = status_code, micros, reason, "request");
        }
        Some(reason) if status.is_server_error() => {
            tracing::error!(request_id, %method, path, plugin, operation, status = status_code, micros, reason, "request");
        }
        _ => tracing::info!(request_id, %method, path, plugin, operation, status = status_code, micros, "request"),
    }
}
