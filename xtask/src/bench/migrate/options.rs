//! The command line of `cargo xtask bench migrate`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

use crate::bench::destination::Destination;

/// Examples that `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  cargo xtask bench migrate                                         everything: a quarter of an hour after the builds
  cargo xtask bench migrate --only revisions --skip-alembic         Tenon beside the same by hand
  cargo xtask bench migrate --rounds 2 --revisions 100 --rows 100000 --megabytes 50
  cargo xtask bench migrate --out today.md --json today.json";

/// Measures migrations beside the same by hand in SQL and beside Alembic, in interleaved rounds, and writes a report.
///
/// Needs SQLite's shell and, for Alembic, Python; installs what is missing through apt-get, and Alembic through pip below target/.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench migrate", after_help = EXAMPLES)]
pub(super) struct Options {
    /// How often everything is measured; a simulation once
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rounds: u32,
    /// What is measured
    #[arg(long, value_name = "NAME,..", value_enum, value_delimiter = ',', default_values_t = Part::value_variants().to_vec())]
    pub(super) only: Vec<Part>,
    /// How long the history is: each revision a table and an index
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..10_000))]
    pub(super) revisions: u32,
    /// How many rows the table has that is copied
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rows: u32,
    /// How large the database is that an upgrade is simulated on
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) megabytes: u32,
    /// Leave out Alembic, which takes most of the time
    #[arg(long)]
    pub(super) skip_alembic: bool,
    /// What the contestants' orders are drawn from, to have those of another run; a new one each time, which the report names
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    #[command(flatten)]
    pub(super) destination: Destination,
    /// A tenon to measure instead of building one
    #[arg(long, value_name = "FILE")]
    pub(super) tenon: Option<PathBuf>,
    /// A native-migrations to measure instead of building one
    #[arg(long, value_name = "FILE")]
    pub(super) native: Option<PathBuf>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Part {
    /// A long history on an empty database, and the commands that find nothing to do afterwards
    Revisions,
    /// The copy of a table, and Ctrl-C in the midst of it
    Rebuild,
    /// A simulation on a large database
    Simulate,
}

impl Options {
    /// Reads them; ends the process where help is asked for or the usage is wrong.
    pub(super) fn read(arguments: &[&str]) -> Self {
        Self::parse_from(["cargo xtask bench migrate"].iter().chain(arguments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_understood() {
        let options = Options::read(&["--only", "rebuild,simulate", "--rounds=3", "--skip-alembic"]);
        assert_eq!(options.only, [Part::Rebuild, Part::Simulate]);
        assert_eq!((options.rounds, options.revisions, options.rows, options.skip_alembic), (3, 1_000, 1_000_000, true));
    }
}
