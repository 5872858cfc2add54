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

/// Installs SQLite's shell, in which the scripts of `--sql` are tested; see [`ensure_program`].
pub(crate) fn ensure_sqlite_shell() -> Result<()> {
    ensure_program("sqlite3", "sqlite3", "scripts are run and rows are counted in SQLite's shell")
}

/// Installs a program through apt-get where that is allowed; says how otherwise.
///
/// # Errors
/// There is none, and it cannot be installed from here. `why` it is needed is in the error.
pub(crate) fn ensure_program(program: &str, package: &str, why: &str) -> Result<()> {
    let is_there = || Command::new(program).arg("--version").output().is_ok();
    if is_there() {
        return Ok(());
    }
    let how = || format!("{why}: install {program} with `apt-get install {package}` or whatever your system has");
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", package]] {
        eprintln!("> apt-get {}", arguments.join(" "));
        // Without the right to install, apt-get says so and nothing is changed.
        let status = Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").status();
        ensure!(status.is_ok_and(|status| status.success()), how());
    }
    ensure!(is_there(), how());
    Ok(())
}

fn has_wasm_target() -> Result<bool> {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]).output().context("rustc could not be started")?;
    ensure!(output.status.success(), "rustc does not know the target {WASM}");
    Ok(Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}
