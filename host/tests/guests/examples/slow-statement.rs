//! Sends a query that counts for minutes.

use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Operations, Plugin, Result, params};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

fn count(op: &Operations) -> Result<()> {
    let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000000) SELECT count(*) AS c FROM n";
    // Whoever passes over the error does not get further by it.
    let _ = op.row(sql, params![]);
    Ok(())
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("a00000000001", CREATED, "Counts.", count, Downgrade::By(nothing))];

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "slow-statement");
