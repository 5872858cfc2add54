//! The rounds: in each, everybody is measured once, in an order of its own.

use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;

use super::memory::Memory;
use super::options::Options;
use super::service::Service;
use crate::bench::check::Client;
use crate::bench::load::{Load, Order};
use crate::bench::options::Workload;
use crate::bench::server::Server;
use crate::bench::stop::Stop;

/// Up to so many plugins are compiled in every round; more of them take minutes, and are in the first alone.
pub(super) const COLD_EACH_ROUND: u32 = 100;

/// How often each service is started with its cache filled, in each round.
const STARTS: usize = 3;

/// How long a server has nothing to do before its memory counts.
const IDLE: Duration = Duration::from_secs(1);

/// Load before a measurement, which does not count, in seconds.
const WARM_UP_SECONDS: u32 = 1;

/// One start.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Start {
    pub(super) round: u32,
    pub(super) plugins: u32,
    /// Nothing was compiled beforehand.
    pub(super) cold: bool,
    /// From exec until the first 200.
    pub(super) millis: f64,
    /// A second later, in which nobody asked for anything.
    pub(super) memory: Memory,
    /// The compile cache afterwards: machine code, and of how many components.
    pub(super) code_bytes: u64,
    pub(super) code_files: usize,
}

/// One load of one connection.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Asked {
    pub(super) round: u32,
    pub(super) plugins: u32,
    pub(super) rows: u32,
    pub(super) workload: Workload,
    pub(super) per_second: f64,
    pub(super) p50_micros: u64,
    pub(super) p99_micros: u64,
}

/// All that was measured.
#[derive(Debug, Default, Serialize)]
pub(super) struct Measured {
    pub(super) starts: Vec<Start>,
    /// GET one, of services that differ in their plugins.
    pub(super) beside_plugins: Vec<Asked>,
    /// GET one and the first page, of services that differ in their rows.
    pub(super) over_rows: Vec<Asked>,
}

/// What measuring needs.
pub(super) struct Bench<'a> {
    pub(super) options: &'a Options,
    pub(super) stop: &'a Stop,
    pub(super) load: &'a Load,
}

impl Bench<'_> {
    pub(super) fn rounds(&self, houses: &[Service], tables: &[Service], random: &mut fastrand::Rng) -> Result<Measured> {
        let mut measured = Measured::default();
        let mut houses: Vec<&Service> = houses.iter().collect();
        let mut loads: Vec<_> = tables.iter().flat_map(|table| [Workload::Get, Workload::List].map(|workload| (table, workload))).collect();
        for round in 1..=self.options.rounds {
            random.shuffle(&mut houses);
            for service in &houses {
                self.house(service, round, &mut measured).with_context(|| format!("round {round}, {} plugins", service.plugins))?;
            }
            random.shuffle(&mut loads);
            for (service, workload) in &loads {
                let (server, _) = service.start(self.stop)?;
                let asked = self.ask(service, &server, *workload, round);
                let asked = asked.with_context(|| format!("round {round}, {} rows, {}", service.rows, workload.title()))?;
                server.stop()?;
                measured.over_rows.push(asked);
            }
        }
        Ok(measured)
    }

    /// Starts a service cold and cached, looks at its memory, and asks for users.
    fn house(&self, service: &Service, round: u32, measured: &mut Measured) -> Result<()> {
        if round == 1 || service.plugins <= COLD_EACH_ROUND {
            service.empty_cache()?;
            let (server, start) = self.start(service, round, true)?;
            measured.starts.push(start);
            server.stop()?;
        }
        for more in (0..STARTS).rev() {
            let (server, start) = self.start(service, round, false)?;
            measured.starts.push(start);
            if more == 0 {
                measured.beside_plugins.push(self.ask(service, &server, Workload::Get, round)?);
            }
            server.stop()?;
        }
        Ok(())
    }

    fn start(&self, service: &Service, round: u32, cold: bool) -> Result<(Server, Start)> {
        let (server, millis) = service.start(self.stop)?;
        std::thread::sleep(IDLE);
        let memory = Memory::of(server.process())?;
        service.check(&Client::new(&server.url)).with_context(|| server.said())?;
        let ((code_bytes, code_files), plugins) = (service.kept_code()?, service.plugins);
        eprintln!(
            "round {round} of {}, {plugins} plugins, {}: {millis:.1} ms, {:.1} MiB",
            self.options.rounds,
            if cold { "cold" } else { "cached" },
            memory.resident_kib as f64 / 1024.0
        );
        Ok((server, Start { round, plugins, cold, millis, memory, code_bytes, code_files }))
    }

    fn ask(&self, service: &Service, server: &Server, workload: Workload, round: u32) -> Result<Asked> {
        let client = Client::new(&server.url);
        let order = Order { workload, connections: 1, seconds: self.options.seconds, seed: round, rows: service.rows as usize };
        let load =
            |order: Order, word: &str| self.load.run(&service.contestant, &client, &order, word, self.stop).with_context(|| server.said());
        load(Order { seconds: WARM_UP_SECONDS, ..order }, "warm")?;
        let outcome = load(order, "load")?;
        let Service { plugins, rows, .. } = *service;
        let per_second = outcome.answers as f64 * 1e6 / outcome.micros as f64;
        let (p50_micros, p99_micros) = (outcome.p50_micros, outcome.p99_micros);
        eprintln!(
            "round {round} of {}, {plugins} plugins, {rows} rows, {}: p50 {p50_micros} us, p99 {p99_micros} us",
            self.options.rounds,
            workload.title()
        );
        Ok(Asked { round, plugins, rows, workload, per_second, p50_micros, p99_micros })
    }
}
