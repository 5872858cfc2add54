//! Nothing of one request is there in the next: not in a fresh instance, whatever the guest tries; and of what the host gave, not in a warm
//! one either.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::TestHost;
use support::server::Server;

fn serve(guest: &str, isolation: &str) -> (TestHost, Server) {
    let limits = "[limits]\nread-time-ms = 30000\nwrite-time-ms = 20000\n";
    let host = TestHost::new().plugin(guest).configured(&format!("{limits}[plugins.{guest}]\nisolation = \"{isolation}\"\n"));
    host.run("upgrade heads --quiet").done();
    let server = host.serve_with(&["--json"]).unwrap();
    (host, server)
}

/// A text as a guest would keep it, that stands nowhere else.
const SECRET: &str = "the card's number is 4000-1234-5678-9010";

fn look(server: &Server) -> Value {
    let asked: String = SECRET.bytes().map(|byte| format!("%{byte:02x}")).collect();
    server.get(&format!("remembers?text={asked}")).is(200).json()
}

#[test]
fn a_fresh_instance_knows_nothing_of_the_requests_before() {
    let (_host, server) = serve("remembers", "fresh");
    // What is found of the text that is looked for is the request that asks for it.
    let nothing = look(&server);
    assert!(nothing["told"] == "" && nothing["places"].as_u64().unwrap() < 20, "{nothing}");
    for _ in 0..20 {
        server.post("remembers", &json!(SECRET)).is(204);
        // On the same few places in the pool, and its memory is grown as far as the one was that was filled.
        assert_eq!(look(&server), nothing);
    }
    server.stop();
}

#[test]
fn a_warm_instance_knows_what_the_guest_itself_kept() {
    // Which says that the guest does look where it would be found, and what `isolation = "warm"` means.
    let (_host, server) = serve("remembers", "warm");
    let mut seen = Vec::new();
    // An instance that ran late where it was asked for is not kept; after that its requests run elsewhere.
    for _ in 0..10 {
        server.post("remembers", &json!(SECRET)).is(204);
        seen.push(look(&server));
    }
    assert!(seen.iter().any(|found| found["told"].as_str().is_some_and(|told| told.contains(SECRET))), "{seen:?}");
    assert!(seen.iter().any(|found| found["places"].as_u64().unwrap() > 1_000), "{seen:?}");
    server.stop();
}

#[test]
fn nobody_can_guess_what_is_given_by_chance() {
    let (host, server) = serve("remembers", "fresh");
    let (other_host, other) = serve("remembers", "fresh");
    let mut seen = BTreeSet::new();
    for server in [&server, &other] {
        for _ in 0..50 {
            let dice = server.get("remembers/dice").is(200).json();
            seen.insert(dice["random"].as_str().unwrap().to_owned());
            seen.extend(dice["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(seen.len(), 2 * 50 * 4);
    // A migration's chance is the same everywhere, on purpose; a request's has nothing to do with it.
    let given = |host: &TestHost| host.column("SELECT id, note FROM remembered");
    assert_eq!(given(&host), given(&other_host));
    for cell in given(&host)[0].split('|') {
        assert!(!seen.contains(cell));
        // Nor the same beginning: of an id that is the moment at which the revision was written.
        assert!(seen.iter().all(|other| !other.starts_with(&cell[..10])));
    }
}

#[test]
fn a_handle_that_was_kept_is_of_no_use_in_the_next_call() {
    for isolation in ["fresh", "warm"] {
        let (_host, server) = serve("keeps-handles", isolation);
        for what in ["document", "number", "request"] {
            for round in 0..6 {
                let kept = server.post(&format!("keeps-handles/{what}"), &json!({ "secret": SECRET }));
                assert_eq!(kept.status, 204, "{isolation} {what}: {kept:?}");
                let read = server.get(&format!("keeps-handles/{what}?number={round}"));
                // Nothing was kept, a trap, or the number of what this call itself was given.
                assert!([200, 404, 502].contains(&read.status), "{isolation} {what}: {read:?}");
                assert!(!read.body.contains(SECRET), "{isolation} {what}: {read:?}");
                if read.status == 200 {
                    assert_eq!(read.body, format!("number={round}"), "{isolation} {what}");
                }
            }
        }
        let logged = server.stop().logged();
        assert_eq!(logged.saying("panicked").len(), 0);
    }
}

#[test]
fn numbers_that_a_guest_makes_up_lead_to_nothing() {
    let (_host, server) = serve("keeps-handles", "warm");
    for number in [0, 1, 2, 3, 4, 5, 100, 255, 256, 65_536, 0x7fff_ffff, u32::MAX] {
        server.post("keeps-handles/document", &json!({ "secret": SECRET })).is(204);
        let forged = server.get(&format!("keeps-handles/forged?number={number}"));
        assert!(forged.status == 502 && !forged.body.contains(SECRET), "{number}: {forged:?}");
    }
    server.stop();
}
