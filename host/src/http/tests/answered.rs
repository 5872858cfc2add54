//! What plugins answer themselves, in the description.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::described::references;
use super::{TestDatabase, TestHost, endpoint, fixtures, snapshot};
use crate::model::manifest::{Answer, Details, Method, Parameter, ParameterPlace, Route};
use crate::model::{ContentHash, JsonSchema};
use crate::service::serving::tests::support::handler;
use crate::service::serving::{Endpoint, MadeFor, Operation, PluginState, Readiness, RouteEndpoint, Snapshot};

fn schema(schema: Json) -> JsonSchema {
    JsonSchema::parse(&schema.to_string()).unwrap()
}

/// As schemars writes it: with definitions, of which one refers to another, and one to the whole.
fn invoice(total: &str) -> JsonSchema {
    schema(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Invoice", "type": "object",
        "properties": {
            "lines": { "type": "array", "items": { "$ref": "#/$defs/Line" } },
            "corrects": { "$ref": "#" },
            "$ref": { "type": "string", "const": "#/$defs/Line" },
            "total": { "type": total },
        },
        "$defs": { "Line": { "properties": { "price": { "$ref": "#/$defs/Price" } } }, "Price": { "type": "number" } },
    }))
}

fn parameter(place: ParameterPlace, name: &str, of: Json) -> Parameter {
    Parameter { place, name: name.into(), schema: schema(of), required: place == ParameterPlace::Path, description: Some("Which.".into()) }
}

fn route(name: &str, method: Method, path: &str, details: Details) -> Arc<RouteEndpoint> {
    let route = Route { name: name.into(), method, path: path.into(), writes: method != Method::Get, details };
    let plugin = "billing".parse().unwrap();
    let handler = handler(name, route.details.clone());
    Arc::new(RouteEndpoint {
        plugin,
        version: semver::Version::new(2, 0, 0),
        readiness: Readiness::Ready,
        route,
        handler,
        made_for: MadeFor::default(),
    })
}

async fn document() -> Json {
    let create = Details {
        summary: Some("Bills".into()),
        request_schema: Some(invoice("number")),
        response_schema: Some(invoice("number")),
        status: Some(202),
        answers: vec![
            Answer { status: 409, description: "It is billed.".into(), schema: None },
            Answer { status: 200, description: "It was there.".into(), schema: Some(invoice("string")) },
        ],
        ..Details::default()
    };
    let list = Details {
        parameters: vec![parameter(ParameterPlace::Query, "limit", json!({ "type": "integer", "x-of-mine": [1] }))],
        ..Details::default()
    };
    let users = fixtures::users();
    let handled = [(Operation::Create, create), (Operation::List, list), (Operation::Get, Details::default())];
    let handlers = handled.map(|(operation, details)| (operation, handler("users.any", details))).into();
    let users = Arc::new(Endpoint { handlers, ..(*endpoint(&users)).clone() });
    let tree = Details {
        parameters: vec![
            parameter(ParameterPlace::Path, "user", json!({ "type": "string" })),
            parameter(ParameterPlace::Header, "x-depth", json!({ "anyOf": [{ "type": "integer" }, { "items": { "$ref": "#" } }] })),
        ],
        response_schema: Some(schema(json!({ "type": "array", "items": true }))),
        ..Details::default()
    };
    let csv = Details { request_media_type: Some("text/csv".into()), ..Details::default() };
    let routes = vec![
        route("user-tree", Method::Get, "users/{user}/$tree", tree),
        route("import", Method::Post, "users/{user}", csv),
        route("forget", Method::Delete, "users/{a}/notes/{b}", Details::default()),
    ];
    let mut snapshot = Snapshot { routes, ..snapshot(vec![users]) };
    let (name, version) = ("billing".parse().unwrap(), semver::Version::new(1, 0, 0));
    snapshot.plugins.push(PluginState {
        name,
        version,
        description: None,
        component: ContentHash::of(b"shop"),
        readiness: Readiness::Ready,
    });
    TestHost::serving(TestDatabase::with(&[]), snapshot).get("/openapi.json").await.json()
}

