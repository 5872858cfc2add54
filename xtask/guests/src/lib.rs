//! What the bench guests share. The guests themselves are in `examples/`; README.md lists them.
#![deny(unsafe_code)]

/// When all their revisions were written.
pub const CREATED: &str = "2025-11-01T09:00:00Z";

/// How many revisions `bench-revisions` has.
pub const REVISIONS: usize = match option_env!("TENON_BENCH_REVISIONS") {
    Some(text) => number(text),
    None => 1_000,
};

const fn number(text: &str) -> usize {
    match usize::from_str_radix(text, 10) {
        Ok(number) if number > 0 && number < 10_000 => number,
        _ => panic!("TENON_BENCH_REVISIONS is a number from 1 to 9999"),
    }
}
