//! Rows: everything below `/api/v1/` that a plugin brought.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request as HttpRequest, State as Extract};
use axum::http::header::{CONTENT_TYPE, HOST, LINK, LOCATION};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::http::body;
use crate::http::envelope::Served;
use crate::http::error::Refusal;
use crate::http::state::State;
use crate::http::table::Place;
use crate::http::streamed::Streamed;
use crate::service::serving::{CallError, Content, Operation, Outcome, Readiness, Request};

const PREFIX: &str = "/api/v1/";

/// Finds who answers, and lets them.
pub(in crate::http) async fn dispatch(Extract(state): Extract<Arc<State>>, request: HttpRequest) -> Response {
    let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let place = match state.site().table.find(path) {
        Ok(place) => place,
        Err(nowhere) => return Refusal::nowhere(&nowhere).into_response(),
    };
    let methods = place.methods();
    let operation = methods.iter().find(|(method, _)| method == request.method()).map(|(_, operation)| *operation);
    let mut served = Served { template: place.template(), plugin: Some(place.endpoint().collection.plugin.to_string()), operation: None };
    let answer = match operation {
        None => Err(Refusal::method(&methods.into_iter().map(|(method, _)| method).collect::<Vec<_>>())),
        Some(operation) => {
            served.operation = Some(format!("{}.{}", place.endpoint().collection.name, verb(operation)));
            run(&state, &place, operation, request).await
        }
    };
    let mut response = answer.into_response();
    response.extensions_mut().insert(served);
    response
}

/// The operation's name in the contract.
pub(in crate::http) fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::List => "list",
        Operation::Get => "get",
        Operation::Create => "create",
        Operation::Replace => "replace",
        Operation::Update => "update",
        Operation::Delete => "delete",
    }
}

async fn run(state: &State, place: &Place, operation: Operation, request: HttpRequest) -> Result<Response, Refusal> {
    let endpoint = place.endpoint();
    if endpoint.readiness != Readiness::Ready {
        return Err(CallError::NotReady(Arc::clone(endpoint)).into());
    }
    let (parts, incoming) = request.into_parts();
    let body = match operation {
        Operation::Create | Operation::Replace | Operation::Update => {
            body::check_media_type(&parts.method, &parts.headers)?;
            body::read(&parts.headers, incoming, state.options.body_limit_bytes).await?
        }
        Operation::List | Operation::Get | Operation::Delete => Vec::new(),
    };
    let key = match place {
        Place::Collection(_) => None,
        Place::Row(_, key) => Some(key.clone()),
    };
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let outcome = state.serving.run(endpoint, Request { operation, key, query, body }).await?;
    written(outcome, &endpoint.collection.path, &parts.headers)
}

/// The answer to a call that did what was asked.
fn written(outcome: Outcome, path: &str, headers: &HeaderMap) -> Result<Response, Refusal> {
    let status = StatusCode::from_u16(outcome.status).map_err(|error| Refusal::internal(Arc::new(error)))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Some(body) = outcome.body {
        *response.body_mut() = match body {
            Content::Whole(bytes) => Body::from(bytes),
            Content::Pieces(pieces) => Body::new(Streamed(pieces)),
        };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    if let Some(key) = outcome.created {
        add(&mut response, LOCATION, &format!("{}{PREFIX}{path}/{key}", origin(headers)));
    }
    if let Some(next) = outcome.next {
        add(&mut response, LINK, &format!("<{PREFIX}{path}?{next}>; rel=\"next\""));
    }
    for (name, value) in &outcome.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            add(&mut response, name, value);
        }
    }
    Ok(response)
}

fn add(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Where the client thinks that it is. Nothing when it does not say, or says something that is no host: a path alone is a good location.
fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let authority = host.and_then(|text| text.parse::<Authority>().ok());
    let sane = |authority: &Authority| authority.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    authority.filter(sane).map_or_else(String::new, |authority| format!("http://{authority}"))
}
