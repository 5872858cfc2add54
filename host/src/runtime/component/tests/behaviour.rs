//! Plugins that misbehave.

use super::*;
use crate::model::Problem;
use crate::runtime::error::{LimitReached, Limited};
use crate::runtime::testing::{Recorder, migrate, upgrade};

#[test]
fn a_component_can_be_shared_between_threads() {
    fn assert_shared<T: Send + Sync + Clone>(_: &T) {}
    let component = Guest::new().load();
    assert_shared(&component);
    let threads: Vec<_> =
        (0..4).map(|_| component.clone()).map(|component| std::thread::spawn(move || component.describe().unwrap().name)).collect();
    threads.into_iter().for_each(|thread| assert_eq!(thread.join().unwrap().as_str(), "guest"));
}

#[test]
fn a_plugin_that_says_nothing_is_a_mistake() {
    let error = Guest::new().describe("").load().describe().unwrap_err();
    assert_says(&error.to_string(), &["without declare.plugin"]);
}

#[test]
fn all_mistakes_are_told_together() {
    let mut guest = Guest::new();
    let [name, version, other, range] = ["Not A Name", "one", "shop", "latest"].map(|text| guest.text(text));
    let body = format!("(call $plugin {name} {version} (i32.const 0) (i32.const 0)) (call $requires {other} {range})");
    let Err(DescribeError::Mistakes { mistakes, left_out: 0 }) = guest.describe(body).load().describe() else { panic!("mistakes") };
    let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_says(&told.join("\n"), &["is not a plugin name", "is not a semantic version", "requirement shop", "no version range"]);
}

#[test]
fn a_loop_without_end_is_stopped_at_the_deadline() {
    let limits = Limits {
        describe_time: std::time::Duration::from_millis(50),
        step_time: std::time::Duration::from_millis(60),
        ..Limits::default()
    };
    let component = Guest::new().describe("(loop $l (br $l))").upgrade("(loop $l (br $l)) unreachable").load_with(limits);
    assert!(matches!(component.describe(), Err(DescribeError::Call(CallError::Deadline { limit })) if limit.as_millis() == 50));
    let error = upgrade(&component).unwrap_err();
    assert!(matches!(error, CallError::Deadline { limit } if limit.as_millis() == 60));
    assert_says(&error.to_string(), &["more than 60 ms of its own time"]);
}

#[test]
fn a_start_function_is_under_the_deadline_as_well() {
    let limits = Limits { describe_time: std::time::Duration::from_millis(50), ..Limits::default() };
    let mut guest = Guest::new();
    guest.core = "(func $spin (loop $l (br $l))) (start $spin)".into();
    assert!(matches!(guest.load_with(limits).describe(), Err(DescribeError::Call(CallError::Deadline { .. }))));
}

#[test]
fn time_in_the_database_is_not_the_guests() {
    let limits = Limits { step_time: std::time::Duration::from_millis(500), ..Limits::default() };
    let mut guest = Guest::new();
    let sql = guest.text("UPDATE t SET a = 1");
    let component =
        guest.upgrade(format!("(call $execute {sql} (i32.const 0) (i32.const 0) (i32.const 512)) (i32.const 0)")).load_with(limits);
    let context = Arc::new(Mutex::new(Recorder { slow: std::time::Duration::from_millis(700), ..Recorder::default() }));
    migrate(&component, Direction::Upgrade, &context).unwrap();
    assert_eq!(context.lock().unwrap().asked, ["execute UPDATE t SET a = 1 []"]);
}

#[test]
fn asking_without_end_is_stopped_though_every_answer_comes_in_time() {
    let limits = Limits { work_time: std::time::Duration::from_millis(50), ..Limits::default() };
    let mut guest = Guest::new();
    let sql = guest.text("UPDATE t SET a = 1");
    let step = format!("(loop $l (call $execute {sql} (i32.const 0) (i32.const 0) (i32.const 512)) (br $l)) (i32.const 0)");
    let context = Arc::new(Mutex::new(Recorder { slow: std::time::Duration::from_millis(20), ..Recorder::default() }));
    let error = migrate(&guest.upgrade(step).load_with(limits), Direction::Upgrade, &context).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitReached { which: Limited::WorkTime, limit: 50 })), "{error:?}");
    assert!((2..=4).contains(&context.lock().unwrap().asked.len()), "{:?}", context.lock().unwrap().asked);
}

#[test]
fn memory_without_end_is_stopped_with_the_reason() {
    let guest = Guest::new().describe("(loop $l (drop (memory.grow (i32.const 16))) (br $l))");
    let error = guest.load().describe().unwrap_err();
    assert!(
        matches!(error, DescribeError::Call(CallError::Limit(LimitReached { which: Limited::Memory, limit: 67_108_864 }))),
        "{error:?}"
    );
}

