//! Tables that are there and are not what the shop's revision leaves: each difference is shown, and the file stays as it is.

use serde_json::{Value as Json, json};

use super::support::seed::{ROWS, SEEDS, at, recorded};
use super::support::{SHOP, Said, TestHost};
use super::{ADOPT, custom_migrations, made, untouched};

/// What is said of the seed's database after other statements, or of one whose own were written otherwise.
#[track_caller]
fn differs(host: &TestHost, diff: &str) {
    let said =
        untouched(host).err_has(&["error: nothing is recorded: change the tables or the plugin, or record it as it is with `tenon stamp`"]);
    let head = format!("{SHOP}, which the version names, does not leave what is there (`-` it leaves, `+` is there):\n");
    assert_eq!(said.out, format!("{head}{diff}\n"));
}

#[test]
fn what_was_done_to_a_table_by_hand_is_shown() {
    let plain = TestHost::new().plugin("shop");
    custom_migrations(&plain);
    for (done, diff) in [
        ("ALTER TABLE users ADD COLUMN phone VARCHAR", "table users\n  + phone VARCHAR"),
        ("ALTER TABLE orders DROP COLUMN status", "table orders\n  - status VARCHAR DEFAULT 'pending' NOT NULL"),
        (
            "DROP INDEX ix_users_email; CREATE UNIQUE INDEX ix_users_email ON users (email)",
            "index ix_users_email\n  - CREATE INDEX ix_users_email ON users (email)\n  + CREATE UNIQUE INDEX ix_users_email ON users (email)",
        ),
        ("CREATE INDEX by_name ON users (name)", "index by_name\n  + CREATE INDEX by_name ON users (name)"),
        ("CREATE INDEX \"by \"\"name\" ON users (name)", "index by \"name\n  + CREATE INDEX \"by \"\"name\" ON users (name)"),
        (
            "CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END",
            "trigger t\n  + CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END",
        ),
        (
            "DROP INDEX ix_users_email; CREATE TABLE other (a); CREATE INDEX ix_users_email ON other (a)",
            "index ix_users_email\n  - CREATE INDEX ix_users_email ON users (email)\n  + CREATE INDEX ix_users_email ON other (a)",
        ),
    ] {
        let host = TestHost::new().plugin("shop");
        std::fs::copy(plain.path("tenon.db"), host.path("tenon.db")).unwrap();
        made(&host, done);
        differs(&host, diff);
    }
}

#[test]
fn what_a_table_was_made_as_is_shown() {
    for (text, instead, diff) in [
        (
            "total_amount FLOAT",
            "total_amount NUMERIC(10, 2)",
            "table orders\n  - total_amount FLOAT NOT NULL\n  + total_amount NUMERIC(10, 2) NOT NULL",
        ),
        ("name VARCHAR NOT NULL", "name VARCHAR", "table users\n  - name VARCHAR NOT NULL\n  + name VARCHAR"),
        (
            " ON DELETE CASCADE",
            "",
            "table orders\n  - FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE\n  + FOREIGN KEY (user_id) REFERENCES users (id)",
        ),
        (
            "DEFAULT 'pending'",
            "DEFAULT 'new'",
            "table orders\n  - status VARCHAR DEFAULT 'pending' NOT NULL\n  + status VARCHAR DEFAULT 'new' NOT NULL",
        ),
        (", \n\tUNIQUE (email)", "", "table users\n  - UNIQUE (email)"),
        ("UNIQUE (email)", "UNIQUE (email), \n\tCHECK (name <> '')", "table users\n  + CHECK (name <> '')"),
    ] {
        let host = TestHost::new().plugin("shop");
        let texts = recorded("custom_only.json");
        let otherwise = texts.replacen(text, instead, 1);
        assert_ne!(texts, otherwise);
        made(&host, &(otherwise + &at(&[SEEDS]) + ROWS));
        differs(&host, diff);
    }
}

#[test]
fn how_a_text_is_written_means_nothing() {
    let host = TestHost::new().plugin("shop");
    let texts = recorded("custom_only.json").replace("\n\t", " ").replace("CREATE TABLE users", "create table \"Users\"");
    let texts = texts
        .replace("DEFAULT (CURRENT_TIMESTAMP)", "DEFAULT current_timestamp")
        .replace("FOREIGN KEY(user_id)", "CONSTRAINT fk_user FOREIGN KEY (user_id)");
    made(&host, &(texts + &at(&[SEEDS]) + ROWS));
    host.run(ADOPT).done();
    host.run("drift").done();
}

