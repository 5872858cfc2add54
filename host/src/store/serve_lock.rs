//! One server per database: a lock of the operating system's, which goes when its holder does, however that ends.
//!
//! It is on a file of its own beside the database (`tenon.db-serve`), never on the database: a process that closes any handle of a
//! file loses SQLite's locks on it. A file that was left behind by a killed server is no lock, only a name.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::StorageError;

/// As long as it lives, this process is the one that serves the database.
#[derive(Debug)]
pub struct ServeLock {
    path: PathBuf,
    file: File,
}

impl ServeLock {
    /// Takes the lock of an existing database, whatever name it is given by.
    ///
    /// # Errors
    /// [`StorageError::Served`] when another process serves it; [`StorageError::Open`] when no file can be made beside it.
    pub fn take(database: &Path) -> Result<Self, StorageError> {
        let failed = |source: io::Error| StorageError::Open {
            path: database.to_owned(),
            reason: "the lock file of its server cannot be made beside it".to_owned(),
            source: Some(Box::new(source)),
        };
        let mut path = std::fs::canonicalize(database).map_err(failed)?.into_os_string();
        path.push("-serve");
        let path = PathBuf::from(path);
        loop {
            let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path).map_err(failed)? => {
                    sign(&mut file).map_err(failed)?;
                    return Ok(Self { path, file });
                }
                // Its holder removed it between our opening and our locking it: what we hold has no name any more.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(StorageError::Served { holder: signature(&mut file) }),
                Err(TryLockError::Error(error)) => return Err(failed(error)),
            }
        }
    }
}

impl Drop for ServeLock {
    fn drop(&mut self) {
        // Only for tidiness, and while the lock is held, so that it is nobody else's. A file that stays does no harm.
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(path = %self.path.display(), %error, file = ?self.file, "the lock file stays behind");
        }
    }
}

/// Says who holds it, for the message that another server ends with.
fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    write!(file, "{}", std::process::id())
}

/// The holder's process id, as far as it can be read: the file is only a file, and its holder may be about to sign it.
fn signature(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(20).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// Whether an open file is the one that has this name now.
///
/// # Errors
/// The file, or its name, cannot be looked at.
#[cfg(unix)]
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    let mine = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(found) => Ok((mine.dev(), mine.ino()) == (found.dev(), found.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// An open file cannot be removed.
#[cfg(not(unix))]
pub fn is_at(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        std::fs::write(&path, "").unwrap();
        (folder, path)
    }

    #[test]
    fn a_second_one_is_told_who_holds_it_and_a_later_one_gets_it() {
        let (folder, path) = database();
        let first = ServeLock::take(&path).unwrap();
        let held = |path: &Path| match ServeLock::take(path) {
            Err(StorageError::Served { holder }) => assert_eq!(holder, Some(std::process::id())),
            other => panic!("{other:?}"),
        };
        held(&path);
        #[cfg(unix)]
        {
            let other_name = folder.path().join("other.db");
            std::os::unix::fs::symlink(&path, &other_name).unwrap();
            held(&other_name);
        }
        drop(first);
        assert!(!folder.path().join("t.db-serve").exists());
        drop(ServeLock::take(&path).unwrap());
    }

    #[test]
    fn a_file_that_was_left_behind_is_no_lock() {
        let (folder, path) = database();
        std::fs::write(folder.path().join("t.db-serve"), "4294967295 and more than a number \u{0}").unwrap();
        let lock = ServeLock::take(&path).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("t.db-serve")).unwrap(), std::process::id().to_string());
        drop(lock);
    }

    #[test]
    fn of_many_at_once_one_at_a_time_holds_it() {
        let (_folder, path) = database();
        let holders = std::sync::atomic::AtomicUsize::new(0);
        let taken = std::sync::atomic::AtomicUsize::new(0);
        let contend = || {
            for _ in 0..200 {
                let Ok(lock) = ServeLock::take(&path) else { continue };
                assert_eq!(holders.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                holders.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                drop(lock);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(contend))));
        assert!(taken.into_inner() > 0);
    }
}
