//! `cargo xtask graphs`: random revision graphs, with Alembic itself as an oracle for the planner.
//!
//! `xtask/graphs/ask_alembic.py` draws the graphs and writes them with Alembic's answers, a line for each; the host's test `graphs` reads
//! them, asks the planner the same, and names the rule for each difference: `docs/decisions/0030-where-the-planner-differs-from-alembic.md`.

use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::alembic;
use crate::cargo::Cargo;

/// Examples that `--help` ends with.
const EXAMPLES: &str = "\
Examples:
  cargo xtask graphs             some thousands of graphs that nobody has seen yet
  cargo xtask graphs --seed 1    those that the decision 0030 counts; the first of them are kept in host/tests/data/alembic_graphs.jsonl";

/// Asks Alembic and the planner about random revision graphs, and names the rule for each difference; one without a rule fails.
///
/// Needs Python; installs Alembic through pip below target/. A line that is printed can be run again: put it into a file, and its
/// path into TENON_GRAPHS for `cargo test --workspace --locked --test graphs`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask graphs", after_help = EXAMPLES)]
struct Options {
    /// How many graphs
    #[arg(long, value_name = "N", default_value_t = 3_000, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// What they are drawn from, to have those of another run; a new one each time, which is printed
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Where the graphs and Alembic's answers are kept; below target/ unless told otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs it.
pub(crate) fn run(cargo: &Cargo, arguments: &[&str]) -> Result<()> {
    let options = Options::parse_from(["cargo xtask graphs"].iter().chain(arguments));
    let python = alembic::install(cargo)?;
    let seed = options.seed.unwrap_or_else(|| fastrand::u32(..));
    let file = options.out.unwrap_or_else(|| cargo.root.join("target/alembic/graphs.jsonl"));
    // Cargo runs a test elsewhere.
    let file = std::path::absolute(&file).with_context(|| file.display().to_string())?;
    let out = File::create(&file).with_context(|| file.display().to_string())?;
    eprintln!("> ask_alembic.py: --count {} --seed {seed}", options.count);
    let mut ask = Command::new(python);
    ask.arg(cargo.root.join("xtask/graphs/ask_alembic.py")).args([options.count.to_string(), seed.to_string()]);
    // Alembic keeps revisions in sets: with one seed for their hashes its answers are the same each time.
    let status = ask.env("PYTHONHASHSEED", "0").stdout(out).status().context("Python could not be started")?;
    ensure!(status.success(), "Alembic could not be asked");
    let path = file.to_str().with_context(|| format!("{} is no UTF-8", file.display()))?;
    cargo.run_with(["test", "--workspace", "--locked", "--test", "graphs", "--", "--nocapture"], &[("TENON_GRAPHS", path)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_understood() {
        let read = |arguments: &[&str]| Options::try_parse_from(["cargo xtask graphs"].iter().chain(arguments));
        let options = read(&["--seed=7"]).expect("they are right");
        assert_eq!((options.count, options.seed, options.out), (3_000, Some(7), None));
        assert!(read(&["--count", "0"]).is_err() && read(&["--seed", "-1"]).is_err());
    }
}
