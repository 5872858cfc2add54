use std::sync::{Arc, Mutex};

use super::*;
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

#[test]
fn what_a_later_version_brings_is_a_problem_that_names_it() {
    let (mut state, recorder) = migrating();
    let key = wit::ForeignKey {
        name: None,
        columns: vec![],
        target_table: String::new(),
        target_columns: vec![],
        on_delete: String::new(),
        on_update: String::new(),
        attributes: vec![],
    };
    let trigger = wit::Trigger {
        name: String::new(),
        table: String::new(),
        timing: String::new(),
        event: String::new(),
        body: vec![],
        attributes: vec![],
    };
    for (answer, name) in [
        (state.alter_table("t".into(), vec![], vec![]), "operations.alter-table"),
        (state.set_nullable("t".into(), "c".into(), true, vec![]), "operations.set-nullable"),
        (state.set_default("t".into(), "c".into(), vec![]), "operations.set-default"),
        (state.set_type("t".into(), "c".into(), "text".into(), vec![]), "operations.set-type"),
        (state.add_foreign_key("t".into(), key, vec![]), "operations.add-foreign-key"),
        (state.add_unique("t".into(), wit::Unique { name: None, columns: vec![], attributes: vec![] }, vec![]), "operations.add-unique"),
        (
            state.add_check("t".into(), wit::Check { name: None, expression: String::new(), attributes: vec![] }, vec![]),
            "operations.add-check",
        ),
        (state.set_primary_key("t".into(), vec![], vec![]), "operations.set-primary-key"),
        (state.drop_constraint("t".into(), None, vec![]), "operations.drop-constraint"),
        (state.create_trigger(trigger, vec![]), "operations.create-trigger"),
        (state.drop_trigger("t".into(), vec![]), "operations.drop-trigger"),
        (state.drop_table("t".into(), flag("detach")), "option `detach` of drop-table"),
        (state.add_column("t".into(), column("text"), flag("rebuild")), "option `rebuild` of add-column"),
    ] {
        let problem = answer.unwrap().unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (501, "not-yet-supported"));
        assert!(problem.detail.contains(name), "{}", problem.detail);
    }
    assert!(recorder.lock().unwrap().asked.is_empty());
}

#[test]
fn a_context_that_is_still_in_use_is_the_hosts_fault() {
    let (mut state, recorder) = migrating();
    let _in_use = recorder.lock().unwrap();
    assert!(state.touches("t".into()).unwrap_err().to_string().contains("still in use"));
}
