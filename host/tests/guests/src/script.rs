//! A guest that does what stands in its own bytes: a test writes there, as JSON, what each of its revisions is to call, and what it
//! declares. So one component is as many plugins as a test has cases.

use std::hint::black_box;

use tenon_sdk::bindings::tenon::plugin::declare;
use tenon_sdk::bindings::tenon::plugin::operations as host;
use tenon_sdk::bindings::tenon::plugin::schema;
use tenon_sdk::bindings::tenon::plugin::types::{Attribute, Value};
use tenon_sdk::serde::Deserialize;
use tenon_sdk::serde::de::DeserializeOwned;
use tenon_sdk::serde_json::{Map, Value as Json, from_slice, from_value};
use tenon_sdk::{Operations, Problem, Result};

/// Where the script begins, after these bytes; the spaces are what it is written over.
const MARK: &[u8] = b"tenon-test-script:";

const ROOM: usize = 48 << 10;

const fn script() -> [u8; ROOM] {
    let mut bytes = [b' '; ROOM];
    let mut i = 0;
    while i < MARK.len() {
        bytes[i] = MARK[i];
        i += 1;
    }
    bytes
}

static SCRIPT: [u8; ROOM] = script();

/// One call of the host's, or what is to be done with some.
#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde", tag = "call", rename_all = "kebab-case")]
enum Call {
    CreateTable {
        table: Table,
    },
    DropTable {
        name: String,
        #[serde(default)]
        options: Map<String, Json>,
    },
    RenameTable {
        name: String,
        to: String,
    },
    AlterTable {
        name: String,
        changes: Vec<Change>,
        #[serde(default)]
        options: Map<String, Json>,
    },
    CreateIndex {
        table: String,
        #[serde(flatten)]
        index: Index,
    },
    CreateView {
        #[serde(flatten)]
        view: View,
    },
    CreateTrigger {
        #[serde(flatten)]
        trigger: Trigger,
    },
    DropIndex {
        name: String,
    },
    DropView {
        name: String,
    },
    DropTrigger {
        name: String,
    },
    Touches {
        table: String,
    },
    InsertRows {
        table: String,
        rows: Vec<Map<String, Json>>,
    },
    Execute {
        sql: String,
    },
    Query {
        sql: String,
    },
    /// What follows is done only where the query has a row: not in a replay, say.
    OnlyIf {
        sql: String,
    },
    /// Again and again.
    Repeat {
        times: u32,
        calls: Vec<Call>,
    },
    /// Each whatever became of those before; the table `outcomes` gets a row for each, with the code of its problem and what it said.
    Attempt {
        calls: Vec<Call>,
    },
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Table {
    name: String,
    columns: Vec<Column>,
    #[serde(default)]
    primary_key: Vec<String>,
    #[serde(default)]
    foreign_keys: Vec<ForeignKey>,
    #[serde(default)]
    uniques: Vec<Unique>,
    #[serde(default)]
    checks: Vec<Check>,
    #[serde(default)]
    indexes: Vec<Index>,
    #[serde(default)]
    attributes: Map<String, Json>,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Index {
    name: String,
    terms: Vec<String>,
    #[serde(default)]
    unique: bool,
    #[serde(default)]
    attributes: Map<String, Json>,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct View {
    name: String,
    query: String,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Trigger {
    name: String,
    table: String,
    timing: String,
    event: String,
    body: Vec<String>,
    #[serde(default)]
    attributes: Map<String, Json>,
}

/// What the head revision leaves.
#[derive(Default, Deserialize)]
#[serde(crate = "tenon_sdk::serde", default)]
struct Declared {
    tables: Vec<Table>,
    views: Vec<View>,
    triggers: Vec<Trigger>,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Column {
    name: String,
    data_type: String,
    nullable: bool,
    #[serde(default)]
    attributes: Map<String, Json>,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct ForeignKey {
    columns: Vec<String>,
    target_table: String,
    target_columns: Vec<String>,
    on_delete: String,
    on_update: String,
    #[serde(default)]
    attributes: Map<String, Json>,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Unique {
    name: Option<String>,
    columns: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Check {
    name: Option<String>,
    expression: String,
}

#[derive(Clone, Deserialize)]
#[serde(crate = "tenon_sdk::serde")]
struct Change {
    kind: String,
    name: String,
    #[serde(default)]
    attributes: Map<String, Json>,
}

/// Attributes; one whose value is a list repeats.
fn attributes(map: &Map<String, Json>) -> Vec<Attribute> {
    let one = |key: &str, value: &Json| Attribute { key: key.to_owned(), value: value_of(value) };
    let all = map.iter().flat_map(|(key, value)| match value {
        Json::Array(values) => values.iter().map(|value| one(key, value)).collect(),
        value => vec![one(key, value)],
    });
    all.collect()
}

fn value_of(json: &Json) -> Value {
    match json {
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::Real(number.as_f64().unwrap_or_default()), Value::Integer),
        Json::String(text) => Value::Text(text.clone()),
    }
}

impl Table {
    fn into_contract(self) -> schema::Table {
        let column = |column: Column| schema::Column {
            name: column.name,
            data_type: column.data_type,
            nullable: column.nullable,
            attributes: attributes(&column.attributes),
        };
        let key = |key: ForeignKey| schema::ForeignKey {
            name: None,
            columns: key.columns,
            target_table: key.target_table,
            target_columns: key.target_columns,
            on_delete: key.on_delete,
            on_update: key.on_update,
            attributes: attributes(&key.attributes),
        };
        let unique = |unique: Unique| schema::Unique { name: unique.name, columns: unique.columns, attributes: Vec::new() };
        let check = |check: Check| schema::Check { name: check.name, expression: check.expression, attributes: Vec::new() };
        schema::Table {
            name: self.name,
            columns: self.columns.into_iter().map(column).collect(),
            primary_key: self.primary_key,
            foreign_keys: self.foreign_keys.into_iter().map(key).collect(),
            uniques: self.uniques.into_iter().map(unique).collect(),
            checks: self.checks.into_iter().map(check).collect(),
            indexes: self.indexes.into_iter().map(Index::into_contract).collect(),
            attributes: attributes(&self.attributes),
        }
    }
}

impl Index {
    fn into_contract(self) -> schema::Index {
        schema::Index { name: self.name, terms: self.terms, unique: self.unique, attributes: attributes(&self.attributes) }
    }
}

impl View {
    fn into_contract(self) -> schema::View {
        schema::View { name: self.name, query: self.query, attributes: Vec::new() }
    }
}

impl Trigger {
    fn into_contract(self) -> schema::Trigger {
        let Self { name, table, timing, event, body, attributes: given } = self;
        schema::Trigger { name, table, timing, event, body, attributes: attributes(&given) }
    }
}

/// Whether to go on.
fn carry_out(op: &Operations, call: Call) -> Result<bool> {
    match call {
        Call::CreateTable { table } => host::create_table(&table.into_contract(), &[])?,
        Call::DropTable { name, options } => host::drop_table(&name, &attributes(&options))?,
        Call::RenameTable { name, to } => host::rename_table(&name, &to)?,
        Call::AlterTable { name, changes, options } => {
            let change = |change: Change| host::Change { kind: change.kind, name: change.name, attributes: attributes(&change.attributes) };
            let changes: Vec<host::Change> = changes.into_iter().map(change).collect();
            host::alter_table(&name, &changes, &attributes(&options))?;
        }
        Call::CreateIndex { table, index } => host::create_index(&table, &index.into_contract(), &[])?,
        Call::CreateView { view } => host::create_view(&view.into_contract(), &[])?,
        Call::CreateTrigger { trigger } => host::create_trigger(&trigger.into_contract(), &[])?,
        Call::DropIndex { name } => host::drop_index(&name, &[])?,
        Call::DropView { name } => host::drop_view(&name, &[])?,
        Call::DropTrigger { name } => host::drop_trigger(&name, &[])?,
        Call::Touches { table } => op.touches(&table)?,
        Call::InsertRows { table, rows } => _ = op.insert_rows(&table, &rows)?,
        Call::Execute { sql } => _ = op.execute(&sql, &[])?,
        Call::Query { sql } => _ = op.query::<Json>(&sql, &[])?,
        Call::OnlyIf { sql } => return Ok(op.row(&sql, &[])?.is_some()),
        Call::Repeat { times, calls } => {
            for _ in 0..times {
                all(op, calls.clone())?;
            }
        }
        Call::Attempt { calls } => {
            for call in calls {
                let (code, detail) =
                    carry_out(op, call).map_or_else(|problem| (problem.code, problem.detail), |_| (String::new(), String::new()));
                op.execute("INSERT INTO outcomes (code, detail) VALUES (?, ?)", &[code.into(), detail.into()])?;
            }
        }
    }
    Ok(true)
}

fn all(op: &Operations, calls: Vec<Call>) -> Result<()> {
    for call in calls {
        if !carry_out(op, call)? {
            break;
        }
    }
    Ok(())
}

/// In each text, `%{piece*times}%` is as many of that piece.
fn unfold(json: &mut Json) {
    match json {
        Json::String(text) => {
            while let Some((begin, rest)) = text.split_once("%{")
                && let Some((inside, end)) = rest.split_once("}%")
                && let Some((piece, times)) = inside.rsplit_once('*')
            {
                *text = format!("{begin}{}{end}", piece.repeat(times.parse().unwrap_or_default()));
            }
        }
        Json::Array(all) => all.iter_mut().for_each(unfold),
        Json::Object(all) => all.values_mut().for_each(unfold),
        _ => {}
    }
}

/// What the script has under that key; the default where it has nothing.
fn written<T: DeserializeOwned + Default>(key: &str) -> Result<T> {
    let text = &black_box(&SCRIPT)[MARK.len()..];
    let unreadable = |error: tenon_sdk::serde_json::Error| Problem::unprocessable(error.to_string());
    let mut script: Map<String, Json> = from_slice(text).map_err(unreadable)?;
    let Some(mut value) = script.remove(key) else { return Ok(T::default()) };
    unfold(&mut value);
    from_value(value).map_err(unreadable)
}

/// Calls what the script has for the revision.
pub fn run(op: &Operations) -> Result<()> {
    all(op, written(op.revision())?)
}

/// Calls what the script has for the way back, under the revision's id and `-down`.
pub fn run_back(op: &Operations) -> Result<()> {
    all(op, written(&format!("{}-down", op.revision()))?)
}

/// Declares what the script says. Without a script the file still says what it is.
pub fn describe() {
    let Declared { tables, views, triggers } = written("declares").unwrap_or_default();
    tables.into_iter().for_each(|table| declare::owns_table(&table.into_contract()));
    views.into_iter().for_each(|view| declare::owns_view(&view.into_contract()));
    triggers.into_iter().for_each(|trigger| declare::owns_trigger(&trigger.into_contract()));
}
