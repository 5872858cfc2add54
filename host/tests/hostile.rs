//! Plugins that would take more than there is while they answer a request: each is stopped by the limit that it meets, the client is told
//! no reason, and the log says which plugin, operation and limit it was. What was begun is undone, and others go on.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use support::TestHost;
use support::server::{Answer, Server};

/// Time is not what stops them, unless a plugin's own limits say so: tests share the machine.
const PATIENT: &str = "[limits]\nread-time-ms = 30000\nwrite-time-ms = 20000\n";

/// A server of these plugins and the shop, with everything applied.
fn serve(guests: &[&str], limits: &str) -> (TestHost, Server) {
    let host =
        guests.iter().fold(TestHost::new(), |host, guest| host.plugin(guest)).plugin("shop").configured(&format!("{PATIENT}{limits}"));
    host.run("upgrade heads --quiet").done();
    let server = host.serve_with(&["--json"]).unwrap();
    (host, server)
}

/// Method, path, status and code of the answer, and what the log says.
type Case = (&'static str, &'static str, u16, &'static str, &'static [&'static str]);

/// Sends each, holds answers and log against it, and prints a line for the table of those who stopped them.
fn check(host: &TestHost, server: Server, cases: &[Case]) {
    let mut answers: Vec<(&Case, Answer, u128)> = Vec::new();
    for case in cases {
        let (method, path, status, code, _) = case;
        let began = Instant::now();
        let answer = server.request(method, path, None).problem(*status, code);
        answers.push((case, answer, began.elapsed().as_millis()));
        // Whoever it was, nobody else was hurt.
        server.get("users").is(200);
    }
    let logged = server.stop().logged();
    for ((method, path, status, _, said), answer, ms) in answers {
        let line = logged.request(&answer);
        let reason = line["reason"].as_str().unwrap_or_default();
        let plugin = line["plugin"].as_str().unwrap();
        println!("| `{plugin}` | {method} {path} | {reason} | {status} | {ms} ms |");
        assert_eq!((&line["status"], &line["method"]), (&json!(status), &json!(method)), "{line}");
        assert!(host.path(&format!("plugins/{plugin}.wasm")).exists(), "{line}");
        assert!(line["operation"].as_str().is_some_and(|operation| !operation.is_empty()), "{line}");
        for part in *said {
            assert!(reason.contains(part), "{part:?} is not what the log says of {path}: {line}");
        }
    }
}

const FAILED: (u16, &str) = (502, "plugin-failed");
const LATE: (u16, &str) = (504, "plugin-timeout");

#[test]
fn time_is_bounded() {
    let limits = "[plugins.loops-when-asked.limits]\nread-time-ms = 200\nwrite-time-ms = 40\n";
    let (host, server) = serve(&["loops-when-asked"], limits);
    check(
        &host,
        server,
        &[
            ("GET", "loops-when-asked/read", LATE.0, LATE.1, &["read took longer than 200 ms", "(limit `read-time-ms`)"]),
            ("POST", "loops-when-asked/write", LATE.0, LATE.1, &["write took longer than 40 ms", "(limit `write-time-ms`)"]),
        ],
    );
    assert!(host.column("SELECT * FROM loops").is_empty());
}

#[test]
fn time_is_bounded_by_default() {
    let host = TestHost::new().plugin("loops-when-asked");
    host.run("upgrade head --quiet").done();
    let server = host.serve_with(&["--json"]).unwrap();
    let answers = [server.get("loops-when-asked/read"), server.request("POST", "loops-when-asked/write", None)];
    let logged = server.stop().logged();
    for (answer, limit) in answers.into_iter().zip(["1000 ms", "50 ms"]) {
        let answer = answer.problem(504, "plugin-timeout");
        assert!(logged.request(&answer)["reason"].as_str().unwrap().contains(limit), "{}", logged.request(&answer));
    }
}

#[test]
fn memory_stack_host_calls_and_handles_are_bounded() {
    let limits = "[plugins.allocates-when-asked.limits]\nmemory-mib = 8\n[plugins.hands-over-too-much.limits]\nhost-call-kib = 1024\n\
                  [plugins.leaks-handles.limits]\nhandles = 10\n";
    let (host, server) = serve(&["allocates-when-asked", "recurses-when-asked", "hands-over-too-much", "leaks-handles"], limits);
    let memory = &["it asked for more memory", "at most 8388608 bytes (limit `memory-mib`)"];
    let handed = &["it handed over more in one call", "at most 1048576 bytes (limit `host-call-kib`)"];
    check(
        &host,
        server,
        &[
            ("GET", "allocates/memory", FAILED.0, FAILED.1, memory),
            ("GET", "allocates/documents", FAILED.0, FAILED.1, memory),
            ("GET", "recurses/calls", FAILED.0, FAILED.1, &["deeper than its stack holds, at most 524288 bytes (limit `stack-kib`)"]),
            ("GET", "recurses/frames", FAILED.0, FAILED.1, &["the plugin broke off: out of bounds memory access"]),
            ("GET", "hands-over/document", FAILED.0, FAILED.1, handed),
            ("GET", "hands-over/line", FAILED.0, FAILED.1, handed),
            ("GET", "hands-over/parameter", FAILED.0, FAILED.1, handed),
            ("GET", "hands-over/statement", FAILED.0, FAILED.1, handed),
            ("POST", "hands-over/rows", FAILED.0, FAILED.1, handed),
            ("GET", "leaks/made", FAILED.0, FAILED.1, &["it kept more handles to documents", "at most 10 handles (limit `handles`)"]),
        ],
    );
}

#[test]
fn handles_to_one_body_are_bounded_too() {
    let (_host, server) = serve(&["leaks-handles"], "");
    let answer = server.post("leaks/body", &json!({})).problem(502, "plugin-failed");
    let logged = server.stop().logged();
    assert!(logged.request(&answer)["reason"].as_str().unwrap().contains("at most 256 handles"), "{}", logged.request(&answer));
}

#[test]
fn the_log_is_bounded_and_every_line_is_one() {
    let (_host, server) = serve(&["logs-without-end"], "[plugins.logs-without-end.limits]\nlog-lines = 20\n");
    // It fails in no way: what it said too much is dropped. One that ran late where it was asked for says it again elsewhere.
    let answer = server.get("logs").is(204);
    let logged = server.stop().logged();
    let lines = logged.of_plugin(&answer);
    let messages: Vec<&str> = lines.iter().map(|line| line["fields"]["message"].as_str().unwrap()).collect();
    assert!([20, 40, 60].contains(&messages.len()), "{} lines", messages.len());
    assert!(messages[0].len() <= (4 << 10) + 3, "{} bytes", messages[0].len());
    assert_eq!(messages[1], "one\\ntwo \\u{1b}[2J");
    assert!(messages.last().unwrap().contains("has logged its last line"), "{messages:?}");
    assert!(lines.iter().all(|line| line["fields"]["plugin"] == "logs-without-end" && line["fields"]["operation"] == "logs"), "{lines:?}");
}

#[test]
fn statements_without_end_are_stopped() {
    let limits = "[plugins.queries-without-end.limits]\nread-time-ms = 300\nresult-kib = 64\n";
    let (host, server) = serve(&["queries-without-end"], limits);
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO queries (id, note) SELECT printf('%026d', i), hex(randomblob(20)) FROM n";
    host.database().execute(rows, []).unwrap();
    let late = &["read took longer than 300 ms", "(limit `read-time-ms`)"];
    check(
        &host,
        server,
        &[
            ("GET", "queries-without-end/endless-count", LATE.0, LATE.1, late),
            ("GET", "queries-without-end/endless-row", LATE.0, LATE.1, late),
            ("GET", "queries-without-end/many-blobs", LATE.0, LATE.1, late),
            ("GET", "queries-without-end/cross-join", LATE.0, LATE.1, late),
            ("GET", "queries-without-end/again-and-again", LATE.0, LATE.1, late),
            ("GET", "queries-without-end/after-it", LATE.0, LATE.1, late),
        ],
    );
}

#[test]
fn a_statement_that_takes_all_its_memory_is_stopped_whatever_its_plugin_makes_of_that() {
    let (host, server) = serve(&["queries-without-end"], "");
    let memory = &["one of its statements", "more memory than a statement may", "67108864 bytes"];
    check(
        &host,
        server,
        &[
            ("GET", "queries-without-end/memory", FAILED.0, FAILED.1, memory),
            ("GET", "queries-without-end/memory-passed-over", FAILED.0, FAILED.1, memory),
            ("POST", "queries-without-end/memory", FAILED.0, FAILED.1, memory),
        ],
    );
    assert!(host.column("SELECT * FROM queries").is_empty());
}

#[test]
fn answers_are_bounded_and_what_is_too_large_is_undone() {
    let (host, server) = serve(&["answers-badly"], "[plugins.answers-badly.limits]\nanswer-kib = 1024\n");
    let large = &["its answer has a body of more bytes than it may", "at most 1048576 bytes (limit `answer-kib`)"];
    check(&host, server, &[("POST", "answers-badly/large-body", FAILED.0, FAILED.1, large)]);
    assert!(host.column("SELECT * FROM answers").is_empty());
    host.write("tenon.toml", PATIENT);
    let server = host.serve();
    assert_eq!(server.request("POST", "answers-badly/large-body", None).is(200).body.len(), 7 << 20);
}

#[test]
fn answers_that_nobody_takes_have_a_bound_together() {
    let (host, server) = serve(&["answers-badly"], "");
    let ask = "POST /api/v1/answers-badly/large-body HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n";
    // Each takes the first line of its answer, and no more.
    let clients: Vec<(TcpStream, String)> = (0..45)
        .map(|_| {
            let mut client = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
            client.write_all(ask.as_bytes()).unwrap();
            let mut line = [0; 12];
            client.read_exact(&mut line).unwrap();
            (client, String::from_utf8_lossy(&line).into_owned())
        })
        .collect();
    let with = |status: &str| clients.iter().filter(|(_, line)| line.ends_with(status)).count();
    // 256 MiB hold 36 of 7 MiB.
    assert_eq!((with(" 200"), with(" 503")), (36, 9));
    let refused = server.request("POST", "answers-badly/large-body", None).problem(503, "busy");
    assert_eq!(refused.header("retry-after"), "1");
    server.request("POST", "answers-badly/good", None).is(200);
    drop(clients);
    let began = Instant::now();
    while server.request("POST", "answers-badly/large-body", None).status != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "what was held is not given back");
    }
    // What was refused was not kept either.
    assert_eq!(host.column("SELECT note FROM answers").len(), 38);
    let logged = server.stop().logged();
    let line = logged.request(&refused);
    assert!(line["reason"].as_str().unwrap().contains("as many bytes as may wait, 268435456"), "{line}");
    assert_eq!((&line["plugin"], &line["operation"]), (&json!("answers-badly"), &json!("answer")));
}

