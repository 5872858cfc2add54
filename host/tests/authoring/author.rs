//! A crate beside a host, and its author.

use std::path::{Path, PathBuf};

use crate::support::crates::{one_at_a_time, prepare, shared_target, without_cargos_own};
use crate::support::{Said, TestHost, rows};

/// The checkout's own folder, and what is in it.
pub(crate) fn checkout(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    path.canonicalize().unwrap().to_str().unwrap().to_owned()
}

/// A crate as `tenon new` writes it, beside a host.
pub(crate) struct Author {
    pub(crate) host: TestHost,
    name: &'static str,
}

impl Author {
    /// A crate `notes` with an SDK of its own.
    pub(crate) fn new() -> Self {
        Self::of(TestHost::new(), "notes", &[])
    }

    /// A crate with the checkout's SDK, which is compiled once for all of them.
    pub(crate) fn beside(host: TestHost, name: &'static str) -> Self {
        Self::of(host, name, &["--sdk", &checkout("guest-sdk")])
    }

    fn of(host: TestHost, name: &'static str, options: &[&str]) -> Self {
        host.run_with(&[&["new", name], options].concat()).done();
        prepare(&host.path(name));
        Self { host, name }
    }

    /// Runs the program as its author does, with the crate's builds in a folder that others have filled.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let _one = one_at_a_time();
        let mut command = self.host.command(arguments);
        without_cargos_own(&mut command);
        command.env("CARGO_TARGET_DIR", shared_target()).output().unwrap().into()
    }

    pub(crate) fn revision(&self, arguments: &[&str]) -> Said {
        self.run(&[&["revision", "--plugin", self.name], arguments].concat())
    }

    pub(crate) fn autogenerate(&self, message: &str) -> Said {
        self.revision(&["--autogenerate", "-m", message])
    }

    /// A file of the crate.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.host.path(self.name).join(name)
    }

    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from:?} is not in {file}:\n{text}");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    pub(crate) fn model(&self, from: &str, to: &str) {
        self.edit("src/lib.rs", from, to);
    }

    /// The revision files, in the order in which they were written.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("migrations")).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort_by_key(|file| file.metadata().unwrap().modified().unwrap());
        files
    }

    pub(crate) fn id_of(file: &Path) -> String {
        file.file_name().unwrap().to_str().unwrap().split('_').nth(2).unwrap().to_owned()
    }

    pub(crate) fn columns(&self) -> Vec<String> {
        rows(&self.host.database(), "SELECT name FROM pragma_table_info('notes') ORDER BY name")
    }
}
