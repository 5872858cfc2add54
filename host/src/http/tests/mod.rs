//! The real router in process, over a real SQLite file.

mod answered;
mod described;
mod errors;
mod logged;
mod own;
mod rows;
mod server;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value as Json;
use tower::ServiceExt;

use super::{Limits, Options, State, router};
use crate::model::{ContentHash, Table};
use crate::service::serving::tests::support::{TestDatabase, endpoint, fixtures};
use crate::service::serving::{self, Endpoint, PluginState, Readiness, Serving, Snapshot};

/// A service of plugin `shop` with some tables.
struct TestHost {
    database: TestDatabase,
    serving: Arc<Serving>,
    router: Router,
}

impl TestHost {
    fn new(tables: &[&Table]) -> Self {
        let database = TestDatabase::with(tables);
        Self::serving(database, snapshot(tables.iter().map(|table| endpoint(table)).collect()))
    }

    /// With the limits that an operator finds.
    fn roomy(tables: &[&Table]) -> Self {
        let database = TestDatabase::with(tables);
        Self::limited(database, snapshot(tables.iter().map(|table| endpoint(table)).collect()), Limits::default())
    }

    fn serving(database: TestDatabase, snapshot: Snapshot) -> Self {
        Self::limited(database, snapshot, Limits { body_bytes: 1000, body_time: Duration::from_millis(200), ..Limits::default() })
    }

    fn limited(database: TestDatabase, snapshot: Snapshot, limits: Limits) -> Self {
        let clock = Arc::new(fixtures::TestClock::new());
        let serving = Serving::start(database.connections(), clock, snapshot, serving::Options::default()).unwrap();
        let serving = Arc::new(serving);
        let state = State::new(Arc::clone(&serving), Options { limits, ..Options::default() }).unwrap();
        Self { database, serving, router: router(state) }
    }

    /// The seed's users and orders.
    fn shop() -> Self {
        Self::new(&[&fixtures::users(), &fixtures::orders()])
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        Answer::read(response).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path, None)).await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.send(request("POST", path, Some(body))).await
    }
}

fn snapshot(endpoints: Vec<Arc<Endpoint>>) -> Snapshot {
    let shop = PluginState {
        component: ContentHash::of(b"shop"),
        name: "shop".parse().unwrap(),
        version: semver::Version::new(1, 2, 3),
        description: Some("Sells.".to_owned()),
        readiness: Readiness::Ready,
    };
    Snapshot { plugins: vec![shop], endpoints, routes: Vec::new(), ..Snapshot::default() }
}

/// A request as `curl` would send it, with an id that is the same every time.
fn request(method: &str, path: &str, body: Option<&str>) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header("host", "127.0.0.1:8000").header("x-request-id", "test");
    let builder = if body.is_some() { builder.header("content-type", "application/json") } else { builder };
    builder.body(Body::from(body.unwrap_or_default().to_owned())).unwrap()
}

struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    text: String,
}

impl Answer {
    async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Self { status: parts.status, headers: parts.headers, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and code of a problem.
    fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert_eq!(problem["request_id"], self.header("x-request-id"));
        (self.status.as_u16(), problem["code"].as_str().unwrap().to_owned())
    }
}
