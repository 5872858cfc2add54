//! What a plugin tries in a step, beside a neighbour that has one of everything: the guests `scripted` and `keeper`.

use serde_json::{Value as Json, json};

use super::{Said, TestHost, everything};

/// The guest `scripted` with these calls in its bytes.
pub fn written(mut wasm: Vec<u8>, script: &Json) -> Vec<u8> {
    const MARK: &[u8] = b"tenon-test-script:";
    let text = script.to_string();
    let at = wasm.windows(MARK.len()).position(|window| window == MARK).expect("the guest has its mark") + MARK.len();
    let room = wasm[at..].iter().take_while(|byte| **byte == b' ').count();
    assert!(text.len() <= room, "a script of {} bytes, and room for {room}", text.len());
    wasm[at..at + text.len()].copy_from_slice(text.as_bytes());
    wasm
}

/// What the plugin has of its own: `mine` and `kids`, which refers to it, and `outcomes`. Only a file has rows in `live`.
fn own_tables() -> Json {
    let column = |name: &str, data_type: &str| json!({"name": name, "data_type": data_type, "nullable": name != "id"});
    let table = |name: &str, columns: Json| json!({"name": name, "columns": columns});
    let mut mine = table("mine", json!([column("id", "integer"), column("a", "integer"), column("b", "text")]));
    mine["primary_key"] = json!(["id"]);
    let mut kids = table("kids", json!([column("id", "integer"), column("mine", "integer")]));
    kids["primary_key"] = json!(["id"]);
    kids["foreign_keys"] = json!([key("mine", "mine", "no-action")]);
    let outcomes = table("outcomes", json!([column("code", "text"), column("detail", "text")]));
    json!([mine, kids, outcomes, table("live", json!([column("x", "integer")]))])
}

/// A foreign key to a column `id`.
pub fn key(column: &str, target: &str, on_delete: &str) -> Json {
    json!({"columns": [column], "target_table": target, "target_columns": ["id"], "on_delete": on_delete, "on_update": "no-action"})
}

/// Rows that no replay has, and a table of the keeper's that follows the plugin's.
const BY_HAND: &str = "
    INSERT INTO mine VALUES (1, 10, 'x'), (2, NULL, 'y');
    INSERT INTO kids VALUES (1, 1);
    INSERT INTO live VALUES (1);
    CREATE TABLE leaner (id INTEGER PRIMARY KEY, mine INTEGER REFERENCES mine (id) ON DELETE CASCADE ON UPDATE CASCADE);
    INSERT INTO leaner VALUES (1, 2);
    INSERT INTO tenon_objects (name, kind, parent, plugin) VALUES ('leaner', 'table', 'leaner', 'keeper')";

/// A host with both, their tables and rows; the calls are the step that comes next. `scripted` is that component.
pub fn beside_keeper(scripted: Vec<u8>, calls: &Json) -> TestHost {
    let host = TestHost::new();
    host.add("keeper");
    let own = own_tables();
    let first: Vec<Json> = own.as_array().expect("a list").iter().map(|table| json!({"call": "create-table", "table": table})).collect();
    let script = |calls: &Json| json!({"declares": {"tables": own}, "m1": first, "m2": calls});
    host.write("plugins/scripted.wasm", written(scripted.clone(), &script(&json!([]))));
    host.run("upgrade keeper@head").done();
    host.run("upgrade scripted@m1").done();
    host.write("plugins/scripted.wasm", written(scripted, &script(calls)));
    host.database().execute_batch(BY_HAND).expect("the rows fit");
    host
}

/// Calls that a replay, which has no rows, never sees.
pub fn only_live(calls: Vec<Json>) -> Json {
    let mut all = vec![json!({"call": "only-if", "sql": "SELECT 1 FROM live"})];
    all.extend(calls);
    all.into()
}

/// All that the database holds but for what a plugin wrote down of its attempts, and for the ledger and its archive.
fn lasting(host: &TestHost) -> Vec<String> {
    let passing = |line: &String| ["outcomes: ", "tenon_ledger: ", "tenon_components: "].iter().any(|table| line.starts_with(table));
    everything(&host.database()).into_iter().filter(|line| !passing(line)).collect()
}

