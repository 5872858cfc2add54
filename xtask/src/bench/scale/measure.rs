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
use crate::bench::statistics::spread;
use crate::bench::stop::Stop;

/// Up to so many plugins are compiled in every round; more of them take minutes, and are in the first alone.
pub(super) const COLD_EACH_ROUND: u32 = 100;

/// How often each service is started with its cache filled, in each round.
const STARTS: usize = 3;

/// How long a server has nothing to do before its memory counts.
const IDLE: Duration = Duration::from_secs(1);

/// How long a service is asked before the next has its turn, in seconds. The machine is faster now and slower then, for longer than that.
const TURN_SECONDS: u32 = 1;

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

/// One turn of one connection.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Asked {
    pub(super) round: u32,
    pub(super) turn: u32,
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
        let mut order: Vec<&Service> = houses.iter().collect();
        for round in 1..=self.options.rounds {
            random.shuffle(&mut order);
            for service in &order {
                self.house(service, round, &mut measured).with_context(|| format!("round {round}, {} plugins", service.plugins))?;
            }
            measured.beside_plugins.extend(self.in_turns(houses, Workload::Get, round, random)?);
            for workload in [Workload::Get, Workload::List] {
                measured.over_rows.extend(self.in_turns(tables, workload, round, random)?);
            }
        }
        Ok(measured)
    }

    /// Asks services that were started together, one after another again and again, in an order of its own each time. The others stand still.
    fn in_turns(&self, services: &[Service], workload: Workload, round: u32, random: &mut fastrand::Rng) -> Result<Vec<Asked>> {
        let mut running = Vec::new();
        for service in services {
            let (server, _) = service.start(self.stop)?;
            server.pause()?;
            running.push((service, server));
        }
        let mut asked = Vec::new();
        // The first turn of each does not count.
        for turn in 0..=self.options.seconds {
            random.shuffle(&mut running);
            for (service, server) in &running {
                server.go_on()?;
                let one = self.ask(service, server, workload, round, turn);
                server.pause()?;
                let Service { plugins, rows, .. } = service;
                asked.push(one.with_context(|| format!("round {round}, {plugins} plugins, {rows} rows, {}", workload.title()))?);
            }
        }
        for (_, server) in running {
            server.go_on()?;
            server.stop()?;
        }
        asked.retain(|asked| asked.turn > 0);
        for Service { plugins, rows, .. } in services {
            let own = asked.iter().filter(|asked| (asked.plugins, asked.rows) == (*plugins, *rows));
            eprintln!(
                "round {round} of {}, {plugins} plugins, {rows} rows, {}: p50 {} us",
                self.options.rounds,
                workload.title(),
                spread(own.map(|asked| asked.p50_micros as f64), 0)
            );
        }
        Ok(asked)
    }

    /// Starts a service cold and cached, and looks at its memory.
    fn house(&self, service: &Service, round: u32, measured: &mut Measured) -> Result<()> {
        if round == 1 || service.plugins <= COLD_EACH_ROUND {
            service.empty_cache()?;
            let (server, start) = self.start(service, round, true)?;
            measured.starts.push(start);
            server.stop()?;
        }
        for _ in 0..STARTS {
            let (server, start) = self.start(service, round, false)?;
            measured.starts.push(start);
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

    fn ask(&self, service: &Service, server: &Server, workload: Workload, round: u32, turn: u32) -> Result<Asked> {
        let client = Client::new(&server.url);
        let Service { plugins, rows, .. } = *service;
        let order = Order { workload, connections: 1, seconds: TURN_SECONDS, seed: round * 1_000 + turn, rows: rows as usize };
        let outcome = self.load.run(&service.contestant, &client, &order, "load", self.stop).with_context(|| server.said())?;
        let per_second = outcome.answers as f64 * 1e6 / outcome.micros as f64;
        let (p50_micros, p99_micros) = (outcome.p50_micros, outcome.p99_micros);
        Ok(Asked { round, turn, plugins, rows, workload, per_second, p50_micros, p99_micros })
    }
}
