//! `tenon graph` and `tenon er`: the histories and the tables as pictures, coloured by plugin; what is not applied yet is dashed.
//!
//! Mermaid and DOT leave the layout to their readers. The SVG has one of its own: a history is a list with lanes beside it, as `git log
//! --graph` has them, so that thirty plugins take no more room in a row than three; tables stand in blocks of their plugin.

mod dot;
mod er;
mod graph;
mod mermaid;
mod svg;

use std::collections::BTreeMap;

use super::error::ServiceError;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::PluginSet;
use super::state::State;
use crate::migrate::history::{self, Entry};
use crate::model::{Name, PluginName, Table};

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For Markdown.
    Mermaid,
    /// For Graphviz.
    Dot,
    /// For a browser.
    Svg,
}

/// A picture, and the files whose part is missing in it.
#[derive(Debug)]
pub struct Picture {
    /// Its text.
    pub text: String,
    /// The loaded plugins, and those that were refused.
    pub set: PluginSet,
}

/// The histories of all plugins.
///
/// # Errors
/// The database cannot be read.
pub fn graph(host: &Host, format: Format) -> Result<Picture, ServiceError> {
    let Opened { books, files, .. } = host.open(Live::open_read_only)?;
    let set = host.load_to_look(files, &books.owners);
    let State { graph, applied, .. } = State::of(books.entries, &set)?;
    let entries = history::history(&graph, &applied);
    let text = match format {
        Format::Mermaid => mermaid::graph(&entries),
        Format::Dot => dot::graph(&entries),
        Format::Svg => graph::svg(&entries),
    };
    Ok(Picture { text, set })
}

/// A table, as its plugin declares it.
#[derive(Debug)]
struct Declared<'a> {
    plugin: &'a PluginName,
    table: &'a Table,
    /// It is in the database.
    is_there: bool,
}

/// The tables that the plugins declare, with their keys.
///
/// # Errors
/// The database cannot be read.
pub fn er(host: &Host, format: Format) -> Result<Picture, ServiceError> {
    let Opened { live, books, files } = host.open(Live::open_read_only)?;
    let set = host.load_to_look(files, &books.owners);
    let there: BTreeMap<Name, PluginName> = live.tables()?;
    let of_plugin = |(plugin, loaded): (&'_ PluginName, &'_ super::load::Plugin)| {
        let tables = loaded.manifest.tables.iter();
        tables.map(|table| (plugin.clone(), table.clone(), there.get(&table.name) == Some(plugin))).collect::<Vec<_>>()
    };
    let all: Vec<(PluginName, Table, bool)> = set.plugins.iter().flat_map(of_plugin).collect();
    let tables: Vec<Declared<'_>> = all.iter().map(|(plugin, table, is_there)| Declared { plugin, table, is_there: *is_there }).collect();
    let text = match format {
        Format::Mermaid => mermaid::er(&tables),
        Format::Dot => dot::er(&tables),
        Format::Svg => er::svg(&tables),
    };
    Ok(Picture { text, set })
}

/// A colour for each plugin, as far from the others as can be: hues a golden angle apart.
#[derive(Debug)]
struct Colours<'a>(Vec<&'a PluginName>);

impl<'a> Colours<'a> {
    fn of(plugins: impl Iterator<Item = &'a PluginName>) -> Self {
        let mut all: Vec<&PluginName> = plugins.collect();
        all.sort();
        all.dedup();
        Self(all)
    }

    /// `#rrggbb`, dark enough for white text.
    fn of_plugin(&self, plugin: &PluginName) -> String {
        let number = self.0.iter().position(|other| *other == plugin).unwrap_or_default();
        let hue = (number as f64 * 137.508) % 360.0;
        let (red, green, blue) = rgb(hue, 0.6, 0.38);
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A colour by hue in degrees, saturation and lightness from 0 to 1.
fn rgb(hue: f64, saturation: f64, lightness: f64) -> (u8, u8, u8) {
    let channel = |offset: f64| {
        let k = (offset + hue / 30.0) % 12.0;
        let a = saturation * lightness.min(1.0 - lightness);
        let value = lightness - a * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round() as u8
    };
    (channel(0.0), channel(8.0), channel(4.0))
}

/// The plugins of entries.
fn plugins(entries: &[Entry]) -> impl Iterator<Item = &PluginName> {
    entries.iter().map(|entry| &entry.node.plugin)
}

#[cfg(test)]
mod tests;
