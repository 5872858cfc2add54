//! Pictures for Markdown.
//!
//! # Source
//! <https://mermaid.js.org/syntax/flowchart.html>, <https://mermaid.js.org/syntax/entityRelationshipDiagram.html>

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Colours, Declared, plugins};
use crate::migrate::history::Entry;
use crate::model::text::plain;
use crate::model::{Node, PluginName};

/// A text between double quotes.
fn quoted(text: &str) -> String {
    format!("\"{}\"", plain(text).replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// A name of letters, digits and underscores.
fn word(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

fn id(node: &Node) -> String {
    format!("{}__{}", word(node.plugin.as_str()), node.revision)
}

/// A class for each plugin, and one for what of it is not there yet.
fn classes<'a>(text: &mut String, plugins: impl Iterator<Item = &'a PluginName>, applied: impl Fn(&str) -> String) {
    let colours = Colours::of(plugins);
    for plugin in &colours.0 {
        let (name, colour) = (word(plugin.as_str()), colours.of_plugin(plugin));
        // Writes to a string.
        let _ = writeln!(text, "  classDef {name} {}", applied(&colour));
        let _ = writeln!(text, "  classDef {name}_pending fill:#fff,stroke:{colour},color:#222,stroke-dasharray:5 3");
    }
}

/// The histories, the oldest at the bottom.
pub(super) fn graph(entries: &[Entry]) -> String {
    let mut by_plugin: BTreeMap<&PluginName, Vec<&Entry>> = BTreeMap::new();
    entries.iter().for_each(|entry| by_plugin.entry(&entry.node.plugin).or_default().push(entry));
    let mut text = "flowchart BT\n".to_owned();
    for (plugin, own) in &by_plugin {
        let name = word(plugin.as_str());
        // Writes to a string, here and below.
        let _ = writeln!(text, "  subgraph {name}[{}]", quoted(plugin.as_str()));
        for entry in own {
            let class = if entry.applied { "" } else { "_pending" };
            let label = quoted(&format!("{}: {}", entry.node.revision, entry.message.lines().next().unwrap_or_default()));
            let _ = writeln!(text, "    {}[{label}]:::{name}{class}", id(&entry.node));
        }
        text.push_str("  end\n");
    }
    for entry in entries {
        for parent in &entry.parents {
            let _ = writeln!(text, "  {} --> {}", id(parent), id(&entry.node));
        }
        for other in &entry.depends_on {
            let _ = writeln!(text, "  {} -.-> {}", id(other), id(&entry.node));
        }
    }
    classes(&mut text, plugins(entries), |colour| format!("fill:{colour},stroke:{colour},color:#fff"));
    text
}

/// The tables. Before the name stands the plugin: Mermaid before 11.5 has no colours for them.
pub(super) fn er(tables: &[Declared<'_>]) -> String {
    let alias = |declared: &Declared<'_>| {
        let pending = if declared.is_there { "" } else { " (pending)" };
        quoted(&format!("{}: {}{pending}", declared.plugin, declared.table.name))
    };
    let class = |declared: &Declared<'_>| {
        let pending = if declared.is_there { "" } else { "_pending" };
        format!("{}{pending}", word(declared.plugin.as_str()))
    };
    let mut text = "erDiagram\n".to_owned();
    for declared in tables {
        let table = declared.table;
        let _ = writeln!(text, "  {}[{}]:::{} {{", word(table.name.as_str()), alias(declared), class(declared));
        for column in &table.columns {
            let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
            let marks = [(table.primary_key.contains(&column.name), "PK"), (refers, "FK")];
            let marks: Vec<&str> = marks.into_iter().filter(|(set, _)| *set).map(|(_, mark)| mark).collect();
            let marks = if marks.is_empty() { String::new() } else { format!(" {}", marks.join(", ")) };
            let _ = writeln!(text, "    {} {}{marks}", word(&column.data_type.to_string()), word(column.name.as_str()));
        }
        text.push_str("  }\n");
    }
    for declared in tables {
        for key in declared.table.foreign_keys.iter().filter(|key| tables.iter().any(|other| other.table.name == key.target_table)) {
            let columns: Vec<&str> = key.columns.iter().map(crate::model::Name::as_str).collect();
            let (from, to) = (word(declared.table.name.as_str()), word(key.target_table.as_str()));
            let _ = writeln!(text, "  {to} ||--o{{ {from} : {}", quoted(&columns.join(", ")));
        }
    }
    // Every second row of a table is white, whatever the class says.
    let applied = |colour: &str| format!("fill:#fff,stroke:{colour},color:{colour},stroke-width:3px");
    classes(&mut text, tables.iter().map(|declared| declared.plugin), applied);
    text
}
