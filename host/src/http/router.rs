//! Which path goes to which handler.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};

use super::envelope::envelope;
use super::error::Refusal;
use super::state::State;
use super::table::Nowhere;
use super::{docs, routes};
use crate::service::serving::no_parameters;

/// The whole front door.
pub fn router(state: Arc<State>) -> Router {
    let limits = state.options.limits;
    let own = Router::new()
        .route("/health", get(routes::health::health))
        .route("/health/", get(routes::health::health))
        .route("/livez", get(routes::health::live))
        .route("/livez/", get(routes::health::live))
        .route("/readyz", get(routes::health::ready))
        .route("/readyz/", get(routes::health::ready))
        .route("/api/v1/info", get(routes::info::info))
        .route("/api/v1/info/", get(routes::info::info))
        .route("/openapi.json", get(routes::info::openapi))
        .route("/openapi.json/", get(routes::info::openapi))
        .route_layer(from_fn(without_parameters));
    let routes = own
        .route("/", get(async || Redirect::to("/docs/")))
        .route("/api/v1/{*path}", any(routes::collections::dispatch))
        .merge(routes::plugins::router(state.options.administration.as_ref()))
        .merge(docs::router())
        .fallback(async || Refusal::nowhere(&Nowhere::NotFound))
        .with_state(state);
    // A layer on the routes themselves would run before axum adds `Allow` to its 405s.
    Router::new().fallback_service(routes).layer(from_fn_with_state(limits, envelope))
}

/// What the host itself answers takes no parameters, and is as strict about it as a collection.
pub(super) async fn without_parameters(request: Request, next: Next) -> Response {
    match no_parameters(request.uri().query().unwrap_or_default()) {
        Ok(()) => next.run(request).await,
        Err(problem) => Refusal::from(problem).into_response(),
    }
}
