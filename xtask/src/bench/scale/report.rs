//! What a run leaves behind: a page for people, what misses its aim first, and every measurement for programs.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;

use super::measure::{Asked, COLD_EACH_ROUND, Measured, Start};
use super::options::Options;
use super::service::Service;
use super::verdict::verdicts;
use crate::bench::machine::Machine;
use crate::bench::options::Workload;
use crate::bench::statistics::spread;
use crate::bench::verdict::table;

/// A run that is over.
pub(super) struct Report<'a> {
    pub(super) options: &'a Options,
    /// Of the orders.
    pub(super) seed: u64,
    pub(super) machine: &'a Machine,
    /// Afterwards.
    pub(super) load_average: String,
    /// How large the file of each further plugin is.
    pub(super) plugin_bytes: usize,
    pub(super) tables: &'a [Service],
    pub(super) measured: &'a Measured,
}

impl Report<'_> {
    /// Writes all that was asked for.
    pub(super) fn write(&self) -> Result<()> {
        let all = json!({ "seed": self.seed, "machine": self.machine, "measured": self.measured });
        self.options.destination.write(&self.page()?, &all)
    }

    fn page(&self) -> Result<String> {
        let Options { rounds, seconds, .. } = self.options;
        let mut page = format!(
            "# Scale\n\nMade by `cargo xtask bench scale` with {rounds} rounds, and {seconds} turns of a second for each service; [what that means](README.md#scale). \
             Medians, in brackets the least and the most; ratios are taken within a round.\n\n"
        );
        page.push_str(&table(verdicts(self.measured)));
        page.push_str(&self.machine.table(&self.load_average));
        page.push_str(&format!(
            "| Tenon's settings | the defaults, but for a compile cache of its own; its log is on, and goes to a file |\n\
             | further plugins | one table with an index and its endpoints each, {:.1} kB |\n\
             | order in each round | shuffled, `--seed {}` |\n",
            self.plugin_bytes as f64 / 1e3,
            self.seed
        ));
        page.push_str(&starts(self.measured));
        page.push_str(&memory(self.measured));
        page.push_str("\n## GET one of 10,000 rows beside other plugins, one connection\n\n");
        page.push_str(&asked(&self.measured.beside_plugins, "plugins", Workload::Get, |asked| asked.plugins));
        page.push_str("\n## GET one in a table of so many rows, one connection\n\n");
        page.push_str(&asked(&self.measured.over_rows, "rows", Workload::Get, |asked| asked.rows));
        page.push_str("\n## The first page of 100 in a table of so many rows, one connection\n\n");
        page.push_str(&asked(&self.measured.over_rows, "rows", Workload::List, |asked| asked.rows));
        for service in self.tables {
            page.push_str(&format!("\nThe database with {} rows has {:.1} MB.", service.rows, service.database_bytes()? as f64 / 1e6));
        }
        page.push('\n');
        Ok(page)
    }
}

fn counts(measured: &Measured) -> BTreeSet<u32> {
    measured.starts.iter().map(|start| start.plugins).collect()
}

fn starts(measured: &Measured) -> String {
    let mut text = format!(
        "\n## From exec to the first 200\n\nOn one of the shop's users; files and database are in the kernel's memory, as after any first start. *cold*: \
         nothing was compiled or proven beforehand; with more than {COLD_EACH_ROUND} plugins in the first round alone. *machine code*: what the compile \
         cache holds afterwards.\n\n| plugins | cold ms | times | cached ms | times | machine code MiB | of components |\n|---|---|---|---|---|---|---|\n",
    );
    for plugins in counts(measured) {
        let of = |cold| measured.starts_of(plugins, cold);
        let millis = |cold, digits| spread(of(cold).map(|start| start.millis), digits);
        let cells = [
            plugins.to_string(),
            millis(true, 0),
            of(true).count().to_string(),
            millis(false, 1),
            of(false).count().to_string(),
            spread(of(false).map(|start| start.code_bytes as f64 / f64::from(1 << 20)), 1),
            spread(of(false).map(|start| start.code_files as f64), 0),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

fn memory(measured: &Measured) -> String {
    let Some(base) = measured.base() else { return String::new() };
    let mut text = format!(
        "\n## Memory\n\nOf the server's process, a second after its first answer and before any other request. *cached*: it found its code in the cache. \
         *anonymous*: what no file is behind (RssAnon). *PSS*: pages that others have too are divided among all.\n\n\
         | plugins | RSS MiB, cached | of it anonymous | PSS | each beyond {base} | RSS MiB, cold |\n|---|---|---|---|---|---|\n"
    );
    for plugins in counts(measured) {
        let mib = |cold, kib: fn(&Start) -> u64| spread(measured.starts_of(plugins, cold).map(|start| kib(start) as f64 / 1024.0), 1);
        let cells = [
            plugins.to_string(),
            mib(false, |start| start.memory.resident_kib),
            mib(false, |start| start.memory.anonymous_kib),
            mib(false, |start| start.memory.proportional_kib),
            if plugins > base { spread(measured.further(plugins, base), 3) } else { String::new() },
            mib(true, |start| start.memory.resident_kib),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// One workload's table: `name` is what differs, and `number` how many there are of it.
fn asked(asked: &[Asked], name: &str, workload: Workload, number: fn(&Asked) -> u32) -> String {
    let mut text = format!("| {name} | p50 ms | p99 ms | requests/s |\n|---|---|---|---|\n");
    let own = || asked.iter().filter(|asked| asked.workload == workload);
    for count in own().map(number).collect::<BTreeSet<u32>>() {
        let all = |value: fn(&Asked) -> f64, digits| spread(own().filter(|asked| number(asked) == count).map(value), digits);
        let cells = [
            count.to_string(),
            all(|asked| asked.p50_micros as f64 / 1e3, 3),
            all(|asked| asked.p99_micros as f64 / 1e3, 3),
            all(|asked| asked.per_second, 0),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}
