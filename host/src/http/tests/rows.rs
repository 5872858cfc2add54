//! Rows over HTTP: the seed's requests and their answers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;

use super::{TestDatabase, TestHost, endpoint, fixtures, request, snapshot};
use crate::service::serving::Operation;

const ALICE: &str = r#"{"email":"alice@example.com","name":"Alice"}"#;
const ID: &str = "01KAMPZZZZ0000000000000001";

#[tokio::test]
async fn a_new_user_is_answered_201_with_its_place() {
    let host = TestHost::shop();
    let made = host.post("/api/v1/users", ALICE).await;
    assert_eq!((made.status.as_u16(), made.header("content-type")), (201, "application/json"));
    assert_eq!(made.header("location"), "http://127.0.0.1:8000/api/v1/users/01KAMPZZZZ0000000000000001");
    assert_eq!(made.header("x-request-id"), "test");
    insta::assert_snapshot!(made.text, @r#"{"id":"01KAMPZZZZ0000000000000001","created_at":"2026-11-22T08:09:32.123Z","updated_at":"2026-11-22T08:09:32.123Z","tags":[],"email":"alice@example.com","name":"Alice","is_active":true}"#);
    let read = host.get(&format!("/api/v1/users/{ID}")).await;
    assert_eq!((read.status.as_u16(), read.text), (200, made.text));
}

#[tokio::test]
async fn an_order_follows_its_user() {
    let host = TestHost::shop();
    host.post("/api/v1/users", ALICE).await;
    let order = host.post("/api/v1/orders", &format!(r#"{{"user_id":"{ID}","total_amount":99.99,"status":"pending"}}"#)).await;
    insta::assert_snapshot!(order.text, @r#"{"id":"01KAMPZZZZ0000000000000002","created_at":"2026-11-22T08:09:32.123Z","updated_at":"2026-11-22T08:09:32.123Z","tags":[],"user_id":"01KAMPZZZZ0000000000000001","total_amount":99.99,"status":"pending"}"#);
    let gone = host.send(request("DELETE", &format!("/api/v1/users/{ID}"), None)).await;
    assert_eq!((gone.status.as_u16(), gone.text.as_str(), gone.header("content-type")), (204, "", ""));
    assert_eq!(host.get("/api/v1/orders").await.text, "[]");
    assert_eq!(host.send(request("DELETE", &format!("/api/v1/users/{ID}"), None)).await.problem(), (404, "not-found".to_owned()));
}

#[tokio::test]
async fn a_row_is_replaced_and_patched() {
    let host = TestHost::shop();
    host.post("/api/v1/users", r#"{"email":"a","name":"A","is_active":false,"tags":["x"]}"#).await;
    let path = format!("/api/v1/users/{ID}");
    let patched = host.send(request("PATCH", &path, Some(r#"{"name":"B"}"#))).await;
    assert_eq!((&patched.json()["name"], &patched.json()["is_active"]), (&"B".into(), &false.into()));
    let put = host.send(request("PUT", &path, Some(r#"{"email":"a","name":"C"}"#))).await;
    assert_eq!((put.status.as_u16(), &put.json()["is_active"], put.json()["tags"].to_string()), (200, &true.into(), "[]".to_owned()));
    let merge = Request::patch(&path)
        .header("content-type", "application/merge-patch+json; charset=UTF-8")
        .body(Body::from(r#"{"name":"D"}"#))
        .unwrap();
    assert_eq!(host.send(merge).await.json()["name"], "D");
}

#[tokio::test]
async fn a_list_is_an_array_and_its_link_leads_on() {
    let host = TestHost::shop();
    for i in 0..3 {
        host.post("/api/v1/users", &format!(r#"{{"email":"{i}","name":"{i}"}}"#)).await;
    }
    let first = host.get("/api/v1/users?limit=2").await;
    assert_eq!(first.json().as_array().unwrap().len(), 2);
    let link = first.header("link");
    let next = link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\"")).unwrap();
    assert!(next.starts_with("/api/v1/users?limit=2&cursor="), "{next}");
    let second = host.get(next).await;
    assert_eq!((second.json()[0]["name"].as_str(), second.header("link")), (Some("2"), ""));
    let page = host.get("/api/v1/users?page=2&size=2&is_active=true").await;
    assert_eq!((&page.json()["total"], &page.json()["pages"], page.json()["items"].as_array().unwrap().len()), (&3.into(), &2.into(), 1));
}

#[tokio::test]
async fn a_slash_at_the_end_reaches_the_same() {
    let host = TestHost::shop();
    assert_eq!(host.post("/api/v1/users/", ALICE).await.status.as_u16(), 201);
    assert_eq!(host.get(&format!("/api/v1/users/{ID}/")).await.status.as_u16(), 200);
    assert_eq!(host.get("/api/v1/users//").await.status.as_u16(), 404);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let host = TestHost::shop();
    host.post("/api/v1/users", ALICE).await;
    for path in ["/api/v1/users", &format!("/api/v1/users/{ID}"), "/health", "/api/v1/info", "/openapi.json"] {
        let (head, get) = (host.send(request("HEAD", path, None)).await, host.get(path).await);
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-length"), get.text.len().to_string(), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
    }
    let missing = host.send(request("HEAD", "/api/v1/users/zz", None)).await;
    assert_eq!((missing.status.as_u16(), missing.text.as_str(), missing.header("content-type")), (400, "", "application/problem+json"));
}

#[tokio::test]
async fn options_names_the_methods_of_every_path() {
    let host = TestHost::shop();
    for (path, allow) in [
        ("/api/v1/users", "GET, HEAD, POST, OPTIONS"),
        ("/api/v1/users/whatever", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("/health", "GET, HEAD, OPTIONS"),
        ("/docs/", "GET, HEAD, OPTIONS"),
    ] {
        let answer = host.send(request("OPTIONS", path, None)).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow"), answer.text.as_str()), (204, allow, ""), "{path}");
    }
    assert_eq!(host.send(request("OPTIONS", "/nowhere", None)).await.status.as_u16(), 404);
}

#[tokio::test]
async fn a_location_is_absolute_only_for_a_sane_host() {
    let host = TestHost::shop();
    for (i, (given, location)) in
        [("shop.example:80", "http://shop.example:80"), ("[::1]:8000", "http://[::1]:8000"), ("a@b", ""), ("x/../y", ""), ("", "")]
            .iter()
            .enumerate()
    {
        let body = Body::from(format!(r#"{{"id":"01HZY0V3K8Q4W9M2N5P7R1S6T{i}","email":"{i}","name":"A"}}"#));
        let request = Request::post("/api/v1/users").header("host", *given).body(body).unwrap();
        let made = host.send(request).await;
        assert_eq!(made.header("location"), format!("{location}/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6T{i}"));
    }
}

#[tokio::test]
async fn a_collection_says_what_its_rows_look_like_and_how_many_there_are() {
    let host = TestHost::shop();
    let schema = host.get("/api/v1/users/$schema").await;
    assert_eq!((schema.status.as_u16(), schema.header("content-type")), (200, "application/schema+json"));
    let (schema, document) = (schema.json(), host.get("/openapi.json").await.json());
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!((&schema["title"], &schema["properties"]), (&"users".into(), &document["components"]["schemas"]["ShopUsers"]["properties"]));

    assert_eq!(host.get("/api/v1/users/$stats").await.text, r#"{"total":0}"#);
    host.post("/api/v1/users", r#"{"email":"a","name":"A"}"#).await;
    assert_eq!(host.get("/api/v1/users/$stats/").await.text, r#"{"total":1}"#);
    let head = host.send(request("HEAD", "/api/v1/users/$stats", None)).await;
    assert_eq!((head.status.as_u16(), head.header("content-length"), head.text.as_str()), (200, "11", ""));
    for path in ["/api/v1/users/$stats", "/api/v1/users/$schema"] {
        assert_eq!(host.get(&format!("{path}?x=1")).await.problem(), (400, "invalid-query".to_owned()), "{path}");
        let answer = host.send(request("POST", path, Some("{}"))).await;
        assert_eq!((answer.problem().0, answer.header("allow")), (405, "GET, HEAD, OPTIONS"), "{path}");
    }
    for path in ["/api/v1/users/$else", "/api/v1/users/x/$schema", "/api/v1/nothing/$stats", "/api/v1/$schema"] {
        assert_eq!(host.get(path).await.problem(), (404, "unknown-operation".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn who_may_not_read_is_told_neither_the_shape_nor_the_number() {
    let users = fixtures::users();
    let only = |operation| {
        let mut endpoint = (*endpoint(&users)).clone();
        Arc::make_mut(&mut endpoint.collection).operations = vec![operation];
        TestHost::serving(TestDatabase::with(&[&users]), snapshot(vec![Arc::new(endpoint)]))
    };
    let statuses = async |operation| {
        let host = only(operation);
        [host.get("/api/v1/users/$schema").await.status.as_u16(), host.get("/api/v1/users/$stats").await.status.as_u16()]
    };
    assert_eq!(statuses(Operation::Create).await, [404, 404]);
    assert_eq!(statuses(Operation::Get).await, [200, 404]);
    assert_eq!(statuses(Operation::List).await, [200, 200]);
}

#[tokio::test]
async fn a_list_too_large_to_be_kept_arrives_whole() {
    let host = TestHost::shop();
    for number in 0..600 {
        let body = format!(r#"{{"email":"{number}","name":"{}"}}"#, "n".repeat(900));
        assert_eq!(host.post("/api/v1/users", &body).await.status.as_u16(), 201);
    }
    let answer = host.get("/api/v1/users?limit=599").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-length")), (200, ""));
    assert_eq!(answer.json().as_array().unwrap().len(), 599);
    assert!(answer.header("link").contains("rel=\"next\""), "{}", answer.header("link"));
    assert_eq!(host.send(request("HEAD", "/api/v1/users?limit=599", None)).await.text, "");
}
