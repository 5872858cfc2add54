//! Holds the server to its own description with tools that nobody here wrote: a fuzzer, two validators and a generator of clients.
//!
//! They are installed below the target folder, through pip and npm, in the versions named here. Not a part of `cargo xtask test`: it
//! takes some minutes and needs Python, npm and Java.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::build;
use crate::cargo::Cargo;
use crate::python;

const PYTHON_TOOLS: [&str; 3] = ["schemathesis==4.32.5", "openapi-spec-validator==0.9.0", "openapi-generator-cli==7.26.0"];
const NODE_TOOLS: [&str; 1] = ["@stoplight/spectral-cli@6.16.3"];

/// How hard the fuzzer tries, unless it is told otherwise.
const FUZZING: [&str; 2] = ["--max-examples", "100"];

/// Runs all of it; `options` go to schemathesis, e.g. `--seed 7`.
pub(crate) fn run(cargo: &Cargo, options: &[&str]) -> Result<()> {
    build::plugins(cargo)?;
    let tenon = build::host(cargo)?;
    let place = Place::new(cargo)?;
    place.install()?;

    let description = place.folder.join("openapi.json");
    let output = place.tenon(&tenon, &["openapi"]).output().context("tenon could not be started")?;
    ensure!(output.status.success(), "tenon openapi failed");
    std::fs::write(&description, output.stdout).with_context(|| description.display().to_string())?;
    done(place.python("openapi-spec-validator").arg(&description))?;
    let ruleset = cargo.root.join("xtask/conformance/spectral.yaml");
    done(Command::new(place.node("spectral")).args(["lint", "--fail-severity", "warn", "--ruleset"]).arg(ruleset).arg(&description))?;

    done(&mut place.tenon(&tenon, &["upgrade", "head", "--quiet"]))?;
    let server = Server::start(place.tenon(&tenon, &["serve", "--port", "0", "--quiet"]))?;
    place.generate_client(&description)?;
    done(place.python("python").arg(cargo.root.join("xtask/conformance/client.py")).arg(&server.url))?;
    let phases = ["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"];
    let mut fuzz = place.python("schemathesis");
    fuzz.arg("run").arg(format!("{}/openapi.json", server.url)).args(phases).args(fuzzing(options)).args(options);
    done(fuzz.current_dir(&place.folder))
}

/// How hard the fuzzer tries, where `options` do not say it, in two words or in one.
fn fuzzing(options: &[&str]) -> &'static [&'static str] {
    let says = |option: &&str| option.strip_prefix(FUZZING[0]).is_some_and(|rest| rest.is_empty() || rest.starts_with('='));
    if options.iter().any(says) { &[] } else { &FUZZING }
}

/// Where everything is put.
struct Place {
    folder: PathBuf,
    plugins: PathBuf,
}

impl Place {
    fn new(cargo: &Cargo) -> Result<Self> {
        let folder = cargo.root.join("target/conformance");
        // A database of its own for each run; what was installed stays.
        let database = folder.join("run");
        if database.exists() {
            std::fs::remove_dir_all(&database).with_context(|| database.display().to_string())?;
        }
        std::fs::create_dir_all(&database).with_context(|| database.display().to_string())?;
        Ok(Self { folder, plugins: cargo.root.join("plugins") })
    }

    fn install(&self) -> Result<()> {
        python::install(&self.folder.join("venv"), &PYTHON_TOOLS)?;
        done(Command::new("npm").args(["install", "--silent", "--prefix"]).arg(&self.folder).args(NODE_TOOLS))
    }

    fn generate_client(&self, description: &Path) -> Result<()> {
        let client = self.folder.join("client");
        let quiet = Stdio::null();
        let mut generate = self.python("openapi-generator-cli");
        generate.args(["generate", "-g", "python", "--package-name", "tenon_client", "-i"]).arg(description).arg("-o").arg(&client);
        done(generate.stdout(quiet))?;
        done(self.python("pip").args(["install", "--quiet", "--force-reinstall", "--no-deps"]).arg(&client))?;
        done(self.python("pip").args(["install", "--quiet"]).arg(&client))
    }

    fn python(&self, program: &str) -> Command {
        Command::new(self.folder.join("venv/bin").join(program))
    }

    fn node(&self, program: &str) -> PathBuf {
        self.folder.join("node_modules/.bin").join(program)
    }

    fn tenon(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).arg("--plugins").arg(&self.plugins).current_dir(self.folder.join("run"));
        command
    }
}

fn done(command: &mut Command) -> Result<()> {
    let said = Path::new(command.get_program()).file_name().unwrap_or_default().display().to_string();
    eprintln!("> {said}");
    let status = command.status().with_context(|| format!("{said} could not be started; is it installed?"))?;
    ensure!(status.success(), "{said} failed");
    Ok(())
}

/// A server that ends with this.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(mut command: Command) -> Result<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().context("tenon could not be started")?;
        let mut line = String::new();
        let out = child.stdout.take().context("it is piped")?;
        BufReader::new(out).read_line(&mut line).context("the server says nothing")?;
        let url = line.trim_end().strip_prefix("listening on ").map(str::to_owned);
        let server = Self { child, url: url.unwrap_or_default() };
        ensure!(!server.url.is_empty(), "the server did not start");
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, and then it has said why.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::{FUZZING, fuzzing};

    #[test]
    fn whoever_says_how_hard_to_try_is_listened_to() {
        assert_eq!(fuzzing(&["--seed", "7"]), FUZZING);
        assert!(fuzzing(&["--max-examples", "50"]).is_empty() && fuzzing(&["--max-examples=50"]).is_empty());
    }
}
