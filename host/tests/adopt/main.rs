//! `tenon adopt --from-alembic`: what Alembic made is taken over row by row where it is what a plugin's revisions leave (`fits`), and stays byte
//! by byte where it is not (`differs`), or where there is nothing to take over (`refused`).

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod differs;
mod fits;
mod plugins;
mod refused;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use support::seed::{self, at};
use support::{Said, TestHost, everything};

/// The command.
const ADOPT: &str = "adopt --from-alembic";

const ANN: &str = "01J0000000000000000000000A";
const BOB: &str = "01J0000000000000000000000B";
const ORDER: &str = "01J0000000000000000000000C";

/// Makes the database by a script, or does it to the one that is there.
fn made(host: &TestHost, script: &str) {
    seed::made(&host.path("tenon.db"), script);
}

/// The database of the seed's example, with rows.
fn custom_migrations(host: &TestHost) {
    seed::custom_migrations(&host.path("tenon.db"));
}

/// A database at these versions, with what another host's has but for the host's own tables.
fn made_as(host: &TestHost, other: &TestHost, versions: &[&str]) {
    let sql = "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND tbl_name NOT LIKE 'tenon%' ORDER BY rowid";
    let schema = other.column(sql).join("\n");
    made(host, &format!("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);{}{schema}", at(versions)));
}

/// All that a database holds but for the host's own.
fn theirs(host: &TestHost) -> Vec<String> {
    everything(&host.database()).into_iter().filter(|line| !line.contains("tenon_")).collect()
}

/// Every file of the host's folder, with its bytes.
fn bytes(host: &TestHost) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(host.path("")).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_file());
    files.map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())).collect()
}

/// It is refused, and nothing is written: not a byte, and no file beside it.
#[track_caller]
fn untouched(host: &TestHost) -> Said {
    let before = bytes(host);
    let said = host.run(ADOPT).refused();
    let after = bytes(host);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "no file comes or goes");
    assert!(before == after, "a file was changed");
    said
}
