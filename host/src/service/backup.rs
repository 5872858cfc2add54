//! `--backup` of `tenon upgrade` and `downgrade`: a copy of the database before anything is done to it, and how it is put back.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use chrono::Utc;
use serde::Serialize;

use super::error::ServiceError;
use super::live::Live;
use super::settings::Settings;
use super::unfinished::Unfinished;

/// Where the copy goes.
#[derive(Debug, Clone)]
pub enum BackupTo {
    /// Beside the database, under a name that tells the time.
    Beside,
    /// There.
    Path(PathBuf),
}

/// A copy that was made.
#[derive(Debug, Clone, Serialize)]
pub struct Backup {
    /// Where it is.
    pub path: PathBuf,
    /// What to type to put it back, once nobody has the database open.
    pub restore: String,
}

/// Copies the database, as others go on using it; none where there is none yet.
///
/// # Errors
/// The file is there already, or cannot be written.
pub(super) fn make(live: &Live, settings: &Settings, to: &BackupTo) -> Result<Option<Backup>, ServiceError> {
    let database = &settings.database;
    if !database.exists() {
        return Ok(None);
    }
    let path = match to {
        BackupTo::Path(path) => path.clone(),
        BackupTo::Beside => {
            let mut name = database.clone().into_os_string();
            name.push(format!(".{}.backup", Utc::now().format("%Y%m%dT%H%M%S%.3fZ")));
            name.into()
        }
    };
    if path.exists() {
        return Err(ServiceError::BackupThere(path));
    }
    // Under another name until it is whole: what looks like a backup is one, whatever ends the process meanwhile.
    let part = Unfinished::beside(&path, "backup").map_err(|source| ServiceError::no_room(&path, source))?;
    live.copy_to(part.path())?;
    match part.finish(&path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(ServiceError::BackupThere(path)),
        named => named.map_err(|source| ServiceError::BackupUnnamed { path: path.clone(), source })?,
    }
    // What the file lacks, its WAL would give back, and that is what is to be undone; so would a journal, of whoever left one.
    let restore = format!("rm -f {0}-wal {0}-shm {0}-journal && cp {1} {0}", quoted(database), quoted(&path));
    Ok(Some(Backup { path, restore }))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:@".contains(c));
    if plain && !text.starts_with('-') { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
