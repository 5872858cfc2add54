//! Rows over HTTP.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::scope;

use serde_json::{Value, json};

use crate::support::Server;

const ALICE: &str = r#"{"id":"01hzy0v3k8q4w9m2n5p7r1s6td","email":"alice@example.com","name":"Alice"}"#;
const PATH: &str = "/api/v1/users/01HZY0V3K8Q4W9M2N5P7R1S6TD";

#[test]
fn a_row_is_made_read_changed_and_deleted() {
    let server = Server::new();
    let made = server.send("POST", "/api/v1/users", ALICE);
    assert_eq!((made.status, made.header("location"), made.header("content-type")), (201, PATH, "application/json"));
    let (head, tail) = made.body.split_once(r#""created_at":""#).unwrap();
    assert_eq!(head, r#"{"id":"01HZY0V3K8Q4W9M2N5P7R1S6TD","#);
    assert_eq!(
        &tail[19..],
        format!(
            r#"{0}","updated_at":"{1}","tags":[],"email":"alice@example.com","name":"Alice","is_active":true}}"#,
            &tail[19..24],
            &tail[..24]
        )
    );
    assert_eq!((&tail[10..11], &tail[19..20], &tail[23..24]), ("T", ".", "Z"));

    assert_eq!(server.get(PATH).body, made.body);
    assert_eq!(server.get(&PATH.to_lowercase()).body, made.body);
    let put_back = server.send("PUT", PATH, &made.body);
    assert_eq!((put_back.status, put_back.body), (200, made.body), "nothing changes, not even updated_at");

    let patched = server.send("PATCH", PATH, r#"{"is_active":false,"tags":["a-1","é"]}"#);
    assert_eq!((patched.status, &patched.json()["is_active"], &patched.json()["tags"]), (200, &json!(false), &json!(["a-1", "é"])));
    let replaced = server.send("PUT", PATH, r#"{"email":"a","name":"B"}"#);
    assert_eq!((replaced.status, &replaced.json()["is_active"], &replaced.json()["tags"]), (200, &json!(true), &json!([])));
    assert_eq!(server.get(PATH).body, replaced.body);

    let gone = server.send("DELETE", PATH, "");
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    for (method, body) in [("GET", ""), ("DELETE", ""), ("PATCH", "{}"), ("PUT", r#"{"email":"a","name":"B"}"#)] {
        assert_eq!(server.send(method, PATH, body).problem(), (404, "not-found".to_owned()), "{method}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let server = Server::new();
    assert_eq!(server.send("POST", "/api/v1/users", ALICE).status, 201);
    let tags = |tags: Value| json!({ "email": "b", "name": "b", "tags": tags }).to_string();
    let many: Vec<String> = (0..51).map(|number| number.to_string()).collect();
    for (status, code, body) in [
        (400, "malformed-json", r#"{"email""#.to_owned()),
        (422, "validation-failed", r#"{"email":"b"}"#.to_owned()),
        (422, "validation-failed", r#"{"email":"b","name":1}"#.to_owned()),
        (422, "validation-failed", r#"{"email":"b","name":"b","nme":"b"}"#.to_owned()),
        (422, "validation-failed", r#"{"email":"b","name":"b","name":"b"}"#.to_owned()),
        (422, "validation-failed", r#"{"email":"b","name":"b","id":"x"}"#.to_owned()),
        (422, "validation-failed", r#"{"email":"b","name":"b","is_active":null}"#.to_owned()),
        (422, "validation-failed", tags(json!(["a", "a"]))),
        (422, "validation-failed", tags(json!(["a b"]))),
        (422, "validation-failed", tags(json!([""]))),
        (422, "validation-failed", tags(json!(many))),
        (409, "conflict", ALICE.to_owned()),
        (409, "conflict", r#"{"email":"alice@example.com","name":"b"}"#.to_owned()),
    ] {
        assert_eq!(server.send("POST", "/api/v1/users", &body).problem(), (status, code.to_owned()), "{body}");
    }
    assert_eq!(server.send("PATCH", PATH, r#"{"name":null}"#).problem().0, 422);
    for path in ["/api/v1/users?limit=0", "/api/v1/users?limit=1001", "/api/v1/users?x=1", "/api/v1/users/zz"] {
        assert_eq!(server.get(path).problem().0, 400, "{path}");
    }
    assert_eq!(server.get("/nowhere").problem().0, 404);
    assert_eq!(server.send("DELETE", "/api/v1/users", "").status, 405);
    assert_eq!(server.send_typed("POST", "/api/v1/users", "text/plain", ALICE).problem().0, 415);
    assert_eq!(server.users("").len(), 1);
}

#[test]
fn a_list_goes_on_where_it_ended() {
    let server = Server::new();
    for number in 0..5 {
        let body = format!(r#"{{"id":null,"email":"{number}","name":"n"}}"#);
        assert_eq!(server.send("POST", "/api/v1/users", &body).status, 201);
    }
    let (mut path, mut seen) = ("/api/v1/users?limit=2".to_owned(), Vec::new());
    loop {
        let part = server.get(&path);
        seen.extend(part.json().as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
        let Some(next) = part.header("link").strip_prefix('<') else { break };
        path = next.strip_suffix(r#">; rel="next""#).unwrap().to_owned();
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    assert_eq!(server.users("?limit=5").len(), 5);
}

/// Many at once share commits: whoever is refused hurts nobody, and whoever is told 201 is there.
#[test]
fn one_that_is_refused_hurts_no_neighbour() {
    const CLIENTS: usize = 16;
    const EACH: usize = 50;
    let server = Server::new();
    let conflicts = AtomicUsize::new(0);
    scope(|scope| {
        for client in 0..CLIENTS {
            let (server, conflicts) = (&server, &conflicts);
            scope.spawn(move || {
                let agent = server.another();
                for number in 0..EACH {
                    let made = agent.send("POST", "/api/v1/users", &format!(r#"{{"email":"{client}-{number}","name":"n"}}"#));
                    assert_eq!(made.status, 201, "{}", made.body);
                    assert_eq!(agent.get(made.header("location")).body, made.body);
                    // All but one of these fail.
                    let status = agent.send("POST", "/api/v1/users", &format!(r#"{{"email":"{number}","name":"n"}}"#)).status;
                    assert!([201, 409].contains(&status), "{status}");
                    conflicts.fetch_add(usize::from(status == 409), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(conflicts.into_inner(), (CLIENTS - 1) * EACH);
    assert_eq!(server.users("?limit=1000").len(), (CLIENTS + 1) * EACH);
}

#[test]
fn a_second_start_finds_the_rows() {
    let mut server = Server::new();
    assert_eq!(server.send("POST", "/api/v1/users", ALICE).status, 201);
    server.restart("normal");
    assert_eq!(server.get(PATH).json()["name"], "Alice");
    assert_eq!(server.send("DELETE", PATH, "").status, 204);
}
