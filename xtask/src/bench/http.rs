//! The run: sets everybody up, checks them, measures them in rounds, and writes what came of it.
//!
//! One server runs at a time, on a copy of the database that was seeded for it, so that nobody's rows, files or idle threads are another
//! measurement's. In a round everybody does everything once, in an order of its own, and ratios are taken within a round: what the machine
//! does otherwise changes slowly, and hits those who are compared alike.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;
use tempfile::TempDir;

use super::check::{CHECKED_ROWS, Client, rows};
use super::contestant::{Contestant, Durability, Name};
use super::load::{Load, Order};
use super::machine::{Machine, load_average, ticks_per_second, version};
use super::options::{Options, Workload};
use super::pocketbase::PocketBase;
use super::report::Report;
use super::rows::USERS;
use super::stop::Stop;
use super::tools::{self, said};
use crate::build;
use crate::cargo::Cargo;

/// Load before a measurement, which does not count: statements are compiled, caches are filled.
const WARM_UP_SECONDS: u32 = 1;

/// One contestant, one workload, one number of connections, in one round.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Measurement {
    pub(super) round: u32,
    pub(super) workload: Workload,
    pub(super) connections: u32,
    pub(super) contestant: Name,
    pub(super) durability: Durability,
    pub(super) answers: u64,
    pub(super) per_second: f64,
    pub(super) p50_micros: u64,
    pub(super) p99_micros: u64,
    pub(super) max_micros: u64,
    /// Processor time of the server for each request.
    pub(super) cpu_micros: f64,
    /// How many processors the server kept busy, and how many the load.
    pub(super) server_cores: f64,
    pub(super) load_cores: f64,
    /// The most memory that the server had.
    pub(super) peak_mib: f64,
}

/// Runs it.
pub(super) fn run(cargo: &Cargo, options: &Options) -> Result<()> {
    tools::ensure()?;
    let stop = Stop::listen()?;
    let place = cargo.root.join("target/bench");
    fs::create_dir_all(&place)?;
    let (contestants, machine) = contestants(cargo, options, &place)?;
    let run = tempfile::Builder::new().prefix("run-").tempdir_in(&place)?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
    eprintln!("the contestants' orders: --seed {seed}");
    let bench = Bench { options, seed, stop, load: Load::new(run.path().join("load"))?, run, ticks_per_second: ticks_per_second()? };
    for contestant in &contestants {
        bench.set_up(contestant).with_context(|| contestant.folder_name())?;
    }
    let measurements = bench.rounds(&contestants)?;
    let report =
        Report { options, seed, machine: &machine, load_average: load_average()?, contestants: &contestants, measurements: &measurements };
    report.write()
}

/// Who takes part, and on which machine. Builds what is missing.
fn contestants(cargo: &Cargo, options: &Options, place: &Path) -> Result<(Vec<Contestant>, Machine)> {
    let takes_part = |name| options.only.contains(&name);
    let handled: Vec<Name> = [Name::Fresh, Name::Warm, Name::Typed].into_iter().filter(|name| takes_part(*name)).collect();
    let built = |given: &Option<PathBuf>, package| match given {
        Some(file) => fs::canonicalize(file).with_context(|| file.display().to_string()),
        None => build::released(cargo, package),
    };
    let native = built(&options.native, "native-baseline")?;
    let mut contestants = vec![Contestant::native(&native, Durability::Full)];
    let mut tenon = None;
    if takes_part(Name::Standard) || !handled.is_empty() {
        let program = tenon.insert(built(&options.tenon, "tenon")?);
        build::plugins(cargo)?;
        if takes_part(Name::Standard) {
            contestants.push(Contestant::standard(program, &cargo.root.join("plugins")));
        }
        if !handled.is_empty() {
            let guests = build::guests(cargo)?;
            contestants.extend(handled.into_iter().map(|name| Contestant::handled(name, program, &guests)));
        }
    }
    if takes_part(Name::Pocketbase) {
        // It does not wait for the disk, so for its writes there is a native that does not either.
        contestants.push(Contestant::native(&native, Durability::Normal));
        contestants.push(Contestant::pocketbase(PocketBase::install(&place.join("venv"))?));
    }
    let mut programs = vec![("native-baseline, and its SQLite", version(&native)?)];
    if let Some(tenon) = &tenon {
        programs.push(("tenon", format!("{}, the same SQLite", version(tenon)?)));
    }
    programs.push(("PocketBase, where it takes part", PocketBase::version().to_owned()));
    programs.push(("load", said("wrk", &["--version"])?.split(" Copyright").next().unwrap_or_default().to_owned()));
    let machine = Machine::look(place, &cargo.root, programs)?;
    Ok((contestants, machine))
}

struct Bench<'a> {
    options: &'a Options,
    /// Of the contestants' orders.
    seed: u64,
    stop: Stop,
    load: Load,
    run: TempDir,
    ticks_per_second: u64,
}

