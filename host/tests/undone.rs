//! A request that a plugin answers is a transaction: what it was refused is not there, what it began is undone, and those that shared a
//! commit with it have what they were told.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::TestHost;
use support::server::{Answer, Server, serve};

/// Writes users on four connections while `meanwhile` runs, and at least so many; answers the emails of those that were acknowledged.
fn neighbours(server: &Server, least: usize, meanwhile: impl FnOnce()) -> BTreeSet<String> {
    /// They end however `meanwhile` does.
    struct Ending<'a>(&'a AtomicBool);

    impl Drop for Ending<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    let (written, ended) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let write = |worker: usize| {
            let (written, ended) = (&written, &ended);
            move || {
                let mut acknowledged = Vec::new();
                while !ended.load(Ordering::Relaxed) || written.load(Ordering::Relaxed) < least {
                    let email = format!("{worker}-{}@example.org", acknowledged.len());
                    server.post("users", &json!({ "email": email, "name": "N" })).is(201);
                    written.fetch_add(1, Ordering::Relaxed);
                    acknowledged.push(email);
                }
                acknowledged
            }
        };
        let writers: Vec<_> = (0..4).map(|worker| scope.spawn(write(worker))).collect();
        let ending = Ending(&ended);
        while written.load(Ordering::Relaxed) < 10 {
            std::thread::yield_now();
        }
        meanwhile();
        drop(ending);
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    })
}

/// Every acknowledged row is there, once, and no other.
#[track_caller]
fn assert_there(host: &TestHost, acknowledged: &BTreeSet<String>) {
    let there = host.column("SELECT email FROM users ORDER BY email");
    assert!(there.iter().eq(acknowledged), "{} are there, {} were acknowledged", there.len(), acknowledged.len());
}

fn post(server: &Server, path: &str) -> Answer {
    server.request("POST", path, None)
}

#[test]
fn a_write_that_is_interrupted_hurts_nobody_who_shared_its_commit() {
    for which in ["insert", "update"] {
        // It may come first, and has nobody's transaction to take with it then.
        let shared = (0..10).any(|_| interrupt(which) > 0);
        assert!(shared, "{which} never shared a commit");
    }
}

/// Interrupts a write while others write; answers how many of theirs were lost with its transaction, and were run again.
fn interrupt(which: &str) -> u64 {
    let (host, server) = serve(&["queries-without-end"], "[plugins.queries-without-end.limits]\nwrite-time-ms = 50\n");
    let acknowledged = neighbours(&server, 50, || {
        for _ in 0..3 {
            let answer = post(&server, &format!("queries-without-end/{which}"));
            match answer.status {
                504 => answer.problem(504, "plugin-timeout"),
                _ => answer.problem(503, "plugin-resting"),
            };
        }
    });
    assert_there(&host, &acknowledged);
    assert!(host.column("SELECT * FROM queries").is_empty());
    let logged = server.stop().logged();
    let lost = logged.saying("a write took its transaction with it");
    assert!(!lost.is_empty() && lost.iter().all(|line| line["fields"]["plugin"] == "queries-without-end"), "{lost:?}");
    lost.iter().map(|line| line["fields"]["others"].as_u64().unwrap()).sum()
}

#[test]
fn a_write_that_takes_all_memory_of_a_statement_hurts_nobody_who_shared_its_commit() {
    let (host, server) = serve(&["queries-without-end"], "");
    let mut answers = Vec::new();
    let acknowledged = neighbours(&server, 100, || {
        answers.extend((0..3).map(|_| post(&server, "queries-without-end/memory")));
    });
    let answers: Vec<Answer> = answers.into_iter().map(|answer| answer.problem(502, "plugin-failed")).collect();
    assert_there(&host, &acknowledged);
    assert!(host.column("SELECT * FROM queries").is_empty());
    let logged = server.stop().logged();
    for answer in &answers {
        let line = logged.request(answer);
        assert_eq!((&line["plugin"], &line["operation"]), (&json!("queries-without-end"), &json!("write")));
        assert!(line["reason"].as_str().unwrap().contains("more memory than a statement may"), "{line}");
    }
}

