use std::sync::{Arc, Mutex};

use super::*;
use crate::model::Position;
use crate::runtime::generator::Generator;
use crate::runtime::journal::Journal;
use crate::runtime::limits::Limits;
use crate::runtime::state::{Migration, Stopwatch, Task};
use crate::runtime::testing::Recorder;

fn migrating() -> (HostState, Arc<Mutex<Recorder>>) {
    let recorder = Arc::new(Mutex::new(Recorder::default()));
    let limits = Limits::default();
    let journal = Journal::new("shop".into(), "upgrade a1".into(), limits.log_lines);
    let context = Arc::clone(&recorder) as Arc<Mutex<dyn MigrationContext + Send>>;
    let generator = Generator::new([0; 32], "2025-10-24T15:00:00Z".parse().unwrap());
    (
        HostState::new(
            &limits,
            journal,
            Stopwatch::new(limits.step_time, limits.work_time),
            Task::Migrate(Migration { context, generator }),
        ),
        recorder,
    )
}

fn flag(key: &str) -> Vec<WitAttribute> {
    vec![WitAttribute { key: key.into(), value: WitValue::Boolean(true) }]
}

fn column(data_type: &str) -> wit::Column {
    wit::Column { name: "c".into(), data_type: data_type.into(), nullable: true, attributes: vec![] }
}

fn table() -> wit::Table {
    wit::Table {
        name: "t".into(),
        columns: vec![column("text")],
        primary_key: vec![],
        foreign_keys: vec![],
        uniques: vec![],
        checks: vec![],
        indexes: vec![],
        attributes: vec![],
    }
}

#[test]
fn every_operation_of_this_version_reaches_the_context() {
    let (mut state, recorder) = migrating();
    let index = wit::Index { name: "i".into(), terms: vec!["c DESC".into()], unique: true, attributes: vec![] };
    let view = wit::View { name: "v".into(), query: "SELECT 1".into(), attributes: vec![] };
    for answer in [
        state.create_table(table(), flag("if-not-exists")),
        state.drop_table("t".into(), flag("if-exists")),
        state.rename_table("t".into(), "u".into()),
        state.add_column("t".into(), column("integer"), vec![]),
        state.drop_column("t".into(), "c".into(), flag("if-exists")),
        state.rename_column("t".into(), "c".into(), "d".into()),
        state.create_index("t".into(), index, flag("if-not-exists")),
        state.drop_index("i".into(), vec![]),
        state.create_view(view, vec![]),
        state.drop_view("v".into(), flag("if-exists")),
    ] {
        answer.unwrap().unwrap();
    }
    assert_eq!(state.execute("DELETE FROM t".into(), vec![WitValue::Integer(1)]).unwrap().unwrap(), 1);
    assert!(state.row("SELECT 1".into(), vec![]).unwrap().unwrap().is_some());
    assert_eq!(state.dialect().unwrap(), "sqlite");
    assert!(!state.offline().unwrap());
    let recorder = recorder.lock().unwrap();
    let names: Vec<&str> = recorder.operations.iter().map(Operation::name).collect();
    assert_eq!(
        names,
        [
            "create-table",
            "drop-table",
            "rename-table",
            "add-column",
            "drop-column",
            "rename-column",
            "create-index",
            "drop-index",
            "create-view",
            "drop-view"
        ]
    );
    assert!(matches!(recorder.operations[0], Operation::CreateTable { if_not_exists: true, .. }));
    assert!(matches!(recorder.operations[1], Operation::DropTable { if_exists: true, .. }));
    assert_eq!(recorder.asked[10], "execute DELETE FROM t [Integer(1)]");
}

