//! Has a handler that asks for the query string as a map, which names no parameters.

use std::collections::BTreeMap;

use tenon_sdk::{Handlers, Manifest, Method, NoContent, Plugin, Query};

struct Guest;

fn read(Query(_): Query<BTreeMap<String, String>>) -> NoContent {
    NoContent
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("read", Method::Get, "/reads-a-map", read);
    }
}

tenon_sdk::plugin!(Guest, name = "reads-a-map");
