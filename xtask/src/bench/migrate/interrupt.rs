//! Ctrl-C while a table is copied: on a terminal, when the progress bar says that rows have been.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Serialize;

use super::contestant::Tenon;
use super::database::dump_digest;
use crate::bench::shell::ask;

/// What Ctrl-C is to a terminal.
const CTRL_C: u8 = 3;

/// What came of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Interruption {
    /// The copy was over before the bar had said anything: there are too few rows.
    TooLate,
    /// It was stopped, and every row and object is as before.
    Undone {
        /// How many rows the bar said were copied when it was.
        copied: u64,
        /// How many there are.
        rows: u64,
        /// What the shell was told.
        status: Option<i32>,
    },
}

/// Upgrades a database on a terminal of its own, and presses Ctrl-C as soon as the bar says that rows are copied.
///
/// # Errors
/// The database is not as it was, or the command says that it succeeded.
pub(super) fn interrupt(tenon: &Tenon, database: &Path) -> Result<Interruption> {
    let before = dump_digest(database)?;
    let mut terminal = Command::new("setpriv");
    terminal.args(["--pdeathsig", "KILL", "--", "script", "--quiet", "--return", "--flush", "--command"]);
    // Ours are the only paths in it, and `script` gives it to a shell.
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    terminal.arg(format!(
        "exec {} upgrade head --plugins {} --database sqlite:{}",
        quoted(&tenon.program),
        quoted(&tenon.plugins),
        quoted(database)
    ));
    terminal.arg("/dev/null").env("XDG_CACHE_HOME", &tenon.cache).env("TERM", "xterm");
    terminal.current_dir(database.parent().context("it is a file")?);
    let mut terminal = terminal.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("script could not be started")?;
    let mut keyboard = terminal.stdin.take().context("it is piped")?;
    let mut screen = terminal.stdout.take().context("it is piped")?;
    let (mut shown, mut buffer, mut pressed) = (String::new(), [0; 4096], None);
    loop {
        let read = screen.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        shown.push_str(&String::from_utf8_lossy(&buffer[..read]));
        if pressed.is_none()
            && let Some((copied, rows)) = copying(&shown)
        {
            keyboard.write_all(&[CTRL_C])?;
            keyboard.flush()?;
            pressed = Some((copied, rows));
        }
    }
    let status = terminal.wait()?;
    let Some((copied, rows)) = pressed else {
        ensure!(status.success(), "tenon upgrade head failed: {shown}");
        return Ok(Interruption::TooLate);
    };
    ensure!(!status.success(), "tenon upgrade head was interrupted and says that all is done: {shown}");
    let applied = ask(database, "SELECT group_concat(revision) FROM tenon_ledger")?;
    ensure!(applied == "first", "{applied} is applied after an interruption");
    ensure!(dump_digest(database)? == before, "the database is not as it was before the interrupted upgrade");
    Ok(Interruption::Undone { copied, rows, status: status.code() })
}

/// The newest numbers of a bar that says `copied 430000 of 1000000 rows`, once some are copied and some are not.
fn copying(shown: &str) -> Option<(u64, u64)> {
    let (_, rest) = shown.rsplit_once("copied ")?;
    let (copied, rest) = rest.split_once(" of ")?;
    let (rows, _) = rest.split_once(" rows")?;
    let (copied, rows) = (copied.parse().ok()?, rows.parse().ok()?);
    (copied > 0 && copied < rows).then_some((copied, rows))
}

#[cfg(test)]
mod tests {
    use super::copying;

    #[test]
    fn the_newest_numbers_of_the_bar_count() {
        assert_eq!(copying("1/2 00:00:01, copied 0 of 9 rows\r1/2 00:00:02, copied 4 of 9 rows\r"), Some((4, 9)));
        for nothing in ["", "1/2 00:00:01, copied 0 of 9 rows", "copied 4 of", "copied 9 of 9 rows"] {
            assert_eq!(copying(nothing), None, "{nothing}");
        }
    }
}
