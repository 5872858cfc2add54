//! What the macros accept, and what they say when they do not.
//!
//! `TRYBUILD=overwrite cargo test -p tenon-sdk --test ui` writes the messages anew; read them before you keep them.

#[test]
fn a_mistake_is_a_compile_error_that_says_what_to_write() {
    trybuild::TestCases::new().compile_fail("tests/ui/bad/*.rs");
}

#[test]
fn what_the_manual_says_compiles() {
    trybuild::TestCases::new().pass("tests/ui/good/*.rs");
}
