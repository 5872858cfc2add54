//! What was written is what is read, for every type and any value of it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::Desk;
use crate::model::Table;
use crate::model::schema::Format;
use crate::records::Draft;
use crate::records::tests::fixtures::{column, compile, entity, formatted, nullable, plain};

/// A table with a column of every type.
pub(crate) fn table() -> Table {
    let columns = vec![
        nullable(column("flag", "boolean")),
        nullable(column("small", "integer")),
        nullable(column("big", "bigint")),
        nullable(column("real", "float")),
        nullable(column("exact", "decimal(12,2)")),
        nullable(column("label", "string")),
        nullable(column("body", "text")),
        nullable(column("other", "ulid")),
        nullable(column("uuid", "uuid")),
        nullable(column("at", "timestamp")),
        nullable(column("day", "date")),
        nullable(column("hour", "time")),
        nullable(column("data", "json")),
        nullable(column("raw", "bytes")),
        nullable(formatted(column("blob", "bytes"), Format::Json)),
        nullable(column("colour", "enum(red,green,blue)")),
    ];
    entity("things", columns)
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|x| json!(x + 0.0)),
        ".*".prop_map(|s: String| s.into())
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::vec((".*", inner), 0..4).prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

/// Bodies for the table: every column, any value that it may have.
pub(crate) fn any_row() -> impl Strategy<Value = Json> {
    let tags = prop::collection::hash_set("[a-zA-Zéß漢0-9_-]{1,8}", 0..5);
    (scalars(), moments(), any_json(), any_json(), tags).prop_map(|(mut row, moments, data, blob, tags)| {
        row.as_object_mut().unwrap().extend(moments.as_object().unwrap().clone());
        row["data"] = data;
        row["blob"] = blob;
        row["tags"] = tags.into_iter().collect();
        row
    })
}

/// Asserts that a row reads back as it was written.
pub(crate) fn same(written: &Json, read: &Json) -> Result<(), TestCaseError> {
    // Read by the same reader as the answer: serde_json's own is a bit off in the last place of some doubles.
    let expected: Json = serde_json::from_str(&written.to_string()).unwrap();
    for (name, value) in expected.as_object().unwrap() {
        prop_assert!(same_number(&read[name], value), "{}: {} read as {}", name, value, read[name]);
    }
    Ok(())
}

/// A whole double at the top of a JSON column comes back as the same number, written as an integer: SQLite keeps it so.
fn same_number(a: &Json, b: &Json) -> bool {
    a == b || (a.is_number() && a.as_f64() == b.as_f64())
}

prop_compose! {
    fn scalars()(
        flag in any::<Option<bool>>(),
        small in any::<Option<i32>>(),
        big in any::<Option<i64>>(),
        real in prop::option::of(any::<f64>().prop_map(|x| x + 0.0)),
        exact in prop::option::of("-?[1-9][0-9]{0,9}\\.[0-9]{2}"),
        label in prop::option::of(".*"),
        body in prop::option::of("(?s).*"),
        other in prop::option::of("[0-7][0-9A-HJKMNP-TV-Z]{25}"),
        uuid in prop::option::of("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
    ) -> Json {
        json!({"flag": flag, "small": small, "big": big, "real": real, "exact": exact, "label": label, "body": body, "other": other, "uuid": uuid})
    }
}

prop_compose! {
    fn moments()(
        at in prop::option::of("2[0-9]{3}-0[1-9]-[01][1-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z"),
        day in prop::option::of("[0-9]{4}-1[0-2]-[12][0-9]"),
        hour in prop::option::of("[01][0-9]:[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}"),
        raw in prop::option::of("([A-Za-z0-9+/]{4}){0,5}"),
        colour in prop::option::of(prop::sample::select(vec!["red", "green", "blue"])),
    ) -> Json {
        json!({"at": at, "day": day, "hour": hour, "raw": raw, "colour": colour})
    }
}

proptest! {
    #[test]
    fn rows_of_every_type_read_back_as_written(written in any_row()) {
        let table = table();
        let (mut desk, things) = (Desk::new(&[&table]), compile(&table));
        let draft = Draft::create(&things, written.to_string().as_bytes());
        let created = desk.write(&things, draft).unwrap();
        let (body, key) = (created.body, created.created.unwrap());
        same(&written, &super::json(&body))?;
        prop_assert_eq!(&crate::records::get(&things, &key, &mut desk.rows).unwrap(), &body);
        // And what was read can be put back without changing anything, not even `updated_at`.
        desk.clock.now_ms += 5;
        let put = desk.write(&things, Draft::replace(&things, &key, &body)).unwrap();
        prop_assert_eq!(&put.body, &body);
    }

    #[test]
    fn rows_are_found_by_keys_of_several_columns(
        left in "(?s).+", number in any::<i64>(), day in "[0-9]{4}-1[0-2]-[12][0-9]", flag in any::<bool>()
    ) {
        let columns = vec![column("left", "string"), column("number", "bigint"), column("day", "date"), column("flag", "boolean")];
        let table = plain("t", columns, &["left", "number", "day", "flag"]);
        let (mut desk, things) = (Desk::new(&[&table]), compile(&table));
        let written = json!({"left": left, "number": number, "day": day, "flag": flag});
        let created = desk.write(&things, Draft::create(&things, written.to_string().as_bytes())).unwrap();
        let read = desk.get(&things, &created.created.unwrap()).unwrap();
        prop_assert_eq!(&read, &written);
    }

    #[test]
    fn any_body_is_answered(body in prop::collection::vec(any::<u8>(), 0..60), member in "email|name|tags|is_active|id", value in any_json()) {
        let table = crate::records::tests::fixtures::users();
        let (mut desk, users) = (Desk::new(&[&table]), compile(&table));
        for body in [body, json!({ member: value }).to_string().into_bytes()] {
            match desk.write(&users, Draft::create(&users, &body)) {
                Ok(written) => prop_assert!(!written.body.is_empty()),
                Err(problem) => prop_assert!(matches!(problem.status, 400 | 422) && !problem.detail.is_empty(), "{}", problem),
            }
        }
    }

    #[test]
    fn any_query_and_any_key_are_answered(query in ".*", key in ".*") {
        let table = crate::records::tests::fixtures::users();
        let (mut desk, users) = (Desk::new(&[&table]), compile(&table));
        if let Err(problem) = desk.list(&users, &query) {
            prop_assert_eq!((problem.status, problem.code.as_str()), (400, "invalid-query"));
        }
        let problem = desk.get(&users, &key).unwrap_err();
        prop_assert!(matches!(problem.status, 400 | 404), "{}", problem);
    }
}
