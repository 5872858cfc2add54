//! chapkit's own operations: the tree of artifacts, whose levels follow; in `links` those between its roots and configs, and in `acts` whatever
//! is done in any order.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod acts;
mod links;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Barrier;

use serde_json::{Value, json};
use support::TestHost;
use support::server::{Answer, PATIENT, Server};

const ABSENT: &str = "01J0000000000000000000000A";

/// The deepest level.
const DEEPEST: usize = 400;

fn chapkit(toml: &str) -> TestHost {
    let host = TestHost::new().plugin("chapkit").configured(toml);
    host.run("upgrade head").done();
    host
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

fn artifact(server: &Server, parent: Option<&str>) -> String {
    id(&server.post("artifacts", &json!({"parent_id": parent, "data": {"a": 1}})).is(201).json())
}

fn put(server: &Server, artifact: &str, parent: Option<&str>) -> Answer {
    server.put(&format!("artifacts/{artifact}"), &json!({"parent_id": parent, "data": {"a": 1}}))
}

fn patch(server: &Server, artifact: &str, parent: Option<&str>) -> Answer {
    server.request("PATCH", &format!("artifacts/{artifact}"), Some(&json!({"parent_id": parent}).to_string()))
}

fn row(server: &Server, artifact: &str) -> Value {
    server.get(&format!("artifacts/{artifact}")).is(200).json()
}

fn level(server: &Server, artifact: &str) -> i64 {
    row(server, artifact)["level"].as_i64().unwrap()
}

/// The pointer and code of the first reason.
fn reason(problem: &Value) -> (&str, &str) {
    let text = |member: &str| problem["errors"][0][member].as_str().unwrap_or_default();
    (text("pointer"), text("code"))
}

#[test]
fn levels_are_computed_and_follow_every_move() {
    let host = chapkit("");
    let server = host.serve();
    let root = server.post("artifacts", &json!({"data": 1, "level": 7, "tags": ["a"]})).is(201);
    assert_eq!(root.header("location"), format!("{}/api/v1/artifacts/{}", server.url, id(&root.json())));
    let (root, made) = (id(&root.json()), root.json());
    assert_eq!((&made["level"], &made["tags"]), (&json!(0), &json!(["a"])), "a level in a body is accepted and ignored");
    let middle = server.post("artifacts", &json!({"data": 1, "level": "high", "parent_id": root.to_lowercase()})).is(201);
    assert_eq!(middle.json()["level"], 1);
    assert_eq!(middle.header("location"), format!("{}/api/v1/artifacts/{}", server.url, id(&middle.json())));
    let middle = id(&middle.json());
    assert_eq!(row(&server, &middle), server.get(&format!("artifacts/{middle}")).json());
    let (leaf, other) = (artifact(&server, Some(&middle)), artifact(&server, None));
    assert_eq!(level(&server, &leaf), 2);

    // Moved with all below it, by either way of writing, whatever case its path is in.
    let moved = patch(&server, &middle.to_lowercase(), Some(&leaf)).problem(409, "artifact-cycle");
    assert_eq!(reason(&moved.json()), ("/parent_id", "cycle"));
    let under = artifact(&server, Some(&other));
    let before = row(&server, &leaf);
    let moved = put(&server, &middle.to_lowercase(), Some(&under)).is(200).json();
    assert_eq!((&moved["level"], &moved["parent_id"], level(&server, &leaf)), (&json!(2), &json!(under), 3));
    assert_eq!(moved, row(&server, &middle), "what is answered is what is stored");
    let after = row(&server, &leaf);
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str(), "{before} {after}");
    assert_eq!((&after["created_at"], &after["data"]), (&before["created_at"], &before["data"]));
    assert_eq!(patch(&server, &middle, None).is(200).json()["level"], 0);
    assert_eq!(level(&server, &leaf), 1);

    // What was read can be put back, and nothing is different then.
    let read = row(&server, &leaf);
    assert_eq!(server.put(&format!("artifacts/{leaf}"), &read).is(200).json(), read);
    let ignored = server.request("PATCH", &format!("artifacts/{leaf}"), Some(r#"{"level": 9}"#)).is(200).json();
    assert_eq!(ignored, read);

    // Children of one that goes become roots, and take what is below them along.
    let deep = artifact(&server, Some(&leaf));
    assert_eq!(level(&server, &deep), 2);
    server.delete(&format!("artifacts/{}", middle.to_lowercase())).is(204);
    let (leaf, deep) = (row(&server, &leaf), row(&server, &deep));
    assert_eq!((&leaf["parent_id"], &leaf["level"], &deep["level"]), (&Value::Null, &json!(0), &json!(1)));
    server.delete(&format!("artifacts/{middle}")).problem(404, "not-found");
}

#[test]
fn what_an_artifact_cannot_be_is_refused_and_changes_nothing() {
    let host = chapkit("");
    let server = host.serve();
    let root = artifact(&server, None);
    let leaf = artifact(&server, Some(&artifact(&server, Some(&root))));
    let before = host.column("SELECT id, parent_id, level, updated_at FROM artifacts ORDER BY id");
    for below in [&root, &leaf] {
        for moved in [put(&server, &root, Some(below)), patch(&server, &root, Some(below))] {
            let problem = moved.problem(409, "artifact-cycle").json();
            assert_eq!(reason(&problem), ("/parent_id", "cycle"));
        }
    }
    // One that is new can refer to itself, as far as the foreign key goes.
    let itself = json!({"id": ABSENT, "parent_id": ABSENT, "data": 1});
    server.post("artifacts", &itself).problem(409, "artifact-cycle");
    for lost in [
        server.post("artifacts", &json!({"parent_id": ABSENT, "data": 1})),
        put(&server, &leaf, Some(ABSENT)),
        patch(&server, &leaf, Some(ABSENT)),
    ] {
        let problem = lost.problem(409, "conflict").json();
        assert_eq!((reason(&problem), &problem["constraint"]), (("/parent_id", "foreign-key"), &json!("foreign_key")));
    }
    server.post("artifacts", &json!({"id": leaf, "data": 1})).problem(409, "conflict");
    // What the host says of a body, a key and a query string, it says here too.
    server.request("POST", "artifacts", Some("{")).problem(400, "malformed-json");
    let wrong = server.post("artifacts", &json!({"parent_id": 5, "colour": "red"})).problem(422, "validation-failed").json();
    let wrong: Vec<_> = wrong["errors"].as_array().unwrap().iter().map(|reason| reason["pointer"].as_str().unwrap()).collect();
    assert_eq!(wrong, ["/parent_id", "/colour", "/data"]);
    put(&server, "zz", None).problem(400, "invalid-ulid");
    put(&server, ABSENT, None).problem(404, "not-found");
    server.delete("artifacts/zz").problem(400, "invalid-ulid");
    assert_eq!(host.column("SELECT id, parent_id, level, updated_at FROM artifacts ORDER BY id"), before);
}

#[test]
fn trees_nest_and_say_what_their_levels_are_called() {
    let host = chapkit("[plugins.chapkit.settings]\nhierarchy = \"training\"\nlevel-labels = \"model, prediction\"\n");
    let server = host.serve();
    // Written by hand: a number is to come back as it was written.
    let root = id(&server.request("POST", "artifacts", Some(r#"{"data": {"a": 1.10, "b": 12345678901234567890123}}"#)).is(201).json());
    let first = artifact(&server, Some(&root));
    let second = artifact(&server, Some(&root));
    let below = artifact(&server, Some(&first));
    artifact(&server, None);

    let node = |artifact: &str, label: &str, children: Value| {
        let mut node = row(&server, artifact);
        node["level_label"] = json!(label);
        node["hierarchy"] = json!("training");
        node["children"] = children;
        node
    };
    let third = node(&below, "level_2", json!([]));
    let children = json!([node(&first, "prediction", json!([third])), node(&second, "prediction", json!([]))]);
    let tree = server.get(&format!("artifacts/{root}/$tree")).is(200);
    assert_eq!(tree.json(), node(&root, "model", children));
    assert!(tree.body.contains(r#""data":{"a":1.10,"b":12345678901234567890123}"#), "{}", tree.body);
    assert_eq!(tree.header("content-type"), "application/json");
    let part = server.get(&format!("artifacts/{}/$tree", below.to_lowercase())).is(200).json();
    assert_eq!(part, node(&below, "level_2", json!([])));
    assert_eq!(server.get(&format!("artifacts/{first}/$expand")).is(200).json(), node(&first, "prediction", Value::Null));
    for operation in ["$tree", "$expand", "$config"] {
        server.get(&format!("artifacts/{ABSENT}/{operation}")).problem(404, "not-found");
        server.get(&format!("artifacts/zz/{operation}")).problem(400, "invalid-path");
        server.get(&format!("artifacts/{root}/{operation}?depth=1")).problem(400, "invalid-query");
        server.post(&format!("artifacts/{root}/{operation}"), &json!({})).problem(405, "method-not-allowed");
    }
    server.get(&format!("artifacts/{root}/$trees")).problem(404, "unknown-operation");
}

#[test]
fn what_is_shown_is_what_the_description_says() {
    for settings in ["", "[plugins.chapkit.settings]\nhierarchy = \"a \\\"name\\\"\"\nlevel-labels = \"model\"\n"] {
        let host = chapkit(settings);
        let server = host.serve();
        let root = id(&server.post("artifacts", &json!({"data": {"a": [1.5, null]}, "tags": ["a"]})).is(201).json());
        let middle = artifact(&server, Some(&root));
        artifact(&server, Some(&middle));
        artifact(&server, Some(&root));
        let description = server.get("/openapi.json").is(200).json();
        for operation in ["$tree", "$expand"] {
            let answer = &description["paths"][format!("/api/v1/artifacts/{{id}}/{operation}")]["get"]["responses"]["200"];
            // What it refers to stands in the description.
            let mut schema = answer["content"]["application/json"]["schema"].clone();
            schema["components"] = description["components"].clone();
            let schema = jsonschema::validator_for(&schema).unwrap();
            let shown = server.get(&format!("artifacts/{root}/{operation}")).is(200).json();
            let wrong: Vec<String> = schema.iter_errors(&shown).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(wrong.is_empty(), "{operation}: {wrong:?}");
            // It does say something.
            for member in ["id", "data", "level", "level_label", "hierarchy", "children"] {
                let mut less = shown.clone();
                let removed = less.as_object_mut().unwrap().remove(member);
                assert!(removed.is_some() && !schema.is_valid(&less), "{operation} without {member}");
            }
            let mut deep = shown;
            if let Some(child) = deep["children"].get_mut(0) {
                child["level"] = json!("high");
                assert!(!schema.is_valid(&deep), "{operation}: what stands below is described, too");
            }
        }
    }
}

#[test]
fn without_settings_a_level_is_called_by_its_number() {
    let host = chapkit("");
    let server = host.serve();
    let leaf = artifact(&server, Some(&artifact(&server, None)));
    let node = server.get(&format!("artifacts/{leaf}/$expand")).is(200).json();
    assert_eq!((&node["level_label"], &node["hierarchy"], &node["children"]), (&json!("level_1"), &Value::Null, &Value::Null));
}

/// Rows as another program may have left them: each with its number, its parent's, and its level.
fn insert(host: &TestHost, rows: impl IntoIterator<Item = (usize, Option<usize>, usize)>) {
    let mut database = host.database();
    let transaction = database.transaction().unwrap();
    let sql = "INSERT INTO artifacts (id, parent_id, data, level) VALUES (?1, ?2, CAST('0' AS BLOB), ?3)";
    for (number, parent, level) in rows {
        transaction.execute(sql, rusqlite::params![numbered(number), parent.map(numbered), i64::try_from(level).unwrap()]).unwrap();
    }
    transaction.commit().unwrap();
}

fn numbered(number: usize) -> String {
    format!("{number:026}")
}

#[test]
fn a_large_tree_is_shown_and_moves_or_is_refused_in_words() {
    let host = chapkit(PATIENT);
    let parent = |number: usize| if number < 100 { 0 } else { 1 + (number - 100) / 100 };
    let rows =
        (0..10_000).map(|number| (number, (number > 0).then(|| parent(number)), usize::from(number > 0) + usize::from(number >= 100)));
    insert(&host, rows);
    let server = host.serve();
    let tree = server.get(&format!("artifacts/{}/$tree", numbered(0))).is(200).json();
    fn count(node: &Value) -> usize {
        1 + node["children"].as_array().unwrap().iter().map(count).sum::<usize>()
    }
    assert_eq!((count(&tree), tree["children"].as_array().unwrap().len()), (10_000, 99));

    let top = artifact(&server, None);
    assert_eq!(patch(&server, &numbered(0), Some(&top)).is(200).json()["level"], 1);
    assert_eq!(host.column("SELECT level, count(*) FROM artifacts GROUP BY level"), ["0|1", "1|1", "2|99", "3|9900"]);
    let refused = server.get(&format!("artifacts/{top}/$tree")).problem(413, "too-large").json();
    assert!(refused["detail"].as_str().unwrap().contains("10000 artifacts"), "{refused}");
    server.delete(&format!("artifacts/{top}")).is(204);
    assert_eq!(host.column("SELECT level, count(*) FROM artifacts GROUP BY level"), ["0|1", "1|99", "2|9900"]);
}

#[test]
fn a_tree_has_an_end_below() {
    let host = chapkit(PATIENT);
    insert(&host, (0..=DEEPEST).map(|number| (number, number.checked_sub(1), number)));
    let server = host.serve();
    let tree = server.get(&format!("artifacts/{}/$tree", numbered(0))).is(200).body;
    assert_eq!((tree.matches("\"children\":[").count(), tree.ends_with(&"]}".repeat(DEEPEST))), (DEEPEST + 1, true));
    let body = json!({"parent_id": numbered(DEEPEST), "data": 1});
    assert_eq!(reason(&server.post("artifacts", &body).problem(409, "tree-too-deep").json()), ("/parent_id", "depth"));
    let top = artifact(&server, None);
    patch(&server, &numbered(0), Some(&top)).problem(409, "tree-too-deep");
    assert_eq!(
        host.column(&format!("SELECT max(level), count(*) FROM artifacts WHERE id <> '{top}'")),
        [format!("{DEEPEST}|{}", DEEPEST + 1)]
    );
    assert_eq!(patch(&server, &numbered(1), Some(&top)).is(200).json()["level"], 1);
}

#[test]
fn rows_that_were_wrong_before_stop_nobody_and_can_be_mended() {
    let host = chapkit("");
    // 1 and 2 stand below each other, 3 below them; 5 has a level that another program forgot. 6 holds a pickle.
    insert(&host, [(1, None, 1), (2, Some(1), 2), (3, Some(2), 3), (4, None, 0), (5, Some(4), 7), (6, Some(5), 8)]);
    host.database().execute("UPDATE artifacts SET parent_id = ?1 WHERE id = ?2", [numbered(2), numbered(1)]).unwrap();
    host.database().execute("UPDATE artifacts SET data = x'80049501' WHERE id = ?1", [numbered(6)]).unwrap();
    let server = host.serve();
    for number in 1..=3 {
        server.get(&format!("artifacts/{}/$config", numbered(number))).problem(404, "no-config");
    }
    server.get(&format!("artifacts/{}/$tree", numbered(1))).problem(413, "too-large");
    patch(&server, &numbered(4), Some(&numbered(3))).problem(409, "tree-too-deep");
    assert_eq!(patch(&server, &numbered(1), None).is(200).json()["level"], 0);
    assert_eq!((level(&server, &numbered(2)), level(&server, &numbered(3))), (1, 2));
    assert_eq!(patch(&server, &numbered(4), Some(&numbered(3))).is(200).json()["level"], 3);
    assert_eq!((level(&server, &numbered(5)), level(&server, &numbered(6))), (4, 5));
    let tree = server.get(&format!("artifacts/{}/$tree", numbered(5))).is(200).json();
    assert_eq!(tree["children"][0]["data"], row(&server, &numbered(6))["data"]);
}

#[test]
fn two_moves_that_would_be_a_cycle_together_are_never_both_made() {
    let host = chapkit("");
    let server = host.serve();
    for round in 0..40 {
        let pair = [artifact(&server, None), artifact(&server, None)];
        let start = Barrier::new(2);
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let move_below = |one: usize| {
                let (server, pair, start) = (&server, &pair, &start);
                scope.spawn(move || {
                    start.wait();
                    put(server, &pair[one], Some(&pair[1 - one]))
                })
            };
            let both = [move_below(0), move_below(1)];
            both.map(|moved| {
                let answer = moved.join().unwrap();
                if answer.status == 409 { answer.problem(409, "artifact-cycle").status } else { answer.is(200).status }
            })
            .to_vec()
        });
        assert!(statuses == [200, 409] || statuses == [409, 200], "round {round}: {statuses:?}");
        let levels: i64 = pair.iter().map(|artifact| level(&server, artifact)).sum();
        assert_eq!(levels, 1);
    }
}

#[test]
fn the_description_has_every_operation_with_its_schemas() {
    let host = chapkit("");
    let server = host.serve();
    let description = server.get("/openapi.json").is(200).json();
    let operation = |path: &str, method: &str| &description["paths"][format!("/api/v1/{path}")][method];
    let schema = |of: &Value| match of["$ref"].as_str() {
        Some(reference) => description.pointer(reference.trim_start_matches('#')).unwrap().clone(),
        None => of.clone(),
    };
    let answer = |path: &str| schema(&operation(path, "get")["responses"]["200"]["content"]["application/json"]["schema"]);
    for path in ["artifacts/{id}/$tree", "artifacts/{id}/$expand"] {
        let node = answer(path);
        for member in ["id", "data", "level", "level_label", "hierarchy", "children"] {
            assert!(node["properties"].get(member).is_some(), "{path}: {member}: {node}");
        }
    }
    assert!(answer("artifacts/{id}/$config")["properties"].get("name").is_some());
    assert_eq!(answer("configs/{id}/$artifacts")["type"], "array");
    for path in ["configs/{id}/$link-artifact", "configs/{id}/$unlink-artifact"] {
        let operation = operation(path, "post");
        let body = schema(&operation["requestBody"]["content"]["application/json"]["schema"]);
        assert_eq!((&body["required"], &body["additionalProperties"]), (&json!(["artifact_id"]), &json!(false)), "{path}");
        assert!(operation["responses"].get("204").is_some() && operation["responses"].get("409").is_some(), "{path}: {operation}");
    }
    let body = schema(&operation("artifacts", "post")["requestBody"]["content"]["application/json"]["schema"]);
    assert_eq!(body["required"], json!(["data"]), "{body}");
    assert!(body["properties"]["level"]["description"].as_str().unwrap().starts_with("Accepted and ignored"), "{body}");
    assert!(operation("artifacts/{id}", "put")["responses"].get("409").is_some());
}