#[test]
fn what_cannot_be_is_a_problem_with_every_mistake_and_reaches_nobody() {
    let (mut state, recorder) = migrating();
    let mut bad = table();
    bad.name = "sqlite_t".into();
    bad.columns[0].data_type = "varchar".into();
    let problem = state.create_table(bad, flag("if-exists")).unwrap().unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid-operation"));
    for part in ["unknown attribute \"if-exists\"; known are if-not-exists", "is reserved", "unknown column type"] {
        assert!(problem.detail.contains(part), "{}", problem.detail);
    }
    for problem in [
        state.rename_table("a".into(), "b\"".into()).unwrap().unwrap_err(),
        state.drop_index(String::new(), vec![]).unwrap().unwrap_err(),
        state.touches("tenon_ledger".into()).unwrap().unwrap_err(),
    ] {
        assert_eq!(problem.code, "invalid-operation");
    }
    assert!(recorder.lock().unwrap().asked.is_empty());
}

fn text_attribute(key: &str, value: &str) -> WitAttribute {
    WitAttribute { key: key.into(), value: WitValue::Text(value.into()) }
}

fn changes_of(recorder: &Recorder) -> Vec<Change> {
    let one = |operation: &Operation| match operation {
        Operation::AlterTable { changes, .. } => changes.clone(),
        other => panic!("{other:?}"),
    };
    recorder.operations.iter().flat_map(one).collect()
}

#[test]
fn a_function_that_makes_one_change_and_the_same_change_of_alter_table_are_one() {
    let key = || wit::ForeignKey {
        name: Some("fk".into()),
        columns: vec!["a".into(), "b".into()],
        target_table: "u".into(),
        target_columns: vec!["x".into(), "y".into()],
        on_delete: "cascade".into(),
        on_update: "no-action".into(),
        attributes: flag("deferred"),
    };
    let (mut state, recorder) = migrating();
    let unique = wit::Unique { name: None, columns: vec!["a".into()], attributes: vec![] };
    let check = wit::Check { name: Some("ck".into()), expression: "a > 0".into(), attributes: vec![] };
    for answer in [
        state.set_type("t".into(), "a".into(), "bigint".into(), vec![text_attribute("using", "a + 1")]),
        state.set_nullable("t".into(), "a".into(), false, vec![text_attribute("backfill", "x")]),
        state.set_default("t".into(), "a".into(), vec![text_attribute("default-expression", "1 + 1")]),
        state.set_default("t".into(), "a".into(), vec![]),
        state.add_foreign_key("t".into(), key(), vec![]),
        state.add_unique("t".into(), unique, vec![]),
        state.add_check("t".into(), check, vec![]),
        state.set_primary_key("t".into(), vec!["a".into()], flag("autoincrement")),
        state.drop_constraint("t".into(), Some("ck".into()), vec![]),
        state.drop_constraint("t".into(), None, vec![text_attribute("kind", "unique"), text_attribute("columns", "a")]),
    ] {
        answer.unwrap().unwrap();
    }
    let of = |kind: &str, name: &str, attributes: Vec<WitAttribute>| WitChange { kind: kind.into(), name: name.into(), attributes };
    let foreign_key = vec![
        text_attribute("columns", "a"),
        text_attribute("columns", "b"),
        text_attribute("target-table", "u"),
        text_attribute("target-columns", "x"),
        text_attribute("target-columns", "y"),
        text_attribute("on-delete", "cascade"),
        flag("deferred").remove(0),
    ];
    let no = WitAttribute { key: "nullable".into(), value: WitValue::Boolean(false) };
    let all = vec![
        of("set-type", "a", vec![text_attribute("data-type", "bigint"), text_attribute("using", "a + 1")]),
        of("set-nullable", "a", vec![no, text_attribute("backfill", "x")]),
        of("set-default", "a", vec![text_attribute("default-expression", "1 + 1")]),
        of("set-default", "a", vec![]),
        of("add-foreign-key", "fk", foreign_key),
        of("add-unique", "", vec![text_attribute("columns", "a")]),
        of("add-check", "ck", vec![text_attribute("expression", "a > 0")]),
        of("set-primary-key", "", vec![text_attribute("columns", "a"), flag("autoincrement").remove(0)]),
        of("drop-constraint", "ck", vec![]),
        of("drop-constraint", "", vec![text_attribute("kind", "unique"), text_attribute("columns", "a")]),
    ];
    let (mut other, whole) = migrating();
    other.alter_table("t".into(), all, vec![]).unwrap().unwrap();
    assert_eq!(changes_of(&recorder.lock().unwrap()), changes_of(&whole.lock().unwrap()));
}

