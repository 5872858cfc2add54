//! Plugins as what an operator installs and removes. Only where there is an operator's key, and for whoever has it.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Request, State as Extract};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::http::body;
use crate::http::error::Refusal;
use crate::http::limits::Limits;
use crate::http::router::without_parameters;
use crate::http::state::State;
use crate::model::PluginName;
use crate::service::ServiceError;
use crate::service::start::{Administration, InstallError, Undone};

const COMPONENT: &str = "application/wasm";

/// How long a component may take to arrive: the largest, over a poor line.
const COMPONENT_TIME: Duration = Duration::from_secs(300);

/// The routes; none where nobody has a key.
pub(in crate::http) fn router(administration: Option<&Arc<Administration>>) -> Router<Arc<State>> {
    let Some(administration) = administration else { return Router::new() };
    let mut router = Router::new();
    // Some clients escape the sign, and both mean the same.
    for noun in ["/api/v1/$plugins", "/api/v1/%24plugins"] {
        let one = format!("{noun}/{{name}}");
        router = router.route(noun, get(list)).route(&one, get(inspect).put(install).delete(remove));
    }
    let router = router.route_layer(from_fn(without_parameters));
    router.route_layer(from_fn_with_state(Arc::clone(administration), authorized)).with_state(Arc::clone(administration))
}

/// Lets only those through who have the key.
async fn authorized(Extract(administration): Extract<Arc<Administration>>, request: Request, next: Next) -> Response {
    match key(request.headers()) {
        Some(key) if administration.allows(key) => next.run(request).await,
        _ => Refusal::unauthorized().into_response(),
    }
}

fn key(headers: &HeaderMap) -> Option<&[u8]> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(key)
}

type Administered = Extract<Arc<Administration>>;

async fn list(Extract(administration): Administered) -> Result<Response, Refusal> {
    aside(move || administration.list()).await?.map(answer).map_err(refusal)
}

async fn inspect(Extract(administration): Administered, Path(name): Path<String>) -> Result<Response, Refusal> {
    let name = named(&name)?;
    aside(move || administration.inspect(&name)).await?.map(answer).map_err(refusal)
}

async fn install(Extract(administration): Administered, Path(name): Path<String>, request: Request) -> Result<Response, Refusal> {
    let name = named(&name)?;
    let (parts, incoming) = request.into_parts();
    body::check_route_media_type(&parts.headers, Some(COMPONENT))?;
    let limits = Limits { body_bytes: administration.component_bytes(), body_time: COMPONENT_TIME, ..Limits::default() };
    let component = body::read(&parts.headers, incoming, &limits).await?;
    let installed = aside(move || administration.install(name, component)).await?.map_err(undone)?;
    let installed = installed.map_err(|error| match error {
        InstallError::Refused(_) => Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "component-refused", &error),
        InstallError::AnotherPlugin { .. } => Refusal::of(StatusCode::UNPROCESSABLE_ENTITY, "another-plugin", &error),
        InstallError::FileTaken { .. } | InstallError::Restless(_) | InstallError::Irreplaceable { .. } => {
            Refusal::of(StatusCode::CONFLICT, "conflict", &error)
        }
        InstallError::NotYet(_) => Refusal::not_ready_yet(error.to_string()),
        InstallError::Service(error) if error.may_pass() => {
            Refusal::not_ready_yet("it cannot be judged at this moment, and nothing was changed; try again".to_owned())
        }
        InstallError::Service(error) => refusal(error),
        fault => Refusal::internal(Arc::new(fault)),
    })?;
    let status = if installed.replaced { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, answer(installed)).into_response())
}

async fn remove(Extract(administration): Administered, Path(name): Path<String>) -> Result<Response, Refusal> {
    let name = named(&name)?;
    aside(move || administration.remove(name)).await?.map_err(undone)?.map(answer).map_err(refusal)
}

fn named(name: &str) -> Result<PluginName, Refusal> {
    name.parse().map_err(|error| Refusal::of(StatusCode::NOT_FOUND, "unknown-plugin", &error))
}

fn answer(facts: impl Serialize) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(facts)).into_response()
}

/// Does what takes long on a thread of its own.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::internal(Arc::new(error)))
}

fn undone(undone: Undone) -> Refusal {
    match undone {
        Undone::Stopping => Refusal::not_ready_yet(undone.to_string()),
        Undone::Panicked => Refusal::internal(Arc::new(undone)),
    }
}

/// Whoever has the key reads what a person at the command line would, but for what is wrong with the machine.
fn refusal(error: ServiceError) -> Refusal {
    match &error {
        ServiceError::UnknownPlugin { .. } => Refusal::of(StatusCode::NOT_FOUND, "unknown-plugin", &error),
        ServiceError::Needed { .. } => Refusal::of(StatusCode::CONFLICT, "plugin-needed", &error),
        ServiceError::NothingToUndoIt(_) | ServiceError::Refused(_) | ServiceError::FileChanged { .. } => {
            Refusal::of(StatusCode::CONFLICT, "conflict", &error)
        }
        _ => Refusal::internal(Arc::new(error)),
    }
}
