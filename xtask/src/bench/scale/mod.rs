//! `cargo xtask bench scale`: what more plugins and more rows cost at the start, in memory and for each request.
//!
//! ```text
//! template  as many plugins as are wanted    service  so many plugins and rows, in a folder
//! first     when a server answers            memory   what its process has
//! measure   the rounds                       verdict  what is aimed at    report    the page
//! ```
//!
//! The plugin that is asked is always the shop, whose answers are known to the byte; the others stand beside it.

mod first;
mod measure;
mod memory;
mod options;
mod report;
mod service;
mod template;
mod verdict;

use std::fs;

use anyhow::{Context, Result};

use super::load::Load;
use super::machine::{Machine, load_average, version};
use super::rows::USERS;
use super::stop::Stop;
use super::tools::{self, said};
use crate::build;
use crate::cargo::Cargo;
use measure::Bench;
use options::Options;
use report::Report;
use service::{Parts, Service};
use template::Template;

/// How many revisions the other bench guest has, which is built along: as many as when nobody says.
const REVISIONS: u32 = 1_000;

/// Runs it.
pub(super) fn run(cargo: &Cargo, arguments: &[&str]) -> Result<()> {
    let options = Options::read(arguments);
    tools::ensure()?;
    let stop = Stop::listen()?;
    let place = cargo.root.join("target/bench");
    fs::create_dir_all(&place)?;
    let program = match &options.tenon {
        Some(file) => fs::canonicalize(file).with_context(|| file.display().to_string())?,
        None => build::released(cargo, "tenon")?,
    };
    build::plugins(cargo)?;
    let template = Template::read(&build::bench_guests(cargo, REVISIONS)?.join("bench_scale.wasm"))?;

    let run = tempfile::Builder::new().prefix("scale-").tempdir_in(&place)?;
    let wrk = said("wrk", &["--version"])?.split(" Copyright").next().unwrap_or_default().to_owned();
    let machine = Machine::look(run.path(), &cargo.root, vec![("tenon", version(&program)?), ("load", wrk)])?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("the orders: --seed {seed}");

    let most = options.plugins.iter().max().map_or(0, |most| most - 1);
    let others = template.write(most, &run.path().join("others"))?;
    let parts = Parts { program, plugins: cargo.root.join("plugins"), others };
    let set_up = |plugins, rows, kind: &str| {
        stop.check()?;
        Service::set_up(&parts, plugins, rows, run.path().join(format!("{kind}-{plugins}-{rows}")))
    };
    let houses = options.plugins.iter().map(|&plugins| set_up(plugins, USERS as u32, "plugins")).collect::<Result<Vec<_>>>()?;
    let tables = options.rows.iter().map(|&rows| set_up(1, rows, "rows")).collect::<Result<Vec<_>>>()?;

    let load = Load::new(run.path().join("load"))?;
    let bench = Bench { options: &options, stop: &stop, load: &load };
    let measured = bench.rounds(&houses, &tables, &mut fastrand::Rng::with_seed(seed))?;
    let (plugin_bytes, load_average) = (template.bytes(), load_average()?);
    Report { options: &options, seed, machine: &machine, load_average, plugin_bytes, tables: &tables, measured: &measured }.write()
}
