//! Makes documents and lets none go, until there are no more handles: `GET leaks/made`, or `POST leaks/body` with those of the body.

use tenon_sdk::{Document, Handlers, Manifest, Method, NoContent, Plugin, handlers::Request};

struct Guest;

fn made() -> NoContent {
    loop {
        std::mem::forget(Document::new("application/json", b"{}"));
    }
}

fn body(request: &Request) -> NoContent {
    loop {
        std::mem::forget(request.body());
    }
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("made", Method::Get, "/leaks/made", made);
        on.route("body", Method::Post, "/leaks/body", body);
    }
}

tenon_sdk::plugin!(Guest, name = "leaks-handles");
