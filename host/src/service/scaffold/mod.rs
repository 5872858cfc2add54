//! `tenon new`: writes the crate of a plugin that builds and serves as it stands.
//!
//! The crate needs nothing that is not on a package registry: the SDK of this program's own version is written beside it. What is
//! written is read back by nobody; it is the author's from then on.

mod sdk;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::model::manifest::RESERVED_PATHS;
use crate::model::name::NameError;
use crate::model::{Name, PluginName};

/// Why no crate was written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// The name cannot be a plugin's.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A crate of that name could not be compiled.
    #[error("{0:?} is a word of the Rust language or a crate that the plugin needs; choose another name")]
    Taken(String),
    /// The plugin's table or index could not be called after it.
    #[error("the plugin's table would be called after it, and {source}; choose another name")]
    Table {
        /// Why.
        source: NameError,
    },
    /// The collection's path is the host's own.
    #[error("/api/v1/{0} is the host's own; choose another name")]
    Path(String),
    /// There is something already.
    #[error("{} already exists; choose another name, or go to another folder", .0.display())]
    Exists(PathBuf),
    /// The SDK that was named is none.
    #[error("{} is not a checkout of tenon-sdk: it has no Cargo.toml of that name", .0.display())]
    NoSdk(PathBuf),
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ScaffoldError {
    /// Whether no crate can have the name, whatever the folder holds.
    pub fn is_of_the_name(&self) -> bool {
        match self {
            Self::Name(_) | Self::Taken(_) | Self::Table { .. } | Self::Path(_) => true,
            Self::Exists(_) | Self::NoSdk(_) | Self::Write { .. } => false,
        }
    }
}

/// Names that cargo or rustc would stumble over.
const TAKEN: [&str; 12] = ["abstract", "async", "core", "crate", "fn", "proc-macro", "self", "std", "super", "tenon-sdk", "test", "type"];

/// Writes the crate `name` into the folder `into`, with its first revision written at `now`.
///
/// # Shape
/// The paths of the author's own files, relative to `into`; the SDK's are not listed.
/// # Errors
/// See [`ScaffoldError`]. Nothing is overwritten.
pub fn write(into: &Path, name: &str, sdk: Option<&Path>, now: DateTime<Utc>) -> Result<Vec<PathBuf>, ScaffoldError> {
    let name = require_name(name)?;
    let sdk_path = match sdk {
        None => "tenon-sdk/guest-sdk".to_owned(),
        Some(path) => sdk::require_checkout(path)?,
    };
    let root = into.join(name.as_str());
    // Made by this call or refused: whatever stands there is somebody's.
    std::fs::create_dir(&root).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => ScaffoldError::Exists(root.clone()),
        _ => ScaffoldError::Write { path: root.clone(), source },
    })?;
    let files = files(&name, &sdk_path, now);
    for (path, content) in &files {
        write_file(&root.join(path), content.as_bytes())?;
    }
    if sdk.is_none() {
        sdk::write(&root.join("tenon-sdk"))?;
    }
    Ok(files.into_iter().map(|(path, _)| Path::new(name.as_str()).join(path)).collect())
}

/// The name of a plugin whose crate builds and which the host does not refuse for what is named after it.
fn require_name(name: &str) -> Result<PluginName, ScaffoldError> {
    let name: PluginName = name.parse()?;
    if TAKEN.contains(&name.as_str()) {
        return Err(ScaffoldError::Taken(name.to_string()));
    }
    if RESERVED_PATHS.contains(&name.as_str()) {
        return Err(ScaffoldError::Path(name.to_string()));
    }
    let table = table_name(&name);
    for object in [format!("ix_{table}_title"), table] {
        object.parse::<Name>().map_err(|source| ScaffoldError::Table { source })?;
    }
    Ok(name)
}

fn write_file(path: &Path, content: &[u8]) -> Result<(), ScaffoldError> {
    let failed = |source| ScaffoldError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, content).map_err(failed)
}

/// The author's files, from the templates.
fn files(name: &PluginName, sdk_path: &str, now: DateTime<Utc>) -> Vec<(PathBuf, String)> {
    // The id must differ between two plugins written in one minute; the random half of a ULID does.
    let id: String = ulid::Ulid::generate().random().to_be_bytes()[6..12].iter().map(|byte| format!("{byte:02x}")).collect();
    let table = table_name(name);
    let fill = |template: &str| {
        template
            .replace("{{name}}", name.as_str())
            .replace("{{table}}", &table)
            .replace("{{type}}", &type_name(name))
            .replace("{{sdk}}", sdk_path)
    };
    let revision = format!("migrations/{}_{id}_create_{table}.rs", now.format("%Y%m%d_%H%M"));
    let templates: [(String, &str); 7] = [
        ("Cargo.toml".to_owned(), include_str!("templates/Cargo.toml.txt")),
        (".cargo/config.toml".to_owned(), include_str!("templates/config.toml.txt")),
        (".gitignore".to_owned(), "/target\n"),
        ("build.rs".to_owned(), include_str!("templates/build.rs.txt")),
        ("README.md".to_owned(), include_str!("templates/README.md.txt")),
        ("src/lib.rs".to_owned(), include_str!("templates/lib.rs.txt")),
        (revision, include_str!("templates/revision.rs.txt")),
    ];
    templates.into_iter().map(|(path, template)| (PathBuf::from(path), fill(template))).collect()
}

/// `order-book` becomes `order_book`.
fn table_name(name: &PluginName) -> String {
    name.as_str().replace('-', "_")
}

/// `order-book` becomes `OrderBook`; the template puts `Plugin` after it, so that it is none of the names that it uses itself.
fn type_name(name: &PluginName) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.as_str().split('-').map(capital).collect()
}

#[cfg(test)]
mod tests;
