//! The command line of `cargo xtask bench swap`.

use std::path::PathBuf;

use clap::Parser;

use crate::bench::destination::Destination;

/// Examples that `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  cargo xtask bench swap                               a hundred exchanges, some minutes after the builds
  cargo xtask bench swap --swaps 5 --rounds 1 --seconds 10
  cargo xtask bench swap --rate 0                      as fast as it is answered, without a rate
  cargo xtask bench swap --out today.md --json today.json";

/// Measures requests while their plugin is replaced again and again, beside quiet times in between, and writes a report. Fails where a request fails.
///
/// The load is made by oha, which is installed through cargo below target/.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench swap", after_help = EXAMPLES)]
pub(super) struct Options {
    /// How often the plugin is replaced at least, in all rounds together
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) swaps: u32,
    /// How many rounds there are at least: one quiet time and one with exchanges; as many more as the exchanges need
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// How long each quiet time is, and each with exchanges
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u32).range(5..))]
    pub(super) seconds: u32,
    /// How many connections ask
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) connections: u32,
    /// How many requests are sent in a second, whether or not others are answered; 0: each connection asks again when it is answered
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    pub(super) rate: u32,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// A tenon to measure instead of building one
    #[arg(long, value_name = "FILE")]
    pub(super) tenon: Option<PathBuf>,
}

impl Options {
    /// Reads them; ends the process where help is asked for or the usage is wrong.
    pub(super) fn read(arguments: &[&str]) -> Self {
        Self::parse_from(["cargo xtask bench swap"].iter().chain(arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_understood() {
        let options = Options::read(&["--swaps", "5", "--rounds=1", "--rate", "0"]);
        assert_eq!((options.swaps, options.rounds, options.rate), (5, 1, 0));
        assert_eq!((options.seconds, options.connections), (20, 16));
    }
}
