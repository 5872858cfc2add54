//! The executor on the real store.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::*;
use crate::service::limit_settings::PluginLimits;

fn settings() -> Settings {
    Settings::read(Overrides::default()).unwrap()
}

/// A database, and steps of plugins on it, one after the other.
pub(super) struct Steps {
    pub(super) live: Option<Live>,
    pub(super) permissions: Permissions,
    offline: bool,
}

impl Steps {
    /// The plugin `mine`, on an empty database.
    pub(super) fn new() -> Self {
        let mut live = Live::in_memory(&settings()).unwrap();
        live.begin().unwrap();
        Self { live: Some(live), permissions: permissions("mine"), offline: false }
    }

    /// Does something in a step of its own; answers what was recorded, too.
    fn step<T>(&mut self, work: impl FnOnce(&mut Executor<Live>) -> T) -> (T, Vec<Operation>) {
        let live = self.live.take().expect("the last step gave it back");
        let mut executor = Executor::new(live, self.permissions.clone(), &SQLITE, self.offline);
        let result = work(&mut executor);
        let settled = executor.settle();
        let Executed { backend, operations, fault, .. } = executor.finish();
        assert!(fault.is_none(), "{fault:?}");
        settled.unwrap_or_else(|problem| panic!("{problem}"));
        self.live = Some(backend);
        (result, operations)
    }

    /// Applies an operation, given in its canonical form.
    #[track_caller]
    pub(super) fn done(&mut self, operation: Json) {
        let operation: Operation = serde_json::from_value(operation).unwrap();
        let (result, recorded) = self.step(|executor| executor.apply(operation.clone()));
        result.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(recorded, [operation]);
    }

    /// Applies an operation that has nothing to do.
    #[track_caller]
    fn passed_over(&mut self, operation: Json) {
        let operation = serde_json::from_value(operation).unwrap();
        let before = self.objects();
        let (result, recorded) = self.step(|executor| executor.apply(operation));
        assert_eq!((result, recorded), (Ok(()), vec![]));
        assert_eq!(self.objects(), before);
    }

    /// Applies an operation that is refused: nothing is changed or recorded.
    #[track_caller]
    pub(super) fn problem(&mut self, operation: Json) -> Problem {
        let operation = serde_json::from_value(operation).unwrap();
        let before = self.objects();
        let (result, recorded) = self.step(|executor| executor.apply(operation));
        let problem = result.unwrap_err();
        assert_eq!(recorded, []);
        assert_eq!(self.objects(), before, "{problem}");
        problem
    }

    #[track_caller]
    pub(super) fn refused(&mut self, operation: Json, code: &str, part: &str) {
        let problem = self.problem(operation);
        assert_eq!(problem.code, code, "{problem}");
        assert!(problem.detail.contains(part), "{part:?} is not in: {problem}");
    }

    /// Several operations in one step, which is then taken back. Each is accepted; answers whether the step may end so.
    #[track_caller]
    pub(super) fn end_of(&mut self, operations: &[Json]) -> Result<(), Problem> {
        let mut live = self.live.take().expect("the last step gave it back");
        live.savepoint().unwrap();
        let mut executor = Executor::new(live, self.permissions.clone(), &SQLITE, self.offline);
        for operation in operations {
            let applied = executor.apply(serde_json::from_value(operation.clone()).unwrap());
            applied.unwrap_or_else(|problem| panic!("{problem}"));
        }
        let settled = executor.settle();
        let mut live = executor.finish().backend;
        live.undo().unwrap();
        self.live = Some(live);
        settled
    }

    /// The same, of a step that may not end so.
    #[track_caller]
    pub(super) fn left(&mut self, operations: &[Json], code: &str, parts: &[&str]) {
        let problem = self.end_of(operations).unwrap_err();
        assert_eq!(problem.code, code, "{problem}");
        assert!(parts.iter().all(|part| problem.detail.contains(part)), "{parts:?} are not in: {problem}");
    }

