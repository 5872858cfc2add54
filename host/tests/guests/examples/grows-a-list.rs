//! Grows a list by 64 KiB at a time until it has 4 MiB, as a reader of something long does.

use tenon_sdk::{Handlers, Manifest, Method, NoContent, Plugin};

struct Guest;

const PAGE: usize = 64 << 10;

fn grow() -> NoContent {
    let mut list = Vec::new();
    for _ in 0..64 {
        list.reserve_exact(PAGE);
        list.resize(list.len() + PAGE, 1_u8);
    }
    std::hint::black_box(&list);
    NoContent
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("grow", Method::Get, "/grows-a-list", grow);
    }
}

tenon_sdk::plugin!(Guest, name = "grows-a-list");
