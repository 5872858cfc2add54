//! Does as little as a handler can, or asks the host a thousand times: for benchmarks.

use tenon_sdk::{Document, Handlers, Manifest, Method, Migrations, NoContent, Plugin, host, records};
use tenon_test_guests::ways;

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[ways::TABLES];

    fn describe(manifest: &Manifest) {
        ways::describe(manifest);
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("nothing", Method::Get, "/measures/nothing", || NoContent);
        on.route("asks", Method::Get, "/measures/asks", || {
            let first = host::now_ms();
            for _ in 0..1000 {
                assert_eq!(host::now_ms(), first, "time stands still in a call");
            }
            NoContent
        });
        on.route("rows", Method::Get, "/measures/rows", || -> tenon_sdk::Result<Document> { records::list("users", "") });
    }
}

tenon_sdk::plugin!(Guest);
