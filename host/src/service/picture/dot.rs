//! Pictures for Graphviz.
//!
//! # Source
//! <https://graphviz.org/doc/info/lang.html>

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::svg::escaped;
use super::{Colours, Declared, EdgeKind, edges, keys, plugins};
use crate::migrate::history::Entry;
use crate::model::PluginName;
use crate::model::text::plain;

fn quoted(text: &str) -> String {
    format!("\"{}\"", inside(text))
}

/// A text between double quotes.
fn inside(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// How the frame around a plugin's own begins.
fn cluster(number: usize, plugin: &PluginName, colour: &str) -> String {
    let label = quoted(plugin.as_str());
    format!("  subgraph cluster_{number} {{\n    label={label};\n    color=\"{colour}\";\n    fontcolor=\"{colour}\";\n")
}

/// The histories, the oldest at the bottom.
pub(super) fn graph(entries: &[Entry]) -> String {
    let colours = Colours::of(plugins(entries));
    let mut by_plugin: BTreeMap<&PluginName, Vec<&Entry>> = BTreeMap::new();
    entries.iter().for_each(|entry| by_plugin.entry(&entry.node.plugin).or_default().push(entry));
    let mut text = "digraph tenon {\n  rankdir=BT;\n  node [shape=box, fontname=\"monospace\", fontsize=11];\n".to_owned();
    for (number, (plugin, own)) in by_plugin.iter().enumerate() {
        let colour = colours.of_plugin(plugin);
        text.push_str(&cluster(number, plugin, &colour));
        for entry in own {
            let label = format!("\"{}\\n{}\"", entry.node.revision, inside(entry.message.lines().next().unwrap_or_default()));
            let style = if entry.applied {
                format!("style=filled, fillcolor=\"{colour}\", fontcolor=white")
            } else {
                format!("style=dashed, color=\"{colour}\"")
            };
            // Writes to a string, here and below.
            let _ = writeln!(text, "    {} [label={label}, {style}];", quoted(&entry.node.to_string()));
        }
        text.push_str("  }\n");
    }
    for edge in edges(entries) {
        let style = match edge.kind {
            EdgeKind::ComesAfter => "",
            EdgeKind::DependsOn => " [style=dashed]",
        };
        let _ = writeln!(text, "  {} -> {}{style};", quoted(&edge.from.to_string()), quoted(&edge.to.to_string()));
    }
    text + "}\n"
}

/// The tables, each as a table of its columns.
pub(super) fn er(tables: &[Declared]) -> String {
    let colours = Colours::of(tables.iter().map(|declared| &declared.plugin));
    let mut by_plugin: BTreeMap<&PluginName, Vec<&Declared>> = BTreeMap::new();
    tables.iter().for_each(|declared| by_plugin.entry(&declared.plugin).or_default().push(declared));
    let mut text = "digraph tenon {\n  rankdir=LR;\n  node [shape=plain, fontname=\"monospace\", fontsize=11];\n".to_owned();
    for (number, (plugin, own)) in by_plugin.iter().enumerate() {
        let colour = colours.of_plugin(plugin);
        text.push_str(&cluster(number, plugin, &colour));
        for declared in own {
            let table = &declared.table;
            let style = if declared.is_there { "" } else { " style=\"dashed\"" };
            let mut rows = format!(
                "<tr><td bgcolor=\"{colour}\" colspan=\"2\"><font color=\"white\"><b>{}</b></font></td></tr>",
                escaped(table.name.as_str())
            );
            for (place, column) in table.columns.iter().enumerate() {
                let null = if column.nullable { "?" } else { "" };
                let (name, data_type) = (escaped(column.name.as_str()), escaped(&column.data_type.to_string()));
                let key = if table.primary_key.contains(&column.name) { ("<b>", "</b>") } else { ("", "") };
                let _ = write!(
                    rows,
                    "<tr><td align=\"left\" port=\"c{place}\">{}{name}{}</td><td align=\"left\">{data_type}{null}</td></tr>",
                    key.0, key.1
                );
            }
            let _ = writeln!(
                text,
                "    {} [label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" color=\"{colour}\"{style}>{rows}</table>>];",
                quoted(table.name.as_str())
            );
        }
        text.push_str("  }\n");
    }
    for key in keys(tables) {
        let (from, to) = (quoted(key.from.table.name.as_str()), quoted(key.to.table.name.as_str()));
        let _ = writeln!(text, "  {from}:c{} -> {to};", key.first_column());
    }
    text + "}\n"
}