    pub(super) fn execute(&mut self, sql: &str) -> Result<u64, Problem> {
        self.step(|executor| executor.execute(sql, &[])).0
    }

    pub(super) fn insert(&mut self, table: &str, rows: &str) -> Result<u64, Problem> {
        self.step(|executor| executor.insert_rows(&table.parse().unwrap(), rows.as_bytes())).0
    }

    #[track_caller]
    pub(super) fn query(&mut self, sql: &str) -> String {
        let (rows, _) = self.step(|executor| executor.query(sql, &[])).0.unwrap_or_else(|problem| panic!("{problem}"));
        String::from_utf8(rows).unwrap()
    }

    /// What the operator does, past every check.
    pub(super) fn by_hand(&mut self, sql: &str) {
        let plugin = self.permissions.plugin.clone();
        sql.split("; ").for_each(|sql| self.live.as_mut().unwrap().run(&plugin, sql).unwrap());
    }

    /// The same, while foreign keys are not enforced.
    pub(super) fn unchecked(&mut self, statements: &[&str]) {
        let statements: Vec<String> = statements.iter().map(|sql| (*sql).to_owned()).collect();
        self.live.as_mut().unwrap().swap(&statements, None).unwrap();
    }

    /// As another plugin from now on.
    pub(super) fn become_plugin(&mut self, name: &str) {
        self.permissions = permissions(name);
    }

    /// What is owned, as `kind name of parent by plugin`.
    fn objects(&self) -> Vec<String> {
        let objects = self.live.as_ref().unwrap().objects().unwrap();
        let line = |object: crate::model::Object| {
            format!("{} {} of {} by {}", object.kind.word(), object.name, object.table, object.owner.unwrap())
        };
        objects.into_iter().map(line).collect()
    }
}

fn permissions(plugin: &str) -> Permissions {
    let (declared, requires) = (Arc::default(), BTreeSet::new());
    let (asked, withheld) = (BTreeSet::new(), BTreeSet::new());
    Permissions { plugin: plugin.parse().unwrap(), declared, requires, asked, withheld, prefix: None }
}

pub(super) fn name(text: &str) -> crate::model::Name {
    text.parse().unwrap()
}

/// `create-table` of a table with the columns `id` and `note`, and more.
pub(super) fn table(name: &str, more: Json) -> Json {
    let mut table = json!({
        "name": name, "primary-key": ["id"], "foreign-keys": [], "uniques": [], "checks": [], "indexes": [],
        "columns": [{"name": "id", "data-type": "integer", "nullable": false}, {"name": "note", "data-type": "text", "nullable": true}],
    });
    table.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"operation": "create-table", "table": table})
}

pub(super) fn index(name: &str, column: &str) -> Json {
    json!({"name": name, "terms": [{"key": {"column": column}}], "unique": false})
}

pub(super) fn create_index(table: &str, index: Json) -> Json {
    json!({"operation": "create-index", "table": table, "index": index})
}

pub(super) fn view(name: &str, query: &str) -> Json {
    json!({"operation": "create-view", "view": {"name": name, "query": query}})
}

pub(super) fn drop_table(name: &str) -> Json {
    json!({"operation": "drop-table", "name": name})
}

pub(super) fn key_to(target: &str) -> Json {
    let key =
        json!({"columns": ["id"], "target-table": target, "target-columns": ["id"], "on-delete": "cascade", "on-update": "no-action"});
    json!({ "foreign-keys": [key] })
}

pub(super) fn with(mut operation: Json, key: &str, value: impl Into<Json>) -> Json {
    operation[key] = value.into();
    operation
}

#[test]
fn a_table_is_made_with_its_indexes_and_all_of_it_is_owned_renamed_and_dropped() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({"indexes": [index("ix_t", "note")]})));
    assert_eq!(steps.objects(), ["index ix_t of t by mine", "table t of t by mine"]);
    steps.done(json!({"operation": "rename-table", "name": "t", "to": "u"}));
    assert_eq!(steps.objects(), ["index ix_t of u by mine", "table u of u by mine"]);
    steps.done(drop_table("u"));
    assert_eq!(steps.objects(), [""; 0]);
}

