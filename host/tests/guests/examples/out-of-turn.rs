//! Calls in a migration what may not be called there: each is a trap. One revision for each function of the contract, all from base,
//! named after the interface and the function.

use tenon_sdk::bindings::tenon::plugin::types::Document;
use tenon_sdk::bindings::tenon::plugin::{database, declare, host, records, schema};
use tenon_sdk::{Downgrade, Manifest, Migration, Migrations, Plugin, Step};
use tenon_test_guests::{CREATED, nothing};

struct Guest;

const fn call(id: &'static str, step: Step) -> Migration {
    Migration::new(id, CREATED, "Out of turn.", step, Downgrade::By(nothing))
}

/// A revision whose step makes one call, and is done if that answers at all.
macro_rules! calls {
    ($($id:ident: $call:expr;)*) => {
        &[$(call(stringify!($id), |_| {
            let _ = $call;
            Ok(())
        })),*]
    };
}

fn body() -> Document {
    Document::new("application/json", b"{}")
}

fn view() -> schema::View {
    schema::View { name: "v".into(), query: "SELECT 1".into(), attributes: Vec::new() }
}

fn table() -> schema::Table {
    schema::Table {
        name: "t".into(),
        columns: Vec::new(),
        primary_key: Vec::new(),
        foreign_keys: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        indexes: Vec::new(),
        attributes: Vec::new(),
    }
}

fn trigger() -> schema::Trigger {
    let [name, table, timing, event] = ["g", "t", "after", "insert"].map(String::from);
    schema::Trigger { name, table, timing, event, body: Vec::new(), attributes: Vec::new() }
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = calls! {
        declare_plugin: declare::plugin("other", "1.0.0", &[]);
        declare_requires: declare::requires("shop", "*");
        declare_wants: declare::wants("read", "users", "why");
        declare_setting: declare::setting("key", "string", &[]);
        declare_owns_table: declare::owns_table(&table());
        declare_owns_view: declare::owns_view(&view());
        declare_owns_trigger: declare::owns_trigger(&trigger());
        declare_revision: declare::revision("r", &[], &[], "m", CREATED, &[]);
        declare_collection: declare::collection("users", "users", "users", &[], &[]);
        declare_field: declare::field("users", "email", &[]);
        declare_handles: declare::handles("users.create", &[]);
        declare_route: declare::route("r", "GET", "/r", &[]);
        declare_parameter: declare::parameter("r", "query", "q", "{}", &[]);
        declare_answer: declare::answer("r", 200, "d", "");
        host_setting: host::setting("key");
        host_request_id: host::request_id();
        host_caller: host::caller();
        host_claim: host::claim("sub");
        host_may: host::may("users.list");
        records_forward: records::forward(None);
        records_forward_computed: records::forward_computed(None, &body());
        records_list: records::list("users", "");
        records_get: records::get("users", "key");
        records_get_many: records::get_many("users", &["key".to_owned()]);
        records_create: records::create("users", &body());
        records_replace: records::replace("users", "key", &body(), &[]);
        records_update: records::update("users", "key", &body(), &[]);
        records_delete: records::delete("users", "key", &[]);
        database_query: database::query("SELECT 1", &[]);
        database_row: database::row("SELECT 1", &[]);
        database_execute: database::execute("DELETE FROM users", &[]);
        database_execute_many: database::execute_many("DELETE FROM users", &[]);
    };

    fn describe(_: &Manifest) {}
}

tenon_sdk::plugin!(Guest, name = "out-of-turn");
