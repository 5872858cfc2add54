//! What there is to say of one plugin, for programs: `tenon plugins inspect --json`, and the same over HTTP.

use serde_json::{Value, json};

use super::load::Plugin;
use crate::model::manifest::{Handled, Route, Setting};

/// All that a plugin says of itself, and what it is given.
pub fn of_plugin(plugin: &Plugin) -> Value {
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
pub fn snake_case(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, value)| (key.replace('-', "_"), snake_case(value))).collect(),
        Value::Array(items) => items.into_iter().map(snake_case).collect(),
        other => other,
    }
}

/// What a setting is, and by whom.
#[derive(Debug)]
pub enum Given {
    /// The operator's.
    Operators(String),
    /// The plugin's own default.
    Plugins(String),
    /// There is none.
    Nothing,
    /// The operator's, and of another type than the plugin asks for.
    Wrong,
}

/// The value that a setting has.
pub fn value(plugin: &Plugin, setting: &Setting) -> Given {
    match (plugin.given.text(setting), &setting.default) {
        (Err(_), _) => Given::Wrong,
        (Ok(Some(value)), _) => Given::Operators(value),
        (Ok(None), Some(default)) => Given::Plugins(default.clone()),
        (Ok(None), None) => Given::Nothing,
    }
}