#[test]
fn if_not_exists_passes_over_ones_own_of_the_same_kind_only() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({"indexes": [index("ix_t", "note")]})));
    steps.passed_over(with(table("T", json!({})), "if-not-exists", true));
    steps.refused(table("T", json!({})), "exists", "table T is already there");
    steps.refused(with(table("ix_t", json!({})), "if-not-exists", true), "exists", "ix_t");
    let again = with(create_index("t", index("ix_t", "note")), "if-not-exists", true);
    steps.passed_over(again.clone());
    steps.become_plugin("other");
    steps.refused(with(table("t", json!({})), "if-not-exists", true), "not-owner", "owned by plugin mine");
    steps.refused(again, "not-owner", "owned by plugin mine");
    steps.refused(table("u", json!({"indexes": [index("ix_t", "note")]})), "not-owner", "index ix_t is owned by plugin mine");
    steps.refused(with(view("t", "SELECT 1 AS a"), "if-not-exists", true), "not-owner", "owned by plugin mine");
}

#[test]
fn what_is_not_there_can_only_be_dropped_if_that_does_not_matter() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({"indexes": [index("ix_t", "note")]})));
    for (kind, name) in [("table", "u"), ("index", "ix_u"), ("view", "v")] {
        let drop = json!({"operation": format!("drop-{kind}"), "name": name});
        steps.refused(drop.clone(), "missing", name);
        steps.passed_over(with(drop, "if-exists", true));
    }
    // What is there under the name, but of another kind, is a mistake and not missing.
    steps.refused(json!({"operation": "drop-view", "name": "t", "if-exists": true}), "missing", "t is a table");
    steps.refused(json!({"operation": "drop-table", "name": "ix_t", "if-exists": true}), "missing", "ix_t is");
    let column = json!({"operation": "drop-column", "table": "t", "name": "nothing"});
    steps.refused(column.clone(), "missing", "no column nothing");
    steps.passed_over(with(column, "if-exists", true));
}

#[test]
fn what_is_anothers_is_not_changed() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({"indexes": [index("ix_t", "note")]})));
    steps.done(view("v", "SELECT note FROM t"));
    steps.become_plugin("other");
    steps.done(table("o", json!({})));
    let column = json!({"name": "more", "data-type": "text", "nullable": true});
    for operation in [
        json!({"operation": "drop-table", "name": "t"}),
        json!({"operation": "drop-index", "name": "ix_t"}),
        json!({"operation": "drop-view", "name": "v", "if-exists": true}),
        json!({"operation": "rename-table", "name": "t", "to": "mine_now"}),
        json!({"operation": "rename-table", "name": "o", "to": "T"}),
        json!({"operation": "rename-table", "name": "o", "to": "ix_t"}),
        json!({"operation": "add-column", "table": "t", "column": column, "if-not-exists": true}),
        json!({"operation": "drop-column", "table": "t", "name": "note", "if-exists": true}),
        json!({"operation": "rename-column", "table": "t", "name": "note", "to": "mine_now"}),
        create_index("t", index("ix_o", "note")),
        create_index("v", index("ix_o", "note")),
        create_index("o", index("IX_T", "note")),
    ] {
        steps.refused(operation, "not-owner", "owned by plugin mine");
    }
    assert_eq!(steps.insert("t", "[{\"id\": 1}]").unwrap_err().code, "not-owner");
    assert_eq!(steps.execute("UPDATE t SET note = 'x'").unwrap_err().code, "not-granted");
    steps.refused(view("w", "SELECT note FROM t"), "not-granted", "t");
    steps.refused(view("w", "SELECT note FROM v"), "not-granted", "v");
}

