//! Nothing of one request is there in the next: not in a fresh instance, whatever the guest tries; and of what the host gave, not in a warm
//! one either.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::TestHost;
use support::logged::Logged;
use support::server::{Answer, Server};

fn serve(guest: &str, isolation: &str) -> (TestHost, Server) {
    support::server::serve(&[guest], &format!("[plugins.{guest}]\nisolation = \"{isolation}\"\n"))
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

/// What of the secret can stand in a query string as it is.
const CARD: &str = "4000-1234-5678-9010";

/// Keeps something in one call and uses it in the next; answers what came of that. In the call that keeps it, it can be read: it is there,
/// and the guest knows how to.
#[track_caller]
fn keep_and_use(server: &Server, what: &str, round: usize) -> Answer {
    let kept = server.post(&format!("keeps-handles/{what}?card={CARD}"), &json!(SECRET)).is(200);
    assert!(kept.body.contains(CARD), "{what} cannot even be read at once: {kept:?}");
    server.get(&format!("keeps-handles/{what}?number={round}"))
}

/// What came of those uses for which something had been kept. An instance that ran late is not kept, so it takes some rounds.
#[track_caller]
fn uses(server: &Server, what: &str) -> Vec<(usize, Answer)> {
    let (mut uses, began) = (Vec::new(), Instant::now());
    for round in 0.. {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} was used {} times in {round} rounds", uses.len());
        let used = keep_and_use(server, what, round);
        if used.body != NOTHING {
            uses.push((round, used));
        }
        if uses.len() == 3 {
            break;
        }
    }
    uses
}

/// What the guest answers when it has nothing to try with.
const NOTHING: &str = "nothing was kept";

/// Asserts that a guest did use a handle of this number, and that the host ended its call for that.
#[track_caller]
fn assert_in_vain(answer: &Answer, number: Option<u32>, logged: &Logged) {
    let lines = logged.of_plugin(answer);
    let tried = lines.first().and_then(|line| line["fields"]["message"].as_str()?.strip_prefix("reads number "));
    let tried: u32 = tried.unwrap_or_else(|| panic!("it was not tried: {answer:?}")).parse().unwrap();
    assert!(number.is_none_or(|number| tried == number), "{tried} is not {number:?}");
    assert!(answer.status == 502 && !answer.body.contains(CARD), "{answer:?}");
    let reason = logged.request(answer)["reason"].as_str().unwrap();
    println!("{tried}: {reason}");
    assert!(reason.contains(&format!("handle index {tried}")), "{reason}");
    assert!(!reason.contains(CARD), "{reason}");
}

#[test]
fn a_fresh_instance_has_no_handle_of_the_calls_before() {
    let (_host, server) = serve("keeps-handles", "fresh");
    for what in ["document", "made", "number", "request", "text"] {
        for round in 0..5 {
            assert_eq!(keep_and_use(&server, what, round).is(200).body, NOTHING, "{what}");
        }
    }
    server.stop();
}

#[test]
fn a_warm_instance_that_still_holds_a_document_is_not_used_again() {
    let (_host, server) = serve("keeps-handles", "warm");
    // Others are used again: what is no handle is found in the next call.
    assert!(uses(&server, "text").iter().all(|(_, used)| used.body.contains(CARD)));
    for what in ["document", "made"] {
        for round in 0..10 {
            assert_eq!(keep_and_use(&server, what, round).is(200).body, NOTHING, "{what}");
        }
    }
    server.stop();
}

#[test]
fn the_number_of_a_handle_that_is_over_leads_to_nothing_of_the_call_before() {
    let (_host, server) = serve("keeps-handles", "warm");
    let (documents, requests) = (uses(&server, "number"), uses(&server, "request"));
    let logged = server.stop().logged();
    documents.iter().for_each(|(_, used)| assert_in_vain(used, None, &logged));
    for (round, used) in &requests {
        // The request in hand may have the number that the other had: then it is what is read.
        if used.status != 200 || used.body != format!("number={round}") {
            assert_in_vain(used, None, &logged);
        }
    }
    assert!(logged.saying("panicked").is_empty());
}

#[test]
fn numbers_that_a_guest_makes_up_lead_to_nothing() {
    for isolation in ["fresh", "warm"] {
        let (_host, server) = serve("keeps-handles", isolation);
        let numbers = [0, 1, 2, 3, 4, 5, 100, 255, 256, 65_536, 0x0fff_ffff, 0x7fff_ffff, u32::MAX];
        let forged = numbers.map(|number| {
            server.post(&format!("keeps-handles/number?card={CARD}"), &json!(SECRET)).is(200);
            (number, server.get(&format!("keeps-handles/forged?number={number}")))
        });
        let logged = server.stop().logged();
        forged.iter().for_each(|(number, answer)| assert_in_vain(answer, Some(*number), &logged));
    }
}
