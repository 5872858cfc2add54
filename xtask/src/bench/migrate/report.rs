//! What a run leaves behind: a page for people, what misses its aim first, and every measurement for programs.

use anyhow::Result;
use serde_json::json;

use super::contestant::Who;
use super::interrupt::Interruption;
use super::options::Options;
use super::rebuild::Rebuilds;
use super::revisions::{Revisions, Run};
use super::simulate::Simulation;
use super::verdict;
use crate::bench::machine::Machine;
use crate::bench::statistics::spread;
use crate::bench::verdict::{Verdict, table};

/// A run that is over.
pub(super) struct Report<'a> {
    pub(super) options: &'a Options,
    /// Of the contestants' orders.
    pub(super) seed: u64,
    pub(super) machine: &'a Machine,
    /// Afterwards.
    pub(super) load_average: String,
    pub(super) revisions: Option<Revisions>,
    pub(super) rebuilds: Option<Rebuilds>,
    pub(super) simulation: Option<Simulation>,
}

impl Report<'_> {
    /// Writes all that was asked for.
    pub(super) fn write(&self) -> Result<()> {
        let all = json!({
            "seed": self.seed, "machine": self.machine, "revisions": self.revisions, "rebuilds": self.rebuilds, "simulation": self.simulation,
        });
        self.options.destination.write(&self.page(), &all)
    }

    fn page(&self) -> String {
        let mut page = format!(
            "# Migrations\n\nMade by `cargo xtask bench migrate` with {} rounds; [what that means](README.md#migrations). Whole processes, from start to \
             end. Medians, in brackets the least and the most; ratios are taken within a round.\n\n",
            self.options.rounds
        );
        let mut verdicts: Vec<Verdict> = self.revisions.iter().flat_map(verdict::of_revisions).collect();
        verdicts.extend(self.rebuilds.iter().flat_map(verdict::of_rebuilds));
        verdicts.extend(self.simulation.iter().map(verdict::of_simulation));
        page.push_str(&table(verdicts));
        page.push_str(&self.machine.table(&self.load_average));
        page.push_str(&format!("| order in each round | shuffled, `--seed {}` |\n", self.seed));
        self.revisions.iter().for_each(|revisions| page.push_str(&history(revisions)));
        self.rebuilds.iter().for_each(|rebuilds| page.push_str(&copies(rebuilds)));
        if let Some(Simulation { bytes, took, digest }) = &self.simulation {
            page.push_str(&format!(
                "\n## A simulation on {} MB\n\n`tenon upgrade head --simulate`, which copies the table in a copy of the database, took {:.1} s ({:.1} s of \
                 processor time). The file's SHA-256 is `{digest}` before and afterwards, and beside it is what any reader of a write-ahead log leaves, \
                 an empty journal.\n",
                bytes / 1_000_000,
                took.seconds,
                took.cpu_seconds
            ));
        }
        page
    }
}

fn history(measured: &Revisions) -> String {
    let mut text = format!(
        "\n## {} revisions, a table and an index each\n\n| who | journal, synchronous | s | of by hand | ms each | CPU s | of by hand |\n|---|---|---|---|---|---|---|\n",
        measured.revisions
    );
    let present: Vec<Who> = Who::all(true).into_iter().filter(|who| measured.of(*who).next().is_some()).collect();
    for who in &present {
        let of_hand = measured.ratios(*who, Who::Native, |took| took.seconds);
        let cells = [
            who.title().to_owned(),
            who.settings().to_owned(),
            spread(measured.of(*who).map(|run| run.took.seconds), 2),
            if *who == Who::Native { String::new() } else { spread(of_hand, 2) },
            spread(measured.of(*who).map(|Run { took, .. }| took.seconds * 1e3 / f64::from(measured.revisions)), 2),
            spread(measured.of(*who).map(|run| run.took.cpu_seconds), 2),
            if *who == Who::Native { String::new() } else { spread(measured.ratios(*who, Who::Native, |took| took.cpu_seconds), 2) },
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text.push_str("\n| who | does |\n|---|---|\n");
    present.iter().for_each(|who| text.push_str(&format!("| {}, {} | {} |\n", who.title(), who.settings(), who.does())));
    text.push_str("\nWhere the time of Tenon goes, its caches filled, each from a run of its own:\n\n| part | s |\n|---|---|\n");
    let all = |number: fn(&super::revisions::Parts) -> f64| spread(measured.parts.iter().map(number), 3);
    for (part, seconds) in [
        ("whole, `tenon upgrade head --json`", all(|parts| parts.seconds)),
        ("of it the steps on the database, without the commits of groups", all(|parts| parts.live_seconds)),
        ("all that comes before the first step and after the last, and those commits", all(|parts| parts.seconds - parts.live_seconds)),
        (
            "the replay in memory and a trial on the schema: `tenon upgrade head --plan`, less what loading takes",
            all(|parts| parts.plan_seconds - parts.load_seconds),
        ),
        ("loading the plugin: `tenon heads`", all(|parts| parts.load_seconds)),
    ] {
        text.push_str(&format!("| {part} | {seconds} |\n"));
    }
    text.push_str(&format!(
        "\n## Nothing to do, over {} applied revisions\n\n| command | ms | CPU ms |\n|---|---|---|\n",
        measured.revisions
    ));
    for command in measured.commands() {
        let of = || measured.quick.iter().filter(|quick| quick.command == command);
        let (seconds, cpu) = (of().map(|quick| quick.took.seconds * 1e3), of().map(|quick| quick.took.cpu_seconds * 1e3));
        text.push_str(&format!("| `{command}` | {} | {} |\n", spread(seconds, 1), spread(cpu, 0)));
    }
    text
}

fn copies(measured: &Rebuilds) -> String {
    let mut text = format!(
        "\n## A table of {} rows and three indexes that is copied, {} MB\n\nA column becomes another type. By hand: a new table, INSERT … SELECT, DROP, \
         RENAME, the three indexes, `foreign_key_check`; Tenon also asks every row whether its value means the same in the new type, counts rows \
         before and afterwards, and looks whether the new table is sound.\n\n| who | s | of by hand | CPU s | of by hand |\n|---|---|---|---|---|\n",
        measured.rows,
        measured.bytes / 1_000_000
    );
    let pairs = || measured.pairs.iter();
    for (who, seconds, ratio, cpu, cpu_ratio) in [
        (
            "rusqlite by hand",
            spread(pairs().map(|pair| pair.native.seconds), 2),
            String::new(),
            spread(pairs().map(|pair| pair.native.cpu_seconds), 2),
            String::new(),
        ),
        (
            "Tenon",
            spread(pairs().map(|pair| pair.tenon.seconds), 2),
            spread(pairs().map(|pair| pair.tenon.seconds / pair.native.seconds), 2),
            spread(pairs().map(|pair| pair.tenon.cpu_seconds), 2),
            spread(pairs().map(|pair| pair.tenon.cpu_seconds / pair.native.cpu_seconds), 2),
        ),
    ] {
        text.push_str(&format!("| {who} | {seconds} | {ratio} | {cpu} | {cpu_ratio} |\n"));
    }
    text.push_str(&match measured.interruption {
        Interruption::TooLate => "\nCtrl-C came too late: the copy was over before the progress bar had said anything. There are too few rows.\n".to_owned(),
        Interruption::Undone { copied, rows, status } => format!(
            "\nCtrl-C on a terminal whose progress bar said `copied {copied} of {rows} rows`: the command ended with status {}, and `.dump` of the \
             database prints the same, byte by byte, as before.\n",
            status.map_or_else(|| "none".to_owned(), |status| status.to_string())
        ),
    });
    text
}
