//! One row: read, replaced, patched, deleted, refused.

use serde_json::json;

use super::{Desk, reasons, users};
use crate::model::Value;
use crate::records::Draft;
use crate::records::tests::fixtures::{column, compile, defaulted, entity, nullable, orders, plain, users as users_table};

const SOMEBODY: &str = r#"{"email":"a@b.c","name":"A"}"#;

#[test]
fn a_row_is_found_by_its_ulid_in_either_case() {
    let (mut desk, users) = users();
    let made = desk.create(&users, r#"{"id":"01HZY0V3K8Q4W9M2N5P7R1S6TD","email":"a","name":"A"}"#).unwrap();
    assert_eq!(desk.get(&users, "01hzy0v3k8q4w9m2n5p7r1s6td").unwrap(), made);
    assert_eq!(desk.get(&users, "0%31HZY0V3K8Q4W9M2N5P7R1S6TD").unwrap(), made);
    let problem = desk.get(&users, "zz").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (400, "invalid-ulid"));
    let problem = desk.get(&users, "01HZY0V3K8Q4W9M2N5P7R1S6TE").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (404, "not-found"));
}

#[test]
fn an_id_that_is_taken_is_a_conflict_and_changes_nothing() {
    let (mut desk, users) = users();
    let made = desk.create(&users, SOMEBODY).unwrap();
    let again = json!({"id": made["id"], "email": "other", "name": "Other"});
    let problem = desk.create(&users, &again.to_string()).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str(), reasons(&problem)), (409, "conflict", vec![("/id", "unique")]));
    assert_eq!(problem.members, [("constraint".to_owned(), Value::from("unique"))]);
    assert!(problem.detail.contains("already exists"), "{}", problem.detail);
    assert_eq!(desk.get(&users, made["id"].as_str().unwrap()).unwrap(), made);
}

