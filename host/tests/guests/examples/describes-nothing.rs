//! Exports everything and says nothing, not even its name. Done with the bare bindings: the SDK would not let it.
#![cfg_attr(not(target_family = "wasm"), allow(dead_code, reason = "only a component exports it"))]

use tenon_sdk::bindings::exports::tenon::plugin::{handlers, migrations, plugin};
use tenon_sdk::bindings::tenon::plugin::types::{Problem, Request, Response};

struct Guest;

fn problem() -> Problem {
    Problem { status: 500, code: "nothing".into(), detail: "there is nothing here".into(), errors: Vec::new(), members: Vec::new() }
}

impl plugin::Guest for Guest {
    fn describe() {}
}

impl migrations::Guest for Guest {
    fn upgrade(_: String) -> Result<(), Problem> {
        Err(problem())
    }

    fn downgrade(_: String) -> Result<(), Problem> {
        Err(problem())
    }
}

impl handlers::Guest for Guest {
    fn handle(_: String, _: &Request) -> Result<Response, Problem> {
        Err(problem())
    }
}

#[cfg(target_family = "wasm")]
tenon_sdk::bindings::export!(Guest with_types_in tenon_sdk::bindings);
