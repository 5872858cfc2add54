//! The command line of `cargo xtask bench scale`.

use std::path::PathBuf;

use clap::Parser;

use crate::bench::destination::Destination;

/// Examples that `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  cargo xtask bench scale                                    everything
  cargo xtask bench scale --plugins 2,100 --rows 1000 --rounds 3 --seconds 2
  cargo xtask bench scale --out today.md --json today.json";

/// Measures how starts, memory and requests change with the number of plugins, and requests with the number of rows, in interleaved rounds, and
/// writes a report.
///
/// Needs wrk and SQLite's shell; installs what is missing through apt-get.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench scale", after_help = EXAMPLES)]
pub(super) struct Options {
    /// How many plugins are served: the shop, and for the rest copies of a small one under other names
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_values_t = [1, 2, 10, 100, 1_000], value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) plugins: Vec<u32>,
    /// How many rows the table has that is asked
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_values_t = [1_000, 1_000_000], value_parser = clap::value_parser!(u32).range(100..))]
    pub(super) rows: Vec<u32>,
    /// How often everything is measured; more than a hundred plugins are compiled in the first alone
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// How long each service is asked, in turns of a second; a turn that does not count comes first
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seconds: u32,
    /// What the orders are drawn from, to have those of another run; a new one each time, which the report names
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// A tenon to measure instead of building one
    #[arg(long, value_name = "FILE")]
    pub(super) tenon: Option<PathBuf>,
}

impl Options {
    /// Reads them; ends the process where help is asked for or the usage is wrong.
    pub(super) fn read(arguments: &[&str]) -> Self {
        Self::parse_from(["cargo xtask bench scale"].iter().chain(arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_understood() {
        let options = Options::read(&["--plugins", "2,100", "--rounds=3"]);
        assert_eq!((options.plugins, options.rows), (vec![2, 100], vec![1_000, 1_000_000]));
        assert_eq!((options.rounds, options.seconds), (3, 5));
    }
}
