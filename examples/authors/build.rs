// So that cargo notices a new revision file.
fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