#[test]
fn a_table_that_rows_refer_to_is_not_dropped() {
    let mut steps = Steps::new();
    steps.done(table("parents", json!({})));
    steps.done(table("children", key_to("parents")));
    steps.insert("parents", "[{\"id\": 1}, {\"id\": 2}]").unwrap();
    steps.insert("children", "[{\"id\": 1}]").unwrap();
    steps.refused(drop_table("parents"), "in-use", "children (id): 1 rows");
    assert_eq!(steps.execute("DELETE FROM parents WHERE id = 1").unwrap_err().code, "footprint");
    steps.execute("DELETE FROM children").unwrap();
    steps.left(&[drop_table("parents")], "in-use", &["table parents", "children (id) of plugin mine"]);
    assert_eq!(steps.end_of(&[drop_table("parents"), drop_table("children")]), Ok(()), "in whatever order");
    steps.done(drop_table("children"));
    steps.done(drop_table("parents"));
}

#[test]
fn a_foreign_key_into_anothers_table_needs_a_requirement_and_a_right() {
    let mut steps = Steps::new();
    steps.done(table("theirs", json!({})));
    steps.done(view("v", "SELECT id FROM theirs"));
    steps.become_plugin("other");
    let wanted = || table("ours", key_to("theirs"));
    steps.refused(wanted(), "not-granted", "owned by plugin mine, which plugin other does not require");
    steps.permissions.requires.insert("mine".parse().unwrap());
    steps.refused(wanted(), "not-granted", "must ask for the right `reference`");
    steps.refused(wanted(), "not-granted", "declare.wants(\"reference\", \"theirs\", why)");
    steps.permissions.asked.insert(name("THEIRS"));
    steps.permissions.withheld.insert(name("Theirs"));
    steps.refused(wanted(), "not-granted", "theirs would have to be among the `references` of [plugins.other]");
    steps.permissions.withheld.clear();
    steps.done(wanted());
    steps.refused(table("more", key_to("nowhere")), "missing", "there is no table nowhere");
    steps.refused(table("more", key_to("v")), "invalid-operation", "v is a view");
    Arc::make_mut(&mut steps.permissions.declared).insert("later".parse().unwrap());
    steps.left(&[table("more", key_to("later"))], "invalid-operation", &["table more", "no such table: main.later"]);
    let circle = [table("more", key_to("later")), table("later", key_to("more"))];
    Arc::make_mut(&mut steps.permissions.declared).insert("more".parse().unwrap());
    assert_eq!(steps.end_of(&circle), Ok(()));
    assert_eq!(steps.end_of(&[&circle[..], &[drop_table("more"), drop_table("later")]].concat()), Ok(()));
    steps.done(table("loops", key_to("loops")));
}

#[test]
fn what_is_made_has_the_operators_prefix_or_a_name_that_the_plugin_had() {
    let mut steps = Steps::new();
    steps.done(table("old", json!({"indexes": [index("ix_old", "note")]})));
    let had = [name("ix_old"), name("once")].into();
    steps.permissions.prefix = Some(Prefix { text: name("my_"), had });
    let rename = |from: &str, to: &str| json!({"operation": "rename-table", "name": from, "to": to});
    for (operation, part) in [
        (table("t", json!({})), "table t cannot be made"),
        (table("my_t", json!({"indexes": [index("ix_t", "note")]})), "index ix_t"),
        (create_index("old", index("ix_note", "note")), "index ix_note"),
        (view("v", "SELECT note FROM old"), "view v"),
        (rename("old", "older"), "must begin with my_ (`prefix` of [plugins.mine] in tenon.toml)"),
        (with(table("t", json!({})), "if-not-exists", true), "table t"),
    ] {
        steps.refused(operation, "not-granted", part);
    }
    steps.passed_over(with(table("old", json!({})), "if-not-exists", true));
    // SQLite's own index for the primary key has a name that nobody chose.
    let mut text_key = table("MY_t", json!({"indexes": [index("my_ix", "note")]}));
    text_key["table"]["columns"][0]["data-type"] = "text".into();
    steps.done(text_key);
    steps.done(view("my_v", "SELECT note FROM old"));
    steps.done(json!({"operation": "drop-index", "name": "ix_old"}));
    steps.done(create_index("old", index("IX_old", "id")));
    steps.done(rename("old", "once"));
}

