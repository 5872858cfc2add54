//! `tenon plugins list` and `tenon plugins inspect`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Outcome;
use super::args::Plugins;
use super::output::Output;
use crate::model::manifest::Right;
use crate::model::{Column, Manifest, PluginName, Table};
use crate::service::grants::Ask;
use crate::service::host::Host;
use crate::service::inventory::{self, Inventory, NoFile, PluginLine, WithoutFile};
use crate::service::load::Plugin;
use crate::service::serving::upgrade_command;

/// `tenon plugins`.
pub(super) fn run(host: &Host, command: &Plugins, output: Output) -> anyhow::Result<Outcome> {
    match command {
        Plugins::List => {
            let inventory = inventory::list(host)?;
            let printed = output.result(&inventory, &list_text(&inventory));
            inventory.refused.iter().for_each(|refusal| output.error(&refusal.to_string()));
            printed?;
            Ok(if inventory.refused.is_empty() { Outcome::Done } else { Outcome::Incomplete })
        }
        Plugins::Inspect { plugin } => {
            let plugin = inventory::inspect(host, plugin)?;
            output.result(&inspect_json(&plugin), &inspect_text(&plugin))?;
            Ok(Outcome::Done)
        }
    }
}

// Writing to a String cannot fail, so the results of `writeln!` below hold nothing.

fn list_text(inventory: &Inventory) -> String {
    let mut text = String::new();
    for PluginLine { name, version, file, applied, pending, heads, lacking, paths, not_served, asks, unasked, prefix, .. } in
        &inventory.plugins
    {
        let state = match (applied, pending.len()) {
            _ if !lacking.is_empty() => {
                let lacking: Vec<String> = lacking.iter().map(ToString::to_string).collect();
                format!("behind the database, which has {}: put the newer file back", lacking.join(", "))
            }
            (_, 0) => "at head".to_owned(),
            (applied, pending) => format!("{applied} applied, {pending} pending: run `{}`", upgrade_command(name, *heads)),
        };
        let _ = writeln!(text, "{name} {version} ({file}): {state}");
        for path in paths {
            let _ = match not_served.iter().find(|line| &line.path == path) {
                Some(line) => writeln!(text, "    does NOT serve /api/v1/{path}: {}", line.reason),
                None => writeln!(text, "    serves /api/v1/{path}"),
            };
        }
        asks.iter().for_each(|ask| rights_line(&mut text, name, ask));
        for object in unasked {
            let _ = writeln!(text, "    reads {object} (granted, although it does not ask to)");
        }
        if let Some(prefix) = prefix {
            let _ = writeln!(text, "    makes nothing but what begins with {prefix}");
        }
    }
    for WithoutFile { name, applied, why } in &inventory.without_file {
        let _ = match why {
            NoFile::Gone => {
                let them = if *applied == 1 { "it" } else { "them" };
                writeln!(text, "{name} (no file): {applied} applied; `tenon downgrade {name}@base` undoes {them}")
            }
            NoFile::Refused => writeln!(text, "{name} (its file was refused): {applied} applied"),
            NoFile::Unknown => writeln!(text, "{name} (not known whether it has a file): {applied} applied"),
        };
    }
    text
}

fn rights_line(text: &mut String, plugin: &PluginName, Ask { right, object, why, by_default, add, .. }: &Ask) {
    let does = match right {
        Right::Read => "reads",
        Right::Reference => "references",
    };
    let _ = match add {
        Some(add) => writeln!(text, "    {does} {object} (NOT granted: add {add} under [plugins.{plugin}] in tenon.toml; {why})"),
        None if *by_default => writeln!(text, "    {does} {object} (granted by default)"),
        None => writeln!(text, "    {does} {object} (granted)"),
    };
}

fn inspect_text(plugin: &Plugin) -> String {
    let Manifest { name, version, description, requires, wants, tables, views, revisions, collections, .. } = &plugin.manifest;
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
        let operations: Vec<String> = collection.operations.iter().map(|operation| format!("{operation:?}").to_lowercase()).collect();
        let _ = writeln!(text, "serves /api/v1/{} ({})", collection.path, operations.join(", "));
    }
    text
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

fn inspect_json(plugin: &Plugin) -> Value {
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
    snake_case(json!({
        "name": manifest.name, "version": manifest.version, "description": manifest.description, "hash": plugin.hash().to_string(),
        "requires": manifest.requires, "asks": manifest.wants, "tables": manifest.tables, "views": manifest.views,
        "revisions": revisions, "collections": manifest.collections,
    }))
}

/// Keys as in all other output; a table's own form, of which digests are taken, writes them otherwise.
fn snake_case(value: Value) -> Value {
    match value {
        Value::Object(members) => members.into_iter().map(|(key, value)| (key.replace('-', "_"), snake_case(value))).collect(),
        Value::Array(items) => items.into_iter().map(snake_case).collect(),
        other => other,
    }
}
