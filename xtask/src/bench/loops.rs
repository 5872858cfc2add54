//! `cargo xtask bench loops`: what is left of a plugin's speed while another plugin's handlers never come back.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use tempfile::TempDir;

use super::check::Client;
use super::contestant::Contestant;
use super::load::{Load, Order};
use super::options::Workload;
use super::rows::USERS;
use super::statistics::Spread;
use super::stop::Stop;
use super::tools;
use crate::build;
use crate::cargo::Cargo;

/// Measures GET one with and without clients of another plugin whose handlers never come back, in interleaved rounds.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench loops")]
struct Options {
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How long one measurement takes
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// How many connections ask for GET one
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// How many clients ask for what never comes, one after another
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_values_t = [0, 1, 2, 4, 8, 16])]
    loops: Vec<u32>,
    /// A tenon to measure instead of building one
    #[arg(long, value_name = "FILE")]
    tenon: Option<PathBuf>,
}

/// Runs it, and prints a table in Markdown.
pub(super) fn run(cargo: &Cargo, arguments: &[&str]) -> Result<()> {
    let options = Options::parse_from(["cargo xtask bench loops"].iter().chain(arguments));
    tools::ensure()?;
    let stop = Stop::listen()?;
    let program = match &options.tenon {
        Some(file) => std::fs::canonicalize(file).with_context(|| file.display().to_string())?,
        None => build::released(cargo, "tenon")?,
    };
    build::plugins(cargo)?;
    let contestant = Contestant::beside_loops(&program, &cargo.root.join("plugins"), &build::guests(cargo)?);
    let run = TempDir::new()?;
    let load = Load::new(run.path().join("load"))?;
    contestant.prepare(run.path())?;
    let server = contestant.start(run.path())?;
    let client = Client::new(&server.url);
    client.seed(&contestant, &stop)?;

    let mut measured: BTreeMap<u32, Vec<(f64, u64)>> = BTreeMap::new();
    let mut answered: BTreeMap<u32, BTreeMap<u16, u64>> = BTreeMap::new();
    for round in 1..=options.rounds {
        for &loops in &options.loops {
            let askers = Askers::start(&server.url, loops);
            let (connections, seconds) = (options.connections, options.seconds);
            let order = Order { workload: Workload::Get, connections, seconds, seed: round, rows: USERS };
            // Until those who never come back are known as such; it does not count.
            load.run(&contestant, &client, &Order { seconds: 2, ..order }, "warm", &stop)?;
            let outcome = load.run(&contestant, &client, &order, "load", &stop)?;
            let answered = answered.entry(loops).or_default();
            for (status, answers) in askers.stop() {
                *answered.entry(status).or_insert(0) += answers;
            }
            let per_second = outcome.answers as f64 * 1e6 / outcome.micros as f64;
            eprintln!("round {round}, {loops} loops: {per_second:.0}/s, p99 {} us", outcome.p99_micros);
            measured.entry(loops).or_default().push((per_second, outcome.p99_micros));
        }
    }
    server.stop()?;

    println!("| clients that loop | GET one of another plugin /s | p99 ms | what the loops were answered |\n|---|---|---|---|");
    for (loops, rounds) in &measured {
        let rate = Spread::of(rounds.iter().map(|(rate, _)| *rate)).context("there was a round")?;
        let p99 = Spread::of(rounds.iter().map(|(_, p99)| *p99 as f64 / 1e3)).context("there was a round")?;
        let answers: Vec<String> = answered[loops].iter().map(|(status, answers)| format!("{answers} times {status}")).collect();
        println!(
            "| {loops} | {:.0} ({:.0}–{:.0}) | {:.2} ({:.2}–{:.2}) | {} |",
            rate.median,
            rate.least,
            rate.most,
            p99.median,
            p99.least,
            p99.most,
            answers.join(", ")
        );
    }
    Ok(())
}

/// Clients that ask for what never comes, again and again.
struct Askers {
    stop: Arc<AtomicBool>,
    answers: Arc<Mutex<BTreeMap<u16, u64>>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Askers {
    fn start(url: &str, number: u32) -> Self {
        let (stop, answers) = (Arc::<AtomicBool>::default(), Arc::<Mutex<BTreeMap<u16, u64>>>::default());
        let ask = |_| {
            let (url, stop, answers) = (format!("{url}/api/v1/loops-when-asked/read"), Arc::clone(&stop), Arc::clone(&answers));
            std::thread::spawn(move || {
                let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60)));
                let agent = config.build().new_agent();
                while !stop.load(Ordering::Relaxed) {
                    // No answer at all counts as 0.
                    let status = agent.get(&url).call().map_or(0, |answer| answer.status().as_u16());
                    *answers.lock().unwrap_or_else(PoisonError::into_inner).entry(status).or_insert(0) += 1;
                    if status == 503 {
                        // Told to come back later: sooner than it was told, and not at once.
                        std::thread::sleep(Duration::from_millis(100));
                    }
                }
            })
        };
        let threads = (0..number).map(ask).collect();
        Self { stop, answers, threads }
    }

    fn stop(self) -> BTreeMap<u16, u64> {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            // One that panicked was printed.
            let _ = thread.join();
        }
        std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
