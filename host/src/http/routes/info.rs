//! What the service says of itself.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Extract;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::state::{Info, State};

/// Name, version and the like.
pub(in crate::http) async fn info(Extract(state): Extract<Arc<State>>) -> Json<Info> {
    Json(state.options.info.clone())
}

/// The OpenAPI description.
pub(in crate::http) async fn openapi(Extract(state): Extract<Arc<State>>) -> Response {
    let body = state.site().openapi(&state.options.info);
    // It changes with the plugins.
    ([(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-cache")], body).into_response()
}
