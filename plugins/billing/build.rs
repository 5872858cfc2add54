//! A new file in `migrations/` is a new revision.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
