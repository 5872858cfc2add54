//! Makes its table of functions grow until there is no more: `GET grows-tables`.

#![allow(unsafe_code, reason = "a hostile plugin asks for an instruction that Rust has no words for")]

use tenon_sdk::{Handlers, Manifest, Method, NoContent, Plugin};

struct Guest;

#[cfg(target_family = "wasm")]
fn grow() -> NoContent {
    unsafe extern "C" {
        /// Answers how many elements the table had, or -1 where it cannot grow; see `src/grow-table.wat`.
        fn grow_table(by: u32) -> i32;
    }
    // SAFETY: new elements are null, and nobody calls them.
    while unsafe { grow_table(1_000) } >= 0 {}
    NoContent
}

#[cfg(not(target_family = "wasm"))]
fn grow() -> NoContent {
    NoContent
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("grow", Method::Get, "/grows-tables", grow);
    }
}

tenon_sdk::plugin!(Guest, name = "grows-tables");