#[test]
fn a_late_write_and_a_panic_and_a_broken_key_hurt_nobody_either() {
    let (host, server) =
        serve(&["loops-when-asked", "panics-when-asked", "leaves-late-key"], "[plugins.loops-when-asked.limits]\nwrite-time-ms = 20\n");
    let acknowledged = neighbours(&server, 100, || {
        for _ in 0..10 {
            post(&server, "panics-when-asked/text").problem(502, "plugin-failed");
            let broken = post(&server, "leaves-late-key/broken").problem(409, "conflict");
            assert_eq!(broken.json()["constraint"], "foreign_key", "{broken:?}");
            post(&server, "leaves-late-key/mended").is(204);
        }
        post(&server, "loops-when-asked/write").problem(504, "plugin-timeout");
    });
    assert_there(&host, &acknowledged);
    for (table, rows) in [("loops", 0), ("panics", 0), ("key_children", 10), ("key_parents", 10)] {
        assert_eq!(host.column(&format!("SELECT 1 FROM {table}")).len(), rows, "{table}");
    }
    server.stop();
}

#[test]
fn a_slow_write_is_run_again_alone_and_succeeds() {
    let (host, server) = serve(&["writes-slowly"], "");
    let mut slow = Vec::new();
    let acknowledged = neighbours(&server, 50, || slow.extend((0..3).map(|_| post(&server, "writes-slowly/20000").is(204))));
    assert_there(&host, &acknowledged);
    assert_eq!(host.column("SELECT 1 FROM slow").len(), 3);
    let quick: Vec<Answer> = (0..10).map(|_| post(&server, "writes-slowly/0").is(204)).collect();
    let logged = server.stop().logged();
    // Each began twice at least: in 2 ms with others, then alone.
    let begun = |answers: &[Answer]| answers.iter().map(|answer| logged.of_plugin(answer).len()).collect::<Vec<_>>();
    assert!(begun(&slow).iter().all(|times| *times >= 2), "{:?}", begun(&slow));
    // On a busy machine one of them may be pushed aside for so long that it is run again.
    assert!(begun(&quick).contains(&1), "{:?}", begun(&quick));
}

#[test]
fn a_plugin_whose_writes_are_late_three_times_is_given_a_rest_and_comes_back() {
    let (host, server) = serve(&["loops-when-asked"], "[plugins.loops-when-asked.limits]\nwrite-time-ms = 20\n");
    // One that others on this machine push aside is late for no fault of its own, and does not count.
    let (mut late, began) = (0, Instant::now());
    let resting = loop {
        let answer = post(&server, "loops-when-asked/write");
        if answer.status == 503 {
            break answer.problem(503, "plugin-resting");
        }
        answer.problem(504, "plugin-timeout");
        late += 1;
        assert!(began.elapsed() < Duration::from_secs(30), "{late} writes were late");
    };
    assert!(late >= 3, "{late} writes were late");
    assert!(["1", "2"].contains(&resting.header("retry-after")), "{resting:?}");
    // Its reads and everybody else's writes go on.
    server.get("loops-when-asked/good").is(204);
    server.post("users", &json!({ "email": "a@example.org", "name": "A" })).is(201);
    server.get("loops").is(200);
    let began = Instant::now();
    let back = loop {
        let answer = post(&server, "loops-when-asked/write");
        if answer.status != 503 {
            break answer;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{answer:?}");
    };
    back.problem(504, "plugin-timeout");
    assert!(host.column("SELECT * FROM loops").is_empty());
    let logged = server.stop().logged();
    assert_eq!(logged.request(&resting)["plugin"], "loops-when-asked");
    let closed = logged.saying("none is taken for a while");
    assert!(closed.len() == 1 && closed[0]["fields"]["plugin"] == "loops-when-asked", "{closed:?}");
}

#[test]
fn a_queue_of_late_writes_does_not_hold_everybody_up() {
    let (host, server) = serve(&["loops-when-asked"], "[plugins.loops-when-asked.limits]\nwrite-time-ms = 200\n");
    let loops: Vec<u16> = std::thread::scope(|scope| {
        let write = || scope.spawn(|| post(&server, "loops-when-asked/write").status);
        let writers: Vec<_> = (0..60).map(|_| write()).collect();
        // It stands somewhere behind them, and does not wait for 60 of them to spend their time.
        server.post("users", &json!({ "email": "a@example.org", "name": "A" })).is(201);
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    // Three that are late give the plugin a rest; on a machine that pushes them aside, fewer say that the others would take too long.
    let late = loops.iter().filter(|status| **status == 504).count();
    assert!((1..20).contains(&late) && loops.iter().all(|status| [503, 504].contains(status)), "{loops:?}");
    assert!(host.column("SELECT * FROM loops").is_empty());
    server.stop();
}

#[test]
fn many_slow_writes_of_one_plugin_do_not_fill_the_queue() {
    let (host, server) = serve(&["writes-slowly"], "");
    // Nothing is known of it: all find a place, and most are turned away when their turn would come.
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..150).map(|_| scope.spawn(|| post(&server, "writes-slowly/50000"))).collect();
        let answers = writers.into_iter().map(|writer| writer.join().unwrap());
        answers.map(|answer| if answer.status == 503 { answer.problem(503, "busy").status } else { answer.status }).collect()
    });
    let done = statuses.iter().filter(|status| **status == 204).count();
    assert!((1..100).contains(&done) && statuses.iter().all(|status| [204, 503].contains(status)), "{statuses:?}");
    assert_eq!(host.column("SELECT 1 FROM slow").len(), done);
    let logged = server.stop().logged();
    assert!(logged.saying("request").iter().any(|line| {
        line["fields"]["reason"]
            .as_str()
            .is_some_and(|reason| reason.contains("writes of plugin writes-slowly that wait take more than 800 ms"))
    }));
}

