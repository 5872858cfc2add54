//! The cache: machine code by the hash of the component it was made from and of the engine that made it; and, likewise, what was proven.
//!
//! What is read here is *run*, so it is believed only with proof: every file carries an HMAC-SHA256 over its header and its code, under a
//! key that lies in the cache's own directory, which nobody else can read (0700, the key 0600). Whoever can read the key can already
//! act as this user. Anything doubtful (another owner, a loose mode, a wrong length, a flipped bit) counts as absent, and the component is
//! compiled again. Nothing that goes wrong here is ever an error of the caller's.
//!
//! # Source
//! Hosts that trusted their cache: rustledger#1811 (stale after an update), holochain#5785, lind-wasm#1048 (planted files).

use std::fs::{self, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tempfile::NamedTempFile;
use wasmtime::Engine;

use super::engine::{Fingerprint, fingerprint};
use super::limits::CACHE_BYTES;
use crate::model::ContentHash;

/// What a file holds.
#[derive(Debug, Clone, Copy)]
enum Content {
    Code,
    Proof,
}

impl Content {
    /// First bytes of every file; the number changes with the layout.
    fn magic(self) -> &'static [u8; 16] {
        match self {
            Self::Code => b"tenon cwasm v01\n",
            Self::Proof => b"tenon proof v01\n",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Code => "cwasm",
            Self::Proof => "proof",
        }
    }
}

/// Magic, hash of the component (64 digits), hash of the engine.
const HEADER_BYTES: usize = 16 + 64 + 32;
/// HMAC-SHA256.
const TAG_BYTES: usize = 32;
const KEY_BYTES: usize = 32;
const KEY_FILE: &str = "key";

/// How the names begin of files that are being written.
const UNFINISHED: &str = ".tmp";

/// Nobody writes one for so long.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

/// An open cache. Exists only where the directory is private and has a key.
#[derive(Clone)]
pub(super) struct Cache {
    content: Content,
    directory: PathBuf,
    key: [u8; KEY_BYTES],
    engine: Fingerprint,
    /// Of a file of this user's.
    ours: Metadata,
    /// Of all entries together.
    most_bytes: u64,
    /// Bytes written since it was looked what is there; so many at first that the first write looks.
    unseen: Arc<AtomicU64>,
}

impl Cache {
    /// Opens the cache in `directory`, making directory and key where they are missing.
    ///
    /// # Errors
    /// The directory cannot be made, is not private to this user, or no key can be had. The caller then works without a cache.
    pub(super) fn open(directory: &Path, engine: &Engine) -> io::Result<Self> {
        private::create_directory(directory)?;
        // A file of our own tells who we are; std has no other way to ask.
        let ours = unfinished(directory)?.as_file().metadata()?;
        if !private::is_ours(&fs::symlink_metadata(directory)?, &ours) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the directory can be read or written by others"));
        }
        let key = match read_key(directory, &ours) {
            Ok(key) => key,
            Err(reason) => renew_key(directory, &ours, reason)?,
        };
        Ok(Self {
            content: Content::Code,
            directory: directory.to_owned(),
            key,
            engine: fingerprint(engine),
            ours,
            most_bytes: CACHE_BYTES,
            unseen: Arc::new(AtomicU64::new(CACHE_BYTES)),
        })
    }

    /// The same directory, for what was proven instead of machine code.
    pub(super) fn of_proofs(&self) -> Self {
        Self { content: Content::Proof, ..self.clone() }
    }

    /// The machine code of a component, or what was kept under a hash, if it is there and beyond doubt.
    pub(super) fn read(&self, component: ContentHash) -> Option<Vec<u8>> {
        match self.try_read(component) {
            Ok(code) => Some(code),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::debug!("compile cache: the entry of {} is not used: {error}", component.short());
                None
            }
        }
    }

    /// Keeps it for next time. A failure is a line in the debug log.
    pub(super) fn write(&self, component: ContentHash, code: &[u8]) {
        if let Err(error) = self.try_write(component, code) {
            tracing::debug!("compile cache: {} could not be kept: {error}", component.short());
        }
        if self.is_due(code.len())
            && let Err(error) = self.prune()
        {
            tracing::debug!("compile cache: old entries could not be removed: {error}");
        }
    }

    /// Whether so much was written that it is time to look what is there: that takes the longer the more there is.
    fn is_due(&self, written: usize) -> bool {
        let written = (HEADER_BYTES + written + TAG_BYTES) as u64;
        let is_due = self.unseen.fetch_add(written, Ordering::Relaxed) + written >= self.most_bytes / 16;
        if is_due {
            self.unseen.store(0, Ordering::Relaxed);
        }
        is_due
    }

    fn path(&self, component: ContentHash) -> PathBuf {
        let engine: String = self.engine[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        self.directory.join(format!("{component}-{engine}.{}", self.content.extension()))
    }

    fn header(&self, component: ContentHash) -> [u8; HEADER_BYTES] {
        let mut header = [0; HEADER_BYTES];
        header[..16].copy_from_slice(self.content.magic());
        header[16..80].copy_from_slice(component.to_string().as_bytes());
        header[80..].copy_from_slice(&self.engine);
        header
    }

    fn mac(&self, header: &[u8], code: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes a key of any length");
        mac.update(header);
        mac.update(code);
        mac
    }

    fn try_read(&self, component: ContentHash) -> io::Result<Vec<u8>> {
        let doubt = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
        let mut content = read_private(&self.path(component), &self.ours)?;
        let header = self.header(component);
        if content.len() < HEADER_BYTES + TAG_BYTES || content[..HEADER_BYTES] != header {
            return Err(doubt("it is not of this component and engine"));
        }
        let tag = content.split_off(content.len() - TAG_BYTES);
        // In its place: code is large, and memory that is new is slow.
        content.drain(..HEADER_BYTES);
        // Constant time.
        self.mac(&header, &content).verify_slice(&tag).map_err(|_| doubt("its seal is broken"))?;
        Ok(content)
    }

    fn try_write(&self, component: ContentHash, code: &[u8]) -> io::Result<()> {
        let header = self.header(component);
        let tag = self.mac(&header, code).finalize().into_bytes();
        let mut file = unfinished(&self.directory)?;
        for part in [&header[..], code, &tag[..]] {
            file.write_all(part)?;
        }
        file.as_file().sync_all()?;
        file.persist(self.path(component))?;
        Ok(())
    }

    /// Removes the oldest entries when all together are too large, and what a process left that was killed while it wrote.
    fn prune(&self) -> io::Result<()> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            // Another process may have removed it meanwhile.
            let Ok(metadata) = entry.metadata() else { continue };
            let (path, written) = (entry.path(), metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH));
            if is_entry(&path) {
                entries.push((written, metadata.len(), path));
            } else if entry.file_name().to_string_lossy().starts_with(UNFINISHED) && written.elapsed().is_ok_and(|age| age > ABANDONED) {
                remove(&path)?;
            }
        }
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|(_, bytes, _)| bytes).sum();
        for (_, length, path) in entries {
            if bytes <= self.most_bytes {
                break;
            }
            remove(&path)?;
            bytes -= length;
        }
        Ok(())
    }
}

