//! Tries what a plugin must not be able to do. One revision for each trick, named after it; all come after `start`, which makes the
//! plugin's own table `own`. It requires the shop and was granted nothing. A trick that does not fail answers the problem
//! `got-through`, so that a test tells a refusal of the host from a lucky accident.

use tenon_sdk::{
    Column, Downgrade, ForeignKey, Index, Json, Manifest, Migration, Migrations, Operations, Plugin, Problem, ReferenceAction, Result,
    Step, View, json, params,
};
use tenon_test_guests::{CREATED, notes, nothing};

struct Guest;

/// Statements for `execute`, by revision.
const STATEMENTS: [(&str, &str); 29] = [
    ("insert_other", "INSERT INTO users (id, email, name) VALUES ('01J00000000000000000000009', 'm', 'm')"),
    ("update_other", "UPDATE users SET name = 'meddled'"),
    ("delete_other", "DELETE FROM users"),
    ("read_other_inside", "UPDATE own SET note = (SELECT email FROM users LIMIT 1)"),
    ("update_from_other", "UPDATE own SET note = users.email FROM users"),
    (
        "upsert_from_other",
        "INSERT INTO own (id, note) SELECT id, email FROM users WHERE true ON CONFLICT DO UPDATE SET note = excluded.note",
    ),
    ("cte_named_like_other", "WITH users AS (SELECT 1 AS id) DELETE FROM users"),
    ("returning_other", "DELETE FROM own RETURNING (SELECT email FROM users LIMIT 1)"),
    ("attach", "ATTACH ':memory:' AS elsewhere"),
    ("detach", "DETACH main"),
    ("pragma", "PRAGMA foreign_keys = OFF"),
    ("pragma_writable_schema", "PRAGMA writable_schema = ON"),
    ("commit", "COMMIT"),
    ("rollback", "ROLLBACK"),
    ("begin", "BEGIN"),
    ("savepoint", "SAVEPOINT mine"),
    ("release", "RELEASE mine"),
    ("or_rollback", "INSERT OR ROLLBACK INTO own (id) VALUES ('01J00000000000000000000001')"),
    ("ledger_write", "DELETE FROM tenon_ledger"),
    ("owners_write", "UPDATE tenon_objects SET plugin = 'meddler'"),
    ("schema_write", "UPDATE sqlite_schema SET sql = NULL"),
    ("sequence_write", "DELETE FROM sqlite_sequence"),
    ("drop_other_by_sql", "DROP TABLE users"),
    ("alter_other_by_sql", "ALTER TABLE users RENAME TO mine"),
    ("create_by_sql", "CREATE TABLE sneaked (x)"),
    ("trigger_by_sql", "CREATE TRIGGER t AFTER INSERT ON own BEGIN DELETE FROM users; END"),
    ("temp_table", "CREATE TEMP TABLE users (x)"),
    ("vacuum", "VACUUM"),
    ("two_statements", "DELETE FROM own; DELETE FROM users"),
];

/// SELECTs for `query`, by revision.
const QUERIES: [(&str, &str); 10] = [
    ("read_other", "SELECT email FROM users"),
    ("read_other_as_own", "WITH own AS (SELECT email AS note FROM users) SELECT note FROM own"),
    ("count_other", "SELECT count(*) AS n FROM users"),
    ("ledger_read", "SELECT * FROM tenon_ledger"),
    ("components_read", "SELECT * FROM tenon_components"),
    ("schema_read", "SELECT name, sql FROM sqlite_schema"),
    ("schema_read_old_name", "SELECT name, sql FROM sqlite_master"),
    ("pragma_function", "SELECT name FROM pragma_table_info('users')"),
    ("load_extension", "SELECT load_extension('x')"),
    ("write_in_query", "DELETE FROM users RETURNING id"),
];

const fn after_start(id: &'static str, step: Step) -> Migration {
    Migration::new(id, CREATED, "A trick.", step, Downgrade::By(nothing)).down(&["start"])
}

fn start(op: &Operations) -> Result<()> {
    op.create_table(&notes("own"))?;
    op.execute("INSERT INTO own (id, note) VALUES (?, ?)", params!["01J00000000000000000000001", "mine"])?;
    Ok(())
}

fn drop_own(op: &Operations) -> Result<()> {
    op.drop_table("own")
}

fn got_through(op: &Operations) -> Result<()> {
    Err(Problem::new(500, "got-through", format!("{} was not refused", op.revision())))
}