#[test]
fn what_a_handler_caught_is_not_there_and_the_rest_is() {
    let (host, server) = serve(&["catches-problems"], "");
    let codes = post(&server, "catches-problems").is(200).json();
    let expected = ["constraint", "constraint", "conflict", "validation-failed", "not-found", "not-granted", "sql", "sql", "sql"];
    assert_eq!(codes, json!(expected));
    assert_eq!(host.column("SELECT note FROM caught"), ["good"; 3]);
    assert!(host.column("SELECT 1 FROM users").is_empty());
    server.stop();
}

#[test]
fn what_a_statement_is_told_reaches_no_client_however_it_is_passed_on() {
    let (host, server) = serve(&["passes-problems-on"], "");
    let ways = ["lines", "long", "first", "one-of-many", "last-of-many", "in-words", "in-a-reason", "in-a-member", "as-a-conflict"];
    let answers = ways.map(|way| post(&server, &format!("passes-problems-on/{way}")).problem(502, "plugin-failed"));
    let own = post(&server, "passes-problems-on/own-words").problem(409, "conflict");
    assert_eq!(own.json()["detail"], "it could not be saved");
    assert!(host.column("SELECT 1 FROM passed").is_empty());
    let logged = server.stop().logged();
    for (way, answer) in ways.iter().zip(answers) {
        assert!(!answer.body.contains("s3cret"), "{way}: {answer:?}");
        // The operator reads it, but for members, which the log leaves out.
        let reason = logged.request(&answer)["reason"].as_str().unwrap();
        let is_said = *way == "in-a-member" || reason.contains("s3cret");
        assert!(is_said && !reason.contains('\n'), "{way}: {reason}");
    }
}

#[test]
fn a_refusal_is_sent_as_it_is_and_undone() {
    let (host, server) = serve(&["refuses-with-body"], "");
    let mut answers = Vec::new();
    for status in [400, 404, 409, 422, 500, 503, 599] {
        let answer = post(&server, &format!("refuses-with-body/{status}")).is(status);
        assert_eq!((answer.body.as_str(), answer.header("content-type")), ("no, because I say so", "text/plain"));
        assert_eq!((answer.header("x-why"), answer.header("retry-after")), ("because", "7"), "{answer:?}");
        assert!(!answer.header("x-request-id").is_empty());
        answers.push(answer);
    }
    // One without a body is written as every other problem.
    let bare = post(&server, "refuses-with-body/418").is(418);
    assert_eq!((bare.header("content-type"), bare.header("x-why")), ("application/problem+json", "because"), "{bare:?}");
    let bare_501 = post(&server, "refuses-with-body/501").is(501);
    assert!(host.column("SELECT 1 FROM refused").is_empty());
    let logged = server.stop().logged();
    for answer in answers.iter().chain([&bare_501]) {
        let line = logged.saying("request").into_iter().find(|line| line["fields"]["request_id"] == answer.header("x-request-id")).unwrap();
        let fields = &line["fields"];
        assert_eq!((&fields["plugin"], &fields["operation"]), (&json!("refuses-with-body"), &json!("refuse")));
        let told = fields["reason"].as_str().is_some_and(|reason| reason == format!("the plugin answered {}", answer.status));
        let (level, tells) = match answer.status {
            503 => ("WARN", true),
            500.. => ("ERROR", true),
            _ => ("INFO", false),
        };
        assert_eq!((line["level"].as_str(), told), (Some(level), tells), "{line}");
    }
}