#[test]
fn a_recursion_without_end_is_stopped() {
    let mut guest = Guest::new().describe("(call $deep)");
    guest.core = "(func $deep (call $deep) (call $deep))".into();
    let error = guest.load().describe().unwrap_err();
    assert!(matches!(error, DescribeError::Call(CallError::Limit(LimitReached { which: Limited::Stack, limit: 524_288 }))), "{error:?}");
}

#[test]
fn a_table_that_grows_without_end_is_stopped() {
    let mut guest = Guest::new().describe("(loop $l (drop (table.grow $t (ref.null func) (i32.const 5000))) (br $l))");
    guest.core = "(table $t 1 funcref)".into();
    let error = guest.load().describe().unwrap_err();
    assert!(
        matches!(error, DescribeError::Call(CallError::Limit(LimitReached { which: Limited::TableElements, limit: 20_000 }))),
        "{error:?}"
    );
}

#[test]
fn declaring_without_end_is_stopped() {
    let mut guest = Guest::new();
    let (name, range) = (guest.text("shop"), guest.text("^1"));
    let component = guest.describe(format!("(loop $l (call $requires {name} {range}) (br $l))")).load();
    let error = component.describe().unwrap_err();
    assert!(
        matches!(error, DescribeError::Call(CallError::Limit(LimitReached { which: Limited::Declarations, limit: 10_000 }))),
        "{error:?}"
    );
}

#[test]
fn large_declarations_are_stopped_by_weight() {
    let mut guest = Guest::new();
    let range = guest.text("^1");
    // The name is 100,000 zero bytes of memory.
    let component = guest.describe(format!("(loop $l (call $requires (i32.const 65536) (i32.const 100000) {range}) (br $l))")).load();
    let error = component.describe().unwrap_err();
    assert!(matches!(error, DescribeError::Call(CallError::Limit(LimitReached { which: Limited::DeclaredBytes, .. }))), "{error:?}");
}

#[test]
fn what_one_host_call_takes_is_bounded() {
    let mut guest = Guest::new();
    guest.memory = "200";
    let level = guest.text("info");
    let component = guest.describe(format!("(call $log {level} (i32.const 0) (i32.const 9000000) (i32.const 0) (i32.const 0))")).load();
    let error = component.describe().unwrap_err();
    assert!(
        matches!(error, DescribeError::Call(CallError::Limit(LimitReached { which: Limited::HostCallBytes, limit: 8_388_608 }))),
        "{error:?}"
    );
}

#[test]
fn handles_without_end_are_stopped() {
    let component = Guest::new()
        .upgrade("(loop $l (drop (call $document-new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))) (br $l)) unreachable")
        .load();
    let error = upgrade(&component).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitReached { which: Limited::Handles, limit: 256 })), "{error:?}");
}

#[test]
fn documents_count_against_the_memory_of_the_call() {
    let mut guest = Guest::new()
        .upgrade("(loop $l (drop (call $document-new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 8000000))) (br $l)) unreachable");
    guest.memory = "200";
    let error = upgrade(&guest.load()).unwrap_err();
    assert!(matches!(error, CallError::Limit(LimitReached { which: Limited::Memory, .. })), "{error:?}");
}

#[test]
fn dropped_documents_are_given_back() {
    let component = Guest::new()
        .upgrade(
            "(local $n i32)
             (loop $l
               (call $document-drop (call $document-new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 200000)))
               (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 400))))
             (i32.const 0)",
        )
        .load();
    upgrade(&component).unwrap();
}

#[test]
fn a_document_used_after_its_end_is_a_trap() {
    let component = Guest::new()
        .upgrade(
            "(local $d i32)
             (local.set $d (call $document-new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1)))
             (call $document-drop (local.get $d))
             (drop (call $document-size (local.get $d))) (i32.const 0)",
        )
        .load();
    assert!(matches!(upgrade(&component), Err(CallError::Trap { .. })));
}

#[test]
fn a_panic_is_told_in_the_guests_own_words() {
    let mut guest = Guest::new();
    let (level, message) = (guest.text("error"), guest.text("index out of bounds: the len is 0\u{1b}[31m"));
    let body = format!("(call $log {level} {message} (i32.const 0) (i32.const 0)) unreachable");
    let error = upgrade(&guest.upgrade(body).load()).unwrap_err();
    assert_eq!(error.to_string(), "the plugin broke off: index out of bounds: the len is 0\\u{1b}[31m");
    let error = upgrade(&Guest::new().upgrade("unreachable").load()).unwrap_err();
    assert_says(&error.to_string(), &["`unreachable` instruction"]);
}

