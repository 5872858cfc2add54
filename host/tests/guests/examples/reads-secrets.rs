//! Asks for headers that say who is calling, in every spelling: `GET reads-secrets` answers those that it was shown.

use tenon_sdk::{Body, Handlers, Manifest, Method, Plugin, handlers::Request};

struct Guest;

fn read(request: &Request) -> Body<Vec<String>> {
    let names = ["authorization", "Authorization", "AUTHORIZATION", " authorization", "authorization:", "cookie", "COOKIE", "x-api-key"];
    let more = ["X-API-KEY", "proxy-authorization", "authorization\0", "x-shown", "X-Shown", ""];
    Body(names.into_iter().chain(more).filter_map(|name| request.header(name).map(|value| format!("{name}: {value}"))).collect())
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("read", Method::Get, "/reads-secrets", read);
    }
}

tenon_sdk::plugin!(Guest, name = "reads-secrets");
