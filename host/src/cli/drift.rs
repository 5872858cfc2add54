//! `tenon drift` and `tenon repair`.

use super::Outcome;
use super::args;
use super::output::Output;
use crate::model::text::plain;
use crate::service::drift::{self, Item};
use crate::service::host::Host;

/// `tenon drift`.
pub(super) fn drift(host: &Host, output: Output) -> anyhow::Result<Outcome> {
    let drift = drift::drift(host)?;
    output.result(&drift, &drift.items.iter().map(text_of).collect::<String>())?;
    if drift.items.is_empty() {
        output.note("The database is as the applied revisions leave it.");
    }
    drift.refused.iter().for_each(|refusal| output.error(&refusal.to_string()));
    Ok(if drift.items.is_empty() && drift.refused.is_empty() { Outcome::Done } else { Outcome::Incomplete })
}

/// `tenon repair`.
pub(super) fn repair(host: &Host, arguments: &args::Repair, output: Output) -> anyhow::Result<Outcome> {
    let item = drift::repair(host, &arguments.item)?;
    output.note(&format!("Accepted: {}", text_of(&item).trim_end()));
    if output.json {
        output.result(&item, "")?;
    }
    Ok(Outcome::Done)
}

/// A line, and what is missing and too much as a diff.
fn text_of(item: &Item) -> String {
    let Item { subject, plugin, reason, missing, surplus, .. } = item;
    let signed = |sign: char| move |line: &String| format!("  {sign} {}\n", plain(line));
    let lines: String = missing.iter().map(signed('-')).chain(surplus.iter().map(signed('+'))).collect();
    format!("{plugin}: {subject} {}\n{lines}", plain(reason))
}
