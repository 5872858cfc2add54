//! A folder of revisions becomes a history.
#![deny(warnings)]

use tenon_sdk::{Manifest, Migrations, Plugin};

struct Notes;

impl Plugin for Notes {
    const MIGRATIONS: Migrations = tenon_sdk::migrations!("../folders/good");

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Notes, name = "notes", version = "1.2.0", description = "Notes", homepage = "", license = "MIT");

fn main() {
    let told = format!("{:?}", Notes::MIGRATIONS);
    assert_eq!(Notes::MIGRATIONS.len(), 3);
    for expected in [
        r#"id: "a1", message: "Create notes, and more.", created: "2025-10-24T15:00:00Z", down: []"#,
        r#"id: "b2", message: "A message of its own", created: "2025-10-25T08:30:00Z", down: ["a1"], depends_on: ["shop@a1b2c3d4e5f6"]"#,
        r#"id: "c3", message: "Gone for good.", created: "2025-10-26T00:00:00Z", down: ["b2"], depends_on: [], labels: ["tidy"]"#,
        r#"Irreversible("the rows are gone")"#,
    ] {
        assert!(told.contains(expected), "{expected} is not in {told}");
    }
}
