//! Takes memory until there is none: its own (`GET allocates/memory`), or the host's by keeping documents (`GET allocates/documents`).

use tenon_sdk::{Document, Handlers, Manifest, Method, NoContent, Plugin};

struct Guest;

fn memory() -> NoContent {
    loop {
        std::mem::forget(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

fn documents() -> NoContent {
    let bytes = vec![1; 1 << 20];
    loop {
        std::mem::forget(Document::new("application/json", &bytes));
    }
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("memory", Method::Get, "/allocates/memory", memory);
        on.route("documents", Method::Get, "/allocates/documents", documents);
    }
}

tenon_sdk::plugin!(Guest, name = "allocates-when-asked");
