//! Finds the files of the plugins folder. Reads names and bytes; decides nothing about them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

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
