//! Calls `operations` and `declare` while it answers a request, after it added a row: `POST migrates-when-asked/{what}`.

use tenon_sdk::bindings::tenon::plugin::{declare, operations};
use tenon_sdk::{Handlers, Manifest, Method, Migrations, NoContent, Path, Plugin, Problem, Result};
use tenon_test_guests::served;

struct Guest;

fn migrate(Path(what): Path<String>) -> Result<NoContent> {
    served::write("migrates", "half done")?;
    match what.as_str() {
        "drop-table" => operations::drop_table("migrates", &[])?,
        "execute" => drop(operations::execute("DELETE FROM users", &[])?),
        "declare" => declare::requires("shop", "*"),
        _ => return Err(Problem::not_found("there is nothing like it")),
    }
    Ok(NoContent)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("migrates")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "migrates");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("migrate", Method::Post, "/migrates-when-asked/{what}", migrate);
    }
}

tenon_sdk::plugin!(Guest, name = "migrates-when-asked");
