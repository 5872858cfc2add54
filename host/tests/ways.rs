//! Two ways to answer: the host by itself, and a plugin that passes every operation on to it. No client can tell them apart.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;
use support::TestHost;
use support::server::{Answer, PATIENT, Server};

const ANN: &str = "01J0000000000000000000000A";
const BOB: &str = "01J0000000000000000000000B";
const ORDER: &str = "01J0000000000000000000000C";
const NOBODY: &str = "01J0000000000000000000000Z";

/// A method, a path, and a body where there is one.
type Asked = (&'static str, String, Option<String>);

/// In the order in which they are sent: later ones find what earlier ones did.
fn requests() -> Vec<Asked> {
    let mut all: Vec<Asked> = Vec::new();
    let mut ask = |method, path: &str, body: Option<&str>| all.push((method, path.to_owned(), body.map(str::to_owned)));
    let user = |id: &str, email: &str| format!(r#"{{"id":"{id}","email":"{email}","name":"N","tags":["a","b"]}}"#);
    for body in [
        &user(ANN, "ann@example.org"),
        &user(BOB, "bob@example.org"),
        r#"{"email":"no-id@example.org","name":"made by the host"}"#,
        &user(ANN, "other@example.org"),
        &user(NOBODY, "ann@example.org"),
        &user(&ANN.to_lowercase(), "low@example.org"),
        r#"{"email":5,"name":null,"is_active":"yes","colour":1,"tags":["a","a",""]}"#,
        r#"{"email":"x"}"#,
        r#"{"email":"x","name":"y","id":"no ulid"}"#,
        r#"{"email":"x","email":"y","name":"z"}"#,
        "{",
        "",
        "[]",
        "null",
        "1e400",
        r#"{"email":"null-id@example.org","name":"x","id":null,"created_at":"2020-01-01T00:00:00.000Z"}"#,
        r#"{"email":"x","name":"y","a\u001b[2J\nb\u202ec~/d":1}"#,
        &format!(r#"{{"email":"x","name":"y","{}":1,"{}":2}}"#, "long".repeat(2_000), "\\u0000\\u200b".repeat(100)),
        &format!(r#"{{"email":"x","name":"y","id":"{}"}}"#, "\\n\\u2066".repeat(2_000)),
        &format!(r#"{{"email":["{}"],"name":{{"\u0007":"{}"}}}}"#, "a\\u001b".repeat(2_000), "b".repeat(9_000)),
        &user(NOBODY, &"\\u001b[2J\\n".repeat(2_000)),
        &user(NOBODY, &"\\u001b[2J\\n".repeat(2_000)),
    ] {
        ask("POST", "users", Some(body));
    }
    ask("POST", "users?limit=1", Some(&user(NOBODY, "q@example.org")));
    ask("POST", "users", None);
    for query in [
        "",
        "?",
        "?limit=1",
        "?limit=2",
        "?limit=0",
        "?limit=1001",
        "?limit=x",
        "?page=1&size=2",
        "?page=2&size=2",
        "?page=0",
        "?size=2",
        "?page=1",
        "?page=1&size=abc",
        "?name=N",
        "?name=nobody",
        "?is_active=true",
        "?is_active=maybe",
        "?colour=red",
        "?cursor=x",
        "?limit=1&limit=2",
        "?email=ann%40example.org",
        "?%6eame=N",
        "?id=01J0000000000000000000000A",
        "?tags=a",
        "?limit=1&colour=1&page=x",
        "?col%1bour%0a=%e2%80%ae&na%00me=%1b",
        "?limit=%1b%5b2J%0a",
        "?cursor=%1b%0a",
        "?is_active=%e2%80%8b",
    ] {
        ask("GET", &format!("users{query}"), None);
    }
    for (first, second) in [("limit=2", "name=N"), ("limit=1", "is_active=true"), ("page=1", "size=1"), ("page=3", "limit=1")] {
        ask("GET", &format!("users?{first}&{second}"), None);
        ask("GET", &format!("orders?{second}&{first}"), None);
    }
    ask("HEAD", "users", None);
    ask("OPTIONS", "users", None);
    ask("PATCH", "users", Some("{}"));
    ask("GET", "users/", None);
    ask("GET", "users/$schema", None);
    ask("GET", "users/$stats", None);
    ask("GET", "users/$nothing", None);
    ask("GET", &format!("users?{}=1&name={}", "%1b%0a".repeat(600), "%e2%81%a6".repeat(300)), None);
    for key in [
        ANN,
        &ANN.to_lowercase(),
        NOBODY,
        "no-ulid",
        "%30%31J0000000000000000000000A",
        "a/b",
        "%2F",
        "01J0000000000000000000000A?x=1",
        "%1b%5b2J%0a%e2%80%ae",
        &"%1bx".repeat(1_500),
    ] {
        ask("GET", &format!("users/{key}"), None);
        ask("HEAD", &format!("users/{key}"), None);
    }
    for body in [
        user(ANN, "ann@example.org"),
        user(BOB, "ann2@example.org"),
        r#"{"email":"bob@example.org","name":"taken"}"#.to_owned(),
        r#"{"email":"ann3@example.org","name":"A","is_active":false}"#.to_owned(),
        r#"{"name":"no email"}"#.to_owned(),
        "nonsense".to_owned(),
    ] {
        ask("PUT", &format!("users/{ANN}"), Some(&body));
        ask("PUT", &format!("users/{NOBODY}"), Some(&body));
        ask("PATCH", &format!("users/{ANN}"), Some(&body));
        ask("PATCH", "users/no-ulid", Some(&body));
    }
    ask("PUT", &format!("users/{ANN}?x=1"), Some(r#"{"email":"q","name":"q"}"#));
    ask("PATCH", &format!("users/{ANN}"), Some(r#"{"tags":["c"],"is_active":null}"#));
    ask("POST", &format!("users/{ANN}"), Some("{}"));
    for body in [
        format!(r#"{{"id":"{ORDER}","user_id":"{ANN}","total_amount":12.5}}"#),
        format!(r#"{{"user_id":"{NOBODY}","total_amount":1}}"#),
        format!(r#"{{"user_id":"{ANN}","total_amount":-1}}"#),
        format!(r#"{{"user_id":"{ANN}","total_amount":"12.50","status":"lost"}}"#),
        format!(r#"{{"user_id":"{ANN}","total_amount":1,"status":"paid","note":"a note"}}"#),
        format!(r#"{{"user_id":"{BOB}","total_amount":1e22}}"#),
    ] {
        ask("POST", "orders", Some(&body));
    }
    for query in ["", "?status=paid", "?user_id=01J0000000000000000000000A&limit=1", "?note=a%20note", "?total_amount=12.5", "?user_id=x"] {
        ask("GET", &format!("orders{query}"), None);
    }
    ask("PATCH", &format!("orders/{ORDER}"), Some(r#"{"note":"x"}"#));
    ask("PATCH", &format!("orders/{ORDER}"), Some(r#"{"note":null,"user_id":"01J0000000000000000000000Z"}"#));
    ask("PATCH", &format!("orders/{ORDER}"), Some(r#"{"note":null}"#));
    ask("DELETE", &format!("users/{ANN}"), None);
    ask("DELETE", "users", None);
    ask("DELETE", &format!("orders/{ORDER}?x"), None);
    for _ in 0..2 {
        ask("DELETE", &format!("orders/{ORDER}"), None);
    }
    ask("DELETE", "orders/no-ulid", None);
    ask("GET", "orders", None);
    all
}

/// What two answers to one request may differ in: ids that the host made, times, and where they came from.
struct Alike {
    ids: BTreeMap<String, usize>,
    id: Regex,
    time: Regex,
    host: Regex,
}

impl Alike {
    fn new(url: &str) -> Self {
        let regex = |text: &str| Regex::new(text).unwrap();
        let (id, time) = (regex("[0-7][0-9A-HJKMNP-TV-Z]{25}"), regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"));
        Self { ids: BTreeMap::new(), id, time, host: regex(&regex::escape(url)) }
    }

    /// Status, headers and body.
    fn answer(&mut self, answer: &Answer) -> String {
        let headers = answer.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id"));
        let mut headers: Vec<String> = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        headers.sort();
        let whole = format!("{}\n{}\n\n{}", answer.status, headers.join("\n"), answer.body);
        let whole = whole.replace(answer.header("x-request-id"), "REQUEST");
        let whole = self.host.replace_all(&self.time.replace_all(&whole, "TIME"), "HOST").into_owned();
        let ids = &mut self.ids;
        let number = |caught: &regex::Captures<'_>| {
            let next = ids.len();
            format!("ID{}", *ids.entry(caught[0].to_owned()).or_insert(next))
        };
        self.id.replace_all(&whole, number).into_owned()
    }
}

fn host(plugin: &str) -> (TestHost, Server) {
    let host = TestHost::new().plugin(plugin).configured(PATIENT);
    host.run("upgrade head").done();
    let server = host.serve();
    (host, server)
}

#[test]
fn no_client_can_tell_who_answers() {
    let (_standard_host, standard) = host("ways-standard");
    let (_handled_host, handled) = host("ways-handled");
    let (mut left, mut right) = (Alike::new(&standard.url), Alike::new(&handled.url));
    let requests = requests();
    assert!(requests.len() > 120, "{}", requests.len());
    let mut statuses = BTreeMap::new();
    for (method, path, body) in &requests {
        let [standard, handled] = [&standard, &handled].map(|server| server.request(method, path, body.as_deref()));
        *statuses.entry(standard.status).or_insert(0) += 1;
        assert_eq!(left.answer(&standard), right.answer(&handled), "{method} {path} {body:?}");
    }
    // All kinds of answers were among them.
    for status in [200, 201, 204, 400, 404, 405, 409, 422] {
        assert!(statuses.contains_key(&status), "{statuses:?}");
    }
    println!("{} requests answered alike: {statuses:?}", requests.len());
}

#[test]
fn lists_too_large_to_be_kept_are_alike_too() {
    let name = "x".repeat(4000);
    let lists = ["ways-standard", "ways-handled"].map(|plugin| {
        let (host, server) = host(plugin);
        let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
            INSERT INTO users (id, email, name, created_at, updated_at)
            SELECT printf('01J0000000000000000000%04d', i), i || '@example.org', ?1, '2025-01-01 00:00:00.000', '2025-01-01 00:00:00.000' FROM n";
        host.database().execute(insert, [&name]).unwrap();
        ["users?limit=250", "users?limit=1000", "users?page=1&size=300", "users?name=none"].map(|path| {
            let answer = server.get(path).is(200);
            let header = |name| answer.header(name).to_owned();
            (answer.json(), header("link"), header("transfer-encoding"), header("content-type"))
        })
    });
    assert_eq!(lists[0][0].0.as_array().unwrap().len(), 250);
    assert!(lists[0][0].1.contains("cursor="), "{}", lists[0][0].1);
    assert_eq!(lists[0][2].0["total"], Value::from(300));
    assert!(lists[0] == lists[1]);
}

#[test]
fn a_large_list_keeps_its_handlers_parameters_and_status() {
    let (host, server) = host("lists-with-more");
    let insert = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
        INSERT INTO listed (id, note) SELECT printf('01J0000000000000000000%04d', i), ?1 FROM n";
    host.database().execute(insert, ["x".repeat(4000)]).unwrap();
    for limit in [5, 250] {
        let next = server.get(&format!("listed?deep=true&limit={limit}")).is(200).header("link").to_owned();
        assert!(next.contains("cursor=") && next.contains("deep=true"), "{limit}: {next}");
        // It leads on, with them.
        let path = next.trim_start_matches('<').split('>').next().unwrap();
        let rest = server.get(path).is(200).json().as_array().unwrap().len();
        assert_eq!(rest, if limit == 5 { 5 } else { 50 });
        let refused = server.get(&format!("listed?as=409&limit={limit}")).is(409);
        assert_eq!((refused.header("content-type"), refused.json().as_array().unwrap().len()), ("application/json", limit));
    }
    server.get("listed?as=204&limit=250").is(204);
}

#[test]
fn what_benchmarks_call_answers() {
    let (host, server) = host("measures");
    let insert = "INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000A', 'ann@example.org', 'Ann')";
    host.database().execute(insert, []).unwrap();
    server.get("measures/nothing").is(204);
    server.get("measures/asks").is(204);
    assert_eq!(server.get("measures/rows").is(200).json()[0]["name"], "Ann");
}

#[test]
fn what_is_read_into_types_is_answered_as_the_host_answers() {
    let (_host, server) = host("ways-typed");
    let made = server.request("POST", "users", Some(r#"{"email":"Ann@Example.org","name":" Ann  Other "}"#)).is(201).json();
    assert_eq!((&made["email"], &made["name"]), (&"ann@example.org".into(), &"Ann Other".into()));
    let path = format!("users/{}", made["id"].as_str().unwrap());
    assert_eq!(server.get(&path).is(200).body, made.to_string());
}
