use super::*;
use crate::model::{Manifest, PluginName};
use crate::runtime::DescribeError;
use crate::runtime::bindings::tenon::plugin::types::Value as WitValue;
use crate::runtime::journal::Journal;
use crate::runtime::limits::Limits;
use crate::runtime::state::{Stopwatch, Task};

pub(super) fn state() -> HostState {
    let limits = Limits::default();
    let journal = Journal::new("hash".into(), "describe".into(), limits.log_lines);
    HostState::new(
        &limits,
        journal,
        Stopwatch::new(limits.describe_time, limits.work_time),
        Task::Describe(Box::new(Declarations::new(&limits))),
    )
}

pub(super) fn text(key: &str, value: &str) -> WitAttribute {
    WitAttribute { key: key.into(), value: WitValue::Text(value.into()) }
}

fn flag(key: &str) -> WitAttribute {
    WitAttribute { key: key.into(), value: WitValue::Boolean(true) }
}

fn column(name: &str, data_type: &str) -> wit::Column {
    wit::Column { name: name.into(), data_type: data_type.into(), nullable: false, attributes: vec![] }
}

pub(super) fn users() -> wit::Table {
    wit::Table {
        name: "users".into(),
        columns: vec![column("id", "ulid"), column("email", "string")],
        primary_key: vec!["id".into()],
        foreign_keys: vec![],
        uniques: vec![],
        checks: vec![],
        indexes: vec![],
        attributes: vec![],
    }
}

pub(super) fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| text.to_string()).collect()
}

/// What comes of declarations after a good `declare.plugin`.
pub(super) fn described(declare: impl FnOnce(&mut HostState)) -> Result<Manifest, DescribeError> {
    let mut state = state();
    state.plugin("shop".into(), "1.2.0".into(), vec![text("description", "Users and orders")]).unwrap();
    declare(&mut state);
    let Task::Describe(declarations) = state.task else { panic!("describing") };
    declarations.finish()
}

fn mistakes(declare: impl FnOnce(&mut HostState)) -> Vec<String> {
    match described(declare) {
        Err(DescribeError::Mistakes { mistakes, .. }) => mistakes.iter().map(ToString::to_string).collect(),
        other => panic!("mistakes, not {other:?}"),
    }
}

#[track_caller]
pub(super) fn assert_mistakes(declare: impl FnOnce(&mut HostState), expected: &[&str]) {
    let told = mistakes(declare);
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for (told, part) in told.iter().zip(expected) {
        assert!(told.contains(part), "{part:?} is not in: {told}");
    }
}

#[test]
fn a_whole_plugin_is_described() {
    let manifest = described(|state| {
        state.requires("base".into(), "^1.2".into()).unwrap();
        state.wants("reference".into(), "accounts".into(), "orders belong to accounts".into()).unwrap();
        state.owns_table(users()).unwrap();
        state.owns_view(wit::View { name: "v".into(), query: "SELECT id FROM users".into(), attributes: vec![] }).unwrap();
        let attributes = vec![text("irreversible", "rows are merged")];
        state.revision("a1".into(), vec![], strings(&["base@b1"]), "first".into(), "2025-10-24T15:00:00+02:00".into(), attributes).unwrap();
        state.field("users".into(), "email".into(), vec![flag("immutable")]).unwrap();
        state
            .collection("users".into(), "users".into(), "/users".into(), strings(&["create", "list"]), vec![text("order", "email,-id")])
            .unwrap();
    })
    .unwrap();
    assert_eq!((manifest.name.as_str(), manifest.version.to_string().as_str()), ("shop", "1.2.0"));
    assert_eq!(manifest.revisions[0].created.to_rfc3339(), "2025-10-24T13:00:00+00:00");
    assert_eq!(manifest.revisions[0].irreversible.as_deref(), Some("rows are merged"));
    let users = &manifest.collections[0];
    assert_eq!(users.path, "users");
    assert_eq!(users.operations, [CollectionOperation::List, CollectionOperation::Create]);
    assert_eq!(users.key, ["id".parse::<Name>().unwrap()], "the primary key is the default");
    assert_eq!(users.order, [("email".parse().unwrap(), false), ("id".parse().unwrap(), true)]);
    assert!(users.fields[0].immutable);
}

#[test]
fn the_plugin_says_its_name_exactly_once() {
    assert_mistakes(
        |state| state.plugin("again".into(), "1.0.0".into(), vec![]).unwrap(),
        &["plugin again: declare.plugin is called a second time"],
    );
}

#[test]
fn the_journal_goes_by_the_name_once_it_is_known() {
    let mut state = state();
    state.plugin("Bad Name".into(), "1".into(), vec![]).unwrap();
    assert_eq!(state.journal.plugin, "hash");
    let mut state = self::state();
    state.plugin("shop".into(), "1.0.0".into(), vec![]).unwrap();
    assert_eq!(state.journal.plugin, "shop");
}

