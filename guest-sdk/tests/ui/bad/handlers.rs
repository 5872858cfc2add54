use tenon_sdk::{Body, Document, Handlers, Manifest, Method, Path, Plugin, Query, Result, data, database, params, records};

#[data]
struct New {
    title: String,
}

struct Plain;

fn plain(_: Plain) -> Result<Document> {
    records::get("notes", "a")
}

fn text(Path(_): Path<String>) -> Result<String> {
    Ok(String::new())
}

fn unread(Body(_): Body<Plain>) -> Result<Document> {
    records::get("notes", "a")
}

fn unsent(Query(_): Query<New>) -> Result<Body<Plain>> {
    Ok(Body(Plain))
}

fn with_plain_body() {
    let _ = records::create("notes", &Plain);
}

fn with_plain_row() {
    let _ = database::row::<Plain>("SELECT 1", params![]);
}

#[data(strict)]
struct Strict;

#[data]
fn not_data() {}

struct Bad;

impl Plugin for Bad {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.handle("notes.get", plain);
        on.handle("notes.list", text);
        on.handle("notes.create", unread);
        on.route("unsent", Method::Get, "/unsent", unsent);
        on.route("nothing", Method::Get, "/nothing", "nothing");
    }
}

fn main() {}