#[test]
fn a_unique_value_that_is_taken_is_named_without_sql() {
    let (mut desk, users) = users();
    desk.create(&users, SOMEBODY).unwrap();
    let problem = desk.create(&users, SOMEBODY).unwrap_err();
    assert_eq!((problem.status, reasons(&problem)), (409, vec![("/email", "unique")]));
    assert_eq!(problem.detail, "another row in users has the same email");
    let second = desk.create(&users, r#"{"email":"b","name":"B"}"#).unwrap();
    let problem = desk.replace(&users, second["id"].as_str().unwrap(), SOMEBODY).unwrap_err();
    assert_eq!((problem.status, reasons(&problem)), (409, vec![("/email", "unique")]));
}

#[test]
fn a_foreign_key_that_leads_nowhere_points_at_its_field() {
    let (users, orders) = (users_table(), orders());
    let mut desk = Desk::new(&[&users, &orders]);
    let collection = compile(&orders);
    let problem = desk.create(&collection, r#"{"user_id":"01HZY0V3K8Q4W9M2N5P7R1S6TD","total_amount":1}"#).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str(), reasons(&problem)), (409, "conflict", vec![("/user_id", "foreign-key")]));
    assert_eq!(problem.members, [("constraint".to_owned(), Value::from("foreign_key"))]);
}

#[test]
fn a_row_that_is_still_referred_to_is_not_deleted() {
    let parents = plain("parents", vec![column("code", "string")], &["code"]);
    let mut children = plain("children", vec![column("code", "string"), column("parent", "string")], &["code"]);
    let mut key = crate::records::tests::fixtures::reference("parent", "parents", "code");
    key.on_delete = crate::model::ReferenceAction::Restrict;
    children.foreign_keys.push(key);
    let mut desk = Desk::new(&[&parents, &children]);
    desk.create(&compile(&parents), r#"{"code":"p"}"#).unwrap();
    desk.create(&compile(&children), r#"{"code":"c","parent":"p"}"#).unwrap();
    let problem = desk.delete(&compile(&parents), "p").unwrap_err();
    assert_eq!((problem.status, problem.detail.as_str()), (409, "other rows still refer to this row"));
}

#[test]
fn a_check_that_does_not_hold_is_422_and_shows_no_expression() {
    let mut table = entity("t", vec![column("n", "integer")]);
    table.checks.push(crate::model::Check { name: None, expression: "n % 2 = 0".to_owned() });
    let mut desk = Desk::new(&[&table]);
    let problem = desk.create(&compile(&table), r#"{"n":1}"#).unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (422, "validation-failed"));
    assert_eq!(problem.members, [("constraint".to_owned(), Value::from("check"))]);
    assert!(!problem.to_string().contains('%'), "{problem}");
}

#[test]
fn a_replacing_body_resets_what_it_leaves_out() {
    let columns = vec![column("name", "string"), nullable(column("note", "string")), defaulted(column("enabled", "boolean"), "1")];
    let table = entity("tasks", columns);
    let (mut desk, tasks) = (Desk::new(&[&table]), compile(&table));
    let made = desk.create(&tasks, r#"{"name":"a","note":"n","enabled":false,"tags":["t"]}"#).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    desk.clock.now_ms += 1000;
    let put = desk.replace(&tasks, &id, r#"{"name":"b","id":"01HZY0V3K8Q4W9M2N5P7R1S6TD"}"#).unwrap();
    assert_eq!(
        (&put["id"], &put["name"], &put["note"], &put["enabled"], &put["tags"]),
        (&made["id"], &json!("b"), &json!(null), &json!(true), &json!([]))
    );
    assert_eq!((&put["created_at"], &put["updated_at"]), (&made["created_at"], &json!("2026-11-22T08:09:33.123Z")));
    assert_eq!(reasons(&desk.replace(&tasks, &id, "{}").unwrap_err()), [("/name", "required")]);
    assert_eq!(desk.replace(&tasks, "01HZY0V3K8Q4W9M2N5P7R1S6TD", r#"{"name":"b"}"#).unwrap_err().status, 404);
}

#[test]
fn an_identical_put_leaves_updated_at_alone() {
    let table = entity("t", vec![column("x", "float"), nullable(column("data", "json")), defaulted(column("on", "boolean"), "1")]);
    let (mut desk, collection) = (Desk::new(&[&table]), compile(&table));
    let made = desk.create(&collection, r#"{"x":5,"data":{"b":1,"a":[1.5]}}"#).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    desk.clock.now_ms += 1000;
    assert_eq!(desk.replace(&collection, &id, &made.to_string()).unwrap(), made);
    // The same row as another program would have written it.
    desk.rows.0.execute_batch(r#"UPDATE t SET data = '{ "b": 1, "a": [ 1.10 ] }', updated_at = '2026-11-22 08:09:32'"#).unwrap();
    let read = desk.get(&collection, &id).unwrap();
    assert_eq!(read["updated_at"], "2026-11-22T08:09:32.000Z");
    assert_eq!(desk.replace(&collection, &id, r#"{"x":5.0,"data":{"b":1,"a":[1.10]},"on":true}"#).unwrap(), read);
}

#[test]
fn a_patch_changes_what_it_names_and_null_clears() {
    let table = entity("t", vec![column("name", "string"), nullable(column("note", "string")), column("data", "json")]);
    let (mut desk, collection) = (Desk::new(&[&table]), compile(&table));
    let made = desk.create(&collection, r#"{"name":"a","note":"n","data":{"x":{"y":1,"z":2},"keep":[1]}}"#).unwrap();
    let id = made["id"].as_str().unwrap().to_owned();
    let patched = desk.update(&collection, &id, r#"{"note":null,"data":{"x":{"y":null,"w":3}}}"#).unwrap();
    assert_eq!((&patched["name"], &patched["note"]), (&json!("a"), &json!(null)));
    assert_eq!(patched["data"], json!({"x": {"z": 2, "w": 3}, "keep": [1]}));
    assert_eq!(
        reasons(&desk.update(&collection, &id, r#"{"name":null,"data":null}"#).unwrap_err()),
        [("/name", "null"), ("/data", "null")]
    );
    assert_eq!(desk.update(&collection, &id, "{}").unwrap(), patched);
    desk.rows.0.execute_batch("UPDATE t SET data = '\"text\"'").unwrap();
    assert_eq!(desk.update(&collection, &id, r#"{"data":{"y":1}}"#).unwrap()["data"], json!({"y": 1}));
}

#[test]
fn an_object_is_not_merged_into_labels() {
    let (mut desk, users) = users();
    let made = desk.create(&users, SOMEBODY).unwrap();
    let problem = desk.update(&users, made["id"].as_str().unwrap(), r#"{"tags":{}}"#).unwrap_err();
    assert_eq!(reasons(&problem), [("/tags", "type")]);
}

#[test]
fn a_second_delete_is_404() {
    let (mut desk, users) = users();
    let made = desk.create(&users, SOMEBODY).unwrap();
    let id = made["id"].as_str().unwrap();
    desk.delete(&users, id).unwrap();
    assert_eq!(desk.delete(&users, id).unwrap_err().status, 404);
}

#[test]
fn composite_keys_are_joined_by_commas_and_percent_encoded() {
    let table = plain("links", vec![column("left", "string"), column("right", "string"), column("note", "string")], &["left", "right"]);
    let (mut desk, links) = (Desk::new(&[&table]), compile(&table));
    let created = desk.write(&links, Draft::create(&links, br#"{"left":"a,b","right":"c/d","note":"n"}"#)).unwrap().created.unwrap();
    assert_eq!(created, "a%2Cb,c%2Fd");
    assert_eq!(desk.get(&links, &created).unwrap()["note"], "n");
    let problem = desk.get(&links, "a").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (400, "invalid-key"));
    assert!(problem.detail.contains("left,right"));
    assert_eq!(desk.get(&links, "%ff,x").unwrap_err().code, "invalid-key");
    desk.delete(&links, "a%2Cb,c%2Fd").unwrap();
}

#[test]
fn what_has_grown_too_large_is_not_merged_into() {
    let table = entity("t", vec![column("data", "json")]);
    let (mut desk, things) = (Desk::new(&[&table]), compile(&table));
    let row = desk.create(&things, r#"{"data": {}}"#).unwrap();
    let key = row["id"].as_str().unwrap();
    let half = format!(r#"{{"data": {{"a": "{}"}}}}"#, "x".repeat(700_000));
    desk.update(&things, key, &half).unwrap();
    desk.update(&things, key, &half.replacen("\"a\"", "\"b\"", 1)).unwrap();
    assert_eq!(reasons(&desk.update(&things, key, r#"{"data": {"c": 1}}"#).unwrap_err()), [("/data", "length")]);
    assert_eq!(desk.replace(&things, key, r#"{"data": {"c": 1}}"#).unwrap()["data"], serde_json::json!({"c": 1}));
}

#[test]
fn a_key_that_cannot_stand_in_a_path_is_refused() {
    let table = plain("t", vec![column("name", "string"), column("n", "integer")], &["name"]);
    let (mut desk, things) = (Desk::new(&[&table]), compile(&table));
    for bad in ["", ".", ".."] {
        let body = serde_json::json!({"name": bad, "n": 1}).to_string();
        assert_eq!(reasons(&desk.create(&things, &body).unwrap_err()), [("/name", "format")], "{bad:?}");
    }
    for good in ["...", " ", "/", "a/../b", "%2e"] {
        let made = desk.write(&things, Draft::create(&things, serde_json::json!({"name": good, "n": 1}).to_string().as_bytes())).unwrap();
        assert_eq!(desk.get(&things, &made.created.unwrap()).unwrap()["name"], good);
    }
}
