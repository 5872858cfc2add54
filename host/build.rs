//! `tenon new` writes the SDK beside the plugin it makes; the copy inside the binary follows the sources.

fn main() {
    for path in ["../guest-sdk", "../wit", "../Cargo.toml"] {
        println!("cargo::rerun-if-changed={path}");
    }
}
