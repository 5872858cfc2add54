//! What must be installed beside cargo.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

/// What plugins are built for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Installs the target for plugins through rustup, unless it is there.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    if has_wasm_target()? {
        return Ok(());
    }
    eprintln!("> rustup target add {WASM}");
    match Command::new("rustup").args(["target", "add", WASM]).status() {
        Ok(status) => ensure!(status.success(), "rustup could not install {WASM}: see above"),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(
            "plugins are built for {WASM}, which this Rust does not have, and there is no rustup to install it: \
             install rustup from https://rustup.rs, or the target with whatever brought your Rust (rust-std-{WASM})"
        ),
        Err(error) => return Err(error).context("rustup could not be started"),
    }
    ensure!(has_wasm_target()?, "rustup says that it installed {WASM}, but rustc does not find it: is another rustc first in PATH?");
    Ok(())
}

/// Installs SQLite's shell, in which the scripts of `--sql` are tested, through apt-get where that is allowed; says how otherwise.
///
/// # Errors
/// There is none, and it cannot be installed from here.
pub(crate) fn ensure_sqlite_shell() -> Result<()> {
    const HOW: &str = "the tests run scripts in SQLite's shell: install it with `apt-get install sqlite3`, `brew install sqlite` or whatever your system has";
    if has_sqlite_shell() {
        return Ok(());
    }
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", "sqlite3"]] {
        eprintln!("> apt-get {}", arguments.join(" "));
        // Without the right to install, apt-get says so and nothing is changed.
        let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
        ensure!(status.is_ok_and(|status| status.success()), HOW);
    }
    ensure!(has_sqlite_shell(), HOW);
    Ok(())
}

fn has_sqlite_shell() -> bool {
    Command::new("sqlite3").arg("-version").output().is_ok_and(|output| output.status.success())
}

fn has_wasm_target() -> Result<bool> {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]).output().context("rustc could not be started")?;
    ensure!(output.status.success(), "rustc does not know the target {WASM}");
    Ok(Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}
