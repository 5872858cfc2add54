//! `tenon check` and `tenon ensure-version`.

use serde::Serialize;

use super::Outcome;
use super::args;
use super::output::Output;
use crate::service::author::{self, Unwritten};
use crate::service::check;
use crate::service::check::Checked;
use crate::service::host::Host;

/// What is printed.
#[derive(Serialize)]
struct Facts {
    #[serde(flatten)]
    checked: Checked,
    /// What crates declare that their revisions do not leave.
    unwritten: Vec<Unwritten>,
}

/// `tenon check`.
pub(super) fn check(host: &Host, given: &args::Check, output: Output) -> anyhow::Result<Outcome> {
    let checked = check::check(host)?;
    let unwritten = given.plugin.iter().map(|folder| author::unwritten(host, folder)).collect::<Result<Vec<_>, _>>()?;
    let facts = Facts { checked, unwritten };
    let pending = facts.checked.pending.iter().map(|node| format!("not applied: {node}\n"));
    let declared =
        facts.unwritten.iter().flat_map(|one| one.detected.iter().map(move |line| format!("not written: {} ({})\n", line, one.plugin)));
    let printed = output.result(&facts, &pending.chain(declared).collect::<String>());
    facts.checked.refused.iter().for_each(|refusal| output.warning(&refusal.to_string()));
    printed?;
    let is_fine = facts.checked.is_fine() && facts.unwritten.iter().all(|one| one.detected.is_empty());
    if is_fine {
        output.note("No new upgrade operations detected.");
    }
    Ok(if is_fine { Outcome::Done } else { Outcome::Incomplete })
}

/// `tenon ensure-version`.
pub(super) fn ensure_version(host: &Host, output: Output) -> anyhow::Result<Outcome> {
    let ensured = check::ensure_version(host)?;
    let printed = if output.json { output.result(&ensured, "") } else { Ok(()) };
    output.note("The host's tables are there.");
    printed?;
    Ok(Outcome::Done)
}
