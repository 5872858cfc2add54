//! Finds the files of the plugins folder. Reads names and bytes; decides nothing about them.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Why the folder cannot be scanned.
#[derive(Debug, thiserror::Error)]
#[error("cannot scan the plugins folder {}: {}name another with --plugins", path.display(), way_out(.source))]
pub struct FolderError {
    /// The folder.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: std::io::Error,
}

/// What helps, but for naming another folder.
fn way_out(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "create it, or ",
        std::io::ErrorKind::PermissionDenied => "look at its permissions, or ",
        _ => "",
    }
}

/// Lists the folder's `*.wasm` files, and `*.cwasm` ones, which are going to be refused by name. Hidden files are passed over.
///
/// # Shape
/// Sorted by file name; empty when there are none.
/// # Errors
/// The folder is not there or cannot be read.
pub(super) fn scan(folder: &Path) -> Result<Vec<PathBuf>, FolderError> {
    let failed = |source| FolderError { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let wanted = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("wasm") || e.eq_ignore_ascii_case("cwasm"));
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if wanted && !hidden {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Another file under the same name, though as old and as large.
    identity: [i64; 3],
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), modified: metadata.modified().ok(), identity: identity(metadata) }
    }

    /// Whether the same bytes were meant, though they have another name, or other rights.
    pub(super) fn is_same_content(&self, other: &Self) -> bool {
        (self.bytes, self.modified, self.identity[0]) == (other.bytes, other.modified, other.identity[0])
    }
}

/// The file's number, and when it was last put in place or written to.
#[cfg(unix)]
fn identity(metadata: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt as _;
    [metadata.ino().cast_signed(), metadata.ctime(), metadata.ctime_nsec()]
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

/// The files of [`scan`], and the state of each.
///
/// # Errors
/// As [`scan`]; or the state of a file cannot be asked for, by which it is not taken out.
pub(super) fn glance(folder: &Path) -> Result<BTreeMap<PathBuf, Stamp>, FolderError> {
    let mut states = BTreeMap::new();
    for path in scan(folder)? {
        // A link that leads to no file has a state of its own.
        match std::fs::metadata(&path).or_else(|_| std::fs::symlink_metadata(&path)) {
            Ok(metadata) => _ = states.insert(path, Stamp::of(&metadata)),
            // Gone meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(source) => return Err(FolderError { path: folder.to_owned(), source }),
        }
    }
    Ok(states)
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// It cannot be read, is no regular file, or is larger.
pub(super) fn read(path: &Path, limit: u64) -> std::io::Result<Vec<u8>> {
    let other = |why: String| std::io::Error::other(why);
    // Asked before opening: opening a FIFO would wait for a writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(other("it is not a regular file".to_owned()));
    }
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(limit + 1).read_to_end(&mut content)?;
    if content.len() as u64 > limit {
        return Err(other(format!("it is larger than {} MiB", limit >> 20)));
    }
    Ok(content)
}
