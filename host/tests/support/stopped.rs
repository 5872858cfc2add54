//! Requests of which each must be stopped: by what, how soon, and what the log says of it.

use std::time::{Duration, Instant};

use serde_json::json;

use super::TestHost;
use super::server::{Answer, Server};

/// A plugin that met a limit or broke off.
pub const FAILED: (u16, &str) = (502, "plugin-failed");

/// A plugin whose time was over.
pub const LATE: (u16, &str) = (504, "plugin-timeout");

/// Until when a plugin whose time is over must be stopped: long after any limit of these tests, for the machine does other work too, and
/// long before what it does would come to an end.
const SOON: Duration = Duration::from_secs(10);

/// Method, path, status and code of the answer, and what the log says.
pub type Case = (&'static str, &'static str, (u16, &'static str), &'static [&'static str]);

/// Sends each, holds answers and log against it, and prints a line of a table: plugin, request, what stopped it, status, time.
#[track_caller]
pub fn check(host: &TestHost, server: Server, cases: &[Case]) {
    let mut answers: Vec<(&Case, Answer, Duration)> = Vec::new();
    for case in cases {
        let (method, path, (status, code), _) = case;
        let began = Instant::now();
        let answer = server.request(method, path, None).problem(*status, code);
        let took = began.elapsed();
        assert!(took < SOON || (*status, *code) != LATE, "{method} {path} was stopped after {took:?}");
        answers.push((case, answer, took));
        // Whoever it was, nobody else was hurt.
        server.get("users").is(200);
    }
    let logged = server.stop().logged();
    for ((method, path, (status, _), said), answer, took) in answers {
        let line = logged.request(&answer);
        let reason = line["reason"].as_str().unwrap_or_default();
        let plugin = line["plugin"].as_str().expect("the log names the plugin");
        println!("| `{plugin}` | {method} {path} | {reason} | {status} | {} ms |", took.as_millis());
        assert_eq!((&line["status"], &line["method"]), (&json!(status), &json!(method)), "{line}");
        assert!(host.path(&format!("plugins/{plugin}.wasm")).exists(), "{line}");
        assert!(line["operation"].as_str().is_some_and(|operation| !operation.is_empty()), "{line}");
        for part in *said {
            assert!(reason.contains(part), "{part:?} is not what the log says of {path}: {line}");
        }
    }
}