fn referred(name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[tokio::test]
async fn a_handled_operation_is_described_as_its_plugin_does() {
    let document = document().await;
    let create = &document["paths"]["/api/v1/users"]["post"];
    assert_eq!((&create["summary"], &create["operationId"]), (&json!("Bills"), &json!("shop_users_create")));
    assert_eq!(create["requestBody"]["content"]["application/json"]["schema"], referred("ShopUsersCreateRequest"));
    let answers = &create["responses"];
    assert_eq!(answers["202"]["content"]["application/json"]["schema"], referred("ShopUsersCreateResponse"));
    assert_eq!(answers["201"], Json::Null, "the plugin says another status");
    assert_eq!(answers["409"]["description"], "It is billed.");
    assert_eq!(answers["409"]["content"]["application/problem+json"]["schema"], referred("Problem"));
    assert_eq!(answers["200"]["content"]["application/json"]["schema"], referred("ShopUsersCreateAnswer200"));
    for status in ["422", "502", "503", "504"] {
        assert_eq!(answers[status], json!({ "$ref": format!("#/components/responses/Problem{status}") }));
    }
    let get = &document["paths"]["/api/v1/users/{id}"]["get"];
    assert_eq!(
        get["responses"]["200"]["content"]["application/json"]["schema"],
        referred("ShopUsers"),
        "the standard one, where nothing is said"
    );
    assert!(get["responses"]["502"].is_object());
    assert!(document["paths"]["/api/v1/users/{id}"]["put"]["responses"]["502"].is_null(), "no plugin answers it");
    let list = document["paths"]["/api/v1/users"]["get"]["parameters"].as_array().unwrap();
    let limits: Vec<_> = list.iter().filter(|parameter| parameter["name"] == "limit").collect();
    assert_eq!(limits.len(), 1, "the declared one is there in the place of the standard one");
    assert_eq!(limits[0]["schema"], json!({ "type": "integer", "x-of-mine": [1] }), "as it was written");
}

#[tokio::test]
async fn definitions_become_components() {
    let document = document().await;
    let schemas = &document["components"]["schemas"];
    let request = &schemas["ShopUsersCreateRequest"];
    assert_eq!((&request["$defs"], &request["$schema"]), (&Json::Null, &Json::Null));
    assert_eq!(request["properties"]["corrects"], referred("ShopUsersCreateRequest"));
    assert_eq!(request["properties"]["lines"]["items"], referred("ShopLine"));
    assert_eq!(
        request["properties"]["$ref"],
        json!({ "type": "string", "const": "#/$defs/Line" }),
        "no reference, although it looks like one"
    );
    assert_eq!(schemas["ShopLine"]["properties"]["price"], referred("ShopPrice"));
    assert_eq!(schemas["ShopUsersCreateResponse"]["properties"]["lines"]["items"], referred("ShopLine"), "the same is there once");
    assert!(schemas["ShopLine_2"].is_null());
    let depth = &document["paths"]["/api/v1/users/{user}/$tree"]["get"]["parameters"][1];
    assert_eq!(depth["schema"], referred("BillingUserTreeXDepth"), "what refers to itself needs a name");
}

#[tokio::test]
async fn routes_are_described_beside_the_collections() {
    let document = document().await;
    let tree = &document["paths"]["/api/v1/users/{user}/$tree"]["get"];
    assert_eq!((&tree["operationId"], &tree["tags"]), (&json!("billing_user_tree"), &json!(["billing"])));
    assert_eq!(tree["parameters"][0]["name"], "user", "a path of its own keeps its names");
    let import = &document["paths"]["/api/v1/users/{id}"]["post"];
    assert_eq!(import["operationId"], "billing_import", "one path has one template");
    assert_eq!((&import["parameters"][0]["name"], &import["parameters"][0]["in"]), (&json!("id"), &json!("path")));
    assert_eq!(import["requestBody"]["content"], json!({ "text/csv": {} }));
    let forget = document["paths"]["/api/v1/users/{a}/notes/{b}"]["delete"]["parameters"].as_array().unwrap();
    assert_eq!(forget.len(), 2, "what stands in a path is a parameter, declared or not");
    assert_eq!(document["tags"][0], json!({"name": "billing", "description": "Plugin billing, version 1.0.0."}));

    let mut found = Vec::new();
    references(&document, &mut found);
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    let operations = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}