/// What is not there has nothing to be compared: its name is enough. And it is nothing that anybody should record.
#[test]
fn what_is_gone_is_named_and_not_to_be_stamped() {
    let host = TestHost::new().plugin("shop");
    let gone = |done: &str, says: &str| {
        made(&host, done);
        let said = untouched(&host);
        assert_eq!(said.out, format!("{SHOP}, which the version names, does not leave what is there{says}\n"));
        said
    };
    custom_migrations(&host);
    gone("DROP INDEX ix_users_email", ":\nnot there: index ix_users_email").err_has(&["or record it as it is with `tenon stamp`"]);
    let is_no_database_to_stamp = |said: Said| {
        let said = said.err_has(&["error: nothing is recorded: look whether --database names the right one, or make what is not there"]);
        assert!(!said.err.contains("tenon stamp"), "{}", said.err);
    };
    is_no_database_to_stamp(gone(
        "DROP TABLE orders; CREATE VIEW orders AS SELECT 1 AS id",
        " (`-` it leaves, `+` is there):\nnot there: table orders, index ix_orders_user_id, index ix_users_email\nview orders\n  + CREATE VIEW orders AS SELECT 1 AS id",
    ));
    // The version says that the tables are there, and none is.
    is_no_database_to_stamp(gone(
        "DROP VIEW orders; DROP TABLE users",
        ":\nnot there: table orders, table users, index ix_orders_user_id, index ix_users_email",
    ));
}

#[test]
fn something_else_of_the_same_name_is_shown_too() {
    let host = TestHost::new().plugin("shop").plugin("chapkit");
    custom_migrations(&host);
    made(&host, "CREATE TABLE tasks (id INTEGER PRIMARY KEY, title TEXT)");
    let said = untouched(&host);
    assert!(
        said.out.starts_with("chapkit@4d869b5fb06e, the nearest, does not leave") && said.out.contains("  + title TEXT\n"),
        "{}",
        said.out
    );
    host.remove("chapkit");
    host.run(ADOPT).done();
}

/// As SQLAlchemy's `create_all` makes the seed's tables where no migration runs.
const CREATE_ALL: &str = "
    CREATE TABLE users (email VARCHAR NOT NULL, name VARCHAR NOT NULL, is_active BOOLEAN NOT NULL, id VARCHAR(26) NOT NULL,
        created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL, tags JSON NOT NULL,
        PRIMARY KEY (id));
    CREATE UNIQUE INDEX ix_users_email ON users (email);
    CREATE TABLE orders (user_id VARCHAR(26) NOT NULL, total_amount FLOAT NOT NULL, status VARCHAR NOT NULL, id VARCHAR(26) NOT NULL,
        created_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL, updated_at DATETIME DEFAULT CURRENT_TIMESTAMP NOT NULL, tags JSON NOT NULL,
        PRIMARY KEY (id), FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE);
    CREATE INDEX ix_orders_user_id ON orders (user_id);
    CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));";

const CREATE_ALLS: &str = "table orders
  - status VARCHAR DEFAULT 'pending' NOT NULL
  - tags JSON DEFAULT '[]' NOT NULL
  + status VARCHAR NOT NULL
  + tags JSON NOT NULL
table users
  - is_active BOOLEAN DEFAULT '1' NOT NULL
  - tags JSON DEFAULT '[]' NOT NULL
  - UNIQUE (email)
  + is_active BOOLEAN NOT NULL
  + tags JSON NOT NULL
index ix_users_email
  - CREATE INDEX ix_users_email ON users (email)
  + CREATE UNIQUE INDEX ix_users_email ON users (email)";

#[test]
fn what_the_seeds_models_make_is_not_what_its_migration_makes() {
    let host = TestHost::new().plugin("shop");
    made(&host, &(CREATE_ALL.to_owned() + &at(&[SEEDS])));
    differs(&host, CREATE_ALLS);
}

#[test]
fn differences_are_json_when_asked_for() {
    let host = TestHost::new().plugin("shop");
    custom_migrations(&host);
    made(&host, "ALTER TABLE users ADD COLUMN phone VARCHAR");
    let said: Json = serde_json::from_str(&host.run(&format!("{ADOPT} --json")).refused().out).unwrap();
    assert_eq!((&said["matched"], &said["owned"]), (&json!([]), &json!([])));
    let differences = json!([{"object": "table users", "missing": [], "surplus": ["phone VARCHAR"]}]);
    assert_eq!(said["mismatched"], json!([{"revisions": [SHOP], "named": true, "absent": [], "differences": differences, "instead": []}]));
}
