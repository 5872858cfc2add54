//! Requests that never cease, while plugins are exchanged, upgraded and undone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::auto::applied;
use crate::support::server::Server;
use crate::support::{TestHost, component};
use crate::{drop_in, until_health};

/// Asks until it is told to stop.
struct Load<'a> {
    server: &'a Server,
    stop: AtomicBool,
    answered: AtomicUsize,
}

impl<'a> Load<'a> {
    fn on(server: &'a Server) -> Self {
        Self { server, stop: AtomicBool::new(false), answered: AtomicUsize::new(0) }
    }

    /// Asks the same again and again; every answer must have one of these statuses and, where it is no refusal, be right.
    fn ask(&self, method: &str, path: &str, body: impl Fn(usize) -> Option<String>, statuses: &[u16], is_right: fn(&Value) -> bool) {
        let mut number = 0;
        while !self.stop.load(Ordering::Relaxed) {
            number += 1;
            let answer = self.server.request(method, path, body(number).as_deref());
            assert!(statuses.contains(&answer.status), "{method} {path}: {answer:?}");
            if answer.status < 300 {
                assert!(is_right(&answer.json()), "{method} {path}: {answer:?}");
            } else {
                let (code, command) = (&answer.json()["code"], &answer.json()["command"]);
                assert!(code == "busy" || code == "plugin-not-ready" && command.is_string(), "{method} {path}: {answer:?}");
            }
            self.answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Runs `work` under the requests of `asked`.
    fn during<A: Fn() + Sync>(&self, asked: &[A], work: impl FnOnce()) {
        thread::scope(|scope| {
            // Told to stop also when `work` fails.
            struct Stop<'a>(&'a AtomicBool);
            impl Drop for Stop<'_> {
                fn drop(&mut self) {
                    self.0.store(true, Ordering::Relaxed);
                }
            }
            asked.iter().for_each(|ask| drop(scope.spawn(ask)));
            let _stop = Stop(&self.stop);
            work();
        });
    }
}

/// A note as version 2 of the plugin has it.
fn is_note(note: &Value) -> bool {
    note["id"].is_string() && note["note"] == "one" && note.get("priority").is_some_and(Value::is_null)
}

/// Of the shop.
fn is_user(user: &Value) -> bool {
    user["id"].is_string() && user["name"] == "Ada" && user["email"].as_str().is_some_and(|email| email.ends_with("@example.org"))
}

fn are(rows: &Value, is_right: fn(&Value) -> bool) -> bool {
    rows.as_array().is_some_and(|rows| rows.iter().all(is_right))
}

fn none(_: usize) -> Option<String> {
    None
}

/// The component with a section more that means nothing: another file, the same plugin.
fn variant(name: &str, number: u8) -> Vec<u8> {
    let mut bytes = std::fs::read(component(name)).unwrap();
    bytes.extend([0, 3, 1, b'v', number]);
    bytes
}

#[test]
fn no_request_fails_while_a_plugin_is_exchanged_again_and_again() {
    let host = TestHost::new().plugin("shop");
    host.run("upgrade head").done();
    let server = host.serve();
    let load = Load::on(&server);
    let list = || load.ask("GET", "users?limit=5", none, &[200], |users| are(users, is_user));
    let create = || {
        let user = |number| Some(json!({ "email": format!("{number}@example.org"), "name": "Ada" }).to_string());
        load.ask("POST", "users", user, &[201], is_user);
    };
    let asked: [&(dyn Fn() + Sync); 2] = [&list, &create];
    let mut served = vec![until_health(&server, "healthy")["plugins"]["shop"]["component"].clone()];
    load.during(&asked, || {
        for number in 0..5 {
            drop_in(&host, "shop.wasm", &variant("shop", number));
            let before = served.last().unwrap().clone();
            let health = server.until_health(|health| health["plugins"]["shop"]["component"] != before);
            served.push(health["plugins"]["shop"]["component"].clone());
        }
    });
    served.dedup();
    assert_eq!(served.len(), 6);
    assert!(load.answered.load(Ordering::Relaxed) > 100);
}

#[test]
fn whoever_asks_while_a_plugin_is_upgraded_and_undone_gets_a_right_answer_or_is_told_to_wait_and_its_neighbours_notice_nothing() {
    let host = TestHost::new().plugin("notes-2").plugin("shop");
    host.run("upgrade heads").done();
    let server = host.serve();
    let load = Load::on(&server);
    let list = || load.ask("GET", "notes", none, &[200, 503], |notes| are(notes, is_note));
    let create = || load.ask("POST", "notes", |_| Some(json!({ "note": "one" }).to_string()), &[201, 503], is_note);
    let neighbour = || load.ask("GET", "users", none, &[200], |users| are(users, is_user));
    let asked: [&(dyn Fn() + Sync); 3] = [&list, &create, &neighbour];
    load.during(&asked, || {
        for _ in 0..8 {
            host.run("downgrade notes@a00000000001 --quiet").done();
            host.run("upgrade notes@head --quiet").done();
        }
        host.run("downgrade notes@base --quiet").done();
        host.run("upgrade notes@head --quiet").done();
    });
    server.until("notes", 200);
    assert!(load.answered.load(Ordering::Relaxed) > 100);
}

#[test]
fn a_call_that_outlives_its_code_is_stopped() {
    outlives("loops-when-asked", "loops-when-asked/read", "loops-when-asked/good", 204);
}

#[test]
fn a_statement_that_outlives_its_code_is_stopped() {
    outlives("queries-without-end", "queries-without-end/endless-count", "queries-without-end/count", 200);
}

/// Asks a guest for what never ends, and takes its file out; `good` is what it answers well.
fn outlives(guest: &str, endless: &str, good: &str, status: u16) {
    let host = TestHost::new().plugin(guest).configured("[limits]\nread-time-ms = 300000\n");
    host.run("upgrade heads").done();
    let server = host.serve_logged();
    server.until(good, status);
    // Sent when this is done, and heard long before the file has been gone for half a second.
    let mut connection = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    connection.write_all(format!("GET /api/v1/{endless} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n").as_bytes()).unwrap();
    host.remove(guest);
    server.until(good, 404);
    let mut stopped = String::new();
    connection.read_to_string(&mut stopped).unwrap();
    assert!(stopped.starts_with("HTTP/1.1 503 ") && stopped.contains("\"code\":\"busy\""), "{stopped}");
    let log = server.stop().logged();
    assert_eq!(log.saying("calls into its former code take too long, and are stopped").len(), 1);
}

#[test]
fn with_auto_upgrade_what_is_dropped_is_applied_and_served() {
    let host = TestHost::new();
    let server = host.serve_with(&["--auto-upgrade", "--json"]).unwrap();
    host.add_as("notes-1", "notes.wasm");
    server.until("notes", 200);
    server.post("notes", &json!({ "note": "kept" })).is(201);
    host.add_as("notes-2", "notes.wasm");
    server.until_health(|health| health["plugins"]["notes"]["version"] == "2.0.0");
    assert_eq!(server.get("notes").is(200).json()[0]["note"], "kept");
    let log = server.stop().logged();
    assert_eq!(applied(&log), ["notes@a00000000001", "notes@a00000000002"]);
}