#[test]
fn a_revisions_labels_and_what_it_comes_before_are_read() {
    let given = |attributes| {
        move |state: &mut HostState| {
            state.revision("a1".into(), vec![], vec![], "m".into(), "2025-01-01T00:00:00Z".into(), attributes).unwrap();
        }
    };
    let mut state = state();
    given(vec![text("label", "side"), text("label", "two"), text("run-before", "x@y")])(&mut state);
    let Declarations { revisions, mistakes, .. } = state.declaring("revision", Weight::of_texts([])).unwrap();
    assert_eq!(revisions[0].labels.iter().map(ToString::to_string).collect::<Vec<_>>(), ["side", "two"]);
    assert_eq!(revisions[0].run_before[0].to_string(), "x@y");
    assert!(mistakes.is_empty());
    for (attribute, part) in
        [(text("label", "Side"), "is no label"), (text("label", "head"), "is no label"), (text("run-before", "x"), "write plugin@revision")]
    {
        assert_mistakes(given(vec![attribute]), &[part]);
    }
}

#[test]
fn a_revision_that_cannot_be_says_why() {
    let revision = |id: &str, down: &[&str], depends: &[&str], message: &str, created: &str| {
        let (id, down, depends, message, created) =
            (id.to_owned(), strings(down), strings(depends), message.to_owned(), created.to_owned());
        move |state: &mut HostState| state.revision(id, down, depends, message, created, vec![]).unwrap()
    };
    let good = "2025-01-01T00:00:00Z";
    assert_mistakes(revision("a-b", &[], &[], "m", good), &["revision a-b: \"a-b\" is not a revision id"]);
    assert_mistakes(revision("a", &["b", "b"], &[], "m", good), &["down: \"b\" is there twice"]);
    assert_mistakes(revision("a", &[], &["base"], "m", good), &["write plugin@revision"]);
    assert_mistakes(revision("a", &[], &["base@b"], "m", good), &["does not require base"]);
    assert_mistakes(revision("a", &[], &[], " ", good), &["has no message"]);
    assert_mistakes(revision("a", &[], &[], "m\u{1b}[2J", good), &["`message` must be one line of plain text"]);
    assert_mistakes(revision("a", &[], &[], "m", "yesterday"), &["is not RFC 3339"]);
    assert_mistakes(revision("a", &[], &[], "m", "1969-12-31T23:59:59Z"), &["between 1970 and 9999"]);
    let told = mistakes(revision("a", &["b"; 101], &[], "m", good));
    assert!(told[0].contains("`down` has 101 entries") && told.len() == 100, "{told:#?}");
}

#[test]
fn a_collection_that_cannot_be_says_why() {
    let collection = |table: &str, path: &str, operations: &[&str], attributes: Vec<WitAttribute>| {
        let (table, path, operations) = (table.to_owned(), path.to_owned(), strings(operations));
        move |state: &mut HostState| {
            state.owns_table(users()).unwrap();
            state.collection("users".into(), table, path, operations, attributes).unwrap();
        }
    };
    assert_mistakes(collection("nope", "users", &["list"], vec![]), &["table nope is not declared"]);
    assert_mistakes(collection("users", "a//b", &["list"], vec![]), &["path \"a//b\""]);
    assert_mistakes(collection("users", "users", &[], vec![]), &["offers no operations"]);
    assert_mistakes(
        collection("users", "users", &["list", "list", "drop"], vec![]),
        &["\"list\" is there twice", "unknown operation \"drop\""],
    );
    assert_mistakes(collection("users", "users", &["list"], vec![text("key", "nope")]), &["no column nope"]);
    assert_mistakes(
        |state| state.field("users".into(), "email".into(), vec![]).unwrap(),
        &["field email of collection users: this plugin declares no such collection"],
    );
}

#[test]
fn a_mistaken_requirement_still_counts_as_required() {
    assert_mistakes(
        |state| {
            state.requires("base".into(), "newest".into()).unwrap();
            state.revision("a".into(), vec![], strings(&["base@b"]), "m".into(), "2025-01-01T00:00:00Z".into(), vec![]).unwrap();
        },
        &["\"newest\" is no version range"],
    );
}

#[test]
fn mistakes_past_the_limit_are_counted() {
    let mut state = state();
    (0..150).for_each(|_| state.requires("Bad".into(), "1".into()).unwrap());
    let Task::Describe(declarations) = state.task else { panic!("describing") };
    let error = declarations.finish().unwrap_err();
    assert!(matches!(&error, DescribeError::Mistakes { mistakes, left_out: 51 } if mistakes.len() == 100), "{error:?}");
    assert!(error.to_string().ends_with("and 51 more"));
}

#[test]
fn every_part_of_a_table_has_weight() {
    let light = weigh::table(&users());
    let heavier: [fn(&mut wit::Table); 6] = [
        |t| t.primary_key.push("x".into()),
        |t| t.columns.push(column("x", "text")),
        |t| t.attributes.push(text("comment", "x")),
        |t| t.checks.push(wit::Check { name: None, expression: "x".into(), attributes: vec![] }),
        |t| t.uniques.push(wit::Unique { name: None, columns: vec![], attributes: vec![] }),
        |t| t.indexes.push(wit::Index { name: "x".into(), terms: vec![], unique: false, attributes: vec![] }),
    ];
    for change in heavier {
        let mut table = users();
        change(&mut table);
        assert!(weigh::table(&table) > light);
    }
}

#[test]
fn the_name_of_the_plugin_is_one_of_the_models() {
    assert_eq!(described(|_| {}).unwrap().name, "shop".parse::<PluginName>().unwrap());
}
