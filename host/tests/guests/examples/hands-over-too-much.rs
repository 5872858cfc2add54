//! Hands over 9 MiB in one call of the host's: as a document, a line of log, a parameter, a statement, and as many rows.

use tenon_sdk::{Document, Handlers, Manifest, Method, NoContent, Plugin, Result, database, log, params};

struct Guest;

const SIZE: usize = 9 << 20;

fn text() -> String {
    "x".repeat(SIZE)
}

fn document() -> Result<Document> {
    Ok(Document::new("text/plain", text().as_bytes()))
}

fn line() -> NoContent {
    log::info(text());
    NoContent
}

fn parameter() -> Result<Document> {
    database::query("SELECT length(?) AS n", params![text()])
}

fn statement() -> Result<Document> {
    database::query(&text(), params![])
}

fn rows() -> Result<NoContent> {
    let rows = vec![params!["x".repeat(1000)].to_vec(); SIZE / 1000];
    database::execute_many("DELETE FROM nothing WHERE note = ?", &rows)?;
    Ok(NoContent)
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("document", Method::Get, "/hands-over/document", document);
        on.route("line", Method::Get, "/hands-over/line", line);
        on.route("parameter", Method::Get, "/hands-over/parameter", parameter);
        on.route("statement", Method::Get, "/hands-over/statement", statement);
        on.route("rows", Method::Post, "/hands-over/rows", rows);
    }
}

tenon_sdk::plugin!(Guest, name = "hands-over-too-much");