impl Bench<'_> {
    fn seeded(&self, contestant: &Contestant) -> PathBuf {
        self.run.path().join(contestant.folder_name())
    }

    /// A copy of what was seeded, which goes when it is dropped.
    fn copy(&self, contestant: &Contestant) -> Result<TempDir> {
        let copy = tempfile::Builder::new().prefix("copy-").tempdir_in(self.run.path())?;
        copy_folder(&self.seeded(contestant), copy.path())?;
        Ok(copy)
    }

    /// Gives a contestant its users, and checks a copy of it.
    fn set_up(&self, contestant: &Contestant) -> Result<()> {
        eprintln!("{}: {USERS} users, then a check of its answers", contestant.folder_name());
        let folder = self.seeded(contestant);
        fs::create_dir(&folder)?;
        contestant.prepare(&folder)?;
        let server = contestant.start(&folder)?;
        Client::new(&server.url).seed(contestant, &self.stop)?;
        server.stop()?;
        fs::remove_file(folder.join("log"))?;

        let copy = self.copy(contestant)?;
        let server = contestant.start(copy.path())?;
        Client::new(&server.url).check_all(contestant)?;
        server.stop()?;
        let found = rows(contestant, copy.path())?;
        ensure!(found == CHECKED_ROWS, "{found} rows are there, and {CHECKED_ROWS} were acknowledged");
        Ok(())
    }

    fn rounds(&self, contestants: &[Contestant]) -> Result<Vec<Measurement>> {
        let mut measurements = Vec::new();
        let mut random = fastrand::Rng::with_seed(self.seed);
        for round in 1..=self.options.rounds {
            for &workload in &self.options.workloads {
                for &connections in &self.options.concurrency {
                    // Nobody always comes after the same.
                    let mut order: Vec<&Contestant> = contestants.iter().filter(|contestant| contestant.takes_part(workload)).collect();
                    random.shuffle(&mut order);
                    for contestant in order {
                        let order = Order { workload, connections, seconds: self.options.seconds, seed: round, rows: USERS };
                        let measured = self.measure(contestant, order);
                        let measured = measured.with_context(|| {
                            format!("round {round}, {}, {connections} connections, {}", workload.title(), contestant.folder_name())
                        })?;
                        let Measurement { per_second, cpu_micros, p99_micros, server_cores, load_cores, .. } = measured;
                        eprintln!(
                            "round {round} of {}, {}, {connections} connections, {}: {per_second:.0}/s, {cpu_micros:.0} us of CPU each, \
                             p99 {p99_micros} us, processors {server_cores:.2}, load {load_cores:.2}",
                            self.options.rounds,
                            workload.title(),
                            contestant.folder_name()
                        );
                        measurements.push(measured);
                    }
                }
            }
        }
        Ok(measurements)
    }

    fn measure(&self, contestant: &Contestant, order: Order) -> Result<Measurement> {
        self.stop.check()?;
        let copy = self.copy(contestant)?;
        let server = contestant.start(copy.path())?;
        let client = Client::new(&server.url);
        let load = |order: Order, word: &str| self.load.run(contestant, &client, &order, word, &self.stop).with_context(|| server.said());
        let warm_up = load(Order { seconds: WARM_UP_SECONDS, ..order }, "warm")?;
        let before = server.used()?;
        let outcome = load(order, "load")?;
        let used = server.used()?;
        server.stop()?;
        if order.workload == Workload::Post {
            let acknowledged = USERS as u64 + warm_up.answers + outcome.answers;
            // wrk leaves when the time is over, and does not wait for the answers that are on their way then.
            let under_way = 2 * u64::from(order.connections);
            let found = rows(contestant, copy.path())?;
            let right = acknowledged..=acknowledged + under_way;
            ensure!(right.contains(&found), "{found} rows are there, and {acknowledged} were acknowledged");
        }
        let Order { workload, connections, seed, .. } = order;
        let (answers, micros) = (outcome.answers as f64, outcome.micros as f64);
        let cpu_micros = |ticks: u64| ticks as f64 * 1e6 / self.ticks_per_second as f64;
        let server_micros = cpu_micros(used.ticks_since(&before));
        Ok(Measurement {
            round: seed,
            workload,
            connections,
            contestant: contestant.name,
            durability: contestant.durability,
            answers: outcome.answers,
            per_second: answers * 1e6 / micros,
            p50_micros: outcome.p50_micros,
            p99_micros: outcome.p99_micros,
            max_micros: outcome.max_micros,
            cpu_micros: server_micros / answers,
            server_cores: server_micros / micros,
            load_cores: cpu_micros(outcome.ticks) / micros,
            peak_mib: used.peak_kib as f64 / 1024.0,
        })
    }
}

/// Copies files and folders, and waits until they are on the disk: what is written later is another's time.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&copy)?;
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), &copy).with_context(|| entry.path().display().to_string())?;
            fs::File::open(&copy)?.sync_all()?;
        }
    }
    Ok(())
}
