//! What a plugin says of what it answers itself and of its settings, as an operator sees it.

mod support;

use serde_json::{Value, json};
use support::TestHost;

const SECRET: &str = "hunter2";

fn given(host: &TestHost, settings: &str) {
    host.write("tenon.toml", format!("[plugins.declares-all.settings]\n{settings}\n"));
}

fn upgraded() -> TestHost {
    let host = TestHost::new().plugin("declares-all");
    host.run("upgrade head").done();
    host
}

#[test]
fn inspect_shows_what_a_plugin_answers_and_may_be_set() {
    let host = TestHost::new().plugin("declares-all");
    given(&host, &format!("mail.key = \"{SECRET}\"\ntimes = 5"));
    let said = host.run("plugins inspect declares-all").done().out;
    for line in [
        "serves /api/v1/said (list, get, create by itself, replace, update, delete)",
        "answers GET /api/v1/said/{id}/again (route said-again)",
        "setting greeting string(20) is hello by default: What is said first.",
        "setting mail.key text is given, and secret",
        "setting times integer is 5",
    ] {
        assert!(said.lines().any(|shown| shown == line), "{line:?} is not in:\n{said}");
    }
    let out = host.run("plugins inspect declares-all --json").done().out;
    assert!(!out.contains(SECRET));
    let facts: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(facts["handled"][0]["name"], "said.create");
    assert_eq!(facts["handled"][0]["details"]["request_schema"]["$defs"]["Note"], json!({ "type": "string" }), "as it was written");
    assert_eq!((&facts["routes"][0]["method"], &facts["routes"][0]["path"]), (&json!("GET"), &json!("said/{id}/again")));
    assert_eq!(
        facts["settings"][1],
        json!({
            "key": "mail.key", "data_type": "text", "default": null, "secret": true, "required": true, "comment": null,
            "given": true, "value": null,
        })
    );
}

#[test]
fn openapi_describes_it() {
    let host = upgraded();
    let document: Value = serde_json::from_str(&host.run("openapi").done().out).unwrap();
    assert_eq!(document["paths"]["/api/v1/said"]["post"]["summary"], "Say it");
    let again = &document["paths"]["/api/v1/said/{id}/again"]["get"];
    assert_eq!(again["operationId"], "declares_all_said_again");
    assert_eq!(again["parameters"][0]["schema"], json!({ "type": "integer", "minimum": 1 }));
}

#[test]
fn a_plugin_waits_for_a_setting_that_it_needs() {
    let host = upgraded();
    let missing = "setting mail.key is not given: write \"mail.key\" = … into [plugins.declares-all.settings] of tenon.toml";
    let said = host.run("plugins list").done();
    assert!(said.out.contains(missing) && said.err.contains(missing), "{said:?}");
    assert!(said.out.contains("does NOT serve /api/v1/said: plugin declares-all waits for its settings"), "{}", said.out);
    given(&host, &format!("mail.key = \"{SECRET}\""));
    let said = host.run("plugins list").done();
    assert!(said.out.contains("serves /api/v1/said\n") && !said.out.contains("waits"), "{}", said.out);
}

#[test]
fn what_is_given_wrongly_is_named_and_never_shown() {
    let host = upgraded();
    given(&host, &format!("mail.key = \"{SECRET}\"\ntimes = \"{SECRET}\"\ncolour = \"{SECRET}\""));
    let said = host.run("plugins list").done();
    for (stream, text) in [
        (&said.err, "the configuration has colour in [plugins.declares-all.settings]"),
        (&said.err, "setting times in"),
        (&said.out, "must be a whole number"),
    ] {
        assert!(stream.contains(text), "{text:?} is not in:\n{said:?}");
    }
    let inspected = host.run("plugins inspect declares-all").done();
    assert!(inspected.out.contains("setting times integer is given a value of another type"), "{}", inspected.out);
    for said in [said, inspected, host.run("-vv openapi").done(), host.run("-vv current").done()] {
        assert!(!said.out.contains(SECRET) && !said.err.contains(SECRET), "{said:?}");
    }
    given(&host, &format!("mail.key = \"{SECRET}"));
    let said = host.run("plugins list").refused();
    assert!(said.err.contains("tenon.toml") && !said.err.contains(SECRET), "{}", said.err);
}
