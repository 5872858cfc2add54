//! Handles the list of its collection, with parameters of its own beside the host's: `GET listed?deep=true` is what the host answers,
//! `?as=409` the same rows under another status.

use tenon_sdk::{Handlers, Manifest, Migrations, Plugin, Query, Response, Result, data, records};
use tenon_test_guests::served;

struct Guest;

#[data]
struct More {
    /// Changes nothing.
    #[allow(dead_code, reason = "it is given, and asked for by nobody")]
    deep: Option<bool>,
    /// The status.
    r#as: Option<u16>,
}

fn list(Query(more): Query<More>) -> Result<Response> {
    let mut response = records::forward()?;
    response.status = more.r#as.unwrap_or(response.status);
    Ok(response)
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("listed")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "listed");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("listed.list", list);
    }
}

tenon_sdk::plugin!(Guest, name = "lists-with-more");
