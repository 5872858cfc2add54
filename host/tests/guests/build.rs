//! A new file in `migrations/` is a new revision; and what Rust has no words for is linked to the guests.

use std::env;
use std::path::Path;

const GROW_TABLE: &str = "src/grow-table.wat";

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed={GROW_TABLE}");
    if env::var_os("CARGO_CFG_TARGET_FAMILY").is_some_and(|family| family == "wasm") {
        let object = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("grow-table.o");
        let bytes = wat::parse_file(GROW_TABLE).expect("it is an object file in text");
        std::fs::write(&object, bytes).expect("cargo's folder can be written to");
        println!("cargo::rustc-link-arg={}", object.display());
        // Otherwise the linker fixes the size of the table.
        println!("cargo::rustc-link-arg=--growable-table");
    }
}
