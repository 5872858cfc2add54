//! A plugin's crate, as cargo knows it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use super::error::AuthorError;

/// What a plugin is built for.
const WASM: &str = "wasm32-unknown-unknown";

/// A profile of this name in the workspace is what plugins are built with; else it is `release`.
const PROFILE: &str = "plugin";

/// A plugin's crate.
#[derive(Debug)]
pub(super) struct SourceCrate {
    /// Where its Cargo.toml is.
    pub(super) folder: PathBuf,
    package: String,
    id: String,
    /// Of the language.
    pub(super) edition: String,
    profile: &'static str,
}

/// What is read of `cargo metadata`.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    id: String,
    manifest_path: PathBuf,
    edition: String,
}

/// What is read of a line that a build prints.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

fn cargo(folder: &Path) -> Command {
    // The one that runs this program, where one does.
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(folder).stdin(Stdio::null());
    command
}

impl SourceCrate {
    /// Finds the crate of a folder.
    ///
    /// # Errors
    /// [`AuthorError::NoCrate`], or cargo cannot be run.
    pub(super) fn find(folder: &Path) -> Result<Self, AuthorError> {
        let refuse = |why: String| AuthorError::NoCrate { folder: folder.to_owned(), why };
        let manifest = folder.join("Cargo.toml");
        if !folder.is_dir() {
            return Err(refuse("there is no such folder".to_owned()));
        }
        if !manifest.is_file() {
            return Err(refuse("it has no Cargo.toml".to_owned()));
        }
        let output = cargo(folder).args(["metadata", "--no-deps", "--format-version", "1"]).stderr(Stdio::piped()).output();
        let output = output.map_err(AuthorError::Cargo)?;
        if !output.status.success() {
            return Err(refuse(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let metadata: Metadata = serde_json::from_slice(&output.stdout).map_err(|error| refuse(error.to_string()))?;
        let full = manifest.canonicalize().map_err(|error| refuse(error.to_string()))?;
        let is_it = |package: &Package| package.manifest_path.canonicalize().is_ok_and(|path| path == full);
        let package = metadata.packages.into_iter().find(is_it).ok_or_else(|| refuse("its Cargo.toml is of no package".to_owned()))?;
        let root = metadata.workspace_root.join("Cargo.toml");
        let unusable = |error: &dyn std::error::Error| refuse(format!("{}, from which its profiles are read: {error}", root.display()));
        let text = std::fs::read_to_string(&root).map_err(|error| unusable(&error))?;
        let text: toml::Table = text.parse().map_err(|error: toml::de::Error| unusable(&error))?;
        let has_profile = text.get("profile").and_then(|profiles| profiles.get(PROFILE)).is_some();
        Ok(Self {
            folder: folder.to_owned(),
            package: package.name,
            id: package.id,
            edition: package.edition,
            profile: if has_profile { PROFILE } else { "release" },
        })
    }

    /// Where its revisions are.
    pub(super) fn migrations(&self) -> PathBuf {
        self.folder.join("migrations")
    }

    /// Whether there is any.
    ///
    /// # Errors
    /// [`AuthorError::Unreadable`].
    pub(super) fn has_revisions(&self) -> Result<bool, AuthorError> {
        Ok(files_of(&self.migrations())?.iter().any(|path| path.extension().is_some_and(|extension| extension == "rs")))
    }

    /// Builds it; answers where its component is. What cargo says goes to standard error.
    ///
    /// # Errors
    /// It does not build, or is no library that makes a component.
    pub(super) fn build(&self) -> Result<PathBuf, AuthorError> {
        let mut command = cargo(&self.folder);
        command.args(["build", "--target", WASM, "--profile", self.profile, "--package", &self.package]);
        command.args(["--message-format", "json-render-diagnostics"]).stdout(Stdio::piped());
        let output = command.spawn().and_then(std::process::Child::wait_with_output).map_err(AuthorError::Cargo)?;
        match output.status.code() {
            Some(0) => {}
            Some(_) => return Err(AuthorError::Build { package: self.package.clone() }),
            None => return Err(AuthorError::Stopped { package: self.package.clone() }),
        }
        let messages = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Message>(line).ok());
        let own = messages.filter(|message| message.reason == "compiler-artifact" && message.package_id == self.id);
        let is_component = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
        let found = own.flat_map(|message| message.filenames).rfind(is_component);
        found.ok_or_else(|| AuthorError::NoComponent { package: self.package.clone() })
    }
}

/// What is in a folder; nothing, where it is not there.
///
/// # Errors
/// [`AuthorError::Unreadable`].
pub(super) fn files_of(folder: &Path) -> Result<Vec<PathBuf>, AuthorError> {
    let refuse = |source| AuthorError::Unreadable { path: folder.to_owned(), source };
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path()).map_err(refuse)).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(refuse(error)),
    }
}
