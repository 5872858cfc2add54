//! Adds a row and answers a status of 400 or more with a body of its own: `POST refuses-with-body/{status}`; `418` and `501` have none.

use tenon_sdk::{Document, Handlers, Manifest, Method, Migrations, Path, Plugin, Response, Result};
use tenon_test_guests::served;

struct Guest;

fn refuse(Path(status): Path<u16>) -> Result<Response> {
    served::write("refused", "half done")?;
    let response = Response::new(status).header("x-why", "because").header("retry-after", "7");
    Ok(if matches!(status, 418 | 501) { response } else { response.body(Document::new("text/plain", b"no, because I say so")) })
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("refused")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "refused");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("refuse", Method::Post, "/refuses-with-body/{status}", refuse);
    }
}

tenon_sdk::plugin!(Guest, name = "refuses-with-body");
