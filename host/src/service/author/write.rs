//! The file of a new revision, and the component that has it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

use super::crates::SourceCrate;
use super::error::AuthorError;
use super::naming::slug;
use crate::migrate::autogenerate::{Draft, source};
use crate::model::RevisionId;
use crate::service::load::Plugin;

/// The file that this process tries.
static TRIED: Mutex<Option<Tried>> = Mutex::new(None);

#[derive(Debug)]
struct Tried {
    path: PathBuf,
    /// Whether its folder was made for it.
    in_new_folder: bool,
}

/// Takes away the file that this process tries, for whoever ends it in the midst of that.
pub fn abandon() {
    let Some(Tried { path, in_new_folder }) = TRIED.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
    let removed = std::fs::remove_file(&path).and_then(|()| match path.parent().filter(|_| in_new_folder) {
        Some(folder) => std::fs::remove_dir(folder),
        None => Ok(()),
    });
    if let Err(error) = removed {
        tracing::warn!(%error, "a revision that is of no use could not be removed: {}", path.display());
    }
}

/// A file that was written to be tried. It is gone when this is, unless it is kept.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    text: String,
}

impl NewFile {
    /// Makes it where there is none of that name.
    fn create(path: PathBuf, text: String) -> io::Result<Self> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = {
            // Held until the file is there: whoever ends the process now finds it, or makes that it never is.
            let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
            let in_new_folder = !folder.exists();
            std::fs::create_dir_all(folder)?;
            let file = std::fs::File::create_new(&path)?;
            *tried = Some(Tried { path: path.clone(), in_new_folder });
            file
        };
        let written = Self { path, text };
        file.write_all(written.text.as_bytes())?;
        Ok(written)
    }

    /// Says something else.
    ///
    /// # Errors
    /// It cannot be written to.
    pub(super) fn rewrite(&mut self, source_crate: &SourceCrate, draft: &Draft) -> Result<(), AuthorError> {
        self.text = formatted(source_crate, source(draft)?);
        std::fs::write(&self.path, &self.text).map_err(|source| AuthorError::Write { path: self.path.clone(), source })
    }

    /// It is of use, and stays; answers where it is, and what is in it.
    pub(super) fn keep(self) -> (PathBuf, String) {
        *TRIED.lock().unwrap_or_else(PoisonError::into_inner) = None;
        (self.path.clone(), self.text.clone())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        abandon();
    }
}

/// Writes the file of a revision.
///
/// # Errors
/// There is one of that name, the folder cannot be written to, or the draft has an operation that no file is written with.
pub(super) fn write(source_crate: &SourceCrate, id: &RevisionId, draft: &Draft, now: DateTime<Utc>) -> Result<NewFile, AuthorError> {
    let path = source_crate.migrations().join(format!("{}_{id}_{}.rs", now.format("%Y%m%d_%H%M"), slug(&draft.message)));
    NewFile::create(path.clone(), formatted(source_crate, source(draft)?)).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => AuthorError::Exists(path),
        _ => AuthorError::Write { path, source: error },
    })
}

/// A text as rustfmt lays it out where the crate is; as it is, with a word of why, where rustfmt cannot be run or does not take it.
fn formatted(source_crate: &SourceCrate, text: String) -> String {
    let run = || -> io::Result<Output> {
        let mut command = Command::new("rustfmt");
        command.args(["--edition", &source_crate.edition]).current_dir(&source_crate.folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        // Small enough for the pipe's buffer or read at once: rustfmt reads all before it writes.
        child.stdin.take().map(|mut pipe| pipe.write_all(text.as_bytes())).transpose()?;
        child.wait_with_output()
    };
    let why = match run() {
        Ok(output) if output.status.success() => match String::from_utf8(output.stdout) {
            Ok(formatted) => return formatted,
            Err(error) => error.to_string(),
        },
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    tracing::warn!("the file is not laid out, for rustfmt could not do it: {why}");
    text
}

/// Puts a component into the plugins folder; answers where. A host that scans the folder never sees half a file.
///
/// # Errors
/// The folder cannot be written to.
pub(super) fn place(folder: &Path, plugin: &Plugin, wasm: &Path) -> Result<PathBuf, AuthorError> {
    let to = super::file_in_folder(folder, plugin);
    match put(wasm, &to) {
        Ok(()) => Ok(to),
        Err(source) => Err(AuthorError::Write { path: to, source }),
    }
}

/// Copies a file whole, or not at all.
fn put(from: &Path, to: &Path) -> io::Result<()> {
    // Of this process alone: two that build the same plugin put whole files there, one after the other.
    let beside = to.with_extension(format!("wasm.{}.part", std::process::id()));
    let copied = std::fs::copy(from, &beside).and_then(|_| std::fs::rename(&beside, to));
    if copied.is_err()
        && let Err(error) = std::fs::remove_file(&beside)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "a file that is of no use could not be removed: {}", beside.display());
    }
    copied
}

#[cfg(test)]
mod tests {
    use super::put;

    #[test]
    fn a_component_that_cannot_be_put_into_the_folder_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("built"), folder.path().join("notes.wasm"));
        std::fs::write(&from, "x").unwrap();
        std::fs::create_dir_all(to.join("in the way")).unwrap();
        put(&from, &to).unwrap_err();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
        std::fs::remove_dir_all(&to).unwrap();
        put(&from, &to).unwrap();
        assert_eq!(std::fs::read(&to).unwrap(), b"x");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
