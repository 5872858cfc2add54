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

fn has_wasm_target() -> Result<bool> {
    let output =
        Command::new("rustc").args(["--print", "target-libdir", "--target", WASM]).output().context("rustc could not be started")?;
    ensure!(output.status.success(), "rustc does not know the target {WASM}");
    Ok(Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_dir())
}
