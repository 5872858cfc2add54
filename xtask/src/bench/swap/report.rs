//! What a run leaves behind: a page for people, and every measurement for programs.

use anyhow::Result;
use serde_json::json;

use super::Round;
use super::oha::Answers;
use super::options::Options;
use crate::bench::machine::Machine;
use crate::bench::statistics::spread;
use crate::bench::verdict::{Verdict, table};

/// A run that is over, in which no request failed.
pub(super) struct Report<'a> {
    pub(super) options: &'a Options,
    pub(super) machine: &'a Machine,
    /// Afterwards.
    pub(super) load_average: String,
    pub(super) component_bytes: usize,
    pub(super) rounds: &'a [Round],
}

impl Report<'_> {
    /// Writes all that was asked for.
    pub(super) fn write(&self) -> Result<()> {
        self.options.destination.write(&self.page(), &json!({ "machine": self.machine, "rounds": self.rounds }))
    }

    fn page(&self) -> String {
        let Options { swaps: wanted, seconds, connections, rate, .. } = self.options;
        let (rounds, swaps) = (self.rounds.len(), self.rounds.iter().map(|round| round.swaps.len()).sum::<usize>());
        let mut page = format!(
            "# Plugins exchanged under load\n\nMade by `cargo xtask bench swap`, {rounds} rounds of {seconds} s quiet and {seconds} s with exchanges; \
             [what that means](README.md#while-a-plugin-is-replaced). Medians of the rounds, in brackets the least and the most; ratios are taken \
             within a round.\n\n"
        );
        let answered: u64 = self.rounds.iter().map(|round| round.swapped.answers).sum();
        page.push_str(&table(vec![Verdict {
            aim: format!("{wanted} exchanges under load, and no request fails"),
            found: format!("{swaps} exchanges, {answered} requests, 0 failed"),
            met: swaps >= *wanted as usize,
        }]));
        page.push_str(&self.machine.table(&self.load_average));
        let asked = match rate {
            0 => format!("GET one of one user, {connections} connections, each asks again when it is answered"),
            _ => format!("GET one of one user, {rate}/s over {connections} connections; late is counted from when a request was due"),
        };
        page.push_str(&format!("| requests | {asked} |\n| the plugin | shop, {:.1} kB |\n", self.component_bytes as f64 / 1e3));
        page.push_str(
            "\n| | requests | failed | requests/s | p50 ms | p99 ms | p99.9 ms | longest ms |\n|---|---|---|---|---|---|---|---|\n",
        );
        for (name, of) in [("quiet", (|round| &round.quiet) as fn(&Round) -> &Answers), ("with exchanges", |round| &round.swapped)] {
            let all = |number: fn(&Answers) -> f64, digits| spread(self.rounds.iter().map(|round| number(of(round))), digits);
            let cells = [
                name.to_owned(),
                self.rounds.iter().map(|round| of(round).answers).sum::<u64>().to_string(),
                "0".to_owned(),
                all(|answers| answers.per_second, 0),
                all(|answers| answers.p50_ms, 3),
                all(|answers| answers.p99_ms, 3),
                all(|answers| answers.p999_ms, 2),
                all(|answers| answers.max_ms, 1),
            ];
            page.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
        let ratio = |number: fn(&Answers) -> f64| spread(self.rounds.iter().map(|round| number(&round.swapped) / number(&round.quiet)), 2);
        page.push_str(&format!(
            "| ratio | | | {} | {} | {} | {} | {} |\n",
            ratio(|answers| answers.per_second),
            ratio(|answers| answers.p50_ms),
            ratio(|answers| answers.p99_ms),
            ratio(|answers| answers.p999_ms),
            ratio(|answers| answers.max_ms)
        ));
        page.push_str(&format!(
            "\nFrom the rename of a file until `/health` shows its hash: {} s, of {swaps} exchanges. Half a second of it the host waits whether the file \
             stays as it is; the rest is looking, compiling, asking, proving and taking.\n",
            spread(self.rounds.iter().flat_map(|round| round.swaps.iter().copied()), 2)
        ));
        page
    }
}
