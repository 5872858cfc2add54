//! Sends statements for which SQLite would need gigabytes of memory, or hundreds of megabytes to compile them:
//! `GET spends/{which}`.

use tenon_sdk::{Document, Handlers, Manifest, Method, Path, Plugin, Problem, Result, database, params};

struct Guest;

/// Rows of a megabyte. Not without end: SQLite looks for missing memory in some functions only at theirs.
const ROWS: &str = "WITH RECURSIVE n (i, z) AS (SELECT 1, hex(zeroblob(500000)) UNION ALL SELECT i + 1, z FROM n WHERE i < 2000)";

/// A text that doubles with every level when it is compiled.
fn doubled(levels: usize) -> String {
    (0..levels).fold("SELECT 1 AS a".to_owned(), |inner, _| format!("SELECT a + a AS a FROM ({inner})"))
}

fn spend(Path(which): Path<String>) -> Result<Document> {
    let copies = |count: usize| (0..count).map(|number| format!("z || {number}")).collect::<Vec<_>>().join(", ");
    let sql = match which.as_str() {
        "array" => format!("{ROWS} SELECT length(json_group_array(z)) AS n FROM n"),
        "arrays" => format!("{ROWS} SELECT json_group_array(z || 1) AS a, json_group_array(z || 2) AS b FROM n"),
        "object" => format!("{ROWS} SELECT length(json_group_object(i, z)) AS n FROM n"),
        "row" => format!("{ROWS} SELECT {} FROM n", copies(100)),
        "compile" => doubled(22),
        _ => return Err(Problem::not_found("there is no such statement")),
    };
    database::query(&sql, params![])
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("spend", Method::Get, "/spends/{which}", spend);
    }
}

tenon_sdk::plugin!(Guest, name = "spends-sql-memory");
