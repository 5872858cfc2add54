//! A long history on an empty database by everybody, and then the commands that find nothing to do.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use serde_json::Value;

use super::contestant::{Contestants, Who};
use super::database::HISTORY;
use super::process::{Took, run};
use crate::bench::shell::ask;
use crate::bench::stop::Stop;

/// How often a command that is done in no time is run in a round.
const QUICK_TIMES: usize = 5;

/// One contestant in one round.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Run {
    pub(super) round: u32,
    pub(super) who: Who,
    #[serde(flatten)]
    pub(super) took: Took,
}

/// What Tenon's time was spent on, in one round.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Parts {
    /// The whole process.
    pub(super) seconds: f64,
    /// The steps on the database, commits included, as it says itself.
    pub(super) live_seconds: f64,
    /// `tenon upgrade head --plan`: loaded, replayed in memory and tried on the schema, nothing applied.
    pub(super) plan_seconds: f64,
    /// `tenon heads`: loaded only.
    pub(super) load_seconds: f64,
}

/// A command on the database that was brought to the newest revision.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Quick {
    pub(super) command: &'static str,
    #[serde(flatten)]
    pub(super) took: Took,
}

/// All that was measured.
#[derive(Debug, Default, Serialize)]
pub(super) struct Revisions {
    pub(super) revisions: u32,
    pub(super) runs: Vec<Run>,
    pub(super) parts: Vec<Parts>,
    pub(super) quick: Vec<Quick>,
}

/// Measures all of it in rounds.
pub(super) fn measure(contestants: &Contestants, rounds: u32, random: &mut fastrand::Rng, folder: &Path, stop: &Stop) -> Result<Revisions> {
    let mut measured = Revisions { revisions: contestants.revisions, ..Revisions::default() };
    // Fills Tenon's caches and Python's; it does not count.
    run(&mut contestants.tenon.command(&folder.join("warm.db"), &["upgrade", "head", "--quiet"]))?;
    if let Some(mut history) = contestants.ask_alembic(&folder.join("warm.db"), &["heads"]) {
        run(&mut history)?;
    }
    let mut expected = None;
    for round in 1..=rounds {
        let place = tempfile::Builder::new().prefix("round-").tempdir_in(folder)?;
        let mut order = Who::all(contestants.alembic.is_some());
        random.shuffle(&mut order);
        for who in order {
            stop.check()?;
            let took = one(contestants, who, place.path(), &mut expected).with_context(|| format!("round {round}, {}", who.title()))?;
            eprintln!(
                "round {round} of {rounds}, {}, {}: {:.2} s, {:.2} s of CPU",
                who.title(),
                who.settings(),
                took.seconds,
                took.cpu_seconds
            );
            measured.runs.push(Run { round, who, took });
        }
        measured.parts.push(parts(contestants, place.path())?);
        quick(contestants, place.path(), &mut measured.quick)?;
    }
    Ok(measured)
}

fn database(folder: &Path, who: Who) -> std::path::PathBuf {
    folder.join(format!("{who:?}.db"))
}

fn one(contestants: &Contestants, who: Who, folder: &Path, expected: &mut Option<String>) -> Result<Took> {
    let (database, cache) = (database(folder, who), folder.join(format!("{who:?}-cache")));
    let mut upgrade = contestants.upgrade(who, &database, &cache).context("it does not take part")?;
    let (took, _) = run(&mut upgrade)?;
    contestants.check(who, &database)?;
    let found = ask(&database, HISTORY)?;
    let expected = expected.get_or_insert_with(|| found.clone());
    ensure!(&found == expected, "the columns are others than those of whoever came first");
    Ok(took)
}

/// Once more, with the time of each step told, and the parts of it that can be had alone.
fn parts(contestants: &Contestants, folder: &Path) -> Result<Parts> {
    let database = folder.join("parts.db");
    let tenon = &contestants.tenon;
    let (load, _) = run(&mut tenon.command(&database, &["heads"]))?;
    let (plan, _) = run(&mut tenon.command(&database, &["upgrade", "head", "--plan", "--quiet"]))?;
    let (whole, said) = run(&mut tenon.command(&database, &["upgrade", "head", "--json"]))?;
    let said: Value = serde_json::from_str(&said).context("tenon upgrade --json says no JSON")?;
    let steps = said["steps"].as_array().context("tenon upgrade --json names no steps")?;
    ensure!(steps.len() == contestants.revisions as usize, "{} steps were taken", steps.len());
    let micros: u64 = steps.iter().filter_map(|step| step["duration_us"].as_u64()).sum();
    Ok(Parts { seconds: whole.seconds, live_seconds: micros as f64 / 1e6, plan_seconds: plan.seconds, load_seconds: load.seconds })
}

fn quick(contestants: &Contestants, folder: &Path, measured: &mut Vec<Quick>) -> Result<()> {
    let of_tenon = database(folder, Who::TenonWarm);
    for _ in 0..QUICK_TIMES {
        for (command, arguments) in [("tenon upgrade head", &["upgrade", "head"][..]), ("tenon history", &["history"])] {
            let (took, said) = run(&mut contestants.tenon.command(&of_tenon, arguments))?;
            let lines = if arguments[0] == "history" { contestants.revisions as usize } else { 0 };
            ensure!(said.lines().count() >= lines, "{command} said {} lines", said.lines().count());
            measured.push(Quick { command, took });
        }
    }
    let of_alembic = database(folder, Who::Alembic);
    for (command, arguments) in [("alembic upgrade head", &["upgrade", "head"][..]), ("alembic history", &["history"])] {
        if let Some(mut alembic) = contestants.ask_alembic(&of_alembic, arguments) {
            measured.push(Quick { command, took: run(&mut alembic)?.0 });
        }
    }
    fs::remove_file(of_tenon).context("tenon's database is there")
}
