//! Says that it begins, computes for so many thousand rounds, and adds a row: `POST writes-slowly/{thousands}`. Honest, and slower than a group of
//! writes may be.

use std::hint::black_box;

use tenon_sdk::{Handlers, Manifest, Method, Migrations, NoContent, Path, Plugin, Result, log};
use tenon_test_guests::served;

struct Guest;

fn write(Path(thousands): Path<u32>) -> Result<NoContent> {
    log::info(format!("begins {thousands} thousand rounds"));
    let rounds = u64::from(thousands) * 1_000;
    let sum = (0..rounds).fold(0_u64, |sum, n| black_box(sum.wrapping_mul(31).wrapping_add(n)));
    served::write("slow", &format!("{thousands} {sum}"))?;
    Ok(NoContent)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("slow")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "slow");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("write", Method::Post, "/writes-slowly/{thousands}", write);
    }
}

tenon_sdk::plugin!(Guest, name = "writes-slowly");
