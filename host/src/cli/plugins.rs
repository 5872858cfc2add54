//! `tenon plugins list`, `inspect` and `remove`.

use std::fmt::Write as _;

use super::Outcome;
use super::args::Plugins;
use super::inspect;
use super::output::Output;
use crate::model::PluginName;
use crate::model::manifest::Right;
use crate::service::facts;
use crate::service::grants::Ask;
use crate::service::host::Host;
use crate::service::inventory::{self, Inventory, NoFile, PluginLine, WithoutFile};
use crate::service::remove::{self, Extent, Owned, Removal};
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
        Plugins::Remove { plugin, plan, drop, keep_data: _ } => {
            let extent = if *plan {
                Extent::Plan
            } else if *drop {
                Extent::Drop
            } else {
                Extent::KeepData
            };
            let removal = remove::from_folder(host, plugin, extent)?;
            if extent == Extent::Plan {
                output.result(&removal, &removal_text(&removal))?;
                return Ok(Outcome::Done);
            }
            output.note(&removed_text(&removal, extent));
            if output.json {
                output.result(&removal, "")?;
            }
            Ok(Outcome::Done)
        }
        Plugins::Inspect { plugin } => {
            let plugin = inventory::inspect(host, plugin)?;
            output.result(&facts::of_plugin(&plugin), &inspect::text(&plugin))?;
            Ok(Outcome::Done)
        }
    }
}

// Writing to a String cannot fail, so the results of `writeln!` below hold nothing.

fn list_text(inventory: &Inventory) -> String {
    let mut text = String::new();
    for PluginLine { name, version, file, applied, pending, heads, lacking, paths, not_served, unset, asks, unasked, prefix, .. } in
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
        for reason in unset {
            let _ = writeln!(text, "    waits: {reason}");
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

/// `1 row`, `2 rows`.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// What would go, and who needs it.
fn removal_text(removal: &Removal) -> String {
    let Removal { plugin, file, applied, objects, needs_file, needs_data, .. } = removal;
    let mut text = String::new();
    let _ = match file {
        Some(file) => writeln!(text, "{plugin}: the file {file}, {}", counted(applied.len(), "applied revision")),
        None => writeln!(text, "{plugin}: no file, {}", counted(applied.len(), "applied revision")),
    };
    for Owned { object, rows } in objects {
        let _ = match rows {
            Some(rows) => writeln!(text, "    --drop would drop {object} ({rows} {})", if *rows == 1 { "row" } else { "rows" }),
            None => writeln!(text, "    --drop would drop {object}"),
        };
    }
    for reason in needs_file {
        let _ = writeln!(text, "    cannot be removed: {reason}");
    }
    for reason in needs_data {
        let _ = writeln!(text, "    cannot be dropped: {reason}");
    }
    text
}

fn removed_text(removal: &Removal, extent: Extent) -> String {
    let Removal { plugin, file, applied, objects, .. } = removal;
    let file = file.as_ref().map_or("There was no file.".to_owned(), |file| format!("Removed {file}."));
    match extent {
        Extent::Drop => {
            let (objects, revisions) = (counted(objects.len(), "object"), counted(applied.len(), "applied revision"));
            format!("{file} Dropped {objects} of plugin {plugin} and {revisions}.")
        }
        Extent::Plan | Extent::KeepData if applied.is_empty() => file,
        Extent::Plan | Extent::KeepData => format!("{file} Its data stays; `tenon downgrade {plugin}@base` undoes it."),
    }
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
