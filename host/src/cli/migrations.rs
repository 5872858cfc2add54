//! `tenon upgrade`, `tenon downgrade`, `tenon stamp`, `tenon lint` and `tenon verify`.

use std::path::PathBuf;

use super::Outcome;
use super::args::{self, Extent, SqliteVersion};
use super::interrupt::{self, Leaves};
use super::output::Output;
use super::planned;
use super::progress::{Teller, running};
use crate::service::backup::BackupTo;
use crate::service::host::Host;
use crate::service::lint::{Finding, Severity};
use crate::service::load::Refusal;
use crate::service::script::Abilities;
use crate::service::upgrade::{Commits, Interrupted, Options, Report};
use crate::service::verify::{Verdict, WayBackEnds};
use crate::service::{ServiceError, downgrade, lint, plan, script, simulate, stamp, upgrade, verify};

/// `tenon upgrade`.
pub(super) fn upgrade(host: &Host, arguments: &args::Upgrade, output: Output) -> anyhow::Result<Outcome> {
    if arguments.sql {
        return print(script::upgrade(host, &arguments.target, arguments.sqlite.into())?, output);
    }
    let target = arguments.target.parse()?;
    let commits = arguments.transaction.into();
    let leaves = if arguments.plan || arguments.simulate || commits == Commits::All { Leaves::Nothing } else { Leaves::WholeRevisions };
    interrupt::watch(output, leaves);
    if arguments.plan {
        let plan = plan::plan(host, &target)?;
        let printed = output.result(&plan, &planned::plan(&plan));
        if plan.steps.is_empty() && plan.is_complete() {
            output.note("Nothing to do.");
        }
        return finish(printed, &plan.refused, &plan.held_back, plan.is_complete(), output);
    }
    let options = Options {
        allow_destructive: arguments.allow_destructive,
        commits,
        paranoid: arguments.paranoid,
        backup: backup_to(arguments.backup.as_ref()),
    };
    if arguments.simulate {
        let simulated = simulate::simulate(host, &target, &options, &mut Teller::new(output))?;
        let printed = output.result(&simulated, &planned::simulated(&simulated));
        if let Some(failure) = &simulated.failure {
            output.error(&format!("the upgrade would fail: {failure}"));
        }
        let Report { refused, held_back, .. } = &simulated.report;
        return finish(printed, refused, held_back, simulated.is_complete(), output);
    }
    let result = upgrade::upgrade(host, &target, &options, &mut Teller::new(output));
    tell(result, output)
}

/// `tenon downgrade`.
pub(super) fn downgrade(host: &Host, arguments: &args::Downgrade, output: Output) -> anyhow::Result<Outcome> {
    if arguments.sql {
        return print(script::downgrade(host, &arguments.target, arguments.cascade, arguments.sqlite.into())?, output);
    }
    let target = arguments.target.parse()?;
    interrupt::watch(output, Leaves::WholeRevisions);
    let options = downgrade::Options { cascade: arguments.cascade, backup: backup_to(arguments.backup.as_ref()) };
    let result = downgrade::downgrade(host, &target, &options, &mut Teller::new(output));
    tell(result, output)
}

/// `tenon stamp`.
pub(super) fn stamp(host: &Host, arguments: &args::Stamp, output: Output) -> anyhow::Result<Outcome> {
    let target = arguments.target.parse()?;
    let stamped = if arguments.purge { stamp::stamp_anew(host, &target)? } else { stamp::stamp(host, &target)? };
    stamped.steps.iter().for_each(|line| output.note(&running(line)));
    if !stamped.forgotten.is_empty() {
        let forgotten: Vec<String> = stamped.forgotten.iter().map(ToString::to_string).collect();
        output.note(&format!("Recorded no more: {}.", forgotten.join(", ")));
    }
    if !stamped.owned.is_empty() {
        output.note(&format!("Taken over: {}.", stamped.owned.join(", ")));
    }
    stamped.missing.iter().for_each(|missing| output.warning(&format!("there is no {missing}")));
    if stamped.steps.is_empty() && stamped.forgotten.is_empty() && stamped.is_complete() {
        output.note("Nothing to do.");
    }
    let printed = if output.json { output.result(&stamped, "") } else { Ok(()) };
    finish(printed, &stamped.refused, &stamped.held_back, stamped.is_complete(), output)
}