fn of<'a>(op: &Operations, texts: &[(&str, &'a str)]) -> &'a str {
    texts.iter().find(|(id, _)| *id == op.revision()).map_or("", |(_, sql)| sql)
}

fn execute(op: &Operations) -> Result<()> {
    op.execute(of(op, &STATEMENTS), params![])?;
    got_through(op)
}

fn query(op: &Operations) -> Result<()> {
    op.query::<Json>(of(op, &QUERIES), params![])?;
    got_through(op)
}

/// Calls of operations, by revision.
const OPERATIONS: [(&str, Step); 18] = [
    ("drop_other", |op| op.drop_table("users").and_then(|()| got_through(op))),
    ("drop_other_index", |op| op.drop_index("ix_users_email").and_then(|()| got_through(op))),
    ("rename_other", |op| op.rename_table("users", "mine").and_then(|()| got_through(op))),
    ("rename_onto_other", |op| op.rename_table("own", "users").and_then(|()| got_through(op))),
    ("rename_onto_host", |op| op.rename_table("own", "tenon_own").and_then(|()| got_through(op))),
    ("create_other_again", |op| op.create_table(&notes("users")).and_then(|()| got_through(op))),
    ("create_other_if_not_exists", |op| op.if_not_exists().create_table(&notes("users")).and_then(|()| got_through(op))),
    ("create_for_host", |op| op.create_table(&notes("tenon_mine")).and_then(|()| got_through(op))),
    ("add_column_to_other", |op| op.add_column("users", &Column::text("mine")).and_then(|()| got_through(op))),
    ("drop_column_of_other", |op| op.drop_column("users", "name").and_then(|()| got_through(op))),
    ("index_on_other", |op| op.create_index("users", &Index::new("ix_mine", ["name"])).and_then(|()| got_through(op))),
    ("index_named_like_other", |op| op.create_index("own", &Index::new("ix_users_email", ["note"])).and_then(|()| got_through(op))),
    ("insert_rows_into_other", |op| {
        op.insert_rows("users", &[json!({"id": "01J00000000000000000000009", "email": "m", "name": "m"})]).and_then(|_| got_through(op))
    }),
    ("view_over_other", |op| op.create_view(&View::new("spy", "SELECT email FROM users")).and_then(|()| got_through(op))),
    ("view_over_ledger", |op| op.create_view(&View::new("spy", "SELECT * FROM tenon_ledger")).and_then(|()| got_through(op))),
    ("foreign_key_to_other", |op| {
        let key = ForeignKey::new("note", "users", "id").on_delete(ReferenceAction::Cascade);
        op.create_table(&notes("followers").foreign_key(key)).and_then(|()| got_through(op))
    }),
    ("expression_reads_other", |op| {
        let column = Column::text("spy").default_expression("(SELECT email FROM users)");
        op.create_table(&notes("spies").column(column)).and_then(|()| got_through(op))
    }),
    ("expression_breaks_out", |op| {
        op.create_index("own", &Index::new("ix_own", ["note"]).filter("note > 0); DROP TABLE users; --")).and_then(|()| got_through(op))
    }),
];

const COUNT: usize = 1 + STATEMENTS.len() + QUERIES.len() + OPERATIONS.len();

static REVISIONS: [Migration; COUNT] = {
    let mut revisions = [Migration::new("start", CREATED, "Its own table.", start, Downgrade::By(drop_own)); COUNT];
    revisions[0] = revisions[0].depends_on(&["shop@a1b2c3d4e5f6"]);
    let mut next = 1;
    let mut i = 0;
    while i < STATEMENTS.len() {
        revisions[next] = after_start(STATEMENTS[i].0, execute);
        (i, next) = (i + 1, next + 1);
    }
    i = 0;
    while i < QUERIES.len() {
        revisions[next] = after_start(QUERIES[i].0, query);
        (i, next) = (i + 1, next + 1);
    }
    i = 0;
    while i < OPERATIONS.len() {
        revisions[next] = after_start(OPERATIONS[i].0, OPERATIONS[i].1);
        (i, next) = (i + 1, next + 1);
    }
    revisions
};

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &REVISIONS;

    fn describe(manifest: &Manifest) {
        manifest.requires("shop", "^1").table(&notes("own"));
    }
}

tenon_sdk::plugin!(Guest, name = "meddler");