#[test]
fn results_and_values_that_are_too_large_are_refused() {
    let (host, server) = serve(&["queries-without-end"], "[plugins.queries-without-end.limits]\nresult-kib = 64\n");
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO queries (id, note) SELECT printf('%026d', i), 'x' FROM n";
    host.database().execute(rows, []).unwrap();
    let refused = server.get("queries-without-end/randomblob").problem(502, "not-granted");
    println!("| `queries-without-end` | GET randomblob | {} | 502 | |", refused.json()["detail"]);
    for which in ["large-result", "endless-query", "replace-grows"] {
        let began = Instant::now();
        let answer = server.get(&format!("queries-without-end/{which}")).problem(413, "too-large");
        println!("| `queries-without-end` | GET {which} | {} | 413 | {} ms |", answer.json()["detail"], began.elapsed().as_millis());
    }
    // These took 27 seconds each, and nothing stopped them; now they are linear.
    for which in ["instr", "replace"] {
        let began = Instant::now();
        server.get(&format!("queries-without-end/{which}")).is(200);
        println!("| `queries-without-end` | GET {which} | not stopped | 200 | {} ms |", began.elapsed().as_millis());
    }
}

#[test]
fn counting_a_million_rows_is_stopped_when_time_is_over() {
    let (host, server) = serve(&["queries-without-end"], "");
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000)
        INSERT INTO queries (id, note) SELECT printf('%026d', i), 'one of a million' FROM n";
    host.database().execute(rows, []).unwrap();
    assert_eq!(server.get("queries-without-end/count").is(200).json(), json!([{ "n": 1_000_000 }]));
    server.stop();
    host.write("tenon.toml", "[plugins.queries-without-end.limits]\nread-time-ms = 1\n");
    let server = host.serve_with(&["--json"]).unwrap();
    check(&host, server, &[("GET", "queries-without-end/count", LATE.0, LATE.1, &["read took longer than 1 ms"])]);
}

