//! `cargo xtask bench swap`: requests while their plugin's file is replaced again and again, beside quiet times.
//!
//! ```text
//! oha       the load, and what became of each request    exchange  other bytes, and when they are served
//! report    the page
//! ```
//!
//! One server for the whole run. Quiet times and those with exchanges take turns, and are equally long.

mod exchange;
mod oha;
mod options;
mod report;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::Serialize;

use super::check::Client;
use super::contestant::Contestant;
use super::machine::{Machine, load_average, version};
use super::rows::{USERS, id};
use super::server::Server;
use super::stop::Stop;
use super::tools;
use crate::build;
use crate::cargo::Cargo;
use exchange::{Exchanger, Time};
use oha::{Answers, Oha};
use options::Options;
use report::Report;

/// A quiet time and one with exchanges.
#[derive(Debug, Serialize)]
struct Round {
    quiet: Answers,
    swapped: Answers,
    /// Seconds from each rename until the new code was served.
    swaps: Vec<f64>,
}

/// Runs it.
pub(super) fn run(cargo: &Cargo, arguments: &[&str]) -> Result<()> {
    let options = Options::read(arguments);
    tools::ensure_to_swap()?;
    let stop = Stop::listen()?;
    let place = cargo.root.join("target/bench");
    fs::create_dir_all(&place)?;
    let program = match &options.tenon {
        Some(file) => fs::canonicalize(file).with_context(|| file.display().to_string())?,
        None => build::released(cargo, "tenon")?,
    };
    build::plugins(cargo)?;
    let oha = Oha::install(cargo)?;
    let run = tempfile::Builder::new().prefix("swap-").tempdir_in(&place)?;
    let machine = Machine::look(run.path(), &cargo.root, vec![("tenon", version(&program)?), ("load", oha.version()?)])?;

    let contestant = Contestant::standard_beside(&program, &cargo.root.join("plugins"), Vec::new());
    let folder = run.path().join("served");
    fs::create_dir(&folder)?;
    contestant.prepare(&folder)?;
    let server = contestant.start(&folder)?;
    let client = Client::new(&server.url);
    eprintln!("{USERS} users");
    client.seed(&contestant, &stop)?;
    let exchanger = Exchanger::new(folder.join("plugins/shop.wasm"))?;
    let component_bytes = exchanger.bytes();
    let out = run.path().join("oha.json");
    let mut bench = Bench { options: &options, stop: &stop, oha: &oha, contestant: &contestant, server: &server, exchanger, out };
    let rounds = bench.rounds().with_context(|| server.said())?;
    server.stop()?;
    Report { options: &options, machine: &machine, load_average: load_average()?, component_bytes, rounds: &rounds }.write()
}

struct Bench<'a> {
    options: &'a Options,
    stop: &'a Stop,
    oha: &'a Oha,
    contestant: &'a Contestant,
    server: &'a Server,
    exchanger: Exchanger,
    /// Where oha says what it found.
    out: PathBuf,
}

impl Bench<'_> {
    /// As many rounds as were asked for, and as many more as the exchanges need.
    fn rounds(&mut self) -> Result<Vec<Round>> {
        let mut rounds: Vec<Round> = Vec::new();
        let swaps = |rounds: &[Round]| rounds.iter().map(|round| round.swaps.len()).sum::<usize>();
        while rounds.len() < self.options.rounds as usize || swaps(&rounds) < self.options.swaps as usize {
            let number = rounds.len() + 1;
            let (quiet, _) = self.time(Time::Quiet).with_context(|| format!("round {number}, quiet"))?;
            let (swapped, took) = self.time(Time::Swaps).with_context(|| format!("round {number}, with exchanges"))?;
            rounds.push(Round { quiet, swapped, swaps: took });
            if let Some(Round { quiet, swapped, swaps: took }) = rounds.last() {
                eprintln!(
                    "round {number}: p99 {:.2} ms quiet, {:.2} ms with {} exchanges, {} of {} so far",
                    quiet.p99_ms,
                    swapped.p99_ms,
                    took.len(),
                    swaps(&rounds),
                    self.options.swaps
                );
            }
            let none = rounds.last().is_some_and(|round| round.swaps.is_empty());
            anyhow::ensure!(!none, "not one exchange fits into {} s: give it more --seconds", self.options.seconds);
        }
        Ok(rounds)
    }

    /// One time under load; whatever fails in it ends the run.
    fn time(&mut self, time: Time) -> Result<(Answers, Vec<f64>)> {
        self.stop.check()?;
        let Self { options, stop, oha, contestant, server, exchanger, out } = self;
        let url = format!("{}{}/{}", server.url, contestant.path(), id(0));
        let (client, beside) = (Client::new(&server.url), Client::new(&server.url));
        let (over, length) = (AtomicBool::new(false), Duration::from_secs(options.seconds.into()));
        std::thread::scope(|scope| {
            let exchanging = scope.spawn(|| exchanger.work(&beside, time, length, &over, stop));
            let answers = oha.run(&url, options, out, stop, &mut |sample| client.check_user(contestant, sample * 7919 % USERS));
            over.store(true, Ordering::Relaxed);
            let took = exchanging.join().map_err(|_| anyhow!("the thread that exchanges panicked"))?;
            // A file that is not served is the reason for what came after it.
            let took = took?;
            Ok((answers?, took))
        })
    }
}
