//! `tenon graph` and `tenon er`.

use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;
use serde_json::{Value, json};

use super::Outcome;
use super::args::{self, PictureFormat};
use super::output::Output;
use super::status::warn_of_files;
use crate::model::PluginName;
use crate::service::facts::snake_case;
use crate::service::host::Host;
use crate::service::load::PluginSet;
use crate::service::picture::{Declared, Edge, Format, Histories, Tables};

/// The histories.
pub(super) fn graph(host: &Host, given: &args::Picture, output: Output) -> anyhow::Result<Outcome> {
    let histories = Histories::read(host)?;
    let facts = || {
        let edges: Vec<Edge<'_>> = histories.edges().collect();
        json!({ "nodes": histories.entries, "edges": edges, "refused": histories.set.refused })
    };
    print(facts, |format| histories.drawn(format), &histories.set, given, output)
}

/// The tables.
pub(super) fn er(host: &Host, given: &args::Picture, output: Output) -> anyhow::Result<Outcome> {
    let tables = Tables::read(host)?;
    let facts = || {
        let facts: Vec<TableFacts<'_>> = tables.tables.iter().map(TableFacts::of).collect();
        json!({ "tables": facts, "refused": tables.set.refused })
    };
    print(facts, |format| tables.drawn(format), &tables.set, given, output)
}

/// A table as `plugins inspect` has it, whose it is, and whether it is there.
#[derive(Serialize)]
struct TableFacts<'a> {
    plugin: &'a PluginName,
    in_database: bool,
    #[serde(flatten)]
    table: Value,
}

impl<'a> TableFacts<'a> {
    fn of(declared: &'a Declared) -> Self {
        Self { plugin: &declared.plugin, in_database: declared.is_there, table: snake_case(json!(declared.table)) }
    }
}

/// Prints the picture, or with `--json` the facts that it shows, to where it is wanted.
fn print(
    facts: impl FnOnce() -> Value,
    drawn: impl FnOnce(Format) -> String,
    set: &PluginSet,
    given: &args::Picture,
    output: Output,
) -> anyhow::Result<Outcome> {
    let (facts, picture) = if output.json { (facts(), String::new()) } else { (Value::Null, drawn(format(given))) };
    let printed = match &given.output {
        Some(file) if file != Path::new("-") => {
            let text = if output.json { format!("{facts:#}\n") } else { picture };
            std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
            output.note(&format!("Written {}.", file.display()));
            Ok(())
        }
        _ => output.result(&facts, &picture),
    };
    warn_of_files(set, output);
    printed?;
    Ok(Outcome::Done)
}

/// The format that is named, or else the one that the file's ending names.
fn format(given: &args::Picture) -> Format {
    let of_ending = || {
        let ending = given.output.as_ref()?.extension()?.to_ascii_lowercase();
        match ending.to_str()? {
            "svg" => Some(PictureFormat::Svg),
            "dot" | "gv" => Some(PictureFormat::Dot),
            _ => None,
        }
    };
    match given.format.or_else(of_ending).unwrap_or_default() {
        PictureFormat::Mermaid => Format::Mermaid,
        PictureFormat::Dot => Format::Dot,
        PictureFormat::Svg => Format::Svg,
    }
}