#[test]
fn panics_are_told_to_the_operator_and_to_nobody_else() {
    let (host, server) = serve(&["panics-when-asked"], "");
    check(
        &host,
        server,
        &[
            (
                "POST",
                "panics-when-asked/text",
                FAILED.0,
                FAILED.1,
                &["the plugin broke off: panicked: the author forgot something (at=", "panics-when-asked.rs:"],
            ),
            ("POST", "panics-when-asked/index", FAILED.0, FAILED.1, &["index out of bounds: the len is 3 but the index is 5"]),
            ("POST", "panics-when-asked/no-text", FAILED.0, FAILED.1, &["with something that is no text"]),
            ("POST", "panics-when-asked/long", FAILED.0, FAILED.1, &["panicked: line\\nline"]),
        ],
    );
    assert!(host.column("SELECT * FROM panics").is_empty());
}

#[test]
fn what_belongs_into_a_migration_ends_a_request() {
    let (host, server) = serve(&["migrates-when-asked"], "");
    let before = host.everything();
    check(
        &host,
        server,
        &[
            ("POST", "migrates-when-asked/drop-table", FAILED.0, FAILED.1, &["operations.drop-table may be called only while a revision"]),
            ("POST", "migrates-when-asked/execute", FAILED.0, FAILED.1, &["operations.execute may be called only while a revision"]),
            ("POST", "migrates-when-asked/declare", FAILED.0, FAILED.1, &["declare.requires may be called only while `describe` runs"]),
        ],
    );
    assert_eq!(host.everything(), before);
}

