//! Measuring: what is measured, against whom, and how honest it is, is in `docs/benchmarks/README.md`.

mod check;
mod contestant;
mod destination;
mod http;
mod load;
mod loops;
mod machine;
mod migrate;
mod options;
mod pocketbase;
mod report;
mod rows;
mod scale;
mod server;
mod shell;
mod statistics;
mod stop;
mod swap;
mod table;
mod tools;
mod verdict;

use anyhow::{Result, bail};

use crate::build;
use crate::cargo::Cargo;

/// `cargo xtask bench ..`.
pub(crate) fn run(cargo: &Cargo, arguments: &[&str]) -> Result<()> {
    match arguments {
        ["http", options @ ..] => http::run(cargo, &options::Options::read(options)),
        ["loops", options @ ..] => loops::run(cargo, options),
        ["migrate", options @ ..] => migrate::run(cargo, options),
        ["scale", options @ ..] => scale::run(cargo, options),
        ["swap", options @ ..] => swap::run(cargo, options),
        ["micro", options @ ..] => {
            // The rows are those of the plugin shop, the handlers a test guest's.
            build::plugins(cargo)?;
            build::guests(cargo)?;
            cargo.run(["bench", "--locked", "--package", "tenon", "--bench", "micro", "--"].iter().chain(options))
        }
        _ => bail!(
            "say what to measure: `cargo xtask bench http`, `.. loops`, `.. migrate`, `.. scale`, `.. swap` or `.. micro`; all but the last have \
             --help"
        ),
    }
}
