//! `tenon edit`.

use std::path::Path;
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::Outcome;
use super::args::Edit;
use super::output::Output;
use crate::service::author::{self, AuthorError};

/// What a shell's status says when there is no such program, or it cannot be run.
const NOT_RUN: [i32; 2] = [126, 127];

/// Opens a revision's file in the editor that the reader set.
pub(super) fn run(given: &Edit, output: Output) -> anyhow::Result<Outcome> {
    let file = author::file_of(&given.plugin, &given.revision)?;
    let editor = ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()));
    let editor = editor.ok_or(AuthorError::NoEditor)?;
    let status = open(&editor, &file).with_context(|| format!("the editor `{editor}` cannot be run"))?;
    output.result(&json!({ "file": file }), "")?;
    match status.code() {
        Some(0) => Ok(Outcome::Done),
        Some(code) if NOT_RUN.contains(&code) => bail!("the editor `{editor}` cannot be run; set EDITOR to one that is installed"),
        _ => bail!("the editor `{editor}` failed with {status}"),
    }
}

/// The shell reads the variable, so that it may have arguments and quotes, as for other programs that start an editor.
#[cfg(unix)]
fn open(editor: &str, file: &Path) -> std::io::Result<ExitStatus> {
    Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(editor).arg(file).status()
}

/// Where there is no such shell, words are parted by blanks.
#[cfg(not(unix))]
fn open(editor: &str, file: &Path) -> std::io::Result<ExitStatus> {
    let mut words = editor.split_whitespace();
    Command::new(words.next().unwrap_or_default()).args(words).arg(file).status()
}
