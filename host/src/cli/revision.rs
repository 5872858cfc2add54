//! `tenon revision` and `tenon merge`.

use std::process::Command;

use anyhow::Context as _;
use chrono::Utc;

use super::Outcome;
use super::args::{ALL_PAIRS, Edit, Merge, Revision};
use super::interrupt::{self, Leaves};
use super::output::Output;
use crate::service::author::{self, Accepted, AuthorError, Request};
use crate::service::host::Host;

/// Writes a revision.
pub(super) fn revision(host: &Host, given: &Revision, output: Output) -> anyhow::Result<Outcome> {
    let request = Request {
        folder: given.plugin.clone(),
        message: given.message.clone(),
        autogenerate: given.autogenerate,
        accepted: accepted(&given.accept_drop_add),
        heads: given.head.clone(),
        splice: given.splice,
        id: given.rev_id.clone(),
        labels: given.branch_label.clone(),
        depends_on: given.depends_on.clone(),
    };
    write(host, &request, output)
}

/// Without a pair, all are.
fn accepted(given: &[String]) -> Accepted {
    if given.iter().any(|pair| pair == ALL_PAIRS) { Accepted::All } else { Accepted::Pairs(given.to_vec()) }
}

/// Writes a revision that has several parents.
pub(super) fn merge(host: &Host, given: &Merge, output: Output) -> anyhow::Result<Outcome> {
    let request = Request {
        folder: given.plugin.clone(),
        message: given.message.clone(),
        autogenerate: false,
        accepted: Accepted::Pairs(Vec::new()),
        heads: given.revisions.clone(),
        splice: false,
        id: given.rev_id.clone(),
        labels: given.branch_label.clone(),
        depends_on: Vec::new(),
    };
    write(host, &request, output)
}

/// Opens a revision's file in the editor that the reader set.
pub(super) fn edit(given: &Edit) -> anyhow::Result<Outcome> {
    let file = author::file_of(&given.plugin, &given.revision)?;
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let editor = editor.ok_or(AuthorError::NoEditor)?;
    // It may have arguments of its own.
    let mut words = editor.split_whitespace();
    let program = words.next().unwrap_or_default();
    let status = Command::new(program).args(words).arg(&file).status().with_context(|| format!("the editor {program} cannot be run"))?;
    Ok(if status.success() { Outcome::Done } else { Outcome::Incomplete })
}

fn write(host: &Host, request: &Request, output: Output) -> anyhow::Result<Outcome> {
    interrupt::watch(output, Leaves::NoFile);
    let outcome = author::revision(host, request, Utc::now())?;
    match &outcome {
        author::Outcome::Nothing { plugin } => {
            output.note(&format!("Nothing to write: the revisions of plugin {plugin} leave what it declares."));
        }
        author::Outcome::Written(written) => {
            written.detected.iter().for_each(|line| output.note(&format!("Detected {line}.")));
            written.warnings.iter().for_each(|line| output.warning(line));
            output.note(&format!("Written {}, built {}.", written.file.display(), written.component.display()));
        }
    }
    let text = match &outcome {
        author::Outcome::Written(written) => written.source.as_str(),
        author::Outcome::Nothing { .. } => "",
    };
    output.result(&outcome, text)?;
    Ok(Outcome::Done)
}