#[test]
fn what_the_rows_do_not_allow_is_refused_with_the_reason_and_the_step_goes_on() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.insert("t", "[{\"id\": 1, \"note\": \"kept\"}]").unwrap();
    let column = |more: Json| {
        let mut column = json!({"name": "n", "data-type": "integer", "nullable": false});
        column.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"operation": "add-column", "table": "t", "column": column})
    };
    steps.refused(column(json!({})), "constraint", "and 1 row would break that: id 1");
    steps.done(column(json!({"default": {"value": {"integer": 7}}})));
    steps.refused(column(json!({})), "exists", "already has a column n");
    steps.passed_over(with(column(json!({})), "if-not-exists", true));
    assert_eq!(steps.query("SELECT note, n FROM t"), r#"[{"note":"kept","n":7}]"#);
    steps.done(create_index("t", index("ix_n", "n")));
    steps.refused(json!({"operation": "drop-column", "table": "t", "name": "n"}), "in-use", "an index (CREATE INDEX ix_n");
    steps.refused(json!({"operation": "rename-column", "table": "t", "name": "n", "to": "NOTE"}), "exists", "NOTE");
    steps.refused(json!({"operation": "rename-column", "table": "t", "name": "nothing", "to": "x"}), "missing", "nothing");
    steps.done(json!({"operation": "rename-column", "table": "t", "name": "n", "to": "m"}));
    steps.refused(create_index("t", index("ix_2", "n")), "missing", "no column n");
    steps.insert("t", "[{\"id\": 2, \"note\": \"kept\", \"m\": 1}]").unwrap();
    let mut unique = index("ux_note", "note");
    unique["unique"] = true.into();
    steps.refused(create_index("t", unique), "refused", "note");
}

#[test]
fn an_expression_is_held_to_what_its_plugin_may_read() {
    let mut steps = Steps::new();
    steps.done(table("secrets", json!({})));
    steps.become_plugin("other");
    steps.done(table("o", json!({})));
    let filtered = |filter: &str| create_index("o", with(index("ix_o", "note"), "filter", filter));
    let check = |expression: &str| table("p", json!({"checks": [{"expression": expression}]}));
    for expression in [
        "id > (SELECT max(id) FROM secrets)",
        "note > load_extension('x')",
        "id > 0); DROP TABLE secrets; --",
        "id > 0 -- comment",
        "id > ?",
        "",
        "random() > 0",
        "id > (SELECT count(*) FROM tenon_ledger)",
    ] {
        steps.problem(filtered(expression));
        steps.problem(check(expression));
    }
    steps.done(filtered("id > 0 AND note LIKE 'a%'"));
    steps.done(check("length(note) < 10"));
    assert_eq!(steps.insert("p", "[{\"id\": 1, \"note\": \"much too long\"}]").unwrap_err().code, "constraint");
}

