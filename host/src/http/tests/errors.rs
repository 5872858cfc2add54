//! Every error is a problem with its own status and code, and none says more than it should.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;

use super::{TestHost, fixtures, request, snapshot};
use crate::service::serving::tests::support::{TestDatabase, endpoint};
use crate::service::serving::{Endpoint, Operation, PluginState, Readiness, Snapshot};

const ALICE: &str = r#"{"email":"alice@example.com","name":"Alice"}"#;

#[tokio::test]
async fn a_body_that_does_not_fit_gets_every_reason_at_once() {
    let host = TestHost::shop();
    let answer = host.post("/api/v1/users", r#"{"email":1,"nick":"x","tags":["a b"]}"#).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer.json()).unwrap(), @r#"
    {
      "type": "urn:tenon:problem:validation-failed",
      "title": "Validation Error",
      "status": 422,
      "detail": "the body does not fit; `errors` says where and why",
      "instance": "/api/v1/users",
      "code": "validation-failed",
      "request_id": "test",
      "errors": [
        {
          "pointer": "/email",
          "code": "type",
          "detail": "must be a string, not a number"
        },
        {
          "pointer": "/nick",
          "code": "unknown",
          "detail": "\"nick\" is not a field of users; known are id, created_at, updated_at, tags, email, name, is_active"
        },
        {
          "pointer": "/tags/0",
          "code": "format",
          "detail": "tag \"a b\" contains whitespace"
        },
        {
          "pointer": "/name",
          "code": "required",
          "detail": "is required"
        }
      ]
    }
    "#);
    assert_eq!(answer.problem().0, 422);
}

#[tokio::test]
async fn a_conflict_names_the_constraint_and_no_sql() {
    let host = TestHost::shop();
    host.post("/api/v1/users", ALICE).await;
    let answer = host.post("/api/v1/users", ALICE).await;
    insta::assert_snapshot!(answer.text, @r#"{"type":"urn:tenon:problem:conflict","title":"Resource Conflict","status":409,"detail":"another row in users has the same email","instance":"/api/v1/users","code":"conflict","request_id":"test","errors":[{"pointer":"/email","code":"unique","detail":"must be unique"}],"constraint":"unique"}"#);
    let order = host.post("/api/v1/orders", r#"{"user_id":"01HZY0V3K8Q4W9M2N5P7R1S6TD","total_amount":1}"#).await;
    assert_eq!((order.problem().0, &order.json()["constraint"]), (409, &"foreign_key".into()));
}

#[tokio::test]
async fn each_mistake_has_its_status_and_code() {
    let host = TestHost::shop();
    for (method, path, body, status, code) in [
        ("GET", "/nowhere", None, 404, "not-found"),
        ("GET", "/api/v1/nowhere", None, 404, "not-found"),
        ("GET", "/api/v1/", None, 404, "not-found"),
        ("GET", "/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6TD/more", None, 404, "not-found"),
        ("GET", "/api/v1/users/$nothing", None, 404, "unknown-operation"),
        ("POST", "/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6TD/$nothing", Some("{}"), 404, "unknown-operation"),
        ("GET", "/api/v1/users/%24schema", None, 400, "invalid-ulid"),
        ("GET", "/api/v1/users/zz", None, 400, "invalid-ulid"),
        ("GET", "/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6TD", None, 404, "not-found"),
        ("PUT", "/api/v1/users/zz", Some("{}"), 422, "validation-failed"),
        ("PUT", "/api/v1/users/zz", Some(ALICE), 400, "invalid-ulid"),
        ("PUT", "/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6TD", Some(ALICE), 404, "not-found"),
        ("GET", "/api/v1/users?colour=red", None, 400, "invalid-query"),
        ("GET", "/api/v1/users?page=0&size=1", None, 400, "invalid-query"),
        ("POST", "/api/v1/users?limit=1", Some(ALICE), 400, "invalid-query"),
        ("POST", "/api/v1/users", Some("{"), 400, "malformed-json"),
        ("POST", "/api/v1/users", Some("[]"), 422, "validation-failed"),
        ("POST", "/api/v1/orders", Some(r#"{"user_id":"01HZY0V3K8Q4W9M2N5P7R1S6TD","total_amount":1e400}"#), 422, "validation-failed"),
        ("DELETE", "/api/v1/users", None, 405, "method-not-allowed"),
        ("POST", "/health", Some("{}"), 405, "method-not-allowed"),
        ("BREW", "/api/v1/users", None, 405, "method-not-allowed"),
        ("GET", "/docs/nothing.js", None, 404, "not-found"),
    ] {
        let answer = host.send(request(method, path, body)).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{method} {path}");
        assert_eq!(answer.json()["instance"], path.split('?').next().unwrap());
    }
}

#[tokio::test]
async fn a_405_names_every_method() {
    let host = TestHost::shop();
    assert_eq!(host.send(request("DELETE", "/api/v1/users", None)).await.header("allow"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(host.send(request("POST", "/api/v1/users/x", None)).await.header("allow"), "GET, HEAD, PUT, PATCH, DELETE, OPTIONS");
    assert_eq!(host.send(request("PUT", "/health", None)).await.header("allow"), "GET, HEAD, OPTIONS");
}

#[tokio::test]
async fn a_body_is_json_in_utf_8_or_refused() {
    let host = TestHost::shop();
    let send = async |content_type: Option<&str>, method: &str, path: &str| {
        let builder = Request::builder().method(method).uri(path);
        let builder = content_type.into_iter().fold(builder, |builder, value| builder.header("content-type", value));
        host.send(builder.body(Body::from(ALICE)).unwrap()).await
    };
    assert_eq!(send(None, "POST", "/api/v1/users").await.status.as_u16(), 201);
    for bad in ["text/plain", "application/json; charset=latin1", "application/merge-patch+json", "application/jsonx", ""] {
        let answer = send(Some(bad), "POST", "/api/v1/users").await;
        assert_eq!((answer.problem(), answer.header("accept")), ((415, "unsupported-media-type".to_owned()), "application/json"), "{bad}");
    }
    let compressed = Request::post("/api/v1/users").header("content-encoding", "gzip").body(Body::from(ALICE)).unwrap();
    let answer = host.send(compressed).await;
    assert_eq!((answer.problem().0, answer.header("accept-encoding")), (415, "identity"));
    let answer = send(Some("text/plain"), "PATCH", "/api/v1/users/x").await;
    assert_eq!(answer.header("accept-patch"), "application/merge-patch+json, application/json");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_announced_or_not() {
    let host = TestHost::shop();
    let large = format!(r#"{{"email":"{}","name":"A"}}"#, "x".repeat(1000));
    assert_eq!(host.post("/api/v1/users", &large).await.problem(), (413, "too-large".to_owned()));
    let announced = Request::post("/api/v1/users").header("content-length", "1001").body(Body::from("{}")).unwrap();
    let answer = host.send(announced).await;
    assert_eq!((answer.problem().0, answer.header("connection")), (413, "close"));
}

#[tokio::test]
async fn a_fault_says_nothing_but_its_request_id() {
    let users = fixtures::users();
    // The table is not there.
    let host = TestHost::serving(TestDatabase::with(&[]), snapshot(vec![endpoint(&users)]));
    let answer = host.get("/api/v1/users").await;
    insta::assert_snapshot!(answer.text, @r#"{"type":"urn:tenon:problem:internal","title":"Internal Server Error","status":500,"detail":"the server failed; its log has the reason under this request id","instance":"/api/v1/users","code":"internal","request_id":"test"}"#);
}

#[tokio::test]
async fn a_plugin_behind_answers_503_and_its_neighbour_works() {
    let (users, orders) = (fixtures::users(), fixtures::orders());
    let late = Endpoint { readiness: Readiness::behind(&"shop".parse().unwrap(), 1), ..(*endpoint(&orders)).clone() };
    let host = TestHost::serving(TestDatabase::with(&[&users]), snapshot(vec![endpoint(&users), Arc::new(late)]));
    for request in [request("GET", "/api/v1/orders", None), request("POST", "/api/v1/orders", Some("nonsense"))] {
        let answer = host.send(request).await;
        assert_eq!((answer.problem(), answer.header("retry-after")), ((503, "plugin-not-ready".to_owned()), "30"));
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("run `tenon upgrade shop@head`"), "{detail}");
        assert_eq!(answer.json()["command"], "tenon upgrade shop@head");
    }
    assert_eq!(host.get("/api/v1/users").await.status.as_u16(), 200);
}

#[tokio::test]
async fn an_operation_that_a_collection_does_not_have_is_not_allowed() {
    let users = fixtures::users();
    let mut readable = (*endpoint(&users)).clone();
    Arc::make_mut(&mut readable.collection).operations = vec![Operation::List];
    let host = TestHost::serving(TestDatabase::with(&[&users]), snapshot(vec![Arc::new(readable)]));
    let answer = host.post("/api/v1/users", ALICE).await;
    assert_eq!((answer.problem().0, answer.header("allow")), (405, "GET, HEAD, OPTIONS"));
    // No operation is left on a row, so there is nothing at its path.
    assert_eq!(host.get("/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6TD").await.problem().0, 404);
}

#[tokio::test]
async fn a_panic_is_a_500_that_does_not_say_what_happened() {
    let panics = axum::routing::get(async || -> &'static str { panic!("secret") });
    let router = axum::Router::new()
        .route("/", panics)
        .layer(axum::middleware::from_fn_with_state(crate::http::Limits::default(), crate::http::envelope::envelope));
    let answer = super::Answer::read(tower::ServiceExt::oneshot(router, request("GET", "/", None)).await.unwrap()).await;
    assert_eq!(answer.problem(), (500, "internal".to_owned()));
    assert!(!answer.text.contains("secret"));
}

#[tokio::test]
async fn a_request_without_an_id_gets_a_new_one() {
    let host = TestHost::shop();
    let answer = host.send(Request::get("/nowhere").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.header("x-request-id").len(), answer.problem().0), (26, 404));
    let hostile = Request::get("/health").header("x-request-id", "a\tb").body(Body::empty()).unwrap();
    assert_eq!(host.send(hostile).await.header("x-request-id").len(), 26);
}

#[tokio::test]
async fn a_new_snapshot_is_served_at_once_and_a_bad_one_never() {
    let (users, orders) = (fixtures::users(), fixtures::orders());
    let host = TestHost::serving(TestDatabase::with(&[&users, &orders]), snapshot(vec![endpoint(&users)]));
    assert_eq!(host.get("/api/v1/orders").await.status.as_u16(), 404);
    host.serving.publish(snapshot(vec![endpoint(&users), endpoint(&orders)]));
    assert_eq!(host.get("/api/v1/orders").await.status.as_u16(), 200);
    assert!(host.get("/openapi.json").await.text.contains("/api/v1/orders"));
    host.serving.publish(Snapshot {
        plugins: Vec::<PluginState>::new(),
        endpoints: vec![endpoint(&users), endpoint(&users)],
        routes: Vec::new(),
        ..Snapshot::default()
    });
    assert_eq!(host.get("/api/v1/orders").await.status.as_u16(), 200);
}

#[test]
fn two_collections_on_one_path_are_named() {
    let users = endpoint(&fixtures::users());
    let error = crate::http::table::Table::build(&[Arc::clone(&users), users], &[]).unwrap_err();
    assert_eq!(error.to_string(), "path /api/v1/users is claimed by shop.users and by shop.users; one of them must choose another");
    let mut info = (*endpoint(&fixtures::users())).clone();
    Arc::make_mut(&mut info.collection).path = "info".to_owned();
    assert!(crate::http::table::Table::build(&[Arc::new(info)], &[]).unwrap_err().to_string().contains("the host's own"));
}

#[tokio::test]
async fn a_head_that_is_too_large_is_named_and_not_repeated() {
    let host = TestHost::shop();
    let fits = format!("/api/v1/users?name={}", "x".repeat(8000));
    assert_eq!(host.get(&fits).await.status.as_u16(), 200);
    let answer = host.get(&format!("/api/v1/users/{}", "é".repeat(4000).replace('é', "%C3%A9"))).await;
    assert_eq!(answer.problem(), (414, "url-too-long".to_owned()));
    assert!(answer.text.len() < 1500, "{}", answer.text);
    let large = Request::get("/api/v1/users").header("cookie", "x".repeat(17_000)).body(Body::empty()).unwrap();
    assert_eq!(host.send(large).await.problem(), (431, "headers-too-large".to_owned()));
    let many = (0..101).fold(Request::get("/api/v1/users"), |request, number| request.header(format!("x-{number}"), "1"));
    assert_eq!(host.send(many.body(Body::empty()).unwrap()).await.problem(), (431, "headers-too-large".to_owned()));
}

/// A body that never comes.
struct Silence;

impl axum::body::HttpBody for Silence {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408_and_ends_the_connection() {
    let host = TestHost::shop();
    let answer = host.send(Request::post("/api/v1/users").body(Body::new(Silence)).unwrap()).await;
    assert_eq!((answer.problem(), answer.header("connection")), ((408, "timeout".to_owned()), "close"));
}

#[tokio::test]
async fn no_body_is_answered_with_something_larger_than_a_page() {
    let table = fixtures::entity("things", vec![fixtures::column("data", "json")]);
    let host = TestHost::roomy(&[&table]);
    let name = "n".repeat(50_000);
    for body in [
        format!(r#"{{"data": {{"{name}": [{}]}}}}"#, vec!["1e999"; 10_000].join(",")),
        format!(r#"{{"data": [{}]}}"#, vec!["1e999"; 100_000].join(",")),
        format!(r#"{{"{name}": 1}}"#),
        format!(r#"{{"data": 1, {}}}"#, (0..5000).map(|number| format!(r#""m{number}": 1"#)).collect::<Vec<_>>().join(",")),
        format!(r#"{{"data": 1, "tags": [{}]}}"#, vec!["5"; 100_000].join(",")),
        format!(r#"{{"data": 1, "tags": ["{name}."]}}"#),
    ] {
        let answer = host.post("/api/v1/things", &body).await;
        assert_eq!(answer.problem(), (422, "validation-failed".to_owned()));
        assert!(answer.text.len() < 64 << 10, "{} bytes for {}", answer.text.len(), &body[..40]);
    }
}

#[tokio::test]
async fn the_hosts_own_paths_take_no_parameters_either() {
    let host = TestHost::shop();
    for path in ["/health", "/livez", "/readyz", "/api/v1/info", "/openapi.json"] {
        assert_eq!(host.get(&format!("{path}?x=1")).await.problem(), (400, "invalid-query".to_owned()), "{path}");
    }
}
