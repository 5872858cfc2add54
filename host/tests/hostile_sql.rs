//! Plugins whose statements would take for ever, or all memory and disk there is: each statement is stopped, on whichever thread it runs,
//! and others go on. That a write that is stopped hurts nobody who shares its commit is in `undone.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::time::Instant;

use serde_json::json;
use support::TestHost;
use support::server::serve;
use support::stopped::{Case, LATE, check};

/// Rows for the guest that has none.
fn fill(host: &TestHost, rows: u32) {
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO queries (id, note) SELECT printf('%026d', i), hex(zeroblob(20)) FROM n"
    );
    host.database().execute(&sql, []).unwrap();
}

/// Requests that are stopped when time is over.
fn late(paths: &[&'static str], said: &'static [&'static str]) -> Vec<Case> {
    paths.iter().map(|path| ("GET", *path, LATE, said)).collect()
}

#[test]
fn statements_without_end_are_stopped() {
    let (host, server) = serve(&["queries-without-end"], "[plugins.queries-without-end.limits]\nread-time-ms = 300\n");
    // The cross join has 8,000,000,000 rows; all others have no end.
    fill(&host, 2_000);
    let paths = [
        "queries-without-end/endless-count",
        "queries-without-end/endless-row",
        "queries-without-end/many-blobs",
        "queries-without-end/cross-join",
        "queries-without-end/again-and-again",
        "queries-without-end/after-it",
    ];
    check(&host, server, &late(&paths, &["read took longer than 300 ms", "(limit `read-time-ms`)"]));
}

#[test]
fn a_statement_without_end_is_stopped_on_the_thread_that_took_the_request_too() {
    let (_host, server) = serve(&["queries-without-end"], "[plugins.queries-without-end.limits]\nread-time-ms = 300\n");
    // The first read of a handler runs there, for nothing bad is known of it; once it is stopped it begins again where it may take long.
    let answer = server.get("queries-without-end/endless-count").problem(504, "plugin-timeout");
    let logged = server.stop().logged();
    let begun = logged.of_plugin(&answer);
    assert!(begun.len() >= 2, "{begun:?}");
    assert!(logged.request(&answer)["reason"].as_str().unwrap().contains("(limit `read-time-ms`)"), "{:?}", logged.request(&answer));
}

#[test]
fn counting_a_million_rows_is_stopped_when_time_is_over() {
    let (host, server) = serve(&["queries-without-end"], "");
    fill(&host, 1_000_000);
    assert_eq!(server.get("queries-without-end/count").is(200).json(), json!([{ "n": 1_000_000 }]));
    server.stop();
    // A count is one step of SQLite's machine, and the handler of its progress is asked every 1,000 steps: it is not what stops a hundred
    // counts. That they are stopped shows in nothing but the time, for the plugin's is over either way.
    let counts = vec!["(SELECT count(*) FROM queries)"; 100].join(", ");
    let began = Instant::now();
    host.column(&format!("SELECT max({counts})"));
    let whole = began.elapsed();
    host.write("tenon.toml", "[plugins.queries-without-end.limits]\nread-time-ms = 10\n");
    let server = host.serve_logged();
    let began = Instant::now();
    let answer = server.get("queries-without-end/counts").problem(504, "plugin-timeout");
    let stopped = began.elapsed();
    println!("{whole:?} as a whole, stopped after {stopped:?}");
    assert!(stopped < whole / 2, "{whole:?} as a whole, stopped after {stopped:?}");
    server.get("users").is(200);
    let logged = server.stop().logged();
    let reason = logged.request(&answer)["reason"].as_str().unwrap();
    assert_eq!(reason, "read took longer than 10 ms and was stopped (limit `read-time-ms`)");
}

#[test]
fn functions_that_took_half_a_minute_take_no_time() {
    // SQLite's own `instr` and `replace` take seconds for this, and nothing stops them: time would be over.
    let (_host, server) = serve(&["queries-without-end"], "[plugins.queries-without-end.limits]\nread-time-ms = 8000\n");
    assert_eq!(server.get("queries-without-end/instr").is(200).json(), json!([{ "n": 0 }]));
    assert_eq!(server.get("queries-without-end/replace").is(200).json(), json!([{ "n": 1 << 20 }]));
    server.stop();
}

#[test]
fn results_and_values_that_are_too_large_are_refused() {
    let (host, server) = serve(&["queries-without-end"], "[plugins.queries-without-end.limits]\nresult-kib = 64\n");
    fill(&host, 2_000);
    server.get("queries-without-end/randomblob").problem(502, "not-granted");
    for (which, why) in [
        ("large-result", "65536 bytes"),
        ("endless-query", "65536 bytes"),
        ("replace-grows", "a value of the statement is too long"),
        ("longer-than-a-value", "a value of the statement is too long"),
    ] {
        let answer = server.get(&format!("queries-without-end/{which}")).problem(413, "too-large").json();
        assert!(answer["detail"].as_str().unwrap().contains(why), "{which}: {answer}");
    }
    server.stop();
}

#[test]
fn a_statement_that_would_take_all_memory_is_refused() {
    let (_host, server) = serve(&["spends-sql-memory"], "");
    for which in ["array", "arrays", "object", "row", "compile"] {
        let answer = server.get(&format!("spends/{which}")).problem(413, "too-large").json();
        let detail = "the statement takes more memory than a statement may: 67108864 bytes, 33554432 to compile it";
        assert_eq!(answer["detail"], detail, "{which}");
        server.get("users").is(200);
    }
    // Each would have taken two gigabytes, or more.
    #[cfg(target_os = "linux")]
    assert!(most_memory(&server) < 1 << 20, "{} KiB", most_memory(&server));
    server.stop();
}

/// The most memory that a server had at one time, in KiB.
#[cfg(target_os = "linux")]
fn most_memory(server: &support::server::Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Bytes in the temporary files that a server has open. Those of SQLite have no name.
#[cfg(target_os = "linux")]
fn temporary_bytes(server: &support::server::Server) -> u64 {
    let open = std::fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap();
    // One that is closed meanwhile leads nowhere.
    let paths = open.filter_map(Result::ok).map(|entry| entry.path());
    let is_temporary = |path: &std::path::PathBuf| {
        std::fs::read_link(path)
            .is_ok_and(|file| file.to_string_lossy().ends_with(" (deleted)") && !file.to_string_lossy().starts_with("/memfd:"))
    };
    paths.filter(is_temporary).filter_map(|path| std::fs::metadata(path).ok()).map(|file| file.len()).sum()
}

#[test]
#[cfg(target_os = "linux")]
fn temporary_files_grow_until_time_is_over_and_are_gone_then() {
    let limits = "[plugins.fills-temp-files.limits]\nread-time-ms = 100\nwrite-time-ms = 300\n";
    let (host, server) = serve(&["fills-temp-files"], limits);
    // As writes, for a read that takes long gets only what others leave of the machine, which may be too little to write anything.
    for path in ["fills/sort", "fills/distinct"] {
        let most = std::thread::scope(|scope| {
            let asked = scope.spawn(|| server.request("POST", path, None).problem(504, "plugin-timeout"));
            let mut most = 0;
            while !asked.is_finished() {
                most = temporary_bytes(&server).max(most);
                std::thread::yield_now();
            }
            most
        });
        println!("{path}: {most} bytes");
        assert!(most > 1 << 20, "{path} had {most} bytes in temporary files: it was stopped by something else");
        assert_eq!(temporary_bytes(&server), 0, "{path}");
    }
    let paths = ["fills/sort", "fills/group", "fills/distinct", "fills/union"];
    check(&host, server, &late(&paths, &["read took longer than 100 ms", "(limit `read-time-ms`)"]));
}
