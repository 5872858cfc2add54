//! SQLite's shell, which is no contestant's.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// What the shell answers to SQL, without the line break at its end.
///
/// # Errors
/// It cannot be started, or refuses the SQL.
pub(super) fn ask(database: &Path, sql: &str) -> Result<String> {
    let output = Command::new("sqlite3").arg(database).arg(sql).output().context("sqlite3 could not be started")?;
    ensure!(output.status.success(), "{}: {}", database.display(), String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