#[test]
fn a_request_that_reads_cannot_write() {
    let (host, server) = serve(&["writes-in-get"], "");
    let before = host.everything();
    for how in ["record", "execute", "query"] {
        server.get(&format!("writes-in-get/{how}")).problem(403, "read-only");
    }
    server.get("gets").problem(403, "read-only");
    server.request("HEAD", "gets", None).is(403);
    assert_eq!(server.get("writes-in-get/caught").is(200).json(), json!(["read-only", "read-only", "written"]));
    assert_eq!(host.everything(), before);
    server.stop();
}

#[test]
fn what_is_anothers_stays_so_and_nobody_is_told_of_it() {
    let (host, server) = serve(&["reaches-for-others"], "");
    let ann = "INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000A', 'ann@example.org', 'Ann')";
    host.database().execute_batch(&format!("{ann}; CREATE TABLE payroll (wage); INSERT INTO payroll VALUES (99)")).unwrap();
    let before = host.everything();
    let ways = [
        ("records-list", 422, "unknown-collection"),
        ("records-get", 422, "unknown-collection"),
        ("records-create", 422, "unknown-collection"),
        ("records-delete", 422, "unknown-collection"),
        ("read", 502, "not-granted"),
        ("count", 502, "not-granted"),
        ("join", 502, "not-granted"),
        ("insert", 502, "not-granted"),
        ("delete", 502, "not-granted"),
        ("from-other", 502, "not-granted"),
        ("ledger", 502, "not-granted"),
        ("schema", 502, "not-granted"),
        ("pragma", 502, "not-granted"),
        ("nobody's", 502, "not-granted"),
        // What is wrong with a statement is for its author to read, in the log.
        ("attach", 502, "plugin-failed"),
        ("vacuum", 502, "plugin-failed"),
        ("file", 502, "plugin-failed"),
        ("broken", 502, "plugin-failed"),
        ("two", 502, "plugin-failed"),
    ];
    let mut answers = Vec::new();
    for (way, status, code) in ways {
        let answer = post(&server, &format!("reaches-for-others/{}", way.replace('\'', "%27")));
        println!("{way}: {} {}", answer.status, answer.body);
        answers.push((way, status, code, answer));
    }
    assert_eq!(host.everything(), before);
    let folder = host.path("").to_str().unwrap().to_owned();
    let logged = server.stop().logged();
    for (way, status, code, answer) in answers {
        let body: Value = answer.json();
        let detail = body["detail"].as_str().unwrap();
        for secret in ["ann@example.org", "99", folder.as_str(), "tenon.toml", "tenon_ledger", "syntax"] {
            assert!(!detail.contains(secret), "{way}: {answer:?}");
        }
        let reason = logged.request(&answer)["reason"].as_str().unwrap_or_default();
        match way {
            "broken" => assert!(reason.contains("near \"FROM\": syntax error"), "{reason}"),
            "read" => assert!(reason.contains("`reads` of [plugins.reaches-for-others] in tenon.toml"), "{reason}"),
            _ => {}
        }
        assert_eq!((answer.status, body["code"].as_str()), (status, Some(code)), "{way}: {answer:?}");
    }
}

#[test]
fn who_is_calling_is_never_shown() {
    let (_host, server) = serve(&["reads-secrets"], "");
    let secrets = [("authorization", "Bearer s3cret"), ("cookie", "s3cret=1"), ("x-api-key", "s3cret"), ("proxy-authorization", "s3cret")];
    let headers: Vec<_> = secrets.into_iter().chain([("x-shown", "yes")]).collect();
    assert_eq!(server.get_with("reads-secrets", &headers).is(200).json(), json!(["x-shown: yes", "X-Shown: yes"]));
    server.stop();
}
