//! Databases as Alembic makes them of the seed's migrations, recorded once.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

/// The id of the seed's own migration, which the shop's has, too.
pub const SEEDS: &str = "a1b2c3d4e5f6";

/// Rows as the seed writes them: its moments have no fraction.
pub const ROWS: &str = "
    INSERT INTO users (email, name, id, created_at, updated_at, tags) VALUES
        ('ann@example.org', 'Ann', '01J0000000000000000000000A', '2026-11-22 08:09:32', '2026-11-22 08:09:33', '[\"vip\"]');
    INSERT INTO users (email, name, is_active, id) VALUES ('bob@example.org', 'Bob', 0, '01J0000000000000000000000B');
    INSERT INTO orders (user_id, total_amount, id, created_at) VALUES
        ('01J0000000000000000000000A', 12.5, '01J0000000000000000000000C', '2026-11-22 08:10:00');";

/// The statements that make a recorded database, in order; no row is in it.
pub fn recorded(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/seed").join(file);
    let all: Value = serde_json::from_slice(&std::fs::read(path).expect("it was recorded")).expect("it is JSON");
    let objects = all["sqlite_master"].as_array().expect("the objects are listed").iter();
    objects.filter_map(|object| object["sql"].as_str()).map(|text| format!("{text};\n")).collect()
}

/// That Alembic is at these versions.
pub fn at(versions: &[&str]) -> String {
    versions.iter().map(|version| format!("INSERT INTO alembic_version VALUES ('{version}');\n")).collect()
}

/// Makes a database by a script, as another program would, or does it to one that is there.
pub fn made(path: &Path, script: &str) {
    Connection::open(path).expect("a database can be made").execute_batch(script).unwrap_or_else(|error| panic!("{error}: {script}"));
}

/// The database of the seed's example, with rows.
pub fn custom_migrations(path: &Path) {
    made(path, &(recorded("custom_only.json") + &at(&[SEEDS]) + ROWS));
}
