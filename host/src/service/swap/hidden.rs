//! Files in the plugins folder that nobody takes for plugins yet, or any more: what is installed, until it is known to be good, and what it
//! replaces, until it is known not to be wanted back.

use std::fs::{DirEntry, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::{Builder, NamedTempFile, TempPath};

use super::administration::InstallError;
use crate::service::agreement::file_name;
use crate::service::folder::{self, Stamp};

/// A file in the plugins folder that nobody takes for a plugin yet: its name is hidden. It goes when this is dropped.
pub(super) struct Hidden(TempPath);

/// How a hidden file's name begins; after it the second of Unix time in which it was made: its times are those of the file that it is.
const PREFIX: &str = ".tenon-";

/// How one ends that is sent again where it is missed.
const PART: &str = ".part";

/// How one ends that may be all that there is of a plugin.
const FORMER: &str = ".former";

/// How old a hidden file is that nobody is at work on any more: proofs take ten minutes at most.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Makes a hidden file.
fn hidden<T>(folder: &Path, suffix: &str, make: impl FnMut(&Path) -> io::Result<T>) -> io::Result<NamedTempFile<T>> {
    Builder::new().prefix(&format!("{PREFIX}{}-", now())).suffix(suffix).make_in(folder, make)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Takes away what a process left that was ended while it installed a plugin; names what that was to replace.
pub(super) fn sweep(folder: &Path) {
    let made_at = |name: &str| name.strip_prefix(PREFIX)?.rsplit_once('.')?.0.split_once('-')?.0.parse::<u64>().ok();
    let is_abandoned =
        |entry: &DirEntry| entry.file_name().to_str().and_then(made_at).is_some_and(|at| now().saturating_sub(at) > ABANDONED.as_secs());
    // A folder that cannot be read is told of by who looks at it.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten().filter(is_abandoned) {
        let path = entry.path();
        let name = path.display();
        match path.to_str() {
            Some(text) if text.ends_with(PART) => match std::fs::remove_file(&path) {
                Ok(()) => tracing::info!("{name} was left by a process that was ended while it installed a plugin, and is removed"),
                Err(error) => tracing::warn!("{name} is of no use, and cannot be removed: {error}"),
            },
            Some(text) if text.ends_with(FORMER) => {
                tracing::warn!("{name} is the former file of a plugin whose installation was broken off; put it back, or remove it");
            }
            _ => {}
        }
    }
}

/// Writes a component down.
pub(super) fn write(folder: &Path, component: &[u8]) -> io::Result<Hidden> {
    written(folder, PART, component)
}

fn written(folder: &Path, suffix: &str, component: &[u8]) -> io::Result<Hidden> {
    let mut file = hidden(folder, suffix, |name| {
        let mut options = File::options();
        options.write(true).create_new(true);
        // As the operator's other files, so that others of the same group can look at it.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o644);
        options.open(name)
    })?;
    file.write_all(component)?;
    file.as_file().sync_all()?;
    Ok(Hidden(file.into_temp_path()))
}

/// Gives a file a second name, whatever it is; where the system does not allow that, a copy of it, if it has no more bytes than that.
fn keep(file: &Path, limit: u64) -> io::Result<Hidden> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let linked = hidden(folder, FORMER, |name| std::fs::hard_link(file, name));
    match linked {
        Ok(linked) => Ok(Hidden(linked.into_temp_path())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => written(folder, FORMER, &folder::read(file, limit)?),
    }
}

/// A file as it was before another took its place: put back when this is dropped.
pub(super) struct Former<'a> {
    file: &'a Path,
    /// None where there was no file.
    content: Option<Hidden>,
    /// What took its place, as long as it may have to go again.
    placed: Option<Stamp>,
}

impl<'a> Former<'a> {
    /// Puts what was written in a file's place, which has so many bytes at most.
    pub(super) fn replaced_by(written: Hidden, file: &'a Path, limit: u64) -> Result<Self, InstallError> {
        let content = match keep(file, limit) {
            Ok(content) => Some(content),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(InstallError::Irreplaceable { file: file_name(file), reason: error.to_string() }),
        };
        written.place(file)?;
        let placed = Some(Stamp::of(&std::fs::metadata(file)?));
        let former = Self { file, content, placed };
        // The name is on the disk too before it is said that it is.
        #[cfg(unix)]
        file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        Ok(former)
    }

    /// Whether what took its place is there still.
    pub(super) fn is_in_place(&self) -> bool {
        std::fs::metadata(self.file).is_ok_and(|metadata| self.placed == Some(Stamp::of(&metadata)))
    }

    /// Leaves what took its place there. Answers whether there was a file.
    pub(super) fn let_go(mut self) -> bool {
        self.placed = None;
        self.content.is_some()
    }
}

impl Drop for Former<'_> {
    fn drop(&mut self) {
        if self.placed.is_none() {
            return;
        }
        let name = self.file.display();
        // Exchanging it took a while, in which somebody may have put another one there.
        if !self.is_in_place() {
            tracing::warn!("{name} was changed while it was to be installed over HTTP; it stays as it is now");
            return;
        }
        let done = match self.content.take() {
            Some(Hidden(content)) => content.persist(self.file).map_err(|failed| {
                // It may be all that there is of it.
                let kept = failed.path.keep().unwrap_or_else(|lost| lost.path.to_path_buf());
                format!("{}; what it was before is in {}", failed.error, kept.display())
            }),
            None => std::fs::remove_file(self.file).map_err(|error| error.to_string()),
        };
        if let Err(error) = done {
            tracing::error!("{name}, which could not be served, could not be taken out again: {error}");
        }
    }
}

impl Hidden {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Gives it its name, in the place of a file that has it.
    fn place(self, file: &Path) -> io::Result<()> {
        Ok(self.0.persist(file)?)
    }
}
