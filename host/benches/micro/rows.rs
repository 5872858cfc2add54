//! Reading rows: from a file of 10,000 users to the bytes of an answer.

use std::hint::black_box;
use std::time::Duration;

use criterion::Criterion;
use serde_json::Value;
use tempfile::TempDir;
use tenon::model::query::{Count, EachRow, Select, Write};
use tenon::records::{Collection, Draft, ListQuery, Rows, RowsError, get, list};
use tenon::runtime::{Runtime, RuntimeConfig};
use tenon::service::serving::SystemClock;
use tenon::store::{Database, Mode, StorageError};

const USERS: usize = 10_000;

pub(crate) fn bench(criterion: &mut Criterion) {
    let users = users();
    let folder = TempDir::new().expect("there is room");
    let key = fill(&users, &folder);
    let database = Database::open(&folder.path().join("users.db"), Mode::Reader, Duration::ZERO).expect("it was just made");
    let mut rows = OnDatabase(database);

    let query = ListQuery::parse(&users, "limit=100").expect("it is a query");
    let expected = listed(&users, &query, &mut rows);
    let parsed: Vec<Value> = serde_json::from_slice(&expected).expect("a list is JSON");
    assert_eq!((parsed.len(), parsed[99]["email"].as_str()), (100, Some("user99@example.com")));
    criterion.bench_function("encode 100 rows", |bencher| {
        bencher.iter(|| {
            let body = listed(&users, black_box(&query), &mut rows);
            assert_eq!(body.len(), expected.len());
            body
        });
    });

    criterion.bench_function("encode 1 row", |bencher| {
        bencher.iter(|| {
            let body = get(&users, black_box(&key), &mut rows).expect("it is there");
            assert!(body.starts_with(b"{\"id\":\""));
            body
        });
    });
}

fn listed(users: &Collection, query: &ListQuery, rows: &mut OnDatabase) -> Vec<u8> {
    let listing = list(users, query, usize::MAX, rows).expect("it can be read");
    listing.expect("nothing is larger than that").body
}

/// The users of the plugin shop, as they are served.
fn users() -> Collection {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../plugins/shop.wasm");
    let wasm = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}; run `cargo xtask bench micro`"));
    let runtime = Runtime::new(RuntimeConfig::default()).expect("there is an engine");
    let manifest = runtime.load(&wasm).expect("shop is a plugin").describe().expect("it says what it is");
    let declared = manifest.collections.iter().find(|collection| collection.path == "users").expect("it has users");
    let table = manifest.table(&declared.table).expect("they have a table");
    Collection::compile(&manifest.name, declared, table).expect("they can be served")
}

/// Makes the table and its rows; answers the key of one in the middle.
fn fill(users: &Collection, folder: &TempDir) -> String {
    let database = Database::open(&folder.path().join("users.db"), Mode::ReadWrite, Duration::ZERO);
    let mut rows = OnDatabase(database.expect("the folder is ours"));
    let seed: Value = serde_json::from_str(include_str!("../../tests/data/seed/custom_only.json")).expect("it was recorded");
    for object in seed["sqlite_master"].as_array().expect("it is a list").iter().filter(|object| object["tbl_name"] == "users") {
        // An index that SQLite makes by itself has no text.
        rows.0.run_script(object["sql"].as_str().unwrap_or_default()).expect("it is the seed's schema");
    }
    rows.0.begin_write().expect("nobody else writes");
    let (clock, mut key) = (SystemClock::new(), None);
    for number in 0..USERS {
        let body = format!(r#"{{"email":"user{number}@example.com","name":"User Number {number}","tags":["staff","north-1"]}}"#);
        let draft = Draft::create(users, body.as_bytes()).expect("it fits");
        let written = draft.apply(users, &clock, &mut rows).expect("it is new");
        if number == USERS / 2 {
            key = written.created;
        }
    }
    rows.0.commit().expect("there is room");
    key.expect("a new row has a key")
}

/// The record engine on a connection, as the server has it.
struct OnDatabase(Database);

impl Rows for OnDatabase {
    fn select(&mut self, select: &Select, each: EachRow<'_>) -> Result<(), RowsError> {
        self.0.select(select, each).map_err(fault)
    }

    fn count(&mut self, count: &Count) -> Result<u64, RowsError> {
        self.0.count(count).map_err(fault)
    }

    fn write(&mut self, write: &Write) -> Result<u64, RowsError> {
        self.0.write_rows(write).map_err(fault)
    }
}

fn fault(error: StorageError) -> RowsError {
    RowsError::Fault(Box::new(error))
}
