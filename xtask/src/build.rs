//! Builds the host, the plugins and the host's test guests.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use crate::cargo::{Built, Cargo};
use crate::imports;
use crate::toolchain::{self, WASM};

/// Host and plugins, and what the host is measured against.
pub(crate) fn everything(cargo: &Cargo, release: bool) -> Result<()> {
    plugins(cargo)?;
    let mut arguments = vec!["--package", "tenon", "--package", "native-baseline", "--bins"];
    arguments.extend(release.then_some("--release"));
    for built in cargo.build(arguments)? {
        eprintln!("built {}", built.file.display());
    }
    Ok(())
}

/// The host; answers where its program is.
pub(crate) fn host(cargo: &Cargo) -> Result<PathBuf> {
    let built = cargo.build(["--package", "tenon", "--bins"])?;
    Ok(built.into_iter().find(|built| built.target == "tenon").context("the build of the host left no program")?.file)
}

/// A package's program of the same name in release; answers where it is.
pub(crate) fn released(cargo: &Cargo, package: &str) -> Result<PathBuf> {
    released_program(cargo, package, package)
}

/// One of a package's programs in release; answers where it is.
pub(crate) fn released_program(cargo: &Cargo, package: &str, program: &str) -> Result<PathBuf> {
    let built = cargo.build(["--package", package, "--bin", program, "--release"])?;
    let built = built.into_iter().find(|built| built.target == program);
    Ok(built.with_context(|| format!("the build of {package} left no program {program}"))?.file)
}

/// Every plugin, copied to `plugins/<name>.wasm`.
pub(crate) fn plugins(cargo: &Cargo) -> Result<()> {
    toolchain::ensure_wasm_target()?;
    let members = cargo.members()?;
    let plugins: Vec<&str> = members.iter().filter(|member| member.is_plugin()).map(|member| member.name.as_str()).collect();
    ensure!(!plugins.is_empty(), "there is no plugin in plugins/");
    let mut arguments = vec!["--profile", "plugin", "--target", WASM];
    plugins.iter().for_each(|plugin| arguments.extend(["--package", plugin]));
    let built = cargo.build(arguments)?;
    for plugin in plugins {
        let Some(component) = built.iter().find(|built| built.target.replace('_', "-") == plugin) else {
            bail!("the build of {plugin} left no component; is its crate-type [\"cdylib\"]?");
        };
        require_component(component)?;
        let to = cargo.root.join("plugins").join(plugin).with_extension("wasm");
        replace(&component.file, &to)?;
        let size = std::fs::metadata(&to).with_context(|| to.display().to_string())?.len();
        eprintln!("built plugins/{plugin}.wasm, {size} bytes");
    }
    Ok(())
}

/// The plugins that misbehave on purpose; they stay where cargo puts them, and the answer is where that is.
pub(crate) fn guests(cargo: &Cargo) -> Result<PathBuf> {
    let (folder, number) = examples(cargo, "tenon-test-guests", &[])?;
    eprintln!("built {number} test guests in {}", folder.display());
    Ok(folder)
}

/// The plugins that are measured, one of them with so many revisions; they stay where cargo puts them, as the guests do.
pub(crate) fn bench_guests(cargo: &Cargo, revisions: u32) -> Result<PathBuf> {
    let (folder, _) = examples(cargo, "tenon-bench-guests", &[("TENON_BENCH_REVISIONS", &revisions.to_string())])?;
    Ok(folder)
}

/// The examples of a package, each a component; answers where they are and how many.
fn examples(cargo: &Cargo, package: &str, variables: &[(&str, &str)]) -> Result<(PathBuf, usize)> {
    toolchain::ensure_wasm_target()?;
    let built = cargo.build_with(["--profile", "plugin", "--target", WASM, "--package", package, "--examples"], variables)?;
    built.iter().try_for_each(require_component)?;
    let folder =
        built.first().and_then(|built| built.file.parent()).with_context(|| format!("the build of {package} left no component"))?;
    Ok((folder.to_owned(), built.len()))
}

/// A component that imports something else than the contract would be refused by the host; better said here.
fn require_component(built: &Built) -> Result<()> {
    let foreign = imports::of_file(&built.file)?.into_iter().find(|import| !import.interface.starts_with("tenon:plugin/"));
    match foreign {
        Some(import) => {
            bail!("{} imports {} from {}: a plugin imports nothing but tenon:plugin", built.target, import.function, import.interface)
        }
        None => Ok(()),
    }
}

/// Copies beside the destination and renames, so that a host that scans the folder never sees half a file.
fn replace(from: &Path, to: &Path) -> Result<()> {
    let beside = to.with_extension("wasm.part");
    std::fs::copy(from, &beside).with_context(|| format!("{} could not be copied to {}", from.display(), beside.display()))?;
    std::fs::rename(&beside, to).with_context(|| format!("{} could not be written", to.display()))
}
