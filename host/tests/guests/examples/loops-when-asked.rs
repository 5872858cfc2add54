//! Never comes back from a request: `GET loops-when-asked/read`, and `POST loops-when-asked/write`, which adds a row first. `GET loops-when-asked/good` answers.

use tenon_sdk::{Handlers, Manifest, Method, Migrations, NoContent, Plugin, Result};
use tenon_test_guests::served;

struct Guest;

fn read() -> Result<NoContent> {
    served::forever()
}

fn write() -> Result<NoContent> {
    served::write("loops", "half done")?;
    served::forever()
}

fn good() -> NoContent {
    NoContent
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("loops")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "loops");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("read", Method::Get, "/loops-when-asked/read", read);
        on.route("write", Method::Post, "/loops-when-asked/write", write);
        on.route("good", Method::Get, "/loops-when-asked/good", good);
    }
}

tenon_sdk::plugin!(Guest, name = "loops-when-asked");
