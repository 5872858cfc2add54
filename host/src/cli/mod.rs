//! The command line: reads arguments, calls one verb, prints the outcome.
//!
//! Results go to standard output, everything else to standard error. Exit status: 0 done, 1 refused or failed, 2 wrong usage. A
//! reader that closed its end of the pipe changes none of this.

mod adopt;
mod args;
mod check;
mod drift;
mod edit;
mod inspect;
mod interrupt;
mod migrations;
mod new;
mod openapi;
mod output;
mod pictures;
mod planned;
mod plugins;
mod progress;
mod revision;
mod serve;
mod status;

use std::io;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::service::author::AuthorError;
use crate::service::host::{COMPILE_COMMAND, Host, compile};
use crate::service::scaffold::ScaffoldError;
use crate::service::settings::{Overrides, Settings, SettingsError};
use crate::service::{ServiceError, TargetError};
use args::{Cli, Command, Global};
use output::Output;

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Everything that was asked for.
    Done,
    /// Something was left out or refused, and has been said.
    Incomplete,
}

/// Runs the program to its end.
pub fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == COMPILE_COMMAND) {
        return compile_for_parent(&words.next().unwrap_or_default().to_string_lossy());
    }
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let output = Output { json: cli.global.json, quiet: cli.global.quiet };
    init_logging(&cli.global, matches!(cli.command, Command::Serve(_)));
    match run(cli, output) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Incomplete) => ExitCode::FAILURE,
        Err(error) => {
            output.error(&output::chain(&error));
            if error.chain().any(is_wrong_usage) { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// A server compiles in a process of its own, which is this program again. Its parent is the only one who asks and listens.
fn compile_for_parent(shape: &str) -> ExitCode {
    match compile(shape, io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Output { json: false, quiet: false }.error(&output::chain(&error.into()));
            ExitCode::FAILURE
        }
    }
}

/// Help and version are results, asked for; everything else that ends the parsing is wrong usage.
fn usage(said: &clap::Error) -> ExitCode {
    let printed = said.print();
    if said.use_stderr() {
        // Nobody is left to tell when printing failed.
        return ExitCode::from(2);
    }
    match output::heard(printed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            Output { json: false, quiet: false }.error(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Whether the words of the command line were wrong, whatever the folder and the database hold.
fn is_wrong_usage(cause: &(dyn std::error::Error + 'static)) -> bool {
    cause.is::<TargetError>()
        || matches!(cause.downcast_ref(), Some(ServiceError::Target(_)))
        || matches!(cause.downcast_ref(), Some(SettingsError::Database(_)))
        || matches!(cause.downcast_ref(), Some(AuthorError::Target(_)))
        || cause.downcast_ref().is_some_and(ScaffoldError::is_of_the_name)
}

fn run(cli: Cli, output: Output) -> anyhow::Result<Outcome> {
    let Cli { global: Global { database, plugins, config, verbose, .. }, command } = cli;
    let overrides = Overrides { database, plugins_folder: plugins, config };
    let make = if matches!(command, Command::Serve(_)) { Host::long_running } else { Host::new };
    let (host, verbose) = (|| anyhow::Ok(make(Settings::read(overrides)?)?), verbose > 0);
    match command {
        Command::Upgrade(upgrade) => migrations::upgrade(&host()?, &upgrade, output),
        Command::Downgrade(downgrade) => migrations::downgrade(&host()?, &downgrade, output),
        Command::Stamp(stamp) => migrations::stamp(&host()?, &stamp, output),
        Command::Lint(lint) => migrations::lint(&host()?, &lint, output),
        Command::Verify(verify) => migrations::verify(&host()?, &verify, output),
        Command::Adopt(_) => adopt::from_alembic(&host()?, output),
        Command::Check(given) => check::check(&host()?, &given, output),
        Command::Edit(given) => edit::run(&given, output),
        Command::EnsureVersion => check::ensure_version(&host()?, output),
        Command::Revision(given) => revision::revision(&host()?, &given, output),
        Command::Merge(given) => revision::merge(&host()?, &given, output),
        Command::Drift => drift::drift(&host()?, output),
        Command::Repair(repair) => drift::repair(&host()?, &repair, output),
        Command::Current(current) => status::current(&host()?, &current, output, verbose),
        Command::History(history) => status::history(&host()?, &history, output, verbose),
        Command::Heads(heads) => status::heads(&host()?, &heads, output, verbose),
        Command::Branches => status::branches(&host()?, output, verbose),
        Command::Show(show) => status::show(&host()?, &show, output),
        Command::Graph(given) => pictures::graph(&host()?, &given, output),
        Command::Er(given) => pictures::er(&host()?, &given, output),
        Command::Plugins { command } => plugins::run(&host()?, &command, output),
        Command::Openapi => openapi::run(&host()?, output),
        Command::Serve(serve) => serve::run(&host()?, &serve, output),
        // Needs neither settings nor an engine.
        Command::New(new) => new::run(&new, output),
    }
}

/// Logs go to standard error: warnings by default, more with `-v`, and one line per request while serving. `RUST_LOG` wins over all.
fn init_logging(global: &Global, serving: bool) {
    let level = match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) if serving => "warn,tenon=info",
        (false, 0) => "warn",
        (false, 1) => "warn,tenon=debug",
        (false, _) => "info,tenon=trace",
    };
    let wanted = std::env::var("RUST_LOG").ok().filter(|wanted| !wanted.is_empty());
    let filter = wanted.and_then(|wanted| EnvFilter::try_new(wanted).ok()).unwrap_or_else(|| EnvFilter::new(level));
    // A log that nobody reads any more is no reason to end: reported where, on the same closed pipe?
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    if global.json {
        builder.json().init();
    } else {
        builder.with_ansi(output::is_colourful()).init();
    }
}