/// Whether a file has the name of an entry, of whichever content.
fn is_entry(path: &Path) -> bool {
    let of = |content: Content| path.extension().is_some_and(|extension| extension == content.extension());
    of(Content::Code) || of(Content::Proof)
}

/// Removes a file, which another process may have done meanwhile.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A file with a name of its own, private from the start, that becomes another or goes.
fn unfinished(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(directory)
}

/// Reads a file to which nobody else has any access. What is no file is not opened: a pipe would wait for a writer.
fn read_private(path: &Path, ours: &Metadata) -> io::Result<Vec<u8>> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || !private::is_ours(&metadata, ours) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is no private file of this user"));
    }
    fs::read(path)
}

/// The key in the directory, if it is one and nobody else could have read it.
fn read_key(directory: &Path, ours: &Metadata) -> io::Result<[u8; KEY_BYTES]> {
    let key = read_private(&directory.join(KEY_FILE), ours)?;
    key.try_into().map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it has not 32 bytes"))
}

/// A key in the place of one that is missing or in doubt. One that merely could not be read stays: it may be good, and with it all entries.
fn renew_key(directory: &Path, ours: &Metadata, reason: io::Error) -> io::Result<[u8; KEY_BYTES]> {
    match reason.kind() {
        io::ErrorKind::NotFound => {}
        io::ErrorKind::InvalidData => remove(&directory.join(KEY_FILE))?,
        kind => return Err(io::Error::new(kind, format!("its key cannot be read: {reason}"))),
    }
    tracing::debug!("compile cache: makes a new key ({reason}); what was compiled before is compiled again");
    make_key(directory, ours)
}

/// Makes a fresh key; where another process was quicker, it is that one's.
///
/// Two that find a damaged key at once may still end with one each; entries sealed with the one that is not in the file are compiled again.
fn make_key(directory: &Path, ours: &Metadata) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| io::Error::other(error.to_string()))?;
    // 0600 from the start.
    let mut file = unfinished(directory)?;
    file.write_all(&key)?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(directory.join(KEY_FILE)) {
        Ok(_) => Ok(key),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => read_key(directory, ours),
        Err(failed) => Err(failed.error),
    }
}

#[cfg(unix)]
mod private {
    use std::fs::{DirBuilder, Metadata};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
    use std::path::Path;

    /// Makes the directory and its parents with mode 0700; one that is there keeps its mode.
    pub(super) fn create_directory(path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Whether a file or directory has the owner of `probe` and nobody else has any access.
    pub(super) fn is_ours(metadata: &Metadata, probe: &Metadata) -> bool {
        metadata.uid() == probe.uid() && metadata.mode() & 0o077 == 0 && !metadata.is_symlink()
    }
}

#[cfg(not(unix))]
mod private {
    use std::fs::Metadata;
    use std::io;
    use std::path::Path;

    pub(super) fn create_directory(path: &Path) -> io::Result<()> {
        std::fs::create_dir_all(path)
    }

    /// A user's data directory is private by its access list there; std cannot ask.
    pub(super) fn is_ours(metadata: &Metadata, _probe: &Metadata) -> bool {
        !metadata.is_symlink()
    }
}

#[cfg(test)]
mod tests;
