//! A copy of the database that is of use only while this process works on it: one to simulate on, or a backup that is not whole yet.
//!
//! It goes with its guard; with [`abandon`], when the process is ended in its midst; and where the process was killed, with the next one that
//! makes such a copy in that folder. A process id would not tell whether anybody works on it still: another container may have the folder,
//! too. So beside each copy stands a file that its process holds a lock of the operating system's on. Who gets that lock is alone with the copy.
//! Where a file system has no locks there is no such file, and what a killed process left there stays.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::store::is_at;

/// What this process works on.
static UNDER_WAY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes what this process works on, for whoever ends it in the midst of that.
pub fn abandon() {
    let all = std::mem::take(&mut *UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner));
    all.iter().for_each(|path| remove(path));
}

/// A file that is gone when this is, with what SQLite puts beside it.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    /// Holds the lock; none where there are no locks.
    _lock: Option<File>,
}

impl Unfinished {
    /// A name in the folder of `neighbour` that nobody has; whoever is given it makes the file. What killed processes left there for the same
    /// `purpose` is removed.
    ///
    /// # Errors
    /// No file can be made there.
    pub(super) fn beside(neighbour: &Path, purpose: &str) -> io::Result<Self> {
        let folder = folder_of(neighbour);
        let begin = format!(".tenon-{purpose}-");
        sweep(folder, &begin);
        loop {
            let lock = tempfile::Builder::new().prefix(&begin).suffix(".lock").tempfile_in(folder)?;
            let (file, lock) = lock.keep().map_err(|error| error.error)?;
            let path = lock.with_extension("db");
            let held = match file.try_lock() {
                Ok(()) if is_at(&file, &lock)? => Some(file),
                // Somebody who sweeps came between our making and our locking it, and takes it for one that was left.
                Ok(()) | Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(%error, "a copy has no lock: if this process is killed, it stays");
                    fs::remove_file(&lock)?;
                    None
                }
            };
            UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).push(path.clone());
            return Ok(Self { path, _lock: held });
        }
    }

    /// Where it is to be made.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the finished file its name, if nobody else has it.
    ///
    /// # Errors
    /// There is such a file already, or it cannot be named. It is gone then.
    pub(super) fn finish(self, name: &Path) -> io::Result<()> {
        match tempfile::TempPath::try_from_path(&self.path)?.persist_noclobber(name) {
            Ok(()) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(error.error),
            // Not every file system can rename without replacing.
            Err(_) if name.exists() => Err(io::ErrorKind::AlreadyExists.into()),
            Err(error) => fs::rename(&error.path, name),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner).retain(|path| *path != self.path);
        remove(&self.path);
    }
}

/// The folder that a file is in.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Removes a copy, and at last its lock's file: as long as that is there, the next one finds what could not be removed now.
fn remove(copy: &Path) {
    let beside = |ending: &str| {
        let mut path = OsString::from(copy);
        path.push(ending);
        PathBuf::from(path)
    };
    let files = ["", "-wal", "-shm", "-journal"].map(beside);
    for path in files.into_iter().chain([copy.with_extension("lock")]) {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return tracing::warn!(%error, "a copy of the database could not be removed: {}", path.display());
            }
            _ => {}
        }
    }
}

/// Removes copies on which nobody works any more.
fn sweep(folder: &Path, begin: &str) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_lock = |name: &str| name.starts_with(begin) && name.ends_with(".lock");
    for entry in entries.filter(|entry| entry.file_name().to_str().is_some_and(is_lock)) {
        let path = entry.path();
        let Ok(lock) = File::options().read(true).write(true).open(&path) else { continue };
        if lock.try_lock().is_ok() && is_at(&lock, &path).unwrap_or(false) {
            tracing::debug!("a process that was killed left a copy of the database: {}", path.display());
            remove(&path.with_extension("db"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn make(folder: &Path, names: &[&str]) {
        names.iter().for_each(|name| fs::write(folder.join(name), "x").unwrap());
    }

    #[test]
    fn a_copy_goes_with_its_guard_and_all_that_is_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let copy = Unfinished::beside(&folder.path().join("tenon.db"), "simulate").unwrap();
        fs::write(copy.path(), "x").unwrap();
        fs::write(copy.path().with_extension("db-wal"), "x").unwrap();
        assert_eq!(names(folder.path()).len(), 3);
        drop(copy);
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn what_a_killed_process_left_is_removed_and_what_somebody_works_on_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let neighbour = folder.path().join("tenon.db");
        let left = [".tenon-simulate-a.lock", ".tenon-simulate-a.db", ".tenon-simulate-a.db-wal", ".tenon-simulate-b.lock"];
        // Another purpose's, one without a lock, and names that only look like it.
        let others = [".tenon-backup-a.db", ".tenon-backup-a.lock", ".tenon-simulate-c.db", "tenon-simulate-d.lock", "tenon.db"];
        make(folder.path(), &left);
        make(folder.path(), &others);
        let working = Unfinished::beside(&neighbour, "simulate").unwrap();
        fs::write(working.path(), "mine").unwrap();
        let second = Unfinished::beside(&neighbour, "simulate").unwrap();
        assert_eq!(fs::read_to_string(working.path()).unwrap(), "mine");
        drop((working, second));
        assert_eq!(names(folder.path()), others);
    }

    #[test]
    fn of_many_at_once_none_takes_anothers_for_one_that_was_left() {
        let folder = tempfile::tempdir().unwrap();
        let neighbour = folder.path().join("tenon.db");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let copy = Unfinished::beside(&neighbour, "simulate").unwrap();
                        File::create_new(copy.path()).unwrap();
                        drop(Unfinished::beside(&neighbour, "simulate").unwrap());
                        assert!(copy.path().exists() && copy.path().with_extension("lock").exists());
                    }
                });
            }
        });
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }

    #[test]
    fn a_finished_file_takes_no_name_that_somebody_has() {
        let folder = tempfile::tempdir().unwrap();
        let finished = |name: &str| {
            let name = folder.path().join(name);
            let copy = Unfinished::beside(&name, "backup").unwrap();
            fs::write(copy.path(), "whole").unwrap();
            copy.finish(&name).map_err(|error| error.kind())
        };
        make(folder.path(), &["taken"]);
        assert_eq!(finished("taken"), Err(io::ErrorKind::AlreadyExists));
        assert_eq!(finished("free"), Ok(()));
        assert_eq!(names(folder.path()), ["free", "taken"]);
        assert_eq!(["free", "taken"].map(|name| fs::read_to_string(folder.path().join(name)).unwrap()), ["whole", "x"]);
    }
}
