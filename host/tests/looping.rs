//! A plugin that never comes back, asked for on every connection, does not stop the server: others are answered, and it is told that there
//! is too much of it. How fast the others are is measured by `cargo xtask bench loops`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support::TestHost;

#[test]
fn others_are_answered_while_one_plugin_loops_on_every_thread() {
    let host =
        TestHost::new().plugin("loops-when-asked").plugin("shop").configured("[plugins.loops-when-asked.limits]\nread-time-ms = 300\n");
    host.run("upgrade heads --quiet").done();
    let server = host.serve_with(&["--json"]).unwrap();
    let ann = json!({ "id": "01J0000000000000000000000A", "email": "ann@example.org", "name": "Ann" });
    server.post("users", &ann).is(201);

    let (ended, loops, crowded) = (AtomicBool::new(false), Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        // Far more than there are threads, and more than may wait.
        for _ in 0..100 {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let answer = server.get("loops-when-asked/read");
                    *loops.lock().unwrap().entry(answer.status).or_insert(0) += 1;
                    match answer.status {
                        504 => drop(answer.problem(504, "plugin-timeout")),
                        503 => {
                            let answer = answer.problem(503, "busy");
                            assert_eq!(answer.header("retry-after"), "1");
                            crowded.lock().unwrap().push(answer);
                        }
                        _ => panic!("{answer:?}"),
                    }
                }
            });
        }
        let enough = || {
            let loops = loops.lock().unwrap();
            loops.get(&504).is_some_and(|late| *late >= 5) && loops.contains_key(&503)
        };
        let (mut answered, began) = (0, Instant::now());
        while answered < 300 || !enough() {
            if began.elapsed() > Duration::from_secs(120) {
                ended.store(true, Ordering::Relaxed);
                panic!("{answered} reads were answered, and the loops by status: {:?}", loops.lock().unwrap());
            }
            server.get("users/01J0000000000000000000000A").is(200);
            server.get("users?name=Ann").is(200);
            if answered % 50 == 0 {
                server.post("users", &json!({ "email": format!("{answered}@example.org"), "name": "N" })).is(201);
            }
            answered += 1;
        }
        ended.store(true, Ordering::Relaxed);
        println!("{answered} reads of others were answered meanwhile");
    });
    println!("loops by status: {:?}", loops.lock().unwrap());
    // Its other handlers are not lost.
    server.get("loops-when-asked/good").is(204);
    let logged = server.stop().logged();
    let line = logged.request(&crowded.lock().unwrap()[0]).clone();
    assert_eq!((&line["plugin"], &line["operation"]), (&json!("loops-when-asked"), &json!("read")), "{line}");
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains("64 reads of plugin loops-when-asked wait for a thread already"), "{reason}");
}
