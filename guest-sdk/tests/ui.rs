//! What the macros accept, and what they say when they do not.
//!
//! `TRYBUILD=overwrite cargo test -p tenon-sdk --test ui` writes the messages anew; read them before you keep them.

use std::process::Command;

#[test]
fn a_mistake_is_a_compile_error_that_says_what_to_write() {
    with_a_build_script("a_mistake_is_a_compile_error_that_says_what_to_write", |cases| cases.compile_fail("tests/ui/bad/*.rs"));
}

#[test]
fn what_the_manual_says_compiles() {
    with_a_build_script("what_the_manual_says_compiles", |cases| cases.pass("tests/ui/good/*.rs"));
}

#[test]
fn a_crate_without_a_build_script_is_told_to_write_one() {
    trybuild::TestCases::new().compile_fail("tests/ui/no-build-script/*.rs");
}

/// Runs a test's cases as part of a crate that has a build script. Trybuild's has none, and cannot get one; what the macros see of it is
/// `OUT_DIR`, which a process that is started anew can be given.
fn with_a_build_script(test: &str, run: impl FnOnce(&trybuild::TestCases)) {
    if std::env::var_os("OUT_DIR").is_some() {
        return run(&trybuild::TestCases::new());
    }
    let itself = std::env::current_exe().expect("a test knows its program");
    let again = Command::new(itself).args(["--exact", "--nocapture", test]).env("OUT_DIR", env!("CARGO_TARGET_TMPDIR")).status();
    assert!(again.expect("a test can be started again").success());
}