/// The plugin attempts all of it on the file, one call after another, whatever becomes of each. Answers the code of each one's problem,
/// empty if there was none, and what it was told; nothing has changed.
#[track_caller]
pub fn attempted(scripted: Vec<u8>, calls: Vec<Json>) -> Vec<(String, String)> {
    let count = calls.len();
    let host = beside_keeper(scripted, &only_live(vec![json!({"call": "attempt", "calls": calls})]));
    let before = lasting(&host);
    host.run("upgrade scripted@m2 --allow-destructive").done();
    assert_eq!(lasting(&host), before);
    let outcomes = host.column("SELECT code, detail FROM outcomes ORDER BY rowid");
    assert_eq!(outcomes.len(), count);
    let parts = |line: String| line.split_once('|').map(|(code, detail)| (code.to_owned(), detail.to_owned()));
    outcomes.into_iter().map(|line| parts(line).expect("a code and a detail")).collect()
}

/// The step fails on the file, and leaves all as it was.
#[track_caller]
pub fn refused(host: &TestHost) -> Said {
    let before = everything(&host.database());
    let said = host.run("upgrade scripted@m2 --allow-destructive").refused();
    assert_eq!(everything(&host.database()), before);
    said
}

/// Each is attempted, and refused with that code and these words.
#[track_caller]
pub fn all_refused_by(scripted: Vec<u8>, cases: &[(Json, &str, &str)]) {
    let calls: Vec<Json> = cases.iter().map(|(call, ..)| call.clone()).collect();
    let wrong: Vec<String> = cases
        .iter()
        .zip(attempted(scripted, calls))
        .filter(|((_, code, says), (found, detail))| code != found || !detail.contains(says))
        .map(|((call, code, says), (found, detail))| format!("{call}\n    {found}: {detail}\n    expected {code}: {says}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Calls, as `scripted` reads them.
pub fn alter(table: &str, kind: &str, name: &str, attributes: Json) -> Json {
    json!({"call": "alter-table", "name": table, "changes": [{"kind": kind, "name": name, "attributes": attributes}]})
}

pub fn table(name: &str) -> Json {
    json!({"name": name, "columns": [{"name": "id", "data_type": "integer", "nullable": false}], "primary_key": ["id"]})
}

pub fn create(table: Json) -> Json {
    json!({"call": "create-table", "table": table})
}

pub fn trigger(table: &str, timing: &str, event: &str, body: &str) -> Json {
    json!({"call": "create-trigger", "name": "tr_mine", "table": table, "timing": timing, "event": event, "body": [body]})
}

pub fn execute(sql: &str) -> Json {
    json!({"call": "execute", "sql": sql})
}

pub fn query(sql: &str) -> Json {
    json!({"call": "query", "sql": sql})
}

pub fn view(query: &str) -> Json {
    json!({"call": "create-view", "name": "spy", "query": query})
}

pub fn index(terms: &[&str], filter: Option<&str>) -> Json {
    let attributes = filter.map_or_else(|| json!({}), |filter| json!({"where": filter}));
    json!({"call": "create-index", "name": "ix_mine", "table": "mine", "terms": terms, "attributes": attributes})
}

pub fn rename(name: &str, to: &str) -> Json {
    json!({"call": "rename-table", "name": name, "to": to})
}

pub fn drop(kind: &str, name: &str) -> Json {
    json!({"call": format!("drop-{kind}"), "name": name})
}

/// The most memory that a process which this one ran to its end had at one time, in MiB; 0 where it is counted otherwise.
pub fn most_memory() -> u64 {
    // SAFETY: a struct of numbers, for which zeros are a value, and which the call fills.
    #[expect(unsafe_code, reason = "the standard library does not ask the system what a child used")]
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        assert_eq!(libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage), 0);
        usage
    };
    let kib = u64::try_from(usage.ru_maxrss).expect("a size is no less than nothing");
    if cfg!(target_os = "linux") { kib >> 10 } else { 0 }
}
