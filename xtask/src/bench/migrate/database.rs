//! Looking into a database through SQLite's shell, which is no contestant's.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use sha2::{Digest as _, Sha256};

/// The digest of everything in it: of what `.dump` prints.
pub(super) fn dump_digest(database: &Path) -> Result<String> {
    let mut shell = Command::new("sqlite3");
    let mut shell = shell.arg(database).arg(".dump").stdout(Stdio::piped()).spawn().context("sqlite3 could not be started")?;
    let digest = digest(shell.stdout.take().context("it is piped")?)?;
    let status = shell.wait()?;
    ensure!(status.success(), "sqlite3 {} .dump ended with {status}", database.display());
    Ok(digest)
}

/// The digest of a file, byte by byte.
pub(super) fn file_digest(file: &Path) -> Result<String> {
    digest(File::open(file).with_context(|| file.display().to_string())?)
}

fn digest(mut from: impl Read) -> Result<String> {
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 1 << 20]);
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hasher.update(&buffer[..read]);
    }
}

/// Every table of the long history with its columns and index, a line for each column: the same for everybody.
pub(super) const HISTORY: &str = "\
SELECT t.name, c.cid, c.name, c.type, c.\"notnull\", c.pk,
       (SELECT group_concat(i.name || ' ' || x.name) FROM pragma_index_list(t.name) i, pragma_index_info(i.name) x)
FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name LIKE 'bench\\_%' ESCAPE '\\' ORDER BY 1, 2";

/// How many tables and indexes of the history are there.
pub(super) const HISTORY_COUNTS: &str = "\
SELECT count(*) FILTER (WHERE type = 'table' AND name LIKE 'bench\\_r%' ESCAPE '\\') || ' tables, ' ||
       count(*) FILTER (WHERE type = 'index' AND name LIKE 'ix\\_bench\\_r%' ESCAPE '\\') || ' indexes' FROM sqlite_schema";

/// The rows of the table that is copied and what became of its column and its indexes.
pub(super) const READINGS: &str = "\
SELECT count(*), sum(id), sum(sensor), sum(amount), min(typeof(amount)), max(typeof(amount)), sum(length(payload)), max(taken_at),
       (SELECT group_concat(name) FROM (SELECT name FROM pragma_index_list('readings') ORDER BY name)) FROM readings";
