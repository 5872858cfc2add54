//! `tenon revision` and `tenon merge`.

use chrono::Utc;
use serde_json::json;

use super::Outcome;
use super::args::{ALL_PAIRS, Merge, Revision};
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
        merge: false,
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
        merge: true,
        id: given.rev_id.clone(),
        labels: given.branch_label.clone(),
        depends_on: Vec::new(),
    };
    write(host, &request, output)
}

fn write(host: &Host, request: &Request, output: Output) -> anyhow::Result<Outcome> {
    interrupt::watch(output, Leaves::NoFile);
    let outcome = match author::revision(host, request, Utc::now()) {
        Err(AuthorError::LookAlike(pairs)) => {
            output.result(&json!({ "look_alikes": pairs }), "")?;
            return Err(AuthorError::LookAlike(pairs).into());
        }
        outcome => outcome?,
    };
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
