//! The file of a new revision, and the component that has it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};

use super::crates::SourceCrate;
use super::error::AuthorError;
use super::naming::slug;
use crate::migrate::autogenerate::{Draft, source};
use crate::model::RevisionId;
use crate::service::load::Plugin;

/// A file that was written.
#[derive(Debug)]
pub(super) struct NewFile {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl NewFile {
    /// Takes it away: it was of no use.
    pub(super) fn take_away(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "a revision that is of no use could not be removed: {}", self.path.display());
        }
    }
}

/// Writes the file of a revision.
///
/// # Errors
/// There is one of that name, or the folder cannot be written to.
pub(super) fn write(source_crate: &SourceCrate, id: &RevisionId, draft: &Draft, now: DateTime<Utc>) -> Result<NewFile, AuthorError> {
    let folder = source_crate.migrations();
    let path = folder.join(format!("{}_{id}_{}.rs", now.format("%Y%m%d_%H%M"), slug(&draft.message)));
    let text = formatted(source_crate, source(draft));
    let failed = |source| AuthorError::Write { path: path.clone(), source };
    std::fs::create_dir_all(&folder).map_err(failed)?;
    // Made here, so that nobody's file is written over.
    let mut file = std::fs::File::create_new(&path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => AuthorError::Exists(path.clone()),
        _ => AuthorError::Write { path: path.clone(), source: error },
    })?;
    let written = NewFile { path: path.clone(), text };
    if let Err(error) = file.write_all(written.text.as_bytes()) {
        written.take_away();
        return Err(failed(error));
    }
    Ok(written)
}

/// A text as rustfmt lays it out where the crate is; as it is, where there is no rustfmt.
fn formatted(source_crate: &SourceCrate, text: String) -> String {
    let run = || -> io::Result<Option<String>> {
        let mut command = Command::new("rustfmt");
        command
            .args(["--edition", &source_crate.edition])
            .current_dir(&source_crate.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn()?;
        // Small enough for the pipe's buffer or read at once: rustfmt reads all before it writes.
        child.stdin.take().map(|mut pipe| pipe.write_all(text.as_bytes())).transpose()?;
        let output = child.wait_with_output()?;
        Ok(output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten())
    };
    match run() {
        Ok(Some(formatted)) => formatted,
        Ok(None) => text,
        Err(error) => {
            tracing::warn!(%error, "rustfmt could not be run: the file is not laid out");
            text
        }
    }
}

/// Puts a component into the plugins folder; answers where. A host that scans the folder never sees half a file.
///
/// # Errors
/// The folder cannot be written to.
pub(super) fn place(folder: &Path, plugin: &Plugin, wasm: &Path) -> Result<PathBuf, AuthorError> {
    let to = super::file_in_folder(folder, plugin);
    let beside = to.with_extension("wasm.part");
    let copied = std::fs::copy(wasm, &beside).and_then(|_| std::fs::rename(&beside, &to));
    match copied {
        Ok(()) => Ok(to),
        Err(source) => Err(AuthorError::Write { path: to, source }),
    }
}
