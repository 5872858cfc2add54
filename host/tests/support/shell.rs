//! SQLite's own shell, as an operator would run a script with it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::Said;

/// Pipes a script into `sqlite3 DATABASE`. That it stops at the first error is for the script to say.
///
/// # Panics
/// There is no such shell: a script that nobody ran is not tested.
pub fn sqlite3(database: &Path, script: &str) -> Said {
    let shell =
        Command::new("sqlite3").arg("-batch").arg(database).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut shell = shell.unwrap_or_else(|error| {
        panic!("sqlite3 cannot be started ({error}); these tests need SQLite's shell: `apt-get install sqlite3`, or `brew install sqlite`")
    });
    let mut input = shell.stdin.take().expect("it is piped");
    // The shell says little and reads all: nothing waits for anything here. When it ends early, what it said is worth more than this.
    let written = input.write_all(script.as_bytes());
    drop(input);
    let said = Said::from(shell.wait_with_output().expect("the shell ends"));
    assert!(written.is_ok() || said.code != Some(0), "the shell did not read its script: {written:?}");
    said
}
