//! What `tenon plugins inspect` says of one plugin.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::model::manifest::{Handled, Right, Route, Setting};
use crate::model::text::plain;
use crate::model::{CollectionOperation, Column, Manifest, Table};
use crate::service::load::Plugin;

// Writing to a String cannot fail, so the results of `writeln!` below hold nothing.

/// For a person.
pub(super) fn text(plugin: &Plugin) -> String {
    let Manifest { name, version, description, requires, wants, tables, views, revisions, collections, handled, routes, settings, .. } =
        &plugin.manifest;
    let mut text = format!("{name} {version}\n");
    if let Some(description) = description {
        let _ = writeln!(text, "{description}");
    }
    let _ = writeln!(text, "sha256 {}", plugin.hash());
    for requirement in requires {
        let _ = writeln!(text, "requires {} {}", requirement.plugin, requirement.versions);
    }
    for want in wants {
        let right = if want.right == Right::Read { "read" } else { "reference" };
        let _ = writeln!(text, "asks to {right} {}: {}", want.object, want.why);
    }
    for table in tables {
        let _ = writeln!(text, "table {}", table.name);
        for column in &table.columns {
            let _ = writeln!(text, "    {}", column_text(table, column));
        }
    }
    for view in views {
        let _ = writeln!(text, "view {}", view.name);
    }
    for revision in revisions {
        let _ = writeln!(text, "revision {} {}", revision.id, revision.message);
    }
    for collection in collections {
        let is_handled = |operation| handled.iter().any(|handled| handled.collection == collection.name && handled.operation == operation);
        let title = |operation: &CollectionOperation| {
            let handled = if is_handled(*operation) { " by itself" } else { "" };
            format!("{}{handled}", operation.name())
        };
        let operations: Vec<String> = collection.operations.iter().map(title).collect();
        let _ = writeln!(text, "serves /api/v1/{} ({})", collection.path, operations.join(", "));
    }
    for route in routes {
        let _ = writeln!(text, "answers {} /api/v1/{} (route {})", route.method, route.path, route.name);
    }
    for setting in settings {
        let _ = writeln!(text, "{}", setting_text(plugin, setting));
    }
    text
}

fn setting_text(plugin: &Plugin, setting: &Setting) -> String {
    let Setting { key, data_type, secret, required, comment, .. } = setting;
    let state = match value(plugin, setting) {
        Given::Wrong => "is given a value of another type".to_owned(),
        Given::Nothing if *required => "is required and NOT given".to_owned(),
        Given::Nothing => "is not given".to_owned(),
        Given::Operators(_) | Given::Plugins(_) if *secret => "is given, and secret".to_owned(),
        Given::Operators(value) => format!("is {}", plain(&value)),
        Given::Plugins(value) => format!("is {} by default", plain(&value)),
    };
    let comment = comment.as_ref().map_or_else(String::new, |comment| format!(": {comment}"));
    format!("setting {key} {data_type} {state}{comment}")
}

/// What a setting is, and by whom.
enum Given {
    Operators(String),
    Plugins(String),
    Nothing,
    Wrong,
}

fn value(plugin: &Plugin, setting: &Setting) -> Given {
    match (plugin.given.text(setting), &setting.default) {
        (Err(_), _) => Given::Wrong,
        (Ok(Some(value)), _) => Given::Operators(value),
        (Ok(None), Some(default)) => Given::Plugins(default.clone()),
        (Ok(None), None) => Given::Nothing,
    }
}

fn column_text(table: &Table, column: &Column) -> String {
    let mut text = format!("{} {}", column.name, column.data_type);
    if table.primary_key.contains(&column.name) {
        text.push_str(" key");
    }
    if column.nullable {
        text.push_str(" nullable");
    }
    for key in table.foreign_keys.iter().filter(|key| key.columns.contains(&column.name)) {
        let _ = write!(text, " -> {}", key.target_table);
    }
    text
}

/// For a program.
pub(super) fn json(plugin: &Plugin) -> Value {
    let manifest = &plugin.manifest;
    let revisions: Vec<Value> = manifest
        .revisions
        .iter()
        .map(|revision| {
            json!({
                "id": revision.id, "parents": revision.down, "depends_on": revision.depends_on, "message": revision.message,
                "created": revision.created.to_rfc3339(), "irreversible": revision.irreversible,
            })
        })
        .collect();
    let facts = snake_case(json!({
        "name": manifest.name, "version": manifest.version, "description": manifest.description, "hash": plugin.hash().to_string(),
        "requires": manifest.requires, "asks": manifest.wants, "tables": manifest.tables, "views": manifest.views,
        "revisions": revisions, "collections": manifest.collections,
    }));
    let Value::Object(mut facts) = facts else { return facts };
    // Their schemas stay as they were written.
    facts.insert("handled".to_owned(), manifest.handled.iter().map(handled_json).collect());
    facts.insert("routes".to_owned(), manifest.routes.iter().map(route_json).collect());
    facts.insert("settings".to_owned(), manifest.settings.iter().map(|setting| setting_json(plugin, setting)).collect());
    facts.into()
}

fn handled_json(handled: &Handled) -> Value {
    json!({ "name": handled.name(), "collection": handled.collection, "operation": handled.operation, "details": handled.details })
}

fn route_json(route: &Route) -> Value {
    json!({
        "name": route.name, "method": route.method, "path": route.path, "writes": route.writes, "details": route.details,
    })
}

/// The value and the default of a secret are left out.
fn setting_json(plugin: &Plugin, setting: &Setting) -> Value {
    let Setting { key, data_type, default, secret, required, comment } = setting;
    let (given, value) = match value(plugin, setting) {
        Given::Operators(value) => (true, Some(value)),
        Given::Plugins(value) => (false, Some(value)),
        Given::Nothing => (false, None),
        Given::Wrong => (true, None),
    };
    let shown = |value: Option<String>| value.filter(|_| !secret);
    json!({
        "key": key, "data_type": data_type, "default": shown(default.clone()), "secret": secret, "required": required, "comment": comment,
        "given": given, "value": shown(value),
    })
}

/// Keys as in all other output; a table's own form, of which digests are taken, writes them otherwise.
pub(super) fn snake_case(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, value)| (key.replace('-', "_"), snake_case(value))).collect(),
        Value::Array(items) => items.into_iter().map(snake_case).collect(),
        other => other,
    }
}