#[test]
fn a_view_is_one_select_of_what_may_be_read() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    let no_selects = ["DELETE FROM t", "INSERT INTO t (id) VALUES (1) RETURNING id", "SELECT 1; DROP TABLE t", "PRAGMA user_version"];
    for query in no_selects.into_iter().chain(["", "SELECT ?1", "SELECT nothing FROM t"]) {
        steps.problem(view("v", query));
    }
    steps.done(view("v", "WITH long AS (SELECT note FROM t WHERE length(note) > 3) SELECT note FROM long"));
    steps.insert("t", r#"[{"id": 1, "note": "abc"}, {"id": 2, "note": "abcd"}]"#).unwrap();
    assert_eq!(steps.query("SELECT note FROM v"), r#"[{"note":"abcd"}]"#);
    assert_eq!(steps.insert("v", "[{\"note\": \"x\"}]").unwrap_err().code, "missing", "a view is no table");
}

#[test]
fn a_step_names_the_tables_whose_rows_go_with_others() {
    let mut steps = Steps::new();
    steps.done(table("parents", json!({})));
    steps.done(table("children", key_to("parents")));
    steps.insert("parents", "[{\"id\": 1}]").unwrap();
    steps.insert("children", "[{\"id\": 1}]").unwrap();
    let (result, recorded) = steps.step(|executor| {
        assert_eq!(executor.touches(&"nowhere".parse().unwrap()).unwrap_err().code, "missing");
        assert_eq!(executor.execute("DELETE FROM parents", &[]).unwrap_err().code, "footprint");
        assert_eq!(executor.execute("REPLACE INTO parents (id) VALUES (1)", &[]).unwrap_err().code, "footprint");
        executor.touches(&"CHILDREN".parse().unwrap()).unwrap();
        executor.execute("DELETE FROM parents", &[])
    });
    assert_eq!(result, Ok(1), "what went with it is not counted");
    assert_eq!(recorded.len(), 1, "to touch changes nothing");
    assert_eq!(steps.query("SELECT count(*) AS n FROM children"), r#"[{"n":0}]"#);
    steps.insert("parents", "[{\"id\": 1}]").unwrap();
    assert_eq!(steps.execute("DELETE FROM parents").unwrap_err().code, "footprint", "each step names them for itself");
}

#[test]
fn offline_nothing_is_read_and_nothing_counted() {
    let mut steps = Steps::new();
    steps.offline = true;
    steps.done(table("t", json!({})));
    let ((), recorded) = steps.step(|executor| {
        assert!(executor.offline());
        assert_eq!(executor.insert_rows(&"t".parse().unwrap(), b"[{\"id\": 1}]"), Ok(0));
        assert_eq!(executor.execute("UPDATE t SET note = 'x'", &[]), Ok(0));
        for sql in ["SELECT note FROM t", "DELETE FROM t RETURNING id"] {
            assert_eq!(executor.query(sql, &[]).unwrap_err().code, "offline");
            assert_eq!(executor.row(sql, &[]).unwrap_err().code, "offline");
        }
    });
    assert_eq!(recorded.len(), 2, "what changes is recorded, what was not read is not");
}

#[test]
fn what_a_query_changes_is_recorded_like_any_other_change() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    let (rows, recorded) = steps.step(|executor| executor.query("INSERT INTO t (id) VALUES (1) RETURNING id", &[]));
    assert_eq!(rows.unwrap().1, 1);
    assert_eq!(recorded.len(), 1, "otherwise the digest and a script would not know of it");
}

#[test]
fn after_a_fault_nothing_more_is_done_and_the_fault_is_told() {
    let mut live = Live::in_memory(&Settings {
        limits: PluginLimits { statement_time: Duration::from_millis(50), ..PluginLimits::default() },
        ..settings()
    })
    .unwrap();
    live.begin().unwrap();
    let mut executor = Executor::new(live, permissions("mine"), &SQLITE, false);
    executor.apply(serde_json::from_value(table("t", json!({}))).unwrap()).unwrap();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO t (id) SELECT i FROM n";
    assert_eq!(executor.execute(endless, &[]).unwrap_err().code, "database-failed");
    let again = serde_json::from_value(table("u", json!({}))).unwrap();
    assert_eq!(executor.apply(again).unwrap_err().code, "database-failed");
    assert_eq!(executor.query("SELECT 1 AS a", &[]).unwrap_err().code, "database-failed");
    assert_eq!(executor.touches(&"t".parse().unwrap()).unwrap_err().code, "database-failed");
    let Executed { operations, fault, .. } = executor.finish();
    assert_eq!(operations.len(), 1);
    assert!(matches!(fault, Some(BackendError::TooLong { .. })), "{fault:?}");
}
