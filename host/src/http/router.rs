//! Which path goes to which handler.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get};

use super::envelope::envelope;
use super::error::Refusal;
use super::state::State;
use super::table::Nowhere;
use super::{docs, routes};

/// The whole front door.
pub fn router(state: Arc<State>) -> Router {
    let limits = state.options.limits;
    let routes = Router::new()
        .route("/health", get(routes::health::health))
        .route("/health/", get(routes::health::health))
        .route("/livez", get(routes::health::live))
        .route("/livez/", get(routes::health::live))
        .route("/readyz", get(routes::health::ready))
        .route("/readyz/", get(routes::health::ready))
        .route("/api/v1/info", get(routes::info::info))
        .route("/api/v1/info/", get(routes::info::info))
        .route("/api/v1/{*path}", any(routes::collections::dispatch))
        .route("/openapi.json", get(routes::info::openapi))
        .route("/openapi.json/", get(routes::info::openapi))
        .merge(docs::router())
        .fallback(async || Refusal::nowhere(&Nowhere::NotFound))
        .with_state(state);
    // A layer on the routes themselves would run before axum adds `Allow` to its 405s.
    Router::new().fallback_service(routes).layer(from_fn_with_state(limits, envelope))
}
