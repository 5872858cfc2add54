//! Plugins that would take more than there is while they answer a request: each is stopped by the limit that it meets, the client is told
//! no reason, and the log says which plugin, operation and limit it was. What was begun is undone, and others go on. What they try by SQL
//! is in `hostile_sql.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use support::TestHost;
use support::server::serve;
use support::stopped::{FAILED, LATE, check};

#[test]
fn time_is_bounded() {
    let limits = "[plugins.loops-when-asked.limits]\nread-time-ms = 200\nwrite-time-ms = 40\n";
    let (host, server) = serve(&["loops-when-asked"], limits);
    check(
        &host,
        server,
        &[
            ("GET", "loops-when-asked/read", LATE, &["read took longer than 200 ms", "(limit `read-time-ms`)"]),
            ("POST", "loops-when-asked/write", LATE, &["write took longer than 40 ms", "(limit `write-time-ms`)"]),
        ],
    );
    assert!(host.column("SELECT * FROM loops").is_empty());
}

#[test]
fn time_is_bounded_by_default() {
    let host = TestHost::new().plugin("loops-when-asked");
    host.run("upgrade head --quiet").done();
    let server = host.serve_logged();
    let answers = [server.get("loops-when-asked/read"), server.request("POST", "loops-when-asked/write", None)];
    let logged = server.stop().logged();
    for (answer, limit) in answers.into_iter().zip(["1000 ms", "50 ms"]) {
        let answer = answer.problem(504, "plugin-timeout");
        assert!(logged.request(&answer)["reason"].as_str().unwrap().contains(limit), "{}", logged.request(&answer));
    }
}