#[test]
fn columns_are_added_where_they_are_said_to_go() {
    let (mut state, recorder) = migrating();
    let at = |place: &str| wit::Column { attributes: vec![text_attribute("position", place)], ..column("text") };
    state.add_column("t".into(), at("first"), vec![]).unwrap().unwrap();
    state.add_column("t".into(), at("after b c"), vec![]).unwrap().unwrap();
    let positions: Vec<_> = changes_of(&recorder.lock().unwrap())
        .into_iter()
        .map(|change| match change {
            Change::AddColumn { position, .. } => position,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(positions, [Some(Position::First), Some(Position::After("b c".parse().unwrap()))]);
    let problem = state.add_column("t".into(), at("last"), vec![]).unwrap().unwrap_err();
    assert!(problem.detail.contains("`position` is `first`, or `after` and a column's name, not last"), "{}", problem.detail);
}

#[test]
fn every_call_that_adds_and_every_one_that_drops_may_find_nothing_to_do() {
    let options = |keys: [&str; 2]| keys.into_iter().flat_map(flag).collect::<Vec<_>>();
    let (rebuilt_unless, rebuilt_if) = (|| options(["if-not-exists", "rebuild"]), || options(["if-exists", "rebuild"]));
    let key = wit::ForeignKey {
        name: None,
        columns: vec!["a".into()],
        target_table: "t".into(),
        target_columns: vec!["b".into()],
        on_delete: "cascade".into(),
        on_update: "no-action".into(),
        attributes: vec![],
    };
    let unique = wit::Unique { name: None, columns: vec!["a".into()], attributes: vec![] };
    let check = wit::Check { name: None, expression: "a > 0".into(), attributes: vec![] };
    let first = wit::Column { attributes: vec![text_attribute("position", "first")], ..column("text") };
    let (mut state, recorder) = migrating();
    for answer in [
        state.add_column("t".into(), first, flag("if-not-exists")),
        state.add_column("t".into(), column("text"), rebuilt_unless()),
        state.add_foreign_key("t".into(), key, rebuilt_unless()),
        state.add_unique("t".into(), unique, rebuilt_unless()),
        state.add_check("t".into(), check, rebuilt_unless()),
        state.drop_column("t".into(), "a".into(), rebuilt_if()),
        state.drop_constraint("t".into(), Some("a".into()), rebuilt_if()),
    ] {
        answer.unwrap().unwrap();
    }
    let changes = changes_of(&recorder.lock().unwrap());
    assert!(changes.iter().all(|change| match change {
        Change::AddColumn { if_not_exists, .. }
        | Change::AddForeignKey { if_not_exists, .. }
        | Change::AddUnique { if_not_exists, .. }
        | Change::AddCheck { if_not_exists, .. } => *if_not_exists,
        Change::DropColumn { if_exists, .. } | Change::DropConstraint { if_exists, .. } => *if_exists,
        _ => false,
    }));
    let flags = |changes: &[Change]| serde_json::to_string(changes).unwrap().matches("exists\":true").count();
    assert_eq!(flags(&changes), 7, "the canonical form says so, and only where it is so: {changes:?}");
    for (kind, wrong) in [("drop-column", "if-not-exists"), ("drop-constraint", "if-not-exists"), ("set-primary-key", "if-not-exists")] {
        let change = WitChange { kind: kind.into(), name: "a".into(), attributes: flag(wrong) };
        let problem = state.alter_table("t".into(), vec![change], vec![]).unwrap().unwrap_err();
        assert!(problem.detail.contains("unknown attribute"), "{}", problem.detail);
    }
}

#[test]
fn a_change_that_cannot_be_is_told_with_every_mistake() {
    let (mut state, recorder) = migrating();
    let of = |kind: &str, name: &str, attributes: Vec<WitAttribute>| WitChange { kind: kind.into(), name: name.into(), attributes };
    for (change, part) in [
        (of("fly", "a", vec![]), "is no kind of change; known are add-column, drop-column"),
        (of("rename-column", "a", vec![]), "needs `to`"),
        (of("set-type", "a", vec![text_attribute("data-type", "varchar")]), "unknown column type \"varchar\""),
        (of("set-type", "a", vec![text_attribute("data-type", "text"), text_attribute("using", "1) FROM t --")]), "`using`: the SQL"),
        (of("set-default", "a", vec![text_attribute("default", "1"), text_attribute("default-expression", "1")]), "choose one"),
        (of("add-unique", "", vec![]), "needs `columns`"),
        (of("add-unique", "", vec![text_attribute("columns", "a"), text_attribute("columns", "A")]), "names column A twice"),
        (of("add-check", "", vec![]), "needs an `expression`"),
        (of("add-foreign-key", "", vec![text_attribute("columns", "a"), text_attribute("target-table", "u")]), "needs `target-columns`"),
        (of("drop-constraint", "", vec![]), "needs either a name"),
        (of("drop-column", "a", flag("cascade")), "unknown attribute \"cascade\""),
        (of("add-column", "a", vec![]), "unknown column type"),
    ] {
        let problem = state.alter_table("t".into(), vec![change], vec![]).unwrap().unwrap_err();
        assert_eq!(problem.code, "invalid-operation");
        assert!(problem.detail.contains(part), "{part:?}: {}", problem.detail);
    }
    let many = (0..=2_000).map(|_| of("drop-column", "a", vec![])).collect();
    assert!(state.alter_table("t".into(), many, vec![]).unwrap().unwrap_err().detail.contains("at most 2000"));
    assert!(recorder.lock().unwrap().asked.is_empty());
}

#[test]
fn a_trigger_is_read_whole() {
    let trigger = |event: &str, timing: &str, body: &[&str], attributes: Vec<WitAttribute>| wit::Trigger {
        name: "tr".into(),
        table: "t".into(),
        timing: timing.into(),
        event: event.into(),
        body: body.iter().map(|sql| (*sql).to_owned()).collect(),
        attributes,
    };
    let (mut state, recorder) = migrating();
    let all = vec![text_attribute("of", "a"), text_attribute("condition", "new.a > 0")];
    state.create_trigger(trigger("update", "before", &["DELETE FROM t"], all), vec![]).unwrap().unwrap();
    state.drop_trigger("tr".into(), flag("if-exists")).unwrap().unwrap();
    let names: Vec<&str> = recorder.lock().unwrap().operations.iter().map(Operation::name).collect();
    assert_eq!(names, ["create-trigger", "drop-trigger"]);
    for (bad, part) in [
        (trigger("update", "sometimes", &["DELETE FROM t"], vec![]), "timing cannot be sometimes"),
        (trigger("truncate", "after", &["DELETE FROM t"], vec![]), "event cannot be truncate"),
        (trigger("insert", "after", &["DELETE FROM t"], vec![text_attribute("of", "a")]), "`of` is for updates"),
        (trigger("insert", "after", &[], vec![]), "has 0 statements"),
        (trigger("insert", "after", &["DROP TABLE t"], vec![]), "only SELECT, INSERT"),
        (trigger("insert", "after", &["SELECT 1; DROP TABLE t"], vec![]), "one statement at a time"),
        (trigger("insert", "after", &["SELECT RAISE(ROLLBACK, 'x')"], vec![]), "says ROLLBACK"),
        (trigger("insert", "after", &["DELETE FROM t"], vec![text_attribute("condition", "1 BEGIN SELECT (")]), "`condition`: the SQL"),
    ] {
        let problem = state.create_trigger(bad, vec![]).unwrap().unwrap_err();
        assert!(problem.detail.contains(part), "{part:?}: {}", problem.detail);
    }
}

#[test]
fn a_context_that_is_still_in_use_is_the_hosts_fault() {
    let (mut state, recorder) = migrating();
    let _in_use = recorder.lock().unwrap();
    assert!(state.touches("t".into()).unwrap_err().to_string().contains("still in use"));
}
