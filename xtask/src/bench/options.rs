//! The command line of `cargo xtask bench http`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use super::contestant::Name;
use super::destination::Destination;

/// Measures the server over HTTP beside a hand-written one and PocketBase, in interleaved rounds, and writes a report.
///
/// Needs wrk, SQLite's shell and, for PocketBase, Python; installs what is missing through apt-get, and PocketBase through pip below target/.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench http")]
pub(super) struct Options {
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// How long one measurement takes; it is preceded by a second of the same load that does not count
    #[arg(long, value_name = "S", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) seconds: u32,
    /// Who is measured; native always is, for the ratios
    #[arg(long, value_name = "NAME,..", value_enum, value_delimiter = ',', default_values_t = Name::value_variants().to_vec())]
    pub(super) only: Vec<Name>,
    /// What is asked
    #[arg(long, value_name = "NAME,..", value_enum, value_delimiter = ',', default_values_t = Workload::value_variants().to_vec())]
    pub(super) workloads: Vec<Workload>,
    /// How many connections ask at one time
    #[arg(long, value_name = "N,..", value_delimiter = ',', default_values_t = [1, 32, 256], value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) concurrency: Vec<u32>,
    /// What the contestants' orders are drawn from, to have those of another run; a new one each time, which the report names
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// A tenon to measure instead of building one
    #[arg(long, value_name = "FILE")]
    pub(super) tenon: Option<PathBuf>,
    /// A native-baseline to measure instead of building one
    #[arg(long, value_name = "FILE")]
    pub(super) native: Option<PathBuf>,
}

/// What is asked of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Workload {
    /// One row by its id, a random one each time.
    Get,
    /// The first 100 rows.
    List,
    /// A new row each time.
    Post,
}

impl Workload {
    /// Its heading in the report.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Get => "GET one",
            Self::List => "List of 100",
            Self::Post => "POST",
        }
    }
}

impl Options {
    /// Reads them; ends the process where help is asked for or the usage is wrong.
    pub(super) fn read(arguments: &[&str]) -> Self {
        Self::parse_from(["cargo xtask bench http"].iter().chain(arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_understood() {
        let options = Options::read(&["--only", "native,standard", "--concurrency=1,32", "--rounds", "3"]);
        assert_eq!((options.only.as_slice(), options.concurrency.as_slice()), (&[Name::Native, Name::Standard][..], &[1, 32][..]));
        assert_eq!((options.rounds, options.seconds, options.workloads.len()), (3, 5, 3));
    }
}
