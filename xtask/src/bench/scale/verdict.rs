//! What is aimed at, and whether it was met.

use std::collections::BTreeSet;

use super::measure::{Asked, Measured, Start};
use crate::bench::options::Workload;
use crate::bench::statistics::{Spread, spread};
use crate::bench::verdict::Verdict;

/// Milliseconds from exec until the first 200, with so many plugins whose code is cached.
const STARTS: [(u32, f64); 2] = [(2, 30.0), (100, 150.0)];

/// MiB with this number of plugins, and nothing to do.
const RESIDENT: (u32, f64) = (2, 30.0);

/// MiB for each further plugin.
const FURTHER: f64 = 0.5;

/// Latency that does not depend on a number is at most so many times as high at the largest number as at the smallest. Flat is the aim; the number
/// is ours: what a processor's caches and one more level of an index cost is no fault.
const FLAT: f64 = 1.2;

impl Measured {
    /// The starts with so many plugins.
    pub(super) fn starts_of(&self, plugins: u32, cold: bool) -> impl Iterator<Item = &Start> {
        self.starts.iter().filter(move |start| (start.plugins, start.cold) == (plugins, cold))
    }

    /// The memory for each plugin beyond those of a smaller service, in MiB, for each round: of servers that found their code in the cache.
    pub(super) fn further(&self, plugins: u32, base: u32) -> Vec<f64> {
        let rounds: BTreeSet<u32> = self.starts.iter().map(|start| start.round).collect();
        let of_round = |plugins, round| {
            let starts = self.starts_of(plugins, false).filter(move |start| start.round == round);
            Some(Spread::of(starts.map(|start| start.memory.resident_kib as f64 / 1024.0))?.median)
        };
        let mean = |round| Some((of_round(plugins, round)? - of_round(base, round)?) / f64::from(plugins - base));
        rounds.into_iter().filter_map(mean).collect()
    }

    /// The number of plugins beyond which memory is counted: that of the aim, or else the smallest.
    pub(super) fn base(&self) -> Option<u32> {
        let plugins = || self.starts.iter().map(|start| start.plugins);
        plugins().find(|plugins| *plugins == RESIDENT.0).or_else(|| plugins().min())
    }
}

/// All aims of which something was measured.
pub(super) fn verdicts(measured: &Measured) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    for (plugins, most) in STARTS {
        let times: Vec<f64> = measured.starts_of(plugins, false).map(|start| start.millis).collect();
        let aim = format!("from exec to the first 200 with {plugins} plugins, cached: at most {most:.0} ms");
        verdicts.extend(at_most(aim, times, most, 1, "ms"));
    }
    let (plugins, most) = RESIDENT;
    let idle = measured.starts_of(plugins, false).map(|start| start.memory.resident_kib as f64 / 1024.0).collect();
    verdicts.extend(at_most(format!("RSS with {plugins} plugins, idle: at most {most:.0} MiB"), idle, most, 1, "MiB"));
    if let Some(base) = measured.base() {
        let counts: BTreeSet<u32> = measured.starts.iter().map(|start| start.plugins).filter(|plugins| *plugins > base).collect();
        for plugins in counts {
            let aim = format!("RSS for each further plugin, from {base} to {plugins}: at most {FURTHER} MiB");
            verdicts.extend(at_most(aim, measured.further(plugins, base), FURTHER, 3, "MiB"));
        }
    }
    verdicts.extend(flat("GET one", "plugins", &measured.beside_plugins, Workload::Get, |asked| asked.plugins));
    for (what, workload) in [("GET one", Workload::Get), ("the first page", Workload::List)] {
        verdicts.extend(flat(what, "rows", &measured.over_rows, workload, |asked| asked.rows));
    }
    verdicts
}

fn at_most(aim: String, found: Vec<f64>, most: f64, digits: usize, unit: &str) -> Option<Verdict> {
    let met = Spread::of(found.iter().copied())?.median <= most;
    Some(Verdict { aim, found: format!("{} {unit}", spread(found, digits)), met })
}

/// How many times as high the median latency is at the largest number as at the smallest, in each round.
fn flat(what: &str, of: &str, asked: &[Asked], workload: Workload, number: fn(&Asked) -> u32) -> Option<Verdict> {
    let own = || asked.iter().filter(|asked| asked.workload == workload);
    let (least, most) = (own().map(number).min()?, own().map(number).max()?);
    let median = |round, count| {
        let turns = own().filter(|asked| (asked.round, number(asked)) == (round, count));
        Some(Spread::of(turns.map(|asked| asked.p50_micros as f64))?.median)
    };
    let rounds: BTreeSet<u32> = own().map(|asked| asked.round).collect();
    let ratios = rounds.into_iter().filter_map(|round| Some(median(round, most)? / median(round, least)?)).collect();
    let aim = format!("median latency of {what} flat from {least} to {most} {of}: at most {FLAT} times");
    (least < most).then(|| at_most(aim, ratios, FLAT, 2, "times"))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::scale::memory::Memory;

    fn start(round: u32, plugins: u32, millis: f64, mib: u64) -> Start {
        let memory = Memory { resident_kib: mib << 10, anonymous_kib: 0, proportional_kib: 0 };
        Start { round, plugins, cold: false, millis, memory, code_bytes: 0, code_files: 0 }
    }

    fn asked(round: u32, rows: u32, p50_micros: u64) -> Asked {
        Asked { round, turn: 1, plugins: 1, rows, workload: Workload::Get, per_second: 1.0, p50_micros, p99_micros: 1 }
    }

    #[test]
    fn aims_are_held_against_medians_and_ratios_against_their_round() {
        let starts = vec![start(1, 2, 20.0, 20), start(1, 100, 160.0, 118), start(2, 2, 40.0, 22), start(2, 100, 170.0, 71)];
        // The machine was half as fast in the second round.
        let over_rows = vec![asked(1, 1_000, 50), asked(1, 2_000, 55), asked(2, 1_000, 100), asked(2, 2_000, 110)];
        let verdicts = verdicts(&Measured { starts, over_rows, ..Measured::default() });
        let said: Vec<(&str, bool)> = verdicts.iter().map(|verdict| (verdict.found.as_str(), verdict.met)).collect();
        assert_eq!(
            said,
            [
                ("30.0 (20.0–40.0) ms", true),
                ("165.0 (160.0–170.0) ms", false),
                ("21.0 (20.0–22.0) MiB", true),
                ("0.750 (0.500–1.000) MiB", false),
                ("1.10 times", true),
            ]
        );
    }
}
