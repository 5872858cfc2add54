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

use serde::Serialize;

use super::error::ServiceError;
use super::host::{Host, Opened};
use super::live::Live;
use super::load::PluginSet;
use super::state::State;
use crate::migrate::history::{self, Entry};
use crate::model::{Column, ForeignKey, Name, Node, PluginName, Table};

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

/// The histories of all plugins, of their files and of the ledger.
#[derive(Debug)]
pub struct Histories {
    /// The revisions, newest first.
    pub entries: Vec<Entry>,
    /// The loaded plugins, and those that were refused, whose part is missing.
    pub set: PluginSet,
}

impl Histories {
    /// Reads them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read(host: &Host) -> Result<Self, ServiceError> {
        let Opened { books, files, .. } = host.open(Live::open_read_only)?;
        let set = host.load_to_look(files, &books.owners);
        let State { graph, applied, .. } = State::of(books.entries, &set)?;
        Ok(Self { entries: history::history(&graph, &applied), set })
    }

    /// What comes after what.
    pub fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        edges(&self.entries)
    }

    /// Their picture.
    pub fn drawn(&self, format: Format) -> String {
        match format {
            Format::Mermaid => mermaid::graph(&self.entries),
            Format::Dot => dot::graph(&self.entries),
            Format::Svg => graph::svg(&self.entries),
        }
    }
}

/// What joins two revisions.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Edge<'a> {
    /// The revision that is applied before.
    pub from: &'a Node,
    /// The other.
    pub to: &'a Node,
    /// Why in this order.
    pub kind: EdgeKind,
}

/// Why a revision is applied after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EdgeKind {
    /// It follows it in its plugin's history.
    ComesAfter,
    /// It needs it, of another plugin.
    DependsOn,
}

fn edges(entries: &[Entry]) -> impl Iterator<Item = Edge<'_>> {
    entries.iter().flat_map(|Entry { node: to, parents, depends_on, .. }| {
        let after = parents.iter().map(move |from| Edge { from, to, kind: EdgeKind::ComesAfter });
        after.chain(depends_on.iter().map(move |from| Edge { from, to, kind: EdgeKind::DependsOn }))
    })
}

/// The tables that the plugins declare.
#[derive(Debug)]
pub struct Tables {
    /// By plugin, in order of declaration.
    pub tables: Vec<Declared>,
    /// The loaded plugins, and those that were refused, whose tables are missing.
    pub set: PluginSet,
}

/// A table, as its plugin declares it.
#[derive(Debug)]
pub struct Declared {
    /// The plugin.
    pub plugin: PluginName,
    /// The table.
    pub table: Table,
    /// It is in the database.
    pub is_there: bool,
}

impl Tables {
    /// Reads them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read(host: &Host) -> Result<Self, ServiceError> {
        let Opened { live, books, files } = host.open(Live::open_read_only)?;
        let set = host.load_to_look(files, &books.owners);
        let there: BTreeMap<Name, PluginName> = live.tables()?;
        let mut tables = Vec::new();
        for (plugin, loaded) in &set.plugins {
            for table in &loaded.manifest.tables {
                let is_there = there.get(&table.name) == Some(plugin);
                tables.push(Declared { plugin: plugin.clone(), table: table.clone(), is_there });
            }
        }
        Ok(Self { tables, set })
    }

    /// Their picture.
    pub fn drawn(&self, format: Format) -> String {
        match format {
            Format::Mermaid => mermaid::er(&self.tables),
            Format::Dot => dot::er(&self.tables),
            Format::Svg => er::svg(&self.tables),
        }
    }
}

/// A foreign key between two tables of a picture.
#[derive(Debug)]
struct Key<'a> {
    from: &'a Declared,
    foreign_key: &'a ForeignKey,
    to: &'a Declared,
}

impl Key<'_> {
    /// Whether a row need not refer to any.
    fn may_be_null(&self) -> bool {
        self.foreign_key.columns.iter().filter_map(|name| self.from.table.column(name)).any(|column| column.nullable)
    }

    /// Whether no two rows refer to the same.
    fn is_unique(&self) -> bool {
        let is_within = |columns: &Vec<Name>| columns.iter().all(|column| self.foreign_key.columns.contains(column));
        self.from.table.unique_columns().iter().any(is_within)
    }

    /// The place of its first column in its table.
    fn first_column(&self) -> usize {
        let is_first = |column: &Column| Some(&column.name) == self.foreign_key.columns.first();
        self.from.table.columns.iter().position(is_first).unwrap_or_default()
    }
}

/// The keys that lead from one of the tables to one of them.
fn keys(tables: &[Declared]) -> impl Iterator<Item = Key<'_>> {
    let all = tables.iter().flat_map(|from| from.table.foreign_keys.iter().map(move |foreign_key| (from, foreign_key)));
    all.filter_map(|(from, foreign_key)| {
        let to = tables.iter().find(|other| other.table.name == foreign_key.target_table)?;
        Some(Key { from, foreign_key, to })
    })
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
