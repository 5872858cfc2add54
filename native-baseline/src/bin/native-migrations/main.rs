//! Migrations written by hand: what those of Tenon are measured against by `cargo xtask bench migrate`.
//!
//! One process, one connection, the statements that Tenon's operations stand for, and nothing else.

mod readings;
mod revisions;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::LazyLock;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum};
use rusqlite::Connection;

/// Migrations written by hand.
#[derive(Debug, Parser)]
#[command(version = VERSION.as_str())]
struct Arguments {
    /// The database; made when it is missing
    #[arg(long, value_name = "PATH")]
    database: PathBuf,
    /// How its journal is kept
    #[arg(long, value_enum, default_value_t = Journal::Wal)]
    journal: Journal,
    /// Whether a commit waits for the disk
    #[arg(long, value_enum, default_value_t = Synchronous::Full)]
    synchronous: Synchronous,
    /// What to do
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Apply the history of the plugin bench-revisions: a table, an index and a row of a ledger each
    Revisions {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 1_000)]
        count: u32,
        /// How many in one transaction
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        together: u32,
    },
    /// Fill the table of the plugin bench-readings
    Fill {
        /// How many rows
        #[arg(long, value_name = "N", default_value_t = 1_000_000)]
        rows: u32,
        /// How long the text in each is
        #[arg(long, value_name = "BYTES", default_value_t = 40)]
        payload: usize,
    },
    /// Copy that table into one with another type for a column, as SQLite's documentation says it has to be done
    Rebuild,
}

/// Its own version, and that of the SQLite in it.
static VERSION: LazyLock<String> = LazyLock::new(|| format!("{}, SQLite {}", env!("CARGO_PKG_VERSION"), rusqlite::version()));

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Journal {
    Wal,
    Delete,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Synchronous {
    Full,
    Normal,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { database, journal, synchronous, command }: &Arguments) -> Result<()> {
    let mut connection = open(database, *journal, *synchronous).with_context(|| database.display().to_string())?;
    match *command {
        Command::Revisions { count, together } => revisions::apply(&mut connection, count, together),
        Command::Fill { rows, payload } => readings::fill(&mut connection, rows, payload),
        Command::Rebuild => readings::rebuild(&mut connection),
    }?;
    // Here, so that a failure is heard; and it brings the journal into the file, as the end of any process that used it does.
    connection.close().map_err(|(_, error)| error).context("the database cannot be closed")
}

/// Opens the file with what Tenon sets that takes time or saves it.
fn open(path: &Path, journal: Journal, synchronous: Synchronous) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    let journal = match journal {
        Journal::Wal => "wal",
        Journal::Delete => "delete",
    };
    connection.pragma_update(None, "journal_mode", journal)?;
    let synchronous = match synchronous {
        Synchronous::Full => "full",
        Synchronous::Normal => "normal",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "journal_size_limit", 16 << 20)?;
    connection.pragma_update(None, "temp_store", "file")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}
