//! Reads and writes what is not its own while it answers a request, and passes on what it is told: `POST reaches-for-others/{how}`. It
//! requires the shop and was granted nothing.

use tenon_sdk::{Document, Handlers, Manifest, Method, Migrations, Path, Plugin, Problem, Result, database, json, params, records};
use tenon_test_guests::served;

struct Guest;

fn reach(Path(how): Path<String>) -> Result<Document> {
    served::write("reaches", "half done")?;
    let query = |sql: &str| database::query(sql, params![]);
    let execute = |sql: &str| database::execute(sql, params![]).map(|_| Document::new("text/plain", b"done"));
    match how.as_str() {
        "records-list" => records::list("users", ""),
        "records-get" => records::get("users", "01J0000000000000000000000A"),
        "records-create" => records::create("users", &json!({ "email": "x", "name": "x" })),
        "records-delete" => records::delete("users", "01J0000000000000000000000A").map(|()| Document::new("text/plain", b"done")),
        "read" => query("SELECT email FROM users"),
        "count" => query("SELECT count(*) AS n FROM users"),
        "join" => query("SELECT u.email FROM reaches r JOIN users u"),
        "insert" => execute("INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000B', 'x', 'x')"),
        "delete" => execute("DELETE FROM users"),
        "from-other" => execute("UPDATE reaches SET note = (SELECT email FROM users)"),
        "ledger" => query("SELECT * FROM tenon_ledger"),
        "schema" => query("SELECT sql FROM sqlite_schema"),
        "pragma" => query("SELECT file FROM pragma_database_list"),
        "attach" => execute("ATTACH '/etc/passwd' AS x"),
        "file" => query("SELECT readfile('/etc/passwd') AS n"),
        "vacuum" => execute("VACUUM INTO '/tmp/copy.db'"),
        "nobody's" => query("SELECT * FROM payroll"),
        "broken" => query("SELECT FROM reaches"),
        "two" => execute("DELETE FROM reaches; DELETE FROM users"),
        _ => Err(Problem::not_found("there is no such way")),
    }
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("reaches")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest.requires("shop", "^1"), "reaches");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("reach", Method::Post, "/reaches-for-others/{how}", reach);
    }
}

tenon_sdk::plugin!(Guest, name = "reaches-for-others");
