//! Runs cargo at the workspace's root, and asks it what there is.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The cargo that runs us, at the workspace's root.
pub(crate) struct Cargo {
    program: OsString,
    pub(crate) root: PathBuf,
}

/// A package of the workspace.
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    cdylib: bool,
    in_plugins: bool,
}

impl Member {
    /// Whether it is a plugin: a package below `plugins/` that is built as a component.
    pub(crate) fn is_plugin(&self) -> bool {
        self.cdylib && self.in_plugins
    }
}

impl Cargo {
    /// Finds cargo and the root, wherever we were called.
    pub(crate) fn find() -> Result<Self> {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let package = std::env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask`: cargo says where the workspace is")?;
        let root = Path::new(&package).parent().context("xtask is no member of a workspace")?.to_owned();
        Ok(Self { program, root })
    }

    fn command<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(&self.root);
        // Ours say which package is built; cargo would take them for that of the packages that it builds now.
        for (key, _) in std::env::vars_os() {
            let ours = key.to_str().is_some_and(|key| key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_"));
            if ours {
                command.env_remove(key);
            }
        }
        command
    }

    /// Runs cargo; what it prints is printed.
    pub(crate) fn run<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Result<()> {
        self.run_with(arguments, &[])
    }

    /// Runs cargo with environment variables.
    pub(crate) fn run_with<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>, variables: &[(&str, &str)]) -> Result<()> {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        let said = spoken(&command);
        eprintln!("> {said}");
        let status = command.status().with_context(|| format!("{said} could not be started"))?;
        ensure!(status.success(), "{said} failed");
        Ok(())
    }

    /// Builds, and answers the files of every component or program that was asked for, by target name.
    pub(crate) fn build<I: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = I>) -> Result<Vec<Built>> {
        self.build_with(arguments, &[])
    }

    /// Builds with environment variables.
    pub(crate) fn build_with<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
        variables: &[(&str, &str)],
    ) -> Result<Vec<Built>> {
        let mut command = self.command(["build", "--locked", "--message-format=json-render-diagnostics"]);
        command.args(arguments).envs(variables.iter().copied()).stdout(Stdio::piped());
        let said = spoken(&command);
        eprintln!("> {said}");
        let output =
            command.spawn().and_then(std::process::Child::wait_with_output).with_context(|| format!("{said} could not be started"))?;
        ensure!(output.status.success(), "{said} failed");
        let mut built = Vec::new();
        for line in String::from_utf8_lossy(&output.stdout).lines().filter(|line| line.starts_with('{')) {
            let message: Value = serde_json::from_str(line).with_context(|| format!("{said}: cargo's messages cannot be read"))?;
            built.extend(Built::read(&message));
        }
        Ok(built)
    }

    /// The packages of the workspace.
    pub(crate) fn members(&self) -> Result<Vec<Member>> {
        let output = self.command(["metadata", "--no-deps", "--format-version", "1"]).stderr(Stdio::inherit()).output();
        let output = output.context("cargo metadata could not be started")?;
        ensure!(output.status.success(), "cargo metadata failed");
        let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata cannot be read")?;
        let Some(packages) = metadata["packages"].as_array() else { bail!("cargo metadata names no packages") };
        packages.iter().map(|package| self.member(package)).collect()
    }

    fn member(&self, package: &Value) -> Result<Member> {
        let name = package["name"].as_str().context("cargo metadata has a package without a name")?.to_owned();
        let manifest = package["manifest_path"].as_str().with_context(|| format!("cargo metadata does not say where {name} is"))?;
        let folder = Path::new(manifest).parent().unwrap_or(&self.root).to_owned();
        let kinds =
            package["targets"].as_array().into_iter().flatten().flat_map(|target| target["crate_types"].as_array().into_iter().flatten());
        let cdylib = kinds.into_iter().any(|kind| kind == "cdylib");
        let in_plugins = folder.parent().is_some_and(|parent| parent.ends_with("plugins"));
        Ok(Member { name, cdylib, in_plugins, folder })
    }
}

/// The command as a person would type it; a list of files is left out.
fn spoken(command: &Command) -> String {
    let words = command.get_args().map(OsStr::to_string_lossy);
    let words: Vec<_> = words.filter(|word| !word.starts_with("--message-format") && !word.ends_with(".rs")).collect();
    format!("cargo {}", words.join(" ").trim_end_matches(" --"))
}

/// A file that a build made.
pub(crate) struct Built {
    /// The package's name with underscores, or that of an example or program.
    pub(crate) target: String,
    pub(crate) file: PathBuf,
}

impl Built {
    fn read(message: &Value) -> Vec<Self> {
        let target = message["target"]["name"].as_str().unwrap_or_default();
        let files = message["filenames"].as_array().into_iter().flatten().filter_map(Value::as_str).map(PathBuf::from);
        let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        let executable = message["executable"].as_str().map(PathBuf::from);
        files.chain(executable).map(|file| Self { target: target.to_owned(), file }).collect()
    }
}
