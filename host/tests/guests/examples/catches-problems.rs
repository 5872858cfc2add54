//! Goes on after every problem and answers 200 with their codes: `POST catches-problems`. Between them it adds three rows that are good.

use tenon_sdk::{Body, Handlers, Manifest, Method, Migrations, Plugin, Result, Value, database, host, json, params, records};
use tenon_test_guests::served;

struct Guest;

fn write() -> Result<Body<Vec<String>>> {
    let insert = "INSERT INTO caught (id, note) VALUES (?, ?)";
    let first = host::new_id();
    database::execute(insert, params![&first, "good"])?;
    let mut codes = Vec::new();
    let mut code = |problem: Option<tenon_sdk::Problem>| codes.push(problem.map_or_else(|| "done".to_owned(), |problem| problem.code));
    code(database::execute(insert, params![&first, "bad"]).err());
    let rows: Vec<Vec<Value>> = vec![params![host::new_id(), "bad"].to_vec(), params![&first, "bad"].to_vec()];
    code(database::execute_many(insert, &rows).err());
    served::write("caught", "good")?;
    code(records::create("caught", &json!({ "id": &first, "note": "bad" })).err());
    code(records::create("caught", &json!({ "note": 5 })).err());
    code(records::update("caught", "01J0000000000000000000000A", &json!({ "note": "bad" })).err());
    code(database::execute("INSERT INTO users (id, email, name) VALUES ('01J0000000000000000000000B', 'bad', 'bad')", params![]).err());
    code(database::execute("INSERT INTO caught (nothing) VALUES (1)", params![]).err());
    code(database::execute("COMMIT", params![]).err());
    code(database::execute("INSERT OR ROLLBACK INTO caught (id, note) VALUES (?, 'bad')", params![&first]).err());
    records::create("caught", &json!({ "note": "good" }))?;
    Ok(Body(codes))
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[served::table("caught")];

    fn describe(manifest: &Manifest) {
        served::describe(manifest, "caught");
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("write", Method::Post, "/catches-problems", write);
    }
}

tenon_sdk::plugin!(Guest, name = "catches-problems");
