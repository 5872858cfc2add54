//! Sends statements that sort or collect rows without end, which SQLite does in temporary files: `GET fills/{which}`, and
//! `POST fills/{which}`.

use tenon_sdk::{Document, Handlers, Manifest, Method, Path, Plugin, Problem, Result, database, params};

struct Guest;

/// Rows of a kilobyte, without end.
const ROWS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n), \
                    z (z) AS (SELECT printf('%020d', i) || hex(zeroblob(500)) FROM n)";

fn fill(Path(which): Path<String>) -> Result<Document> {
    let sql = match which.as_str() {
        "sort" => "SELECT z FROM z ORDER BY z DESC",
        "group" => "SELECT z, count(*) AS n FROM z GROUP BY z",
        "distinct" => "SELECT count(*) AS n FROM (SELECT DISTINCT z FROM z)",
        "union" => "SELECT z FROM z UNION SELECT 'x' ORDER BY 1",
        _ => return Err(Problem::not_found("there is no such statement")),
    };
    database::query(&format!("{ROWS} {sql}"), params![])
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("read", Method::Get, "/fills/{which}", fill);
        on.route("write", Method::Post, "/fills/{which}", fill);
    }
}

tenon_sdk::plugin!(Guest, name = "fills-temp-files");
