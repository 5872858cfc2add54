//! What `tenon plugins inspect` says of one plugin to a person.

use std::fmt::Write as _;

use crate::model::manifest::{Right, Setting};
use crate::model::text::plain;
use crate::model::{CollectionOperation, Column, Manifest, Table};
use crate::service::facts::{Given, value};
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
