//! Calls itself until the stack is gone: that of WebAssembly (`GET recurses/calls`), or the one that its compiler keeps in memory
//! (`GET recurses/frames`).

use std::hint::black_box;

use tenon_sdk::{Body, Handlers, Manifest, Method, Plugin};

struct Guest;

#[inline(never)]
fn calls(depth: u64) -> u64 {
    if depth == u64::MAX { 0 } else { calls(depth + 1).rotate_left(7) ^ depth }
}

#[inline(never)]
fn frames(depth: u64) -> u64 {
    let frame = black_box([depth; 512]);
    if depth == u64::MAX { 0 } else { black_box(frames(depth + 1)) + frame[7] }
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("calls", Method::Get, "/recurses/calls", || Body(calls(0)));
        on.route("frames", Method::Get, "/recurses/frames", || Body(frames(0)));
    }
}

tenon_sdk::plugin!(Guest, name = "recurses-when-asked");
