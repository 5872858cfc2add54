//! `cargo xtask bench migrate`: how long migrations take, beside the same by hand and beside Alembic.
//!
//! ```text
//! revisions  a long history on an empty database     contestant  who applies it      alembic   from PyPI, and its project
//! rebuild    a table that is copied                  interrupt   Ctrl-C in the midst
//! simulate   on a large database                     verdict     what is aimed at    report    the page
//! ```
//!
//! Whole processes are timed. What each leaves is looked at before its time counts.

mod alembic;
mod contestant;
mod database;
mod interrupt;
mod options;
mod process;
mod rebuild;
mod report;
mod revisions;
mod simulate;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::machine::{Machine, load_average, version};
use super::stop::Stop;
use super::tools;
use crate::build;
use crate::cargo::Cargo;
use alembic::Alembic;
use contestant::{Contestants, Tenon};
use options::{Options, Part};
use rebuild::Table;
use report::Report;

/// Runs it.
pub(super) fn run(cargo: &Cargo, arguments: &[&str]) -> Result<()> {
    let options = Options::read(arguments);
    tools::ensure_to_migrate()?;
    let stop = Stop::listen()?;
    let place = cargo.root.join("target/bench");
    fs::create_dir_all(&place)?;
    let built = |given: &Option<PathBuf>, package, program| match given {
        Some(file) => fs::canonicalize(file).with_context(|| file.display().to_string()),
        None => build::released_program(cargo, package, program),
    };
    let native = built(&options.native, "native-baseline", "native-migrations")?;
    let program = built(&options.tenon, "tenon", "tenon")?;
    let guests = build::bench_guests(cargo, options.revisions)?;

    let run = tempfile::Builder::new().prefix("migrate-").tempdir_in(&place)?;
    let cache = run.path().join("cache");
    let tenon = |guest: &str| {
        let plugins = alone(&guests, guest, run.path())?;
        Ok::<_, anyhow::Error>(Tenon { program: program.clone(), plugins, cache: cache.clone() })
    };
    let takes_part = |part| options.only.contains(&part);
    let alembic = (takes_part(Part::Revisions) && !options.skip_alembic)
        .then(|| Alembic::install(cargo, &run.path().join("alembic"), options.revisions))
        .transpose()?;
    let mut programs = vec![("by hand", version(&native)?), ("tenon", format!("{}, the same SQLite", version(&program)?))];
    if let Some(alembic) = &alembic {
        programs.push(("Alembic", alembic.version()?));
    }
    let machine = Machine::look(run.path(), &cargo.root, programs)?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("the contestants' orders: --seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);

    let contestants = Contestants { native: native.clone(), tenon: tenon("bench_revisions")?, alembic, revisions: options.revisions };
    let revisions = takes_part(Part::Revisions)
        .then(|| revisions::measure(&contestants, options.rounds, &mut random, &folder(run.path(), "revisions")?, &stop))
        .transpose()?;
    let table =
        |payload| Ok::<_, anyhow::Error>(Table { tenon: tenon("bench_readings")?, native: native.clone(), rows: options.rows, payload });
    let rebuilds = takes_part(Part::Rebuild)
        .then(|| table(PAYLOAD)?.measure(options.rounds, &mut random, &folder(run.path(), "rebuild")?, &stop))
        .transpose()?;
    stop.check()?;
    let simulation = takes_part(Part::Simulate)
        .then(|| {
            simulate::measure(
                &table(simulate::payload(options.megabytes, options.rows))?,
                options.megabytes,
                &folder(run.path(), "simulate")?,
            )
        })
        .transpose()?;
    Report { options: &options, seed, machine: &machine, load_average: load_average()?, revisions, rebuilds, simulation }.write()
}

/// How long the text is in each row of the table that is copied, in bytes.
const PAYLOAD: usize = 40;

fn folder(run: &Path, name: &str) -> Result<PathBuf> {
    let folder = run.join(name);
    fs::create_dir(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder)
}

/// A folder with one plugin.
fn alone(guests: &Path, guest: &str, run: &Path) -> Result<PathBuf> {
    let folder = run.join(guest);
    fs::create_dir_all(&folder)?;
    let file = Path::new(guest).with_extension("wasm");
    fs::copy(guests.join(&file), folder.join(&file)).with_context(|| guest.to_owned())?;
    Ok(folder)
}