#[test]
fn answers_that_cannot_be_sent_are_not_committed_either() {
    let (host, server) = serve(&["answers-badly"], "");
    check(
        &host,
        server,
        &[
            ("POST", "answers-badly/huge-body", FAILED.0, FAILED.1, &["at most"]),
            ("POST", "answers-badly/many-headers", FAILED.0, FAILED.1, &["its answer has 65 headers of 715 bytes; at most 64 of 16384"]),
            ("POST", "answers-badly/half-a-million-headers", FAILED.0, FAILED.1, &["(limit `host-call-kib`)"]),
            ("POST", "answers-badly/large-header", FAILED.0, FAILED.1, &["its answer has 1 headers"]),
            ("POST", "answers-badly/broken-name", FAILED.0, FAILED.1, &["its answer has a header \"x y\""]),
            ("POST", "answers-badly/broken-value", FAILED.0, FAILED.1, &["has control characters"]),
            ("POST", "answers-badly/hosts-header", FAILED.0, FAILED.1, &["content-length", "the host's own"]),
            ("POST", "answers-badly/chunked", FAILED.0, FAILED.1, &["transfer-encoding", "the host's own"]),
            ("POST", "answers-badly/status-0", FAILED.0, FAILED.1, &["it answered the status 0"]),
            ("POST", "answers-badly/status-101", FAILED.0, FAILED.1, &["it answered the status 101"]),
            ("POST", "answers-badly/status-600", FAILED.0, FAILED.1, &["it answered the status 600"]),
            ("POST", "answers-badly/no-media-type", FAILED.0, FAILED.1, &["its answer's media type is \"\""]),
            ("POST", "answers-badly/broken-media-type", FAILED.0, FAILED.1, &["its answer's media type"]),
            ("POST", "answers-badly/long-media-type", FAILED.0, FAILED.1, &["its answer's media type"]),
            ("POST", "answers-badly/huge-problem", FAILED.0, FAILED.1, &["its problem has 300008 bytes of text; at most 262144"]),
            ("POST", "answers-badly/problem-200", 500, "fine", &["nothing is wrong (fine)"]),
        ],
    );
    assert!(host.column("SELECT * FROM answers").is_empty());
}

#[test]
fn a_large_problem_is_a_whole_problem_and_one_line_of_log() {
    let (_host, server) = serve(&["answers-badly"], "");
    let reasons = server.request("POST", "answers-badly/problem-of-reasons", None).problem(500, "internal");
    let members = server.request("POST", "answers-badly/problem-of-members", None).problem(409, "conflict");
    assert_eq!(reasons.json()["errors"].as_array().unwrap().len(), 1_000);
    assert_eq!((members.header("retry-after"), &members.json()["real"]), ("0", &json!(null)));
    let none = server.request("POST", "answers-badly/body-of-204", None).is(204);
    assert_eq!((none.body.as_str(), none.header("content-type")), ("", ""));
    server.request("POST", "answers-badly/good", None).is(200);
    let logged = server.stop().logged();
    let reason = logged.request(&reasons)["reason"].as_str().unwrap();
    assert!(reason.starts_with("many reasons (internal); /x: xxx") && reason.len() <= (4 << 10) + 3, "{} bytes", reason.len());
}

#[test]
fn after_a_thousand_that_broke_off_everything_works() {
    let (host, server) = serve(&["panics-when-asked", "recurses-when-asked", "leaks-handles"], "");
    let broken = ["panics-when-asked/text", "leaks/body"];
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let server = &server;
            scope.spawn(move || {
                for number in 0..250 {
                    match broken.get((number + worker) % 3) {
                        Some(path) => server.post(path, &json!({})).is(502),
                        None => server.get("recurses/calls").is(502),
                    };
                }
            });
        }
    });
    server.get("users").is(200);
    server.post("users", &json!({ "email": "a@example.org", "name": "A" })).is(201);
    server.get("leaks/made").is(502);
    assert!(host.column("SELECT * FROM panics").is_empty());
    let said = server.stop();
    assert!(said.code == Some(0) && !said.err.contains("too many plugins run"), "{:?}", said.code);
}
