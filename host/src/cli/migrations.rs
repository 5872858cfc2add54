//! `tenon upgrade` and `tenon downgrade`.

use super::Outcome;
use super::args;
use super::output::Output;
use super::progress::Teller;
use crate::service::host::Host;
use crate::service::upgrade::{Interrupted, Report};
use crate::service::{downgrade, script, upgrade};

/// `tenon upgrade`.
pub(super) fn upgrade(host: &Host, arguments: &args::Upgrade, output: Output) -> anyhow::Result<Outcome> {
    if arguments.sql {
        return print(script::upgrade(host, &arguments.target)?, output);
    }
    let target = arguments.target.parse()?;
    let result = upgrade::upgrade(host, &target, &mut Teller::new(output));
    tell(result, output)
}

/// `tenon downgrade`.
pub(super) fn downgrade(host: &Host, arguments: &args::Downgrade, output: Output) -> anyhow::Result<Outcome> {
    if arguments.sql {
        return print(script::downgrade(host, &arguments.target, arguments.cascade)?, output);
    }
    let target = arguments.target.parse()?;
    let result = downgrade::downgrade(host, &target, arguments.cascade, &mut Teller::new(output));
    tell(result, output)
}

fn print(script: script::Script, output: Output) -> anyhow::Result<Outcome> {
    let printed = output.result(&script, &script.sql);
    if script.sql.is_empty() && script.is_complete() {
        output.note("Nothing to do.");
    }
    script.refused.iter().for_each(|refusal| output.error(&refusal.to_string()));
    script.held_back.iter().for_each(|held| output.error(held));
    printed?;
    Ok(if script.is_complete() { Outcome::Done } else { Outcome::Incomplete })
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
    report.refused.iter().for_each(|refusal| output.error(&refusal.to_string()));
    report.held_back.iter().for_each(|held| output.error(held));
    if let Some(failure) = failure {
        // Why the run ended comes before what became of its report.
        printed.unwrap_or_else(|error| output.error(&error.to_string()));
        return Err(anyhow::Error::from(*failure));
    }
    printed?;
    Ok(if report.is_complete() { Outcome::Done } else { Outcome::Incomplete })
}
