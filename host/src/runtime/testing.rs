//! Guests written by hand for the tests of this room: one skeleton of our world, and the few instructions that a test is about.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::model::{Name, Operation, PluginName, Problem, RevisionId, Value};

use super::{CallError, Component, Direction, Limits, MigrationContext, MigrationStep, Runtime, RuntimeConfig};

/// A plugin that does nothing, for the tests of other rooms.
pub(crate) fn component() -> Component {
    Guest::new().load()
}

/// A plugin in the making. Bodies are core WebAssembly text; what they may call is named in [`Guest::wasm`].
pub(super) struct Guest {
    describe: String,
    upgrade: String,
    downgrade: String,
    /// Limits of the one memory, in pages.
    pub(super) memory: &'static str,
    /// The version in the names of imports and exports.
    pub(super) version: &'static str,
    /// Further imports of the component.
    pub(super) imports: &'static str,
    /// Further functions, elements and tables of the core module.
    pub(super) core: String,
    data: String,
    next: usize,
}

impl Guest {
    /// One whose functions do nothing, successfully, and whose `describe` calls `declare.plugin("guest", "1.0.0", [])`.
    pub(super) fn new() -> Self {
        let mut guest = Self {
            describe: String::new(),
            // A zeroed result is `ok`; the first bytes of memory are left alone.
            upgrade: "(i32.const 0)".into(),
            downgrade: "(i32.const 0)".into(),
            memory: "4",
            version: "0.1.0",
            imports: "",
            core: String::new(),
            data: String::new(),
            next: 1024,
        };
        let (name, version) = (guest.text("guest"), guest.text("1.0.0"));
        guest.describe = format!("(call $plugin {name} {version} (i32.const 0) (i32.const 0))");
        guest
    }

    pub(super) fn describe(mut self, body: impl Into<String>) -> Self {
        self.describe = body.into();
        self
    }

    pub(super) fn upgrade(mut self, body: impl Into<String>) -> Self {
        self.upgrade = body.into();
        self
    }

    pub(super) fn downgrade(mut self, body: impl Into<String>) -> Self {
        self.downgrade = body.into();
        self
    }

    /// Puts text into the guest's memory; answers the two instructions that pass it on.
    pub(super) fn text(&mut self, text: &str) -> String {
        let at = self.next;
        self.next += text.len().next_multiple_of(8);
        let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
        self.data += &format!("(data (i32.const {at}) \"{escaped}\")\n");
        format!("(i32.const {at}) (i32.const {})", text.len())
    }

