//! Is the service well?

use std::sync::Arc;

use axum::extract::State as Extract;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};

use crate::http::error::Refusal;
use crate::http::state::State;
use crate::service::serving::{PluginState, Readiness, Troubles};

/// Always 200; the body says how well. The database decides whether the service works at all, all else only whether all of it does.
pub(in crate::http) async fn health(Extract(state): Extract<Arc<State>>) -> Response {
    let site = state.site();
    let unhealthy = |message: &str| json!({ "state": "unhealthy", "message": message });
    let (works, database) = match state.serving.check() {
        Ok(()) => (true, json!({ "state": "healthy" })),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "the database does not answer a health check");
            (false, unhealthy("the database does not answer"))
        }
    };
    let mut checks = Map::from_iter([("database".to_owned(), database)]);
    let Troubles { plugins_folder, ledger } = state.serving.troubles();
    for (check, trouble) in [("plugins_folder", plugins_folder), ("ledger", ledger)] {
        checks.extend(trouble.map(|trouble| (check.to_owned(), unhealthy(&format!("{trouble}; the log says why")))));
    }
    let plugins: Map<String, Json> = site.snapshot.plugins.iter().map(|plugin| (plugin.name.to_string(), of_plugin(plugin))).collect();
    let all_answer = site.snapshot.plugins.iter().all(|plugin| plugin.readiness == Readiness::Ready);
    let is_whole = all_answer && site.snapshot.refused.is_empty() && checks.len() == 1;
    // The reasons may have statements of the plugin's in them, which are for nobody but the operator.
    let refused = unhealthy("the file was refused; `tenon plugins list` says why");
    let files: Map<String, Json> = site.snapshot.refused.iter().map(|refusal| (refusal.file.clone(), refused.clone())).collect();
    let status = match (works, is_whole) {
        (true, true) => "healthy",
        (true, false) => "degraded",
        (false, _) => "unhealthy",
    };
    let mut body = json!({ "status": status, "checks": checks, "plugins": plugins });
    if !files.is_empty() {
        body["files"] = files.into();
    }
    ([(CACHE_CONTROL, "no-store")], axum::Json(body)).into_response()
}

/// 200 as long as the process answers at all: to be restarted when it does not.
pub(in crate::http) async fn live() -> Response {
    ([(CACHE_CONTROL, "no-store")], axum::Json(json!({ "status": "live" }))).into_response()
}

/// 200 when every request can be answered, else 503 with what is in the way: to be sent no requests meanwhile.
pub(in crate::http) async fn ready(Extract(state): Extract<Arc<State>>) -> Response {
    let site = state.site();
    let behind = site.snapshot.plugins.iter().find_map(|plugin| match &plugin.readiness {
        Readiness::Ready => None,
        Readiness::NotReady { reason, command } => Some(format!("{reason}; run `{command}`")),
    });
    let database = state.serving.check().err();
    let refusal = match (state.is_stopping(), database, behind) {
        (true, _, _) => Refusal::not_ready_yet("the server is stopping".to_owned()),
        (_, Some(error), _) => Refusal::not_ready_yet("the database does not answer".to_owned()).because(error),
        (_, None, Some(reason)) => Refusal::not_ready_yet(reason),
        (_, None, None) => return ([(CACHE_CONTROL, "no-store")], axum::Json(json!({ "status": "ready" }))).into_response(),
    };
    refusal.into_response()
}

fn of_plugin(plugin: &PluginState) -> Json {
    let (version, component) = (plugin.version.to_string(), plugin.component.short());
    match &plugin.readiness {
        Readiness::Ready => json!({ "state": "healthy", "version": version, "component": component }),
        Readiness::NotReady { reason, command } => {
            let message = format!("{reason}; run `{command}`");
            json!({ "state": "degraded", "version": version, "component": component, "message": message })
        }
    }
}
