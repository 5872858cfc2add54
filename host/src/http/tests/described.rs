//! The OpenAPI description: whole, typed, and the same as what is served.

use std::collections::HashSet;

use serde_json::{Value as Json, json};

use super::{TestHost, fixtures};
use crate::model::schema::Format;
use crate::model::{Column, Table};
use fixtures::{column, defaulted, entity, formatted, nullable, plain};

/// A table with a column of every type.
fn things() -> Table {
    let limited =
        |column: Column| Column { rules: crate::model::schema::Rules { min: Some(0.0), max: Some(9.5), ..Default::default() }, ..column };
    let worded = |column: Column| Column {
        rules: crate::model::schema::Rules { one_of: vec!["a".into(), "b".into()], ..Default::default() },
        ..column
    };
    let columns = vec![
        nullable(column("flag", "boolean")),
        limited(column("small", "integer")),
        nullable(column("big", "bigint")),
        nullable(limited(column("real", "float"))),
        column("exact", "decimal(12,2)"),
        nullable(column("label", "string(80)")),
        nullable(worded(column("kind", "text"))),
        nullable(column("other", "ulid")),
        nullable(column("uuid", "uuid")),
        nullable(column("at", "timestamp")),
        nullable(column("day", "date")),
        nullable(column("hour", "time")),
        column("data", "json"),
        nullable(column("raw", "bytes")),
        nullable(formatted(column("blob", "bytes"), Format::Json)),
        defaulted(column("colour", "enum(red,green,blue)"), "red"),
    ];
    entity("things", columns)
}

fn pretty(value: &Json) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

async fn described(tables: &[&Table]) -> Json {
    TestHost::new(tables).get("/openapi.json").await.json()
}

#[tokio::test]
async fn the_description_of_a_collection_is_typed() {
    let document = described(&[&fixtures::users()]).await;
    assert_eq!(document["openapi"], "3.1.0");
    insta::assert_snapshot!(pretty(&document["components"]["schemas"]["ShopUsersCreate"]));
    insta::assert_snapshot!(pretty(&document["paths"]["/api/v1/users"]["post"]));
    insta::assert_snapshot!(pretty(&document["paths"]["/api/v1/users/{id}"]["put"]));
}

#[tokio::test]
async fn every_type_has_its_schema() {
    let document = described(&[&things()]).await;
    let schemas = &document["components"]["schemas"];
    insta::assert_snapshot!(pretty(&schemas["ShopThings"]["properties"]));
    insta::assert_snapshot!(pretty(&schemas["ShopThingsPatch"]["properties"]));
}

#[tokio::test]
async fn a_plugin_is_described_in_its_own_words() {
    let document = described(&[&things()]).await;
    assert_eq!(document["tags"][0], json!({"name": "shop", "description": "Sells.\n\nPlugin shop, version 1.2.3."}));
}

#[tokio::test]
async fn composite_keys_are_one_parameter() {
    let links = plain("links", vec![column("left", "string"), column("right", "string")], &["left", "right"]);
    let document = described(&[&links]).await;
    let get = &document["paths"]["/api/v1/links/{key}"]["get"];
    assert_eq!(get["parameters"][0]["description"], "left, right in this order, joined by commas, each percent-encoded.");
    assert_eq!(
        document["paths"]["/api/v1/links/{key}"]["put"]["requestBody"]["content"]["application/json"]["schema"],
        json!({"$ref": "#/components/schemas/ShopLinksReplace"})
    );
}

pub(super) fn references<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
    match value {
        Json::Object(members) => {
            found.extend(members.get("$ref").and_then(Json::as_str));
            members.values().for_each(|value| references(value, found));
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_id_is_used_once() {
    let links = plain("links", vec![column("left", "string"), column("right", "string")], &["left", "right"]);
    let document = described(&[&fixtures::users(), &fixtures::orders(), &things(), &links]).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
    let operations = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert!(ids.contains(&"shop_users_create") && ids.contains(&"shop_links_delete"));
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
}

/// Writes the description where `TENON_OPENAPI_OUT` says, for validators that are not part of the house.
#[tokio::test]
async fn the_description_can_be_looked_at_from_outside() {
    let links = plain("links", vec![column("left", "string"), column("right", "string")], &["left", "right"]);
    let host = TestHost::new(&[&fixtures::users(), &fixtures::orders(), &things(), &links]);
    let answer = host.get("/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    if let Some(path) = std::env::var_os("TENON_OPENAPI_OUT") {
        std::fs::write(path, answer.text).unwrap();
    }
}