    /// The finished component. 512 is a place for results.
    pub(super) fn wasm(&self) -> Vec<u8> {
        let Self { describe, upgrade, downgrade, memory, version, imports, core, data, .. } = self;
        let text = format!(
            r#"(component
  (import "tenon:plugin/types@{version}" (instance $types
    (type $value' (variant (case "null") (case "boolean" bool) (case "integer" s64) (case "real" f64) (case "text" string) (case "bytes" (list u8))))
    (export "value" (type $value (eq $value')))
    (type $attribute' (record (field "key" string) (field "value" $value)))
    (export "attribute" (type $attribute (eq $attribute')))
    (type $reason' (record (field "place" string) (field "at" string) (field "code" string) (field "detail" string)))
    (export "reason" (type $reason (eq $reason')))
    (type $problem' (record (field "status" u16) (field "code" string) (field "detail" string) (field "errors" (list $reason)) (field "members" (list $attribute))))
    (export "problem" (type $problem (eq $problem')))
    (export "document" (type $document (sub resource)))
    (export "request" (type $request (sub resource)))
    (type $response' (record (field "status" u16) (field "headers" (list (tuple string string))) (field "body" (option (own $document)))))
    (export "response" (type $response (eq $response')))
    (export "[constructor]document" (func (param "media-type" string) (param "content" (list u8)) (result (own $document))))
    (export "[method]document.size" (func (param "self" (borrow $document)) (result u64)))))
  (alias export $types "value" (type $value))
  (alias export $types "attribute" (type $attribute))
  (alias export $types "problem" (type $problem))
  (alias export $types "document" (type $document))
  (alias export $types "request" (type $request))
  (alias export $types "response" (type $response))
  (import "tenon:plugin/host@{version}" (instance $host
    (alias outer 1 $attribute (type $attribute))
    (export "log" (func (param "level" string) (param "message" string) (param "fields" (list $attribute))))
    (export "now" (func (result u64)))
    (export "random" (func (param "length" u32) (result (list u8))))
    (export "setting" (func (param "key" string) (result (option string))))))
  (import "tenon:plugin/declare@{version}" (instance $declare
    (alias outer 1 $attribute (type $attribute))
    (export "plugin" (func (param "name" string) (param "version" string) (param "attributes" (list $attribute))))
    (export "requires" (func (param "plugin" string) (param "versions" string)))))
  (import "tenon:plugin/operations@{version}" (instance $operations
    (alias outer 1 $value (type $value)) (alias outer 1 $problem (type $problem)) (alias outer 1 $document (type $document'))
    (export "document" (type $document (eq $document')))
    (export "touches" (func (param "table" string) (result (result (error $problem)))))
    (export "execute" (func (param "sql" string) (param "params" (list $value)) (result (result u64 (error $problem)))))
    (export "insert-rows" (func (param "table" string) (param "rows" (borrow $document)) (result (result u64 (error $problem)))))
    (export "query" (func (param "sql" string) (param "params" (list $value)) (result (result (own $document) (error $problem)))))))
  (import "tenon:plugin/database@{version}" (instance $database
    (alias outer 1 $value (type $value)) (alias outer 1 $problem (type $problem))
    (export "execute" (func (param "sql" string) (param "params" (list $value)) (result (result u64 (error $problem)))))))
  {imports}
  (core module $libc
    (memory (export "memory") {memory})
    (global $top (mut i32) (i32.const 65536))
    (func (export "realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (local.get $at)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $log (canon lower (func $host "log") (memory $memory) (realloc $realloc)))
  (core func $now (canon lower (func $host "now")))
  (core func $random (canon lower (func $host "random") (memory $memory) (realloc $realloc)))
  (core func $setting (canon lower (func $host "setting") (memory $memory) (realloc $realloc)))
  (core func $plugin (canon lower (func $declare "plugin") (memory $memory) (realloc $realloc)))
  (core func $requires (canon lower (func $declare "requires") (memory $memory) (realloc $realloc)))
  (core func $touches (canon lower (func $operations "touches") (memory $memory) (realloc $realloc)))
  (core func $execute (canon lower (func $operations "execute") (memory $memory) (realloc $realloc)))
  (core func $insert-rows (canon lower (func $operations "insert-rows") (memory $memory) (realloc $realloc)))
  (core func $query (canon lower (func $operations "query") (memory $memory) (realloc $realloc)))
  (core func $database-execute (canon lower (func $database "execute") (memory $memory) (realloc $realloc)))
  (core func $document-new (canon lower (func $types "[constructor]document") (memory $memory) (realloc $realloc)))
  (core func $document-size (canon lower (func $types "[method]document.size")))
  (core func $document-drop (canon resource.drop $document))
  (core module $main
    (import "libc" "memory" (memory {memory}))
    (import "host" "log" (func $log (param i32 i32 i32 i32 i32 i32)))
    (import "host" "now" (func $now (result i64)))
    (import "host" "random" (func $random (param i32 i32)))
    (import "host" "setting" (func $setting (param i32 i32 i32)))
    (import "host" "plugin" (func $plugin (param i32 i32 i32 i32 i32 i32)))
    (import "host" "requires" (func $requires (param i32 i32 i32 i32)))
    (import "host" "touches" (func $touches (param i32 i32 i32)))
    (import "host" "execute" (func $execute (param i32 i32 i32 i32 i32)))
    (import "host" "insert-rows" (func $insert-rows (param i32 i32 i32 i32)))
    (import "host" "query" (func $query (param i32 i32 i32 i32 i32)))
    (import "host" "database-execute" (func $database-execute (param i32 i32 i32 i32 i32)))
    (import "host" "document-new" (func $document-new (param i32 i32 i32 i32) (result i32)))
    (import "host" "document-size" (func $document-size (param i32) (result i64)))
    (import "host" "document-drop" (func $document-drop (param i32)))
    {core}
    {data}
    (func (export "describe") {describe})
    (func (export "upgrade") (param $revision i32) (param $length i32) (result i32) {upgrade})
    (func (export "downgrade") (param $revision i32) (param $length i32) (result i32) {downgrade})
    (func (export "handle") (param i32 i32 i32) (result i32) unreachable))
  (core instance $main (instantiate $main
    (with "libc" (instance $libc))
    (with "host" (instance
      (export "log" (func $log)) (export "now" (func $now)) (export "random" (func $random)) (export "setting" (func $setting))
      (export "plugin" (func $plugin)) (export "requires" (func $requires)) (export "touches" (func $touches)) (export "execute" (func $execute))
      (export "insert-rows" (func $insert-rows)) (export "query" (func $query)) (export "database-execute" (func $database-execute))
      (export "document-new" (func $document-new)) (export "document-size" (func $document-size)) (export "document-drop" (func $document-drop))))))
  (func $describe (canon lift (core func $main "describe")))
  (func $upgrade (param "revision" string) (result (result (error $problem))) (canon lift (core func $main "upgrade") (memory $memory) (realloc $realloc)))
  (func $downgrade (param "revision" string) (result (result (error $problem))) (canon lift (core func $main "downgrade") (memory $memory) (realloc $realloc)))
  (func $handle (param "operation" string) (param "request" (borrow $request)) (result (result $response (error $problem)))
    (canon lift (core func $main "handle") (memory $memory) (realloc $realloc)))
  (instance $plugin (export "describe" (func $describe)))
  (instance $migrations (export "upgrade" (func $upgrade)) (export "downgrade" (func $downgrade)))
  (instance $handlers (export "handle" (func $handle)))
  (export "tenon:plugin/plugin@{version}" (instance $plugin))
  (export "tenon:plugin/migrations@{version}" (instance $migrations))
  (export "tenon:plugin/handlers@{version}" (instance $handlers)))"#
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Loaded under the default limits, with more patience: tests share the machine.
    pub(super) fn load(&self) -> Component {
        self.load_with(Limits { describe_time: Duration::from_secs(60), step_time: Duration::from_secs(60), ..Limits::default() })
    }

    pub(super) fn load_with(&self, limits: Limits) -> Component {
        runtime(limits).load(&self.wasm()).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A runtime without a cache, and with a small pool: tests run many at once.
pub(super) fn runtime(limits: Limits) -> Runtime {
    Runtime::new(RuntimeConfig { limits: Limits { live_instances: 4, ..limits }, largest: None, cache: None, program: None }).unwrap()
}

/// Runs one step of a component.
pub(super) fn migrate(component: &Component, direction: Direction, context: &Arc<Mutex<Recorder>>) -> Result<(), CallError> {
    let (plugin, revision): (PluginName, RevisionId) = ("guest".parse().unwrap(), "a1b2".parse().unwrap());
    let created = "2025-10-24T15:00:00Z".parse().unwrap();
    component.migrate(
        MigrationStep { plugin: &plugin, revision: &revision, direction, created, seed: [7; 32] },
        Arc::clone(context) as Arc<Mutex<dyn MigrationContext + Send>>,
    )
}

/// Runs `upgrade` against a context that agrees to everything.
pub(super) fn upgrade(component: &Component) -> Result<(), CallError> {
    migrate(component, Direction::Upgrade, &Arc::default())
}

/// A context that writes down what it is asked.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    /// In order.
    pub(super) asked: Vec<String>,
    /// The operations among them.
    pub(super) operations: Vec<Operation>,
    /// What it answers to everything, when it is not to agree.
    pub(super) problem: Option<Problem>,
    /// What a query finds.
    pub(super) rows: Vec<u8>,
    /// What `execute` waits for before it answers: SQL that takes its time.
    pub(super) slow: Duration,
}

impl Recorder {
    fn ask<T>(&mut self, question: String, answer: T) -> Result<T, Problem> {
        self.asked.push(question);
        self.problem.clone().map_or(Ok(answer), Err)
    }
}

impl MigrationContext for Recorder {
    fn apply(&mut self, operation: Operation) -> Result<(), Problem> {
        let name = operation.name().to_owned();
        self.operations.push(operation);
        self.ask(name, ())
    }

    fn execute(&mut self, sql: &str, params: &[Value]) -> Result<u64, Problem> {
        // Stands for SQL that takes its time; the guest's deadline must not count it.
        let began = Instant::now();
        while began.elapsed() < self.slow {
            std::thread::yield_now();
        }
        self.ask(format!("execute {sql} {params:?}"), 1)
    }

    fn insert_rows(&mut self, table: &Name, rows: &[u8]) -> Result<u64, Problem> {
        self.ask(format!("insert-rows {table} {}", String::from_utf8_lossy(rows)), 1)
    }

    fn touches(&mut self, table: &Name) -> Result<(), Problem> {
        self.ask(format!("touches {table}"), ())
    }

    fn query(&mut self, sql: &str, params: &[Value]) -> Result<(Vec<u8>, u64), Problem> {
        let rows = self.rows.clone();
        self.ask(format!("query {sql} {params:?}"), (rows, 3))
    }

    fn row(&mut self, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>, Problem> {
        self.ask(format!("row {sql} {params:?}"), Some(vec![Value::Null, Value::Real(0.5)]))
    }

    fn dialect(&self) -> &'static str {
        "sqlite"
    }

    fn offline(&self) -> bool {
        false
    }
}