/// `tenon lint`.
pub(super) fn lint(host: &Host, arguments: &args::Lint, output: Output) -> anyhow::Result<Outcome> {
    let linted = lint::lint(host, &arguments.target.parse()?)?;
    let line = |finding: &Finding| {
        let Finding { code, subject, severity, revision } = finding;
        let severity = if *severity == Severity::Error { "error" } else { "warning" };
        format!("{severity}: {code} {subject} ({revision})\n")
    };
    let printed = output.result(&linted, &linted.findings.iter().map(line).collect::<String>());
    if linted.findings.is_empty() && linted.is_fine() {
        output.note("Nothing found.");
    }
    let looked = finish(printed, &linted.refused, &linted.held_back, linted.is_complete(), output)?;
    Ok(if linted.is_fine() { looked } else { Outcome::Incomplete })
}

/// `tenon verify`.
pub(super) fn verify(host: &Host, arguments: &args::Verify, output: Output) -> anyhow::Result<Outcome> {
    let verified = verify::verify(host, &arguments.names)?;
    let line = |verdict: &Verdict| {
        let Verdict { plugin, revisions, irreversible, reason, .. } = verdict;
        let leave = if *revisions == 1 { "its revision leaves".to_owned() } else { format!("its {revisions} revisions leave") };
        match (reason, irreversible) {
            (Some(_), _) => String::new(),
            (None, None) => format!("{plugin}: {leave} what it declares, undone nothing, and applied again the same\n"),
            (None, Some(WayBackEnds { revision, why })) => {
                format!("{plugin}: {leave} what it declares; its way back ends at {revision}, which is irreversible: {why}\n")
            }
        }
    };
    let printed = output.result(&verified, &verified.plugins.iter().map(line).collect::<String>());
    for Verdict { plugin, reason, .. } in &verified.plugins {
        reason.iter().for_each(|reason| output.error(&format!("{plugin}: {reason}")));
    }
    finish(printed, &verified.refused, &[], verified.is_fine(), output)
}

/// Where `--backup` or `--backup=FILE` wants it.
fn backup_to(given: Option<&Option<PathBuf>>) -> Option<BackupTo> {
    given.map(|path| path.clone().map_or(BackupTo::Beside, BackupTo::Path))
}

impl From<Extent> for Commits {
    fn from(extent: Extent) -> Self {
        match extent {
            Extent::Grouped => Self::Grouped,
            Extent::PerStep => Self::Each,
            Extent::All => Self::All,
        }
    }
}

impl From<SqliteVersion> for Abilities {
    fn from(version: SqliteVersion) -> Self {
        match version {
            SqliteVersion::Oldest => Self::Oldest,
            SqliteVersion::Bundled => Self::Bundled,
        }
    }
}

fn print(script: script::Script, output: Output) -> anyhow::Result<Outcome> {
    let printed = output.result(&script, &script.sql);
    if script.sql.is_empty() && script.is_complete() {
        output.note("Nothing to do.");
    }
    finish(printed, &script.refused, &script.held_back, script.is_complete(), output)
}

/// Says what was left out; what became of the result comes last.
fn finish(
    printed: std::io::Result<()>,
    refused: &[Refusal],
    held_back: &[String],
    is_complete: bool,
    output: Output,
) -> anyhow::Result<Outcome> {
    // Where all that was asked for was done, the other files are worth a word and no failure.
    refused.iter().for_each(|refusal| if is_complete { output.warning(&refusal.to_string()) } else { output.error(&refusal.to_string()) });
    held_back.iter().for_each(|held| output.error(held));
    printed?;
    Ok(if is_complete { Outcome::Done } else { Outcome::Incomplete })
}

fn tell(result: Result<Report, Interrupted>, output: Output) -> anyhow::Result<Outcome> {
    let (report, failure) = match result {
        Ok(report) => (report, None),
        Err(Interrupted { report, source }) => (report, Some(source)),
    };
    let printed = if output.json { output.result(&report, "") } else { Ok(()) };
    if report.steps.is_empty() && failure.is_none() && report.is_complete() {
        output.note("Nothing to do.");
    }
    if let Some(failure) = failure {
        // Why the run ended says itself why a file was refused, where that is why.
        let said = |refusal: &&Refusal| matches!(&*failure, ServiceError::LeftOut { refusal: why, .. } if why.file == refusal.file);
        report.refused.iter().filter(|refusal| !said(refusal)).for_each(|refusal| output.error(&refusal.to_string()));
        report.held_back.iter().for_each(|held| output.error(held));
        // Why the run ended comes before what became of its report.
        printed.unwrap_or_else(|error| output.error(&error.to_string()));
        return Err(anyhow::Error::from(*failure));
    }
    finish(printed, &report.refused, &report.held_back, report.is_complete(), output)
}