#[test]
fn memory_tables_stack_host_calls_and_handles_are_bounded() {
    let limits = "[plugins.allocates-when-asked.limits]\nmemory-mib = 8\n[plugins.hands-over-too-much.limits]\nhost-call-kib = 1024\n\
                  [plugins.leaks-handles.limits]\nhandles = 10\n[plugins.grows-tables.limits]\ntable-elements = 5000\n";
    let guests = ["allocates-when-asked", "recurses-when-asked", "hands-over-too-much", "leaks-handles", "grows-tables"];
    let (host, server) = serve(&guests, limits);
    let memory = &["it asked for more memory", "at most 8388608 bytes (limit `memory-mib`)"];
    let handed = &["it handed over more in one call", "at most 1048576 bytes (limit `host-call-kib`)"];
    check(
        &host,
        server,
        &[
            ("GET", "allocates/memory", FAILED, memory),
            ("GET", "allocates/documents", FAILED, memory),
            ("GET", "recurses/calls", FAILED, &["deeper than its stack holds, at most 524288 bytes (limit `stack-kib`)"]),
            ("GET", "recurses/frames", FAILED, &["the plugin broke off: out of bounds memory access"]),
            ("GET", "hands-over/document", FAILED, handed),
            ("GET", "hands-over/line", FAILED, handed),
            ("GET", "hands-over/parameter", FAILED, handed),
            ("GET", "hands-over/statement", FAILED, handed),
            ("POST", "hands-over/rows", FAILED, handed),
            ("GET", "leaks/made", FAILED, &["it kept more handles to documents", "at most 10 handles (limit `handles`)"]),
            ("GET", "grows-tables", FAILED, &["made a WebAssembly table grow", "at most 5000 elements (limit `table-elements`)"]),
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
    // It fails in no way: what it said too much is dropped.
    let answer = server.get("logs").is(204);
    let logged = server.stop().logged();
    let lines = logged.of_plugin(&answer);
    let messages: Vec<&str> = lines.iter().map(|line| line["fields"]["message"].as_str().unwrap()).collect();
    // One that ran late where it was asked for, twice at most, was broken off somewhere, and says it all again elsewhere.
    let (before, messages) = messages.split_at(messages.len().checked_sub(20).unwrap());
    assert!(before.len() <= 40, "{before:?}");
    assert!(messages[0].len() <= (4 << 10) + 3, "{} bytes", messages[0].len());
    assert_eq!(messages[1], "one\\ntwo \\u{1b}[2J");
    assert!(messages.last().unwrap().contains("has logged its last line"), "{messages:?}");
    assert!(lines.iter().all(|line| line["fields"]["plugin"] == "logs-without-end" && line["fields"]["operation"] == "logs"), "{lines:?}");
}

#[test]
fn a_statement_that_takes_all_its_memory_is_stopped_whatever_its_plugin_makes_of_that() {
    let (host, server) = serve(&["queries-without-end"], "");
    let memory = &["one of its statements", "more memory than a statement may", "67108864 bytes"];
    check(
        &host,
        server,
        &[
            ("GET", "queries-without-end/memory", FAILED, memory),
            ("GET", "queries-without-end/memory-passed-over", FAILED, memory),
            ("POST", "queries-without-end/memory", FAILED, memory),
        ],
    );
    assert!(host.column("SELECT * FROM queries").is_empty());
}

#[test]
fn answers_are_bounded_and_what_is_too_large_is_undone() {
    let (host, server) = serve(&["answers-badly"], "[plugins.answers-badly.limits]\nanswer-kib = 1024\n");
    let large = &["its answer has a body of more bytes than it may", "at most 1048576 bytes (limit `answer-kib`)"];
    check(&host, server, &[("POST", "answers-badly/large-body", FAILED, large)]);
    assert!(host.column("SELECT * FROM answers").is_empty());
    host.write("tenon.toml", support::server::PATIENT);
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
    // The plugin's half of 256 MiB holds 18 of 7 MiB.
    assert_eq!((with(" 200"), with(" 503")), (18, 27));
    let refused = server.request("POST", "answers-badly/large-body", None).problem(503, "busy");
    assert_eq!(refused.header("retry-after"), "1");
    server.request("POST", "answers-badly/good", None).is(200);
    drop(clients);
    let began = Instant::now();
    while server.request("POST", "answers-badly/large-body", None).status != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "what was held is not given back");
    }
    // What was refused was not kept either.
    assert_eq!(host.column("SELECT note FROM answers").len(), 20);
    let logged = server.stop().logged();
    let line = logged.request(&refused);
    assert!(line["reason"].as_str().unwrap().contains("as many bytes as may wait, 134217728"), "{line}");
    assert_eq!((&line["plugin"], &line["operation"]), (&json!("answers-badly"), &json!("answer")));
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
                FAILED,
                &["the plugin broke off: panicked: the author forgot something (at=", "panics-when-asked.rs:"],
            ),
            ("POST", "panics-when-asked/index", FAILED, &["index out of bounds: the len is 3 but the index is 5"]),
            ("POST", "panics-when-asked/no-text", FAILED, &["with something that is no text"]),
            ("POST", "panics-when-asked/long", FAILED, &["panicked: line\\nline"]),
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
            ("POST", "migrates-when-asked/drop-table", FAILED, &["operations.drop-table may be called only while a revision"]),
            ("POST", "migrates-when-asked/execute", FAILED, &["operations.execute may be called only while a revision"]),
            ("POST", "migrates-when-asked/declare", FAILED, &["declare.requires may be called only while `describe` runs"]),
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
            ("POST", "answers-badly/huge-body", FAILED, &["at most"]),
            ("POST", "answers-badly/many-headers", FAILED, &["its answer has 65 headers of 715 bytes; at most 64 of 16384"]),
            ("POST", "answers-badly/half-a-million-headers", FAILED, &["(limit `host-call-kib`)"]),
            ("POST", "answers-badly/large-header", FAILED, &["its answer has 1 headers"]),
            ("POST", "answers-badly/broken-name", FAILED, &["its answer has a header \"x y\""]),
            ("POST", "answers-badly/broken-value", FAILED, &["has control characters"]),
            ("POST", "answers-badly/hosts-header", FAILED, &["content-length", "the host's own"]),
            ("POST", "answers-badly/chunked", FAILED, &["transfer-encoding", "the host's own"]),
            ("POST", "answers-badly/status-0", FAILED, &["it answered the status 0"]),
            ("POST", "answers-badly/status-101", FAILED, &["it answered the status 101"]),
            ("POST", "answers-badly/status-600", FAILED, &["it answered the status 600"]),
            ("POST", "answers-badly/no-media-type", FAILED, &["its answer's media type is \"\""]),
            ("POST", "answers-badly/broken-media-type", FAILED, &["its answer's media type"]),
            ("POST", "answers-badly/long-media-type", FAILED, &["its answer's media type"]),
            ("POST", "answers-badly/huge-problem", FAILED, &["its problem has 300008 bytes; at most 262144"]),
            ("POST", "answers-badly/empty-reasons", FAILED, &["its problem has 3", "bytes; at most 262144"]),
            ("POST", "answers-badly/problem-200", (500, "fine"), &["nothing is wrong (fine)"]),
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
