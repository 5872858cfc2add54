//! The links between roots and configs.

use serde_json::json;

use super::support::server::{Answer, Server};
use super::{ABSENT, artifact, chapkit, id, patch, put, reason, row};

fn config(server: &Server, name: &str) -> String {
    id(&server.post("configs", &json!({"name": name, "data": {}})).is(201).json())
}

fn link(server: &Server, config: &str, artifact: &str) -> Answer {
    server.post(&format!("configs/{config}/$link-artifact"), &json!({"artifact_id": artifact}))
}

fn unlink(server: &Server, config: &str, artifact: &str) -> Answer {
    server.post(&format!("configs/{config}/$unlink-artifact"), &json!({"artifact_id": artifact}))
}

#[test]
fn roots_are_linked_to_one_config_each() {
    let host = chapkit("");
    let server = host.serve();
    let (one, two) = (config(&server, "one"), config(&server, "two"));
    let root = artifact(&server, None);
    let leaf = artifact(&server, Some(&artifact(&server, Some(&root))));
    let artifacts = |config: &str| server.get(&format!("configs/{config}/$artifacts")).is(200).json();
    let config_of = |artifact: &str| server.get(&format!("artifacts/{artifact}/$config"));

    config_of(&leaf).problem(404, "no-config");
    assert_eq!(artifacts(&one), json!([]));
    assert_eq!(link(&server, &one.to_lowercase(), &root.to_lowercase()).is(204).body, "");
    assert_eq!(artifacts(&one), json!([row(&server, &root)]));
    for artifact in [&root, &leaf] {
        assert_eq!(config_of(artifact).is(200).json(), server.get(&format!("configs/{one}")).json());
    }

    for config in [&one, &two] {
        let again = link(&server, config, &root).problem(409, "already-linked").json();
        assert_eq!((reason(&again), &again["constraint"]), (("/artifact_id", "unique"), &json!("unique")));
    }
    assert_eq!(reason(&link(&server, &two, &leaf).problem(409, "artifact-not-root").json()).0, "/artifact_id");
    assert_eq!(reason(&link(&server, &two, ABSENT).problem(409, "unknown-artifact").json()).0, "/artifact_id");
    link(&server, ABSENT, &root).problem(404, "not-found");
    let path = format!("configs/{one}/$link-artifact");
    for (body, at, code) in [
        (json!({}), "", "required"),
        (json!({"artifact_id": "zz"}), "/artifact_id", "format"),
        (json!({"artifact_id": 5}), "/artifact_id", "type"),
        (json!({"artifact_id": root, "force": true}), "/force", "unknown"),
    ] {
        let refused = server.post(&path, &body).problem(422, "validation-failed").json();
        assert!(reason(&refused).0.starts_with(at) && reason(&refused).1 == code, "{refused}");
    }
    server.request("POST", &path, Some("{")).problem(400, "malformed-json");
    server.request("POST", &path, None).problem(400, "malformed-json");
    server.get(&path).problem(405, "method-not-allowed");

    // A root stays one as long as it is linked.
    let other = artifact(&server, None);
    for moved in [put(&server, &root, Some(&other)), patch(&server, &root, Some(&other))] {
        assert_eq!(reason(&moved.problem(409, "artifact-linked").json()), ("/parent_id", "linked"));
    }
    put(&server, &root, None).is(200);

    // Whichever config is named, and as often as you like.
    for config in [&two, &one, &ABSENT.to_owned()] {
        unlink(&server, config, &root).is(204);
        assert_eq!(artifacts(&one), json!([]));
    }
    unlink(&server, &one, ABSENT).is(204);
    server.post(&format!("configs/{one}/$unlink-artifact"), &json!({"artifact_id": null})).problem(422, "validation-failed");
    assert_eq!(artifacts(ABSENT), json!([]), "a config that is not there has no artifacts");
    server.get("configs/zz/$artifacts").problem(400, "invalid-path");

    // The links of a row go with it; what they led to stays.
    link(&server, &two, &root).is(204);
    server.delete(&format!("configs/{two}")).is(204);
    config_of(&root).problem(404, "no-config");
    link(&server, &one, &root).is(204);
    server.delete(&format!("artifacts/{root}")).is(204);
    assert_eq!(artifacts(&one), json!([]));
}

#[test]
fn the_artifacts_of_a_config_come_in_parts() {
    let host = chapkit("");
    let server = host.serve();
    let config = config(&server, "many");
    let mut roots: Vec<String> = (0..5).map(|_| artifact(&server, None)).collect();
    roots.iter().for_each(|root| drop(link(&server, &config, root).is(204)));
    roots.sort();
    let (mut found, mut next) = (Vec::new(), format!("/api/v1/configs/{config}/$artifacts?limit=2"));
    while !next.is_empty() {
        let part = server.get(&next).is(200);
        found.extend(part.json().as_array().unwrap().iter().map(id));
        next = part.header("link").strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap_or_default().to_owned();
    }
    assert_eq!(found, roots);
    for query in ["limit=0", "limit=1001", "limit=x", "cursor=zz", "page=1"] {
        server.get(&format!("configs/{config}/$artifacts?{query}")).problem(400, "invalid-query");
    }
}