#[test]
fn calls_at_the_wrong_time_are_traps_that_say_when() {
    for (function, part) in [
        ("(call $now) drop", "`describe` runs"),
        ("(call $random (i32.const 1) (i32.const 512))", "`describe` runs"),
        ("(call $setting (i32.const 0) (i32.const 0) (i32.const 512))", "while a request is handled"),
        ("(call $touches (i32.const 0) (i32.const 0) (i32.const 512))", "`describe` runs"),
        ("(call $query (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))", "`describe` runs"),
        ("(call $database-execute (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))", "while a request is handled"),
    ] {
        let error = Guest::new().describe(function).load().describe().unwrap_err();
        assert!(matches!(&error, DescribeError::Call(CallError::Trap { message }) if message.contains(part)), "{function}: {error:?}");
    }
    for (function, part) in [
        ("(call $requires (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))", "only while `describe` runs"),
        ("(call $setting (i32.const 0) (i32.const 0) (i32.const 512))", "a migration may not"),
        ("(call $random (i32.const 4097) (i32.const 512))", "at most 4096"),
        ("(call $database-execute (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))", "use operations.execute"),
    ] {
        let error = upgrade(&Guest::new().upgrade(format!("{function} (i32.const 0)")).load()).unwrap_err();
        assert!(matches!(&error, CallError::Trap { message } if message.contains(part)), "{function}: {error:?}");
    }
}

#[test]
fn a_problem_of_the_context_comes_back_as_the_guests_own_answer() {
    let mut guest = Guest::new();
    let table = guest.text("orders");
    // `touches` and `upgrade` have the same result type: the answer is passed on as it lies in memory.
    let component = guest.downgrade(format!("(call $touches {table} (i32.const 512)) (i32.const 512)")).load();
    let context = Arc::new(Mutex::new(Recorder { problem: Some(Problem::new(409, "conflict", "not now")), ..Recorder::default() }));
    let error = migrate(&component, Direction::Downgrade, &context).unwrap_err();
    assert!(matches!(&error, CallError::Problem(problem) if problem.status == 409 && problem.detail == "not now"), "{error:?}");
    assert_eq!(context.lock().unwrap().asked, ["touches orders"]);
    context.lock().unwrap().problem = None;
    migrate(&component, Direction::Downgrade, &context).unwrap();
    migrate(&component, Direction::Upgrade, &context).unwrap();
}

#[test]
fn rows_go_in_and_out_as_documents() {
    let mut guest = Guest::new();
    let [sql, table] = ["SELECT 1", "orders"].map(|text| guest.text(text));
    // The handle of result<document> lies at 4.
    let body = format!(
        "(call $query {sql} (i32.const 0) (i32.const 0) (i32.const 512))
         (call $insert-rows {table} (i32.load (i32.const 516)) (i32.const 600))
         (i32.const 0)"
    );
    let component = guest.upgrade(body).load();
    let context = Arc::new(Mutex::new(Recorder { rows: b"[{\"a\":1}]".to_vec(), ..Recorder::default() }));
    migrate(&component, Direction::Upgrade, &context).unwrap();
    assert_eq!(context.lock().unwrap().asked, ["query SELECT 1 []", "insert-rows orders [{\"a\":1}]"]);
}

#[test]
fn too_many_rows_are_a_problem_and_not_the_end() {
    let mut guest = Guest::new();
    let sql = guest.text("SELECT 1");
    // A zero at 512 would be `ok`.
    let component =
        guest.upgrade(format!("(call $query {sql} (i32.const 0) (i32.const 0) (i32.const 512)) (if (i32.eqz (i32.load8_u (i32.const 512))) (then unreachable)) (i32.const 0)")).load();
    let context = Arc::new(Mutex::new(Recorder { rows: vec![b' '; 64 << 20], ..Recorder::default() }));
    migrate(&component, Direction::Upgrade, &context).unwrap();
}

#[test]
fn nothing_of_one_call_is_there_in_the_next() {
    let mut guest = Guest::new().upgrade("(if (global.get $seen) (then unreachable)) (global.set $seen (i32.const 1)) (i32.const 0)");
    guest.core = "(global $seen (mut i32) (i32.const 0))".into();
    let component = guest.load();
    (0..3).for_each(|_| upgrade(&component).unwrap());
}

#[test]
fn instances_on_demand_are_under_the_same_limits() {
    let limits = Limits { live_instances: 1 << 20, describe_time: std::time::Duration::from_millis(50), ..Limits::default() };
    let runtime = Runtime::new(RuntimeConfig { limits, largest: None, cache: None, program: None }).unwrap();
    assert_eq!(runtime.allocation(), Allocation::OnDemand);
    let load = |guest: Guest| runtime.load(&guest.wasm());
    assert!(load(Guest::new()).unwrap().describe().is_ok());
    let spin = load(Guest::new().describe("(loop $l (br $l))")).unwrap().describe();
    assert!(matches!(spin, Err(DescribeError::Call(CallError::Deadline { .. }))));
    let grow = load(Guest::new().describe("(loop $l (drop (memory.grow (i32.const 16))) (br $l))")).unwrap().describe();
    assert!(matches!(grow, Err(DescribeError::Call(CallError::Limit(LimitReached { which: Limited::Memory, .. })))));
    let mut large = Guest::new();
    large.memory = "1025";
    assert!(matches!(load(large), Err(ComponentError::TooDemanding { .. })));
}
