//! Pictures for Markdown.
//!
//! Mermaid's parsers know words (`end`, `default`, `PK`) and lines (`direction TB`) wherever they stand, and shapes of names that they do not
//! take. So no name of a plugin's begins an identifier by itself, and what is not plain stands as a number in texts.
//!
//! # Source
//! <https://mermaid.js.org/syntax/flowchart.html>, <https://mermaid.js.org/syntax/entityRelationshipDiagram.html>; the grammars of Mermaid 11.12
//! and 11.17.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Colours, Declared, EdgeKind, edges, keys, plugins};
use crate::migrate::history::Entry;
use crate::model::text::plain;
use crate::model::{Column, Name, Node, PluginName, Table};

/// What means nothing to Mermaid between double quotes, besides letters and digits.
const HARMLESS: &str = " _-.,:()/+=@!?";

/// A text between double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    let text = plain(text);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let means_something = match character {
            // A line with `direction TB` in it is that and nothing else.
            ' ' => quoted.to_ascii_lowercase().ends_with("direction"),
            // After the word `style` it takes away a semicolon, which a number needs.
            ':' => characters.peek() != Some(&' '),
            _ => !character.is_alphanumeric() && !HARMLESS.contains(character),
        };
        if means_something {
            // Writes to a string, here and below.
            let _ = write!(quoted, "#{};", u32::from(character));
        } else {
            quoted.push(character);
        }
    }
    quoted + "\""
}

/// A plugin's name as a part of identifiers. Two names stay two: none has an underscore.
fn word(plugin: &PluginName) -> String {
    plugin.as_str().replace('-', "_")
}

/// Two nodes stay two: no plugin's name has a capital.
fn id(node: &Node) -> String {
    format!("{}_AT_{}", word(&node.plugin), node.revision)
}

/// The class of what a plugin has.
fn class(plugin: &PluginName, is_there: bool) -> String {
    format!("{}_{}", if is_there { "applied" } else { "pending" }, word(plugin))
}

/// A class for each plugin, and one for what of it is not there yet.
fn classes<'a>(text: &mut String, plugins: impl Iterator<Item = &'a PluginName>, applied: impl Fn(&str) -> String) {
    let colours = Colours::of(plugins);
    for plugin in &colours.0 {
        let colour = colours.of_plugin(plugin);
        let _ = writeln!(text, "  classDef {} {}", class(plugin, true), applied(&colour));
        let _ = writeln!(text, "  classDef {} fill:#fff,stroke:{colour},color:#222,stroke-dasharray:5 3", class(plugin, false));
    }
}

/// The histories, the oldest at the bottom.
pub(super) fn graph(entries: &[Entry]) -> String {
    let mut by_plugin: BTreeMap<&PluginName, Vec<&Entry>> = BTreeMap::new();
    entries.iter().for_each(|entry| by_plugin.entry(&entry.node.plugin).or_default().push(entry));
    let mut text = "flowchart BT\n".to_owned();
    for (plugin, own) in &by_plugin {
        let _ = writeln!(text, "  subgraph plugin_{}[{}]", word(plugin), quoted(plugin.as_str()));
        for entry in own {
            let label = quoted(&format!("{}: {}", entry.node.revision, entry.message.lines().next().unwrap_or_default()));
            let _ = writeln!(text, "    {}[{label}]:::{}", id(&entry.node), class(plugin, entry.applied));
        }
        text.push_str("  end\n");
    }
    for edge in edges(entries) {
        let arrow = match edge.kind {
            EdgeKind::ComesAfter => "-->",
            EdgeKind::DependsOn => "-.->",
        };
        let _ = writeln!(text, "  {} {arrow} {}", id(edge.from), id(edge.to));
    }
    classes(&mut text, plugins(entries), |colour| format!("fill:{colour},stroke:{colour},color:#fff"));
    text
}

/// The tables. Before the name stands the plugin, for who does not know the colours.
pub(super) fn er(tables: &[Declared]) -> String {
    let mut text = "erDiagram\n".to_owned();
    for Declared { plugin, table, is_there } in tables {
        let pending = if *is_there { "" } else { " (pending)" };
        let alias = quoted(&format!("{plugin}: {}{pending}", table.name));
        let _ = writeln!(text, "  {}[{alias}]:::{} {{", quoted(table.name.as_str()), class(plugin, *is_there));
        for column in &table.columns {
            let _ = writeln!(text, "    {}", column_line(table, column));
        }
        text.push_str("  }\n");
    }
    for key in keys(tables) {
        let parents = if key.may_be_null() { "|o" } else { "||" };
        let children = if key.is_unique() { "o|" } else { "o{" };
        let columns: Vec<&str> = key.foreign_key.columns.iter().map(Name::as_str).collect();
        let (from, to) = (quoted(key.from.table.name.as_str()), quoted(key.to.table.name.as_str()));
        let _ = writeln!(text, "  {to} {parents}--{children} {from} : {}", quoted(&columns.join(", ")));
    }
    // Every second row of a table is white, whatever the class says.
    let applied = |colour: &str| format!("fill:#fff,stroke:{colour},color:{colour},stroke-width:3px");
    classes(&mut text, tables.iter().map(|declared| &declared.plugin), applied);
    text
}

/// Type, name and keys of a column; what of them cannot be written so, and that it takes NULL, stands behind.
fn column_line(table: &Table, column: &Column) -> String {
    let (name, data_type) = (column.name.as_str(), column.data_type.to_string());
    let (name_word, type_word) = (column_word(name), type_word(&data_type));
    let refers = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
    let marks = [(table.primary_key.contains(&column.name), "PK"), (refers, "FK")];
    let marks: Vec<&str> = marks.into_iter().filter(|(is_set, _)| *is_set).map(|(_, mark)| mark).collect();
    let mut line = format!("{type_word} {name_word}");
    if !marks.is_empty() {
        let _ = write!(line, " {}", marks.join(", "));
    }
    let null = if column.nullable { "?" } else { "" };
    let whole_name = (name_word != name).then(|| name.to_owned());
    let whole_type = (column.nullable || type_word != data_type).then(|| format!("{data_type}{null}"));
    let comment: Vec<String> = whole_name.into_iter().chain(whole_type).collect();
    if !comment.is_empty() {
        let _ = write!(line, " {}", quoted(&comment.join(", ")));
    }
    line
}

/// A column's name as Mermaid takes it: it begins with a letter or an underscore, and is no mark of a key.
fn column_word(name: &str) -> String {
    let is_taken = |c: char| c.is_ascii_alphanumeric() || c == '_' || c >= '\u{c0}' && c.is_alphanumeric();
    let word: String = name.chars().map(|c| if is_taken(c) { c } else { '_' }).collect();
    // Where a word ends, letters beyond ASCII are none.
    let ends = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(word.len());
    let is_mark = ["PK", "FK", "UK"].iter().any(|mark| word[..ends].eq_ignore_ascii_case(mark));
    if is_mark || word.starts_with(|c: char| c.is_ascii_digit()) { format!("_{word}") } else { word }
}

/// A column's type without what stands in its parentheses, unless Mermaid takes that.
fn type_word(data_type: &str) -> &str {
    let is_taken = data_type.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'(' | b')'));
    if is_taken { data_type } else { data_type.split('(').next().unwrap_or_default() }
}
