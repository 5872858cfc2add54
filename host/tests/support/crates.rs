//! Plugins' crates, built as their authors build them.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One plugin is built at a time: they share a target directory, and all are called `notes`.
pub fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where they are built: what they are made of is compiled once.
pub fn shared_target() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("plugins")
}

/// The same versions as the workspace's: they are on this machine.
pub fn prepare(folder: &Path) {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    std::fs::create_dir_all(shared_target()).expect("a folder can be made");
    std::fs::copy(lock, folder.join("Cargo.lock")).expect("the lockfile can be copied");
}

/// Cargo says of the package under test where it is; the one that is built now must not take that for its own.
pub fn without_cargos_own(command: &mut Command) {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_")) {
        if name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
    command.env("CARGO_NET_OFFLINE", "true");
}
