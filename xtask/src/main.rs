//! The developer's verbs: `cargo xtask help` lists them. The same ones run here and in CI.
//!
//! Nothing is run but cargo, rustc, rustup, for `serve` the program that was built, for `test` and `bench` apt-get where a program is missing,
//! and for `conformance`, `graphs` and `bench` what they install. Works from any folder of the workspace and with any target directory: where a file was put is asked of cargo.

mod alembic;
mod bench;
mod build;
mod cargo;
mod conformance;
mod graphs;
mod imports;
mod python;
mod serve;
mod toolchain;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};

use cargo::Cargo;

const HELP: &str = "\
The developer's verbs.

cargo xtask serve [OPTIONS]    build host and plugins, run `tenon upgrade head`, serve on 127.0.0.1:8000 with tenon.db
                               (options: those of `tenon serve`, e.g. --port 8001)
cargo xtask test               format check, clippy with warnings denied, every test
cargo xtask conformance [..]   the server held to its description: schemathesis, validators, a generated client (Python, npm, Java)
                               (options go to schemathesis, e.g. --seed 7)
cargo xtask graphs [..]        random revision graphs: the planner beside Alembic, and a rule for each difference (Python; options: --help)
cargo xtask bench http [..]    requests per second beside a hand-written service and PocketBase (wrk; options: --help)
cargo xtask bench loops [..]   what is left for others while a plugin's handlers never come back
cargo xtask bench migrate [..] a long history, a large table and a simulation, beside the same by hand and Alembic (options: --help)
cargo xtask bench scale [..]   starts, memory and requests with 1 to 1,000 plugins, requests with 1,000 and 1,000,000 rows (wrk; options: --help)
cargo xtask bench swap [..]    requests while their plugin is replaced a hundred times, beside quiet times (oha; options: --help)
cargo xtask bench micro [..]   the pieces by themselves (criterion; options go to it, e.g. a name)
cargo xtask build [--release]  build host and plugins, and what they are measured against; with --release leaves target/release/tenon
cargo xtask build-plugins      build the plugins into plugins/<name>.wasm
cargo xtask build-guests       build the plugins that misbehave on purpose, for the host's tests
cargo xtask imports FILE       list the functions that a component imports
cargo xtask lint               clippy with warnings denied
cargo xtask fmt                format everything, revision files included
cargo xtask docs               build the API documentation
cargo xtask help               this text

Each installs the target wasm32-unknown-unknown through rustup when it needs it and it is missing; `test` and `bench` install SQLite's
shell, `bench` also wrk, through apt-get when they are missing; `bench swap` installs oha through cargo, below target/.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let cargo = Cargo::find()?;
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", ref options @ ..] => return serve::serve(&cargo, options),
        ["test"] => test(&cargo)?,
        ["conformance", ref options @ ..] => conformance::run(&cargo, options)?,
        ["graphs", ref options @ ..] => graphs::run(&cargo, options)?,
        ["build"] => build::everything(&cargo, false)?,
        ["build", "--release"] => build::everything(&cargo, true)?,
        ["build-plugins"] => build::plugins(&cargo)?,
        ["build-guests"] => drop(build::guests(&cargo)?),
        ["bench", ref options @ ..] => bench::run(&cargo, options)?,
        ["imports", file] => imports::print(file.as_ref())?,
        ["lint"] => lint(&cargo)?,
        ["fmt"] => format(&cargo, false)?,
        ["docs"] => docs(&cargo)?,
        [] | ["help" | "--help" | "-h"] => print!("{HELP}"),
        _ => {
            eprintln!("error: unknown: cargo xtask {}\n\n{HELP}", arguments.join(" "));
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn test(cargo: &Cargo) -> Result<()> {
    toolchain::ensure_wasm_target()?;
    toolchain::ensure_sqlite_shell()?;
    format(cargo, true)?;
    lint(cargo)?;
    build::plugins(cargo)?;
    build::guests(cargo)?;
    docs(cargo)?;
    cargo.run(["test", "--workspace", "--locked"])
}

fn lint(cargo: &Cargo) -> Result<()> {
    cargo.run(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
}

/// Formats, or checks the format of, all packages, and what cargo does not find: the revision files, which a macro includes, and the
/// examples.
fn format(cargo: &Cargo, check: bool) -> Result<()> {
    let mut arguments = vec!["fmt".to_owned(), "--all".to_owned()];
    arguments.extend(check.then(|| "--check".to_owned()));
    arguments.push("--".to_owned());
    let first = arguments.len();
    for member in cargo.members()? {
        rust_files(&member.folder.join("migrations"), &mut arguments)?;
    }
    // What is outside of the workspace, whole: each is a crate of its own.
    rust_files(&cargo.root.join("examples"), &mut arguments)?;
    arguments[first..].sort();
    cargo.run(arguments)
}

fn rust_files(folder: &Path, found: &mut Vec<String>) -> Result<()> {
    // Most packages have none.
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let Some(path) = path.to_str() else { bail!("{} is no UTF-8: cargo fmt cannot be told of it", path.display()) };
            found.push(path.to_owned());
        }
    }
    Ok(())
}

fn docs(cargo: &Cargo) -> Result<()> {
    // `--examples` makes cargo choose the features that the tests have too: else every crate below is checked once more.
    let arguments = ["doc", "--workspace", "--no-deps", "--locked", "--lib", "--examples"];
    // The host's program has the page of its library.
    let programs = ["xtask", "native-baseline", "native-migrations"].into_iter().flat_map(|name| ["--bin", name]);
    // Guests are components that break something: examples that nobody reads about.
    let guests = ["--exclude", "tenon-test-guests", "--exclude", "tenon-bench-guests"];
    cargo.run_with(arguments.into_iter().chain(programs).chain(guests), &[("RUSTDOCFLAGS", "-D warnings")])
}
