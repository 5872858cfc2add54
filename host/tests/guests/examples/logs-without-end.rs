//! Logs far more lines than a call may, with a line of 100 kB and one that would break out of its line among them, and answers.

use tenon_sdk::{Handlers, Manifest, Method, NoContent, Plugin, log};

struct Guest;

fn logs() -> NoContent {
    log::info("x".repeat(100_000));
    log::info("one\ntwo \u{1b}[2J");
    for number in 0..5_000 {
        log::info(format!("line {number}"));
    }
    NoContent
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("logs", Method::Get, "/logs", logs);
    }
}

tenon_sdk::plugin!(Guest, name = "logs-without-end");
