//! Files in the plugins folder that nobody takes for plugins yet, or any more: what is installed, until it is known to be good, and what it
//! replaces, until it is known not to be wanted back.

use std::fs::File;
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
    // A folder that cannot be read is told of by who looks at it.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some((made_at, suffix)) = name.to_str().and_then(made) else { continue };
        let shown = path.display();
        if suffix == FORMER {
            tracing::warn!(
                "{shown} is the former file of a plugin that is being installed, or was when a process was ended; put it back, or remove it"
            );
        } else if suffix == PART && now().saturating_sub(made_at) > ABANDONED.as_secs() {
            match std::fs::remove_file(&path) {
                Ok(()) => tracing::info!("{shown} was left by a process that was ended while it installed a plugin, and is removed"),
                Err(error) => tracing::warn!("{shown} is of no use, and cannot be removed: {error}"),
            }
        }
    }
}

/// When a hidden file was made, and how its name ends.
fn made(name: &str) -> Option<(u64, &str)> {
    let (at, rest) = name.strip_prefix(PREFIX)?.split_once('-')?;
    Some((at.parse().ok()?, &rest[rest.rfind('.')?..]))
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
        let placed = Some(Stamp::of(&std::fs::metadata(written.path())?));
        written.place(file)?;
        let former = Self { file, content, placed };
        // The name is on the disk too before it is said that it is.
        #[cfg(unix)]
        file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())?;
        Ok(former)
    }

    /// Whether what took its place is there still.
    pub(super) fn is_in_place(&self) -> bool {
        let there = std::fs::metadata(self.file).ok().map(|metadata| Stamp::of(&metadata));
        self.placed.as_ref().zip(there).is_some_and(|(placed, there)| placed.is_same_content(&there))
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
