//! A table that is copied, by Tenon and by hand; and Ctrl-C in the midst of it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::contestant::Tenon;
use super::database::READINGS;
use super::interrupt::{Interruption, interrupt};
use super::process::{Took, run};
use crate::bench::shell::ask;
use crate::bench::stop::{Stop, command};

/// A table of so many rows, and what to copy it with.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) tenon: Tenon,
    pub(super) native: PathBuf,
    pub(super) rows: u32,
    /// How long the text in each row is, in bytes.
    pub(super) payload: usize,
}

/// How many times as many rows the table has whose copy is interrupted: a bar is shown after a second, and there must be something left then.
const INTERRUPTED: u32 = 3;

/// Both in one round.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Pair {
    pub(super) tenon: Took,
    pub(super) native: Took,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Rebuilds {
    pub(super) rows: u32,
    pub(super) bytes: u64,
    pub(super) pairs: Vec<Pair>,
    pub(super) interruption: Interruption,
}

impl Table {
    /// Makes the database as it is before the change, with so many rows.
    pub(super) fn make(&self, database: &Path, rows: u32) -> Result<()> {
        run(&mut self.tenon.command(database, &["upgrade", "bench-readings@first", "--quiet"]))?;
        let mut fill = command(&self.native);
        fill.arg("--database").arg(database).args(["fill", "--rows", &rows.to_string(), "--payload", &self.payload.to_string()]);
        run(&mut fill).map(drop)
    }

    /// Measures the copy in rounds, and interrupts it once.
    pub(super) fn measure(&self, rounds: u32, random: &mut fastrand::Rng, folder: &Path, stop: &Stop) -> Result<Rebuilds> {
        let original = folder.join("readings.db");
        self.make(&original, self.rows)?;
        let mut pairs = Vec::new();
        for round in 1..=rounds {
            stop.check()?;
            let tenon = || {
                let copy = copy(&original, &folder.join("tenon.db"))?;
                let (took, _) = run(&mut self.tenon.command(&copy, &["upgrade", "head"]))?;
                Ok::<_, anyhow::Error>((took, self.copied(&copy)?))
            };
            let native = || {
                let copy = copy(&original, &folder.join("native.db"))?;
                let mut rebuild = command(&self.native);
                let (took, _) = run(rebuild.arg("--database").arg(&copy).arg("rebuild"))?;
                Ok::<_, anyhow::Error>((took, self.copied(&copy)?))
            };
            let (of_tenon, by_hand) = if random.bool() {
                let first = tenon()?;
                (first, native()?)
            } else {
                let first = native()?;
                (tenon()?, first)
            };
            ensure!(of_tenon.1 == by_hand.1, "Tenon left {} and the statements by hand {}", of_tenon.1, by_hand.1);
            let pair = Pair { tenon: of_tenon.0, native: by_hand.0 };
            eprintln!(
                "round {round} of {rounds}, {} rows: Tenon {:.2} s, by hand {:.2} s",
                self.rows, pair.tenon.seconds, pair.native.seconds
            );
            pairs.push(pair);
        }
        stop.check()?;
        let interrupted = folder.join("interrupted.db");
        self.make(&interrupted, self.rows.saturating_mul(INTERRUPTED))?;
        let interruption = interrupt(&self.tenon, &interrupted)?;
        eprintln!("Ctrl-C: {interruption:?}");
        Ok(Rebuilds { rows: self.rows, bytes: fs::metadata(&original)?.len(), pairs, interruption })
    }

    /// What is there after the change, for comparing.
    fn copied(&self, database: &Path) -> Result<String> {
        let found = ask(database, READINGS)?;
        let cells: Vec<&str> = found.split('|').collect();
        let wanted = self.rows.to_string();
        ensure!(cells.first() == Some(&wanted.as_str()), "{found} is not of {wanted} rows");
        ensure!(cells.get(4..6) == Some(&["real", "real"]), "the amounts are not all fractions: {found}");
        let indexes = "ix_readings_amount,ix_readings_sensor,ix_readings_taken_at";
        ensure!(cells.last() == Some(&indexes), "other indexes are there: {found}");
        Ok(found)
    }
}

/// A copy of a database in which nothing waits to be written.
fn copy(from: &Path, to: &Path) -> Result<PathBuf> {
    for ending in ["-wal", "-shm"] {
        let mut name = to.as_os_str().to_owned();
        name.push(ending);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).context("an older copy cannot be removed"),
            _ => {}
        }
    }
    fs::copy(from, to).with_context(|| from.display().to_string())?;
    // What is written later is another's time.
    fs::File::open(to)?.sync_all()?;
    Ok(to.to_owned())
}
