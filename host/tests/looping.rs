//! A plugin that never comes back, asked for on every connection, does not stop the server, be it its code or a statement of its that has
//! no end: others are answered, and it is told that there is too much of it. How fast the others are is measured by `cargo xtask bench loops`.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support::server::serve;

/// No neighbour waits so long for an answer. If each waited for one loop only, it would be some 300 ms, and a hundred of them wait.
const SLOWEST: Duration = Duration::from_secs(2);

#[test]
fn others_are_answered_while_one_plugin_loops_on_every_thread() {
    crowd("loops-when-asked", "loops-when-asked/read", ("loops-when-asked/good", 204));
}

#[test]
fn others_are_answered_while_statements_without_end_run_on_every_thread() {
    crowd("queries-without-end", "queries-without-end/endless-count", ("queries-without-end/count", 200));
}

#[test]
fn an_honest_plugin_with_many_clients_answers_them_all() {
    let (host, server) = serve(&["queries-without-end"], "");
    // Counted in some 0.6 ms.
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO queries (id, note) SELECT printf('%026d', i), 'x' FROM n";
    host.database().execute(rows, []).unwrap();
    // As many as a busy service has, all at one time; each takes longer than what is read where it is asked for.
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| (0..6).for_each(|_| drop(server.get("queries-without-end/count").is(200))));
        }
    });
    server.stop();
}

/// Tells the threads of a test to end, when it has failed, too: otherwise it would wait for them for ever.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Asks a guest for what never ends on a hundred connections, and the shop on another; `good` is what the guest can still answer after it.
fn crowd(guest: &str, path: &str, good: (&str, u16)) {
    let (_host, server) = serve(&[guest], &format!("[plugins.{guest}.limits]\nread-time-ms = 300\n"));
    let ann = json!({ "id": "01J0000000000000000000000A", "email": "ann@example.org", "name": "Ann" });
    server.post("users", &ann).is(201);

    let (ended, loops, crowded) = (AtomicBool::new(false), Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let end = End(&ended);
        // Far more than there are threads, and more than these can stop in the time that a read waits.
        for _ in 0..100 {
            scope.spawn(|| {
                while !ended.load(Ordering::Relaxed) {
                    let answer = server.get(path);
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
        let (mut answered, mut slowest, began) = (0, Duration::ZERO, Instant::now());
        while answered < 300 || !enough() {
            if began.elapsed() > Duration::from_secs(120) {
                panic!("{answered} reads were answered, and the loops by status: {:?}", loops.lock().unwrap());
            }
            for path in ["users/01J0000000000000000000000A", "users?name=Ann"] {
                let asked = Instant::now();
                server.get(path).is(200);
                slowest = slowest.max(asked.elapsed());
            }
            if answered % 50 == 0 {
                server.post("users", &json!({ "email": format!("{answered}@example.org"), "name": "N" })).is(201);
            }
            answered += 1;
        }
        drop(end);
        println!("{answered} times two reads of others were answered meanwhile, the slowest after {slowest:?}");
        assert!(slowest < SLOWEST, "{slowest:?}");
    });
    println!("loops by status: {:?}", loops.lock().unwrap());
    // Its other requests are not lost.
    server.get(good.0).is(good.1);
    let logged = server.stop().logged();
    let line = logged.request(&crowded.lock().unwrap()[0]).clone();
    assert_eq!((&line["plugin"], &line["operation"]), (&json!(guest), &json!("read")), "{line}");
    let reason = line["reason"].as_str().unwrap();
    assert!(reason.contains("it waited 5 s for a thread"), "{reason}");
}
