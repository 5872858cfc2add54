//! Rows: everything below `/api/v1/` that a plugin brought.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State as Extract};
use axum::http::header::{CONTENT_TYPE, HOST, LINK, LOCATION};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::handled;
use crate::http::body;
use crate::http::envelope::{OwnBody, Served, Serves};
use crate::http::error::Refusal;
use crate::http::openapi;
use crate::http::request_id::RequestId;
use crate::http::state::State;
use crate::http::streamed::Streamed;
use crate::http::table::{Action, Place, key_name};
use crate::service::serving::{CallError, Content, Endpoint, Operation, Outcome, PREFIX, Request, Target, no_parameters};

/// Finds who answers, and lets them.
pub(in crate::http) async fn dispatch(Extract(state): Extract<Arc<State>>, request: HttpRequest) -> Response {
    let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default();
    let spot = match state.site().table.find(path) {
        Ok(spot) => spot,
        Err(nowhere) => return Refusal::nowhere(&nowhere).into_response(),
    };
    if let Some(route) = spot.route(request.method()) {
        return handled::route(&state, route, spot.caught.clone(), request).await;
    }
    let found = spot.place.as_ref().map(|place| (place, place.methods()));
    let action = found.as_ref().and_then(|(_, methods)| methods.iter().find(|(method, _)| method == request.method()));
    let served = match (&spot.place, spot.routes.first()) {
        (Some(place), _) => {
            let collection = &place.endpoint().collection;
            let operation = action.map(|(_, action)| format!("{}.{}", collection.name, action.name()));
            Served { template: place.template(), plugin: Some(collection.plugin.to_string()), operation }
        }
        (None, Some(endpoint)) => handled::served(endpoint),
        (None, None) => Served::default(),
    };
    Serves::say(request.extensions(), served);
    let answer = match (&spot.place, action) {
        (Some(place), Some((_, action))) => match action {
            Action::Rows(operation) => run(&state, place, *operation, request).await,
            Action::Schema => schema(place.endpoint(), request.uri().query()),
            Action::Stats => stats(&state, place.endpoint(), request.uri().query()).await,
        },
        _ => Err(Refusal::method(&spot.methods())),
    };
    answer.into_response()
}

/// What a row looks like. It comes from the declaration, so it is answered whatever the database holds.
fn schema(endpoint: &Endpoint, query: Option<&str>) -> Result<Response, Refusal> {
    no_parameters(query.unwrap_or_default()).map_err(CallError::from)?;
    Ok(([(CONTENT_TYPE, "application/schema+json")], openapi::row_schema(endpoint)).into_response())
}

async fn stats(state: &State, endpoint: &Arc<Endpoint>, query: Option<&str>) -> Result<Response, Refusal> {
    let total = state.serving.total(endpoint, query.unwrap_or_default()).await?;
    Ok(Json(json!({ "total": total })).into_response())
}

async fn run(state: &State, place: &Place, operation: Operation, request: HttpRequest) -> Result<Response, Refusal> {
    let endpoint = place.endpoint();
    endpoint.readiness.require(&endpoint.collection.plugin)?;
    let (parts, incoming) = request.into_parts();
    let body = match operation {
        Operation::Create | Operation::Replace | Operation::Update => {
            body::check_media_type(&parts.method, &parts.headers)?;
            body::read(&parts.headers, incoming, &state.options.limits).await?
        }
        Operation::List | Operation::Get | Operation::Delete => Vec::new(),
    };
    let key = match place {
        Place::Row(_, key) => Some(key.clone()),
        Place::Collection(_) | Place::Schema(_) | Place::Stats(_) => None,
    };
    if endpoint.handlers.contains_key(&operation) {
        let origin = origin(&parts.headers);
        let params = key.iter().map(|key| (key_name(endpoint).to_owned(), key.clone())).collect();
        let incoming = handled::incoming(parts, params, body);
        let target = Target { endpoint: Arc::clone(endpoint), operation, key };
        return answered(state.serving.handle(target, incoming).await, &origin);
    }
    let (id, query) = (RequestId::given(&parts.extensions), parts.uri.query().unwrap_or_default().to_owned());
    let outcome = state.serving.run(endpoint, Request { id, operation, key, query, body: body.into() }).await;
    answered(outcome, &origin(&parts.headers))
}

/// The answer to a call, and a handler's refusal with a body of its own.
pub(super) fn answered(outcome: Result<Outcome, CallError>, origin: &str) -> Result<Response, Refusal> {
    match outcome {
        Ok(outcome) => written(outcome, origin),
        Err(CallError::Refusal(outcome)) if outcome.body.is_some() => {
            let mut response = written(*outcome, origin)?;
            response.extensions_mut().insert(OwnBody);
            Ok(response)
        }
        Err(error) => Err(error.into()),
    }
}

fn written(outcome: Outcome, origin: &str) -> Result<Response, Refusal> {
    let status = StatusCode::from_u16(outcome.status).map_err(|error| Refusal::internal(Arc::new(error)))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    if let Some(body) = outcome.body {
        *response.body_mut() = match body {
            Content::Whole(bytes) => Body::from(bytes),
            Content::Pieces(pieces) => Body::new(Streamed(pieces)),
        };
        let media_type = match outcome.media_type {
            Cow::Borrowed(text) => HeaderValue::from_static(text),
            Cow::Owned(text) => HeaderValue::from_str(&text).map_err(|error| Refusal::internal(Arc::new(error)))?,
        };
        response.headers_mut().insert(CONTENT_TYPE, media_type);
    }
    if let Some(path) = outcome.location {
        add(&mut response, LOCATION, &format!("{origin}{path}"));
    }
    if let Some(next) = outcome.link {
        add(&mut response, LINK, &format!("<{next}>; rel=\"next\""));
    }
    let mut given = Vec::new();
    for (name, value) in &outcome.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| Refusal::internal(Arc::new(error)))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|error| Refusal::internal(Arc::new(error)))?;
        // What the handler says takes the place of what the host would have said; what it says twice is there twice.
        if given.contains(&name) {
            response.headers_mut().append(name, value);
        } else {
            given.push(name.clone());
            response.headers_mut().insert(name, value);
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
pub(super) fn origin(headers: &HeaderMap) -> String {
    let host = headers.get(HOST).and_then(|value| value.to_str().ok());
    let authority = host.and_then(|text| text.parse::<Authority>().ok());
    let sane = |authority: &Authority| authority.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b));
    authority.filter(sane).map_or_else(String::new, |authority| format!("http://{authority}"))
}
