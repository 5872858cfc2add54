//! Requests that a plugin answers itself.

use std::sync::Arc;

use axum::extract::Request as HttpRequest;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, PROXY_AUTHORIZATION};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

use super::collections::{answered, origin};
use crate::http::body;
use crate::http::envelope::{Served, Serves};
use crate::http::error::Refusal;
use crate::http::request_id::RequestId;
use crate::http::state::State;
use crate::service::serving::{Headers, Incoming, PREFIX, RouteEndpoint};

/// Lets the plugin of a route answer. `caught` is what the path's captures caught, percent-encoded.
pub(super) async fn route(state: &State, endpoint: &Arc<RouteEndpoint>, caught: Vec<String>, request: HttpRequest) -> Response {
    Serves::say(request.extensions(), served(endpoint));
    answer(state, endpoint, caught, request).await.into_response()
}

/// What the log says of a request for a route.
pub(super) fn served(endpoint: &RouteEndpoint) -> Served {
    let RouteEndpoint { plugin, route, .. } = endpoint;
    Served { template: format!("{PREFIX}{}", route.path), plugin: Some(plugin.to_string()), operation: Some(route.name.clone()) }
}

async fn answer(state: &State, endpoint: &Arc<RouteEndpoint>, caught: Vec<String>, request: HttpRequest) -> Result<Response, Refusal> {
    endpoint.readiness.require(&endpoint.plugin)?;
    let (parts, incoming_body) = request.into_parts();
    let body = if endpoint.route.method.has_body() {
        body::check_route_media_type(&parts.headers, endpoint.route.details.request_media_type.as_deref())?;
        body::read(&parts.headers, incoming_body, &state.options.limits).await?
    } else {
        Vec::new()
    };
    let origin = origin(&parts.headers);
    let params = endpoint.route.captures().map(str::to_owned).zip(caught).collect();
    answered(state.serving.route(endpoint, incoming(parts, params, body)).await, &origin)
}

/// What a handler may know of a request. `params` are what the path's captures caught, percent-encoded.
pub(super) fn incoming(parts: Parts, params: Vec<(String, String)>, body: Vec<u8>) -> Incoming {
    let decoded = |text: String| percent_decode_str(&text).decode_utf8_lossy().into_owned();
    let path = parts.uri.path().strip_prefix(PREFIX.trim_end_matches('/')).unwrap_or_default();
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Incoming {
        id: RequestId::given(&parts.extensions),
        method: parts.method.as_str().to_owned(),
        path: path.to_owned(),
        params: params.into_iter().map(|(name, value)| (name, decoded(value))).collect(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        media_type: media_type.unwrap_or("application/json").to_owned(),
        body: body.into(),
        headers: Box::new(Shown(parts.headers)),
    }
}

/// The headers of a request, but for those by which a caller is known.
#[derive(Debug)]
struct Shown(HeaderMap);

/// Never shown to a plugin: with them it could act as the caller.
const SECRET: [HeaderName; 4] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, HeaderName::from_static("x-api-key")];

impl Headers for Shown {
    fn header(&self, name: &str) -> Option<String> {
        if SECRET.iter().any(|secret| secret.as_str().eq_ignore_ascii_case(name)) {
            return None;
        }
        let values: Vec<_> = self.0.get_all(HeaderName::from_bytes(name.as_bytes()).ok()?).iter().collect();
        if values.is_empty() {
            return None;
        }
        Some(values.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_by_which_a_caller_is_known_are_never_shown() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "x-api-key", "proxy-authorization", "accept", "x-many"] {
            headers.insert(HeaderName::from_static(name), "a".parse().unwrap());
        }
        headers.append("x-many", "b".parse().unwrap());
        let shown = Shown(headers);
        for name in ["authorization", "Authorization", "COOKIE", "x-api-key", "proxy-authorization", "host", "no header", ""] {
            assert_eq!(shown.header(name), None, "{name}");
        }
        assert_eq!(shown.header("accept").as_deref(), Some("a"));
        assert_eq!(shown.header("X-Many").as_deref(), Some("a, b"));
    }
}
