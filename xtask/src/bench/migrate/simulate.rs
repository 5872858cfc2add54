//! A simulation on a large database, which must stay as it is, byte by byte.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::database::file_digest;
use super::process::{Took, run};
use super::rebuild::Table;

/// What is left free on the disk, whatever is measured.
const LEFT_FREE: u64 = 20 << 30;

/// How often the database has to find room beside itself: the copy, the table in it once more, and the copy's journal.
const TIMES: u64 = 4;

/// What was measured.
#[derive(Debug, Serialize)]
pub(super) struct Simulation {
    pub(super) bytes: u64,
    pub(super) took: Took,
    /// SHA-256 of the file, before and afterwards.
    pub(super) digest: String,
}

/// Makes a database of so many megabytes and simulates the change of its table.
///
/// # Errors
/// There is not enough room, the file is another afterwards, or something is left beside it.
pub(super) fn measure(table: &Table, megabytes: u32, folder: &Path) -> Result<Simulation> {
    let wanted = u64::from(megabytes) * 1_000_000;
    require_room(folder, LEFT_FREE + TIMES * wanted)?;
    let database = folder.join("large.db");
    table.make(&database, table.rows)?;
    let bytes = fs::metadata(&database)?.len();
    ensure!(bytes >= wanted, "the database has {bytes} bytes instead of {wanted}");
    let before = file_digest(&database)?;
    let (took, said) = run(&mut table.tenon.command(&database, &["upgrade", "head", "--simulate"]))?;
    eprintln!("simulated on {bytes} bytes: {:.2} s\n{said}", took.seconds);
    let digest = file_digest(&database)?;
    ensure!(digest == before, "the database is not as it was before the simulation");
    require_nothing_beside(&database, folder)?;
    Ok(Simulation { bytes, took, digest })
}

/// How long the text in each of so many rows has to be for a database of so many megabytes.
pub(super) fn payload(megabytes: u32, rows: u32) -> usize {
    // The other columns and the indexes add to it.
    (u64::from(megabytes) * 1_000_000).div_ceil(u64::from(rows)) as usize
}

/// A reader of a database in WAL mode leaves the journal, empty, and what it shares with others; nothing else may be there.
fn require_nothing_beside(database: &Path, folder: &Path) -> Result<()> {
    let name = database.file_name().unwrap_or_default().to_string_lossy().into_owned();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.file_name().to_string_lossy().into_owned();
        let is_empty_journal = found == format!("{name}-wal") && entry.metadata()?.len() == 0;
        let is_there = found == name || found == format!("{name}-shm") || is_empty_journal;
        ensure!(is_there, "the simulation left {found} beside the database");
    }
    Ok(())
}

fn require_room(folder: &Path, bytes: u64) -> Result<()> {
    let output = Command::new("df").args(["--output=avail", "--block-size=1"]).arg(folder).output().context("df could not be started")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let free: u64 = said.lines().nth(1).unwrap_or_default().trim().parse().context("df says no number")?;
    ensure!(free >= bytes, "{free} bytes are free where {} is, and {bytes} are needed; see --megabytes", folder.display());
    Ok(())
}
