//! What a body may say, and what is answered when it says something else.

use serde_json::json;

use super::{Desk, reasons, row, users};
use crate::model::manifest::Field;
use crate::model::schema::{Format, Rules};
use crate::model::{Column, Default, Table, Value};
use crate::records::tests::fixtures::{column, compile, declare, defaulted, entity, formatted, nullable, plain};
use crate::records::{Collection, Draft};

#[test]
fn a_new_row_answers_in_the_seeds_order() {
    let (mut desk, users) = users();
    let draft = Draft::create(&users, br#"{"email":"a@b.c","name":"A"}"#);
    let written = desk.write(&users, draft).unwrap();
    insta::assert_snapshot!(String::from_utf8(written.body).unwrap(), @r#"{"id":"01KAMPZZZZ0000000000000001","created_at":"2026-11-22T08:09:32.123Z","updated_at":"2026-11-22T08:09:32.123Z","tags":[],"email":"a@b.c","name":"A","is_active":true}"#);
    assert_eq!(written.created.unwrap(), "01KAMPZZZZ0000000000000001");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let (mut desk, users) = users();
    let problem =
        desk.create(&users, r#"{"email":1,"is_active":"yes","nickname":"x","tags":["a b","a","a"],"email":"twice"}"#).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (422, "validation-failed"));
    let expected = [
        ("/email", "type"),
        ("/is_active", "type"),
        ("/nickname", "unknown"),
        ("/tags/0", "format"),
        ("/tags/2", "duplicate"),
        ("/email", "duplicate"),
        ("/name", "required"),
    ];
    assert_eq!(reasons(&problem), expected);
}

#[test]
fn text_that_is_not_json_is_400_and_says_where() {
    let (mut desk, users) = users();
    for (body, part) in
        [("{\"email\":", "line 1, column 10"), ("", "empty"), ("{\"a\":1}x", "follows"), ("\u{feff}{}", "value is expected")]
    {
        let problem = desk.create(&users, body).unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (400, "malformed-json"), "{body}");
        assert!(problem.detail.contains(part), "{}", problem.detail);
    }
    let deep = format!("{{\"email\":{}{}}}", "[".repeat(200), "]".repeat(200));
    assert!(desk.create(&users, &deep).unwrap_err().detail.contains("128 deep"));
}

#[test]
fn what_is_json_but_no_object_is_422() {
    let (mut desk, users) = users();
    for body in ["[]", "null", "\"x\"", "1e400", "true"] {
        let problem = desk.create(&users, body).unwrap_err();
        assert_eq!((problem.status, reasons(&problem)), (422, vec![("", "type")]), "{body}");
    }
}

#[test]
fn an_id_that_is_null_is_made_and_one_that_is_given_is_normalised() {
    let (mut desk, users) = users();
    let made = desk.create(&users, r#"{"id":null,"email":"a","name":"A"}"#).unwrap();
    assert_eq!(made["id"], "01KAMPZZZZ0000000000000001");
    let given = desk.create(&users, r#"{"id":"01hzy0v3k8q4w9m2n5p7r1s6td","email":"b","name":"B"}"#).unwrap();
    assert_eq!(given["id"], "01HZY0V3K8Q4W9M2N5P7R1S6TD");
    let problem = desk.create(&users, r#"{"id":"01HZERO...","email":"c","name":"C"}"#).unwrap_err();
    assert_eq!(reasons(&problem), [("/id", "format")]);
}

#[test]
fn managed_columns_in_a_body_are_accepted_and_ignored() {
    let (mut desk, users) = users();
    let created = desk.create(&users, r#"{"email":"a","name":"A","created_at":"1999-01-01T00:00:00Z","updated_at":17}"#).unwrap();
    assert_eq!(created["created_at"], "2026-11-22T08:09:32.123Z");
    assert_eq!(created["updated_at"], "2026-11-22T08:09:32.123Z");
}

#[test]
fn null_is_refused_where_no_null_may_be() {
    let (mut desk, users) = users();
    let problem = desk.create(&users, r#"{"email":null,"name":"A","is_active":null,"tags":null}"#).unwrap_err();
    assert_eq!(reasons(&problem), [("/email", "null"), ("/is_active", "null"), ("/tags", "null")]);
}

fn every_type() -> Table {
    let columns = vec![
        nullable(column("i", "integer")),
        nullable(column("f", "float")),
        nullable(column("dec", "decimal(5,2)")),
        nullable(column("s", "string(3)")),
        nullable(column("e", "enum(red,green)")),
        nullable(column("d", "date")),
        nullable(column("ti", "time")),
        nullable(column("ts", "timestamp")),
        nullable(column("u", "uuid")),
        nullable(column("b", "bytes")),
        nullable(column("j", "json")),
        nullable(formatted(column("jb", "bytes"), Format::Json)),
    ];
    entity("things", columns)
}

#[test]
fn every_type_refuses_what_it_is_not() {
    let table = every_type();
    let (mut desk, things) = (Desk::new(&[&table]), compile(&table));
    for (body, code) in [
        (r#"{"i":1.5}"#, "type"),
        (r#"{"i":"1"}"#, "type"),
        (r#"{"i":9223372036854775808}"#, "range"),
        (r#"{"f":"12.50"}"#, "type"),
        (r#"{"f":true}"#, "type"),
        (r#"{"f":1e400}"#, "non-finite"),
        (r#"{"dec":12.5}"#, "type"),
        (r#"{"dec":"1e2"}"#, "format"),
        (r#"{"dec":"1234.5"}"#, "range"),
        (r#"{"s":"éééé"}"#, "length"),
        (r#"{"e":"blue"}"#, "enum"),
        (r#"{"d":"2023-02-29"}"#, "format"),
        (r#"{"ti":"25:00:00"}"#, "format"),
        (r#"{"ts":"2026-11-22 08:09:32"}"#, "format"),
        (r#"{"u":"x"}"#, "format"),
        (r#"{"b":"AP8"}"#, "format"),
        (r#"{"b":[0]}"#, "type"),
    ] {
        let problem = desk.create(&things, body).unwrap_err();
        assert_eq!(problem.errors.len(), 1, "{body}");
        assert_eq!(problem.errors[0].code, code, "{body}");
    }
    let problem = desk.create(&things, r#"{"j":{"a":[1,1e999]},"jb":[-1e999]}"#).unwrap_err();
    assert_eq!(reasons(&problem), [("/j/a/1", "non-finite"), ("/jb/0", "non-finite")]);
}

#[test]
fn bounds_of_a_column_are_kept() {
    let rules = Rules { min: Some(1.0), max: Some(10.0), ..Rules::default() };
    let lengths = Rules { min_length: Some(2), max_length: Some(3), ..Rules::default() };
    let with = |column: crate::model::Column, rules: &Rules| crate::model::Column { rules: rules.clone(), ..nullable(column) };
    let table = entity(
        "t",
        vec![with(column("n", "integer"), &rules), with(column("m", "decimal(4,1)"), &rules), with(column("s", "text"), &lengths)],
    );
    let (mut desk, collection) = (Desk::new(&[&table]), compile(&table));
    let problem = desk.create(&collection, r#"{"n":0,"m":"10.1","s":"x"}"#).unwrap_err();
    assert_eq!(reasons(&problem), [("/n", "range"), ("/m", "range"), ("/s", "length")]);
    assert!(desk.create(&collection, r#"{"n":10,"m":"1.0","s":"éé"}"#).is_ok());
}

#[test]
fn a_text_that_must_be_one_of_some_is_no_other() {
    let mut kind = defaulted(column("task_type", "text"), "shell");
    kind.rules.one_of = vec!["shell".to_owned(), "python".to_owned()];
    let table = entity("tasks", vec![kind]);
    let (mut desk, tasks) = (Desk::new(&[&table]), compile(&table));
    assert_eq!(desk.create(&tasks, "{}").unwrap()["task_type"], "shell");
    assert_eq!(reasons(&desk.create(&tasks, r#"{"task_type":"ruby"}"#).unwrap_err()), [("/task_type", "enum")]);
}

type Rule = (&'static str, fn(&mut Field));

fn with_rules(table: &Table, rules: &[Rule]) -> Collection {
    let mut declared = declare(table);
    for (name, rule) in rules {
        let mut field =
            Field { column: name.parse().unwrap(), read_only: false, write_only: false, hidden: false, immutable: false, comment: None };
        rule(&mut field);
        declared.fields.push(field);
    }
    Collection::compile(&"shop".parse().unwrap(), &declared, table).unwrap()
}

#[test]
fn rules_of_a_field_hold_in_both_directions() {
    let columns = vec![
        defaulted(column("state", "string"), "new"),
        nullable(column("secret", "string")),
        nullable(column("internal", "string")),
        column("serial", "string"),
    ];
    let table = entity("devices", columns);
    let devices = with_rules(
        &table,
        &[
            ("state", |f| f.read_only = true),
            ("secret", |f| f.write_only = true),
            ("internal", |f| f.hidden = true),
            ("serial", |f| f.immutable = true),
        ],
    );
    let mut desk = Desk::new(&[&table]);
    let made = desk.create(&devices, r#"{"serial":"s1","secret":"x","state":"forged"}"#).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(made["state"], "new");
    assert!(made.get("secret").is_none() && made.get("internal").is_none());
    assert_eq!(reasons(&desk.create(&devices, r#"{"serial":"s2","internal":"y"}"#).unwrap_err()), [("/internal", "unknown")]);

    // A row that was read can be put back: what it did not show stays.
    let put = desk.replace(&devices, &id, &made.to_string()).unwrap();
    assert_eq!(put, made);
    let secret: String = desk.rows.0.query_row("SELECT secret FROM devices", [], |row| row.get(0)).unwrap();
    assert_eq!(secret, "x");
    assert_eq!(reasons(&desk.replace(&devices, &id, r#"{"serial":"other"}"#).unwrap_err()), [("/serial", "immutable")]);
    assert!(desk.replace(&devices, &id, r"{}").is_ok());
}

#[test]
fn a_collection_that_could_never_create_is_refused() {
    let table = entity("t", vec![column("a", "string")]);
    let mut declared = declare(&table);
    declared.fields.push(Field {
        column: "a".parse().unwrap(),
        read_only: false,
        write_only: false,
        hidden: true,
        immutable: false,
        comment: None,
    });
    let collection = Collection::compile(&"shop".parse().unwrap(), &declared, &table).unwrap();
    let mistake = collection.require_creatable().unwrap_err();
    assert!(mistake.to_string().contains("column a must have a value"), "{mistake}");
}

#[test]
fn what_no_client_can_give_the_plugin_gives() {
    let table = entity("t", vec![column("a", "string"), column("level", "integer"), nullable(column("seen", "timestamp"))]);
    let mut declared = declare(&table);
    let rule = |name: &str, hidden: bool| Field {
        column: name.parse().unwrap(),
        read_only: !hidden,
        write_only: false,
        hidden,
        immutable: false,
        comment: None,
    };
    declared.fields = vec![rule("level", false), rule("seen", true)];
    let things = Collection::compile(&"shop".parse().unwrap(), &declared, &table).unwrap();
    let mut desk = Desk::new(&[&table]);
    let draft = |body: &str| Draft::create(&things, body.as_bytes()).unwrap();

    let computed = br#"{"level": 3, "seen": "2026-11-22T08:09:32Z"}"#;
    let drafted = draft(r#"{"a": "x", "level": "ignored"}"#).with_computed(&things, computed);
    let made = row(desk.write(&things, drafted).unwrap());
    assert_eq!((&made["level"], made.get("seen")), (&json!(3), None));
    let stored: String = desk.rows.0.query_row("SELECT seen FROM t", [], |row| row.get(0)).unwrap();
    assert_eq!(stored, "2026-11-22 08:09:32.000");

    // A body that replaces keeps it, unless the plugin has another.
    let id = made["id"].as_str().unwrap();
    let replace = || Draft::replace(&things, id, br#"{"a": "x", "level": 9}"#).unwrap();
    assert_eq!(row(desk.write(&things, Ok(replace())).unwrap()), made);
    let put = row(desk.write(&things, replace().with_computed(&things, br#"{"level": 4}"#)).unwrap());
    assert_eq!(put["level"], 4);

    for (computed, said) in [
        ("[1]", "not a JSON object"),
        (r#"{"a": "y"}"#, "no column that only the plugin gives"),
        (r#"{"id": null}"#, "no column that only the plugin gives"),
        (r#"{"level": "high"}"#, "level must be"),
    ] {
        let problem = draft(r#"{"a": "x"}"#).with_computed(&things, computed.as_bytes()).unwrap_err();
        assert!(problem.code == "not-computed" && problem.detail.contains(said), "{computed}: {problem:?}");
    }
}

#[test]
fn a_default_that_no_body_could_give_is_refused() {
    let compiled = |column: Column| {
        let table = entity("t", vec![column]);
        Collection::compile(&"shop".parse().unwrap(), &declare(&table), &table)
    };
    for (data_type, text) in [
        ("json", "not json"),
        ("ulid", "hello"),
        ("uuid", "hello"),
        ("date", "soon"),
        ("timestamp", "soon"),
        ("time", "noon"),
        ("decimal(4,2)", "abc"),
        ("decimal(4,2)", "1234.5"),
        ("string(2)", "abc"),
        ("enum(a,b)", "c"),
        ("integer", "1.5"),
        ("boolean", "maybe"),
    ] {
        let mistake = compiled(defaulted(column("v", data_type), text)).expect_err(data_type);
        assert!(mistake.to_string().contains("column v has a default that does not fit"), "{mistake}");
    }
    let least = Column { rules: Rules { min: Some(5.0), ..Rules::default() }, ..defaulted(column("v", "integer"), "1") };
    assert!(compiled(least).unwrap_err().to_string().contains("must be at least 5"));
    for (data_type, text) in [
        ("json", "{\"a\": [1]}"),
        ("ulid", "01HZY0V3K8Q4W9M2N5P7R1S6TD"),
        ("date", "2026-11-22"),
        ("timestamp", "2026-11-22 08:09:32.000"),
        ("timestamp", "2026-11-22 08:09:32"),
        ("time", "08:09:32.000"),
        ("decimal(4,2)", "1.50"),
        ("decimal(3,0)", "7"),
        ("string(2)", "ab"),
        ("enum(a,b)", "a"),
        ("integer", "15"),
        ("boolean", "1"),
    ] {
        assert!(compiled(defaulted(column("v", data_type), text)).is_ok(), "{data_type}");
    }
}

#[test]
fn a_default_that_no_filter_would_find_is_refused_with_the_right_spelling() {
    for (data_type, default, right) in [
        ("decimal(4,2)", Value::from("0.5"), "0.50"),
        ("decimal(4,2)", Value::from("01.50"), "1.50"),
        ("decimal(4,2)", Value::Integer(0), "0.00"),
        ("time", Value::from("08:09:32"), "08:09:32.000"),
        ("timestamp", Value::from("2026-11-22T08:09:32Z"), "2026-11-22 08:09:32.000"),
        ("timestamp", Value::from("2026-11-22 08:09:32.5"), "2026-11-22 08:09:32.500"),
        ("ulid", Value::from("01hzy0v3k8q4w9m2n5p7r1s6td"), "01HZY0V3K8Q4W9M2N5P7R1S6TD"),
        ("uuid", Value::from("0192F3A4-0000-7000-8000-00000000000A"), "0192f3a4-0000-7000-8000-00000000000a"),
    ] {
        let table = entity("t", vec![Column { default: Some(Default::Value(default)), ..column("v", data_type) }]);
        let mistake = Collection::compile(&"shop".parse().unwrap(), &declare(&table), &table).expect_err(right).to_string();
        assert!(mistake.ends_with(&format!("is not written as it is stored: write {right:?}")), "{mistake}");
    }
}

#[test]
fn a_whole_number_is_a_default_of_whole_decimals() {
    let table = entity("t", vec![Column { default: Some(Default::Value(Value::Integer(7))), ..column("v", "decimal(3,0)") }]);
    compile(&table);
}

#[test]
fn numbers_that_the_database_counts_need_not_be_given() {
    let table = plain("counters", vec![column("n", "integer"), column("label", "text")], &["n"]);
    let (mut desk, counters) = (Desk::new(&[&table]), compile(&table));
    assert_eq!(desk.create(&counters, r#"{"label":"a"}"#).unwrap(), json!({"n": 1, "label": "a"}));
    assert_eq!(desk.create(&counters, r#"{"n":41,"label":"b"}"#).unwrap()["n"], 41);
    assert_eq!(desk.create(&counters, r#"{"n":null,"label":"c"}"#).unwrap()["n"], 42);
    assert_eq!(desk.get(&counters, "42").unwrap()["label"], "c");
    assert_eq!(desk.get(&counters, "x").unwrap_err().code, "invalid-key");
}
