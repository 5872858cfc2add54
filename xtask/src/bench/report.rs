//! What a run leaves behind: a page for people, and every measurement for programs.

use anyhow::Result;
use serde_json::json;

use super::contestant::{Contestant, Name};
use super::http::Measurement;
use super::machine::Machine;
use super::options::Options;
use super::table::table;

/// A run that is over.
pub(super) struct Report<'a> {
    pub(super) options: &'a Options,
    /// Of the contestants' orders.
    pub(super) seed: u64,
    pub(super) machine: &'a Machine,
    /// Afterwards.
    pub(super) load_average: String,
    pub(super) contestants: &'a [Contestant],
    pub(super) measurements: &'a [Measurement],
}

impl Report<'_> {
    /// Writes all that was asked for.
    pub(super) fn write(&self) -> Result<()> {
        let all = json!({ "seed": self.seed, "machine": self.machine, "measurements": self.measurements });
        self.options.destination.write(&self.page(), &all)
    }

    fn page(&self) -> String {
        let Options { rounds, seconds, workloads, .. } = self.options;
        let mut page = format!(
            "# Benchmark\n\nMade by `cargo xtask bench http` with {rounds} rounds of {seconds} s for each number; [what that means](README.md). \
             Medians, in brackets the least and the most. *of native*: the ratio to the hand-written service of the same durability, taken round \
             by round. *CPU us*: processor time of the server for each request, and its ratio. *processors*: how many the server kept busy; \
             *load*: how many wrk did, on the same machine. *MiB*: the most memory that the server had.\n"
        );
        page.push_str(&self.machine.table(&self.load_average));
        if self.contestants.iter().any(|contestant| ![Name::Native, Name::Pocketbase].contains(&contestant.name)) {
            page.push_str("| Tenon's settings | the defaults; its log is on, and goes to a file |\n");
        }
        page.push_str(&format!("| order in each round | shuffled, `--seed {}` |\n\n| who | does |\n|---|---|\n", self.seed));
        for contestant in self.contestants {
            page.push_str(&format!("| {}, {} | {} |\n", contestant.title(), contestant.durability_word(), contestant.does()));
        }
        for workload in workloads {
            page.push_str(&format!("\n## {}\n\n{}", workload.title(), table(*workload, self.options, self.contestants, self.measurements)));
        }
        page
    }
}
