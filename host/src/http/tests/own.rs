//! What the host itself answers.

use std::sync::Arc;

use super::{TestHost, fixtures, snapshot};
use crate::model::ContentHash;
use crate::service::serving::tests::support::TestDatabase;
use crate::service::serving::{PluginState, Readiness, Snapshot};

#[tokio::test]
async fn health_begins_as_the_seeds_does() {
    let host = TestHost::shop();
    let answer = host.get("/health").await;
    assert_eq!(answer.status.as_u16(), 200);
    insta::assert_snapshot!(answer.text, @r#"{"status":"healthy","checks":{"database":{"state":"healthy"}},"plugins":{"shop":{"state":"healthy","version":"1.2.3","component":"8d9001d32c6a"}}}"#);
    assert_eq!(host.get("/health/").await.text, answer.text);
}

#[tokio::test]
async fn health_says_what_is_behind_and_what_is_gone() {
    let name: crate::model::PluginName = "shop".parse().unwrap();
    let (version, component) = (semver::Version::new(1, 0, 0), ContentHash::of(b"shop"));
    let behind = PluginState { readiness: Readiness::behind(&name, 1), name, version, description: None, component };
    let host = TestHost::serving(
        TestDatabase::with(&[]),
        Snapshot { plugins: vec![behind], endpoints: Vec::new(), routes: Vec::new(), ..Snapshot::default() },
    );
    insta::assert_snapshot!(host.get("/health").await.text, @r#"{"status":"degraded","checks":{"database":{"state":"healthy"}},"plugins":{"shop":{"state":"degraded","version":"1.0.0","component":"8d9001d32c6a","message":"plugin shop has revisions that are not applied to the database; run `tenon upgrade shop@head`"}}}"#);
    let host = TestHost::serving(TestDatabase::missing(), snapshot(Vec::new()));
    let answer = host.get("/health").await;
    assert_eq!((answer.status.as_u16(), answer.json()["status"].as_str()), (200, Some("unhealthy")));
    assert_eq!(answer.json()["checks"]["database"]["message"], "the database does not answer");
}

#[tokio::test]
async fn info_says_what_the_service_is() {
    let answer = TestHost::shop().get("/api/v1/info").await;
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!(r#"{{"display_name":"Tenon","version":"{version}","summary":null,"description":null,"contact":null,"license_info":null}}"#);
    assert_eq!(answer.text, expected);
}

#[tokio::test]
async fn the_docs_page_comes_with_its_files() {
    let host = TestHost::new(&[&fixtures::users()]);
    let root = host.get("/").await;
    assert_eq!((root.status.as_u16(), root.header("location")), (303, "/docs/"));
    let page = host.get("/docs").await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/docs/"));
    let page = host.get("/docs/").await;
    assert!(page.header("content-type").starts_with("text/html") && page.text.contains("swagger-ui"), "{}", page.text);
    let script = host.get("/docs/swagger-initializer.js").await;
    assert!(script.text.contains("/openapi.json"), "{}", script.text);
    assert_eq!(host.get("/docs/swagger-ui-bundle.js").await.status.as_u16(), 200);
}

#[tokio::test]
async fn a_live_process_is_ready_when_all_of_it_works() {
    let host = TestHost::shop();
    assert_eq!(host.get("/livez").await.text, r#"{"status":"live"}"#);
    let ready = host.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.text.as_str()), (200, r#"{"status":"ready"}"#));
    assert_eq!((host.get("/livez/").await.status.as_u16(), host.get("/readyz/").await.status.as_u16()), (200, 200));

    let name: crate::model::PluginName = "shop".parse().unwrap();
    let (version, component) = (semver::Version::new(1, 0, 0), ContentHash::of(b"shop"));
    let behind = PluginState { readiness: Readiness::behind(&name, 1), name, version, description: None, component };
    let host = TestHost::serving(
        TestDatabase::with(&[]),
        Snapshot { plugins: vec![behind], endpoints: Vec::new(), routes: Vec::new(), ..Snapshot::default() },
    );
    let answer = host.get("/readyz").await;
    assert_eq!((answer.problem(), answer.header("retry-after")), ((503, "not-ready".to_owned()), "1"));
    assert!(answer.json()["detail"].as_str().unwrap().contains("run `tenon upgrade shop@head`"), "{}", answer.text);

    let host = TestHost::serving(TestDatabase::missing(), snapshot(Vec::new()));
    assert_eq!(host.get("/livez").await.status.as_u16(), 200);
    assert_eq!(host.get("/readyz").await.json()["detail"], "the database does not answer");
}

#[tokio::test]
async fn what_is_served_no_more_is_let_go_though_nobody_asks_for_anything() {
    let host = TestHost::shop();
    let before = Arc::downgrade(&host.serving.snapshot());
    host.serving.publish(Snapshot::default());
    assert!(before.upgrade().is_none());
}
