//! All of the command line's types. Help text is written here and nowhere else: what holds for every command and what commands there are in this
//! file, the arguments of each in the room of its family.

mod author;
mod look;
mod migrate;
mod plugins;
mod serve;

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(super) use author::{ALL_PAIRS, Check, Edit, Merge, New, Revision};
pub(super) use look::{Current, Heads, History, Picture, PictureFormat, Show};
pub(super) use migrate::{Adopt, Downgrade, Extent, Lint, Repair, SqliteVersion, Stamp, Upgrade, Verify};
pub(super) use plugins::Plugins;
pub(super) use serve::Serve;

/// Examples that `tenon --help` ends with.
const EXAMPLES: &str = "\
Examples:
  tenon upgrade head                apply all pending revisions of all plugins
  tenon upgrade shop@head           only those of shop, and what they depend on
  tenon downgrade -1                undo the revision applied last
  tenon downgrade shop@base         undo everything of shop
  tenon upgrade head --sql          print the SQL instead of running it
  tenon serve --port 8080           serve the plugins' endpoints

Results go to standard output, progress and errors to standard error.
Exit status: 0 done, 1 refused or failed, 2 wrong usage.";

/// Lets a service's database grow by plugins.
#[derive(Debug, Parser)]
#[command(name = "tenon", version, after_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line and the environment.
    ///
    /// # Errors
    /// Help or the version was asked for, or the usage is wrong.
    pub(super) fn read() -> Result<Self, clap::Error> {
        let cli = Self::from_arg_matches(&without_empty_variables(Self::command()).try_get_matches()?)?;
        match &cli.command {
            Command::Graph(given) | Command::Er(given) if cli.global.json && given.format.is_some() => {
                let reason = "--format is how a picture is written, and --json writes what it shows instead: leave one of them out";
                Err(Self::command().error(ErrorKind::ArgumentConflict, reason))
            }
            _ => Ok(cli),
        }
    }
}

/// Variables that are set to nothing count as not set: that is how they are unset for one command.
fn without_empty_variables(command: clap::Command) -> clap::Command {
    let is_empty = |name: &OsStr| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let command = command.mut_args(|arg| if arg.get_env().is_some_and(is_empty) { arg.env(Resettable::Reset) } else { arg });
    command.mut_subcommands(without_empty_variables)
}

/// Options that stand before or after the command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    /// The database, as sqlite:PATH [default: sqlite:tenon.db]
    #[arg(long, global = true, value_name = "URL", env = "TENON_DATABASE")]
    pub database: Option<String>,
    /// The folder that is scanned for *.wasm [default: plugins]
    #[arg(long, global = true, value_name = "DIR", env = "TENON_PLUGINS")]
    pub plugins: Option<PathBuf>,
    /// The configuration file [default: tenon.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "TENON_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print facts as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Say more; twice: everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
    /// Say nothing but errors; results are still printed
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Apply revisions up to a target
    #[command(after_help = "\
Targets: head, heads, REV or a unique prefix, +N, PLUGIN@head, PLUGIN@REV, PLUGIN@+N, REV+N; with --sql also FROM:TO.

Examples:
  tenon upgrade head
  tenon upgrade shop@a1b2c3d4e5f6
  tenon upgrade +1
  tenon upgrade head --plan              what would be done, and to how many rows
  tenon upgrade head --simulate          does it to a copy, and says what came of it
  tenon upgrade head --backup            copies the database first
  tenon upgrade head --sql > schema.sql")]
    Upgrade(Upgrade),
    /// Undo revisions down to a target
    #[command(after_help = "\
Targets: -N, base, REV (undoes what came after it), PLUGIN@base, PLUGIN@REV, PLUGIN@-N, REV-N; with --sql also FROM:TO.
What another applied revision depends on stays, unless --cascade is given.

Examples:
  tenon downgrade -1
  tenon downgrade base
  tenon downgrade notes@base
  tenon downgrade shop@base --cascade
  tenon downgrade -1 --backup            copies the database first")]
    Downgrade(Downgrade),
    /// Record revisions as applied, or as not applied, without running them
    #[command(after_help = "\
For a schema that came about in another way. What the revisions make, is there and belongs to nobody, becomes their plugin's.

It goes back, too: `tenon stamp shop@base`. No object is touched then; what is recorded no more can be recorded again, or made anew.

Examples:
  tenon stamp shop@a1b2c3d4e5f6
  tenon stamp -1                         the revision recorded last is recorded no more
  tenon stamp shop@head --purge          when the database says what no file knows")]
    Stamp(Stamp),
    /// Take over a database whose tables another program's migrations made
    #[command(after_help = "\
Each plugin's revisions are replayed in memory; the first that leaves what is there is recorded, and the objects
become the plugin's. Where the version is the id of a revision, it has to be that one. Where a plugin's tables are
there and otherwise, the difference is shown and nothing is written.

Example:
  tenon adopt --from-alembic --database sqlite:custom_migrations.db")]
    Adopt(Adopt),
    /// Fail unless everything is applied and there is nothing to write
    #[command(after_help = "\
With --plugin also when a crate's plugin declares what its revisions do not leave: what `revision --autogenerate` would write.

Examples:
  tenon check
  tenon check --plugin plugins/shop")]
    Check(Check),
    /// Open the file of a revision in an editor
    #[command(after_help = "\
The shell reads VISUAL, or else EDITOR: it may have arguments and quotes.

Examples:
  EDITOR=vi tenon edit b2c3 --plugin plugins/shop
  tenon edit head --plugin plugins/shop  the one that none comes after")]
    Edit(Edit),
    /// Make the host's own tables, and nothing else
    #[command(after_help = "Example:\n  tenon ensure-version")]
    EnsureVersion,
    /// Look for what in the pending revisions may fail on rows or lose them
    #[command(after_help = "\
Exit status 1 where tables or columns would go. No row is looked at; `tenon upgrade --simulate` does that.

Examples:
  tenon lint
  tenon lint shop@head --json")]
    Lint(Lint),
    /// Prove that the plugins' revisions do what the plugins say
    #[command(after_help = "\
On an empty database in memory: the revisions leave the declared tables, undone nothing, and applied again the same.

Examples:
  tenon verify
  tenon verify shop --json")]
    Verify(Verify),
    /// Show in what the database is not as the applied revisions leave it
    #[command(after_help = "\
Objects by plugin, applied revisions that the plugins' files would apply otherwise, and what applied them and is lost. Nothing is changed.

Examples:
  tenon drift
  tenon drift --json")]
    Drift,
    /// Accept one item of `drift`
    #[command(after_help = "\
An object is accepted as it is now, until it changes again; a revision as the plugin's file would apply it. No object is changed.

Examples:
  tenon repair \"table users\"
  tenon repair shop@a1b2c3d4e5f6")]
    Repair(Repair),
    /// Show the applied heads of every plugin
    #[command(after_help = "Example:\n  tenon current\n  shop@a1b2c3d4e5f6 (head)")]
    Current(Current),
    /// List all revisions, newest first
    #[command(after_help = "\
Examples:
  tenon history -i                       marks the current revisions
  tenon history -r current:              what is still to be applied, and where the database stands
  tenon history -r -2:current            what was applied last")]
    History(History),
    /// List the newest revision of every line of every plugin
    #[command(after_help = "Examples:\n  tenon heads\n  tenon heads --resolve-dependencies      without what other plugins stand on")]
    Heads(Heads),
    /// List the revisions that several come after
    #[command(after_help = "Example:\n  tenon branches")]
    Branches,
    /// Show one revision
    #[command(after_help = "Example:\n  tenon show a1b2")]
    Show(Show),
    /// Draw the histories of all plugins
    #[command(after_help = "Examples:\n  tenon graph                          Mermaid, for Markdown\n  tenon graph -o graph.svg")]
    Graph(Picture),
    /// Draw the tables of all plugins, and how they refer to each other
    #[command(after_help = "Example:\n  tenon er --format dot | dot -Tpng -o er.png")]
    Er(Picture),
    /// Look at the plugins in the folder
    #[command(disable_help_subcommand = true)]
    Plugins {
        /// What to look at.
        #[command(subcommand)]
        command: Plugins,
    },
    /// Write the next revision of a plugin into its crate, build it, and put it into the plugins folder
    #[command(after_help = "\
With --autogenerate the plugin's tables are compared with what its revisions leave. What was renamed says so in the model: renamed_from.

Examples:
  tenon revision -m \"fill phone numbers\" --plugin plugins/shop
  tenon revision --autogenerate -m \"add phone to user\" --plugin plugins/shop")]
    Revision(Revision),
    /// Write a revision that brings several heads of a plugin together
    #[command(after_help = "\
Examples:
  tenon merge a1b2 c3d4 -m \"both\" --plugin plugins/shop
  tenon merge heads -m \"all\" --plugin plugins/shop")]
    Merge(Merge),
    /// Serve the plugins' endpoints over HTTP
    #[command(after_help = "Example:\n  tenon serve --host 0.0.0.0 --port 8080")]
    Serve(Serve),
    /// Print the OpenAPI description of what would be served
    #[command(after_help = "Example:\n  tenon openapi > openapi.json")]
    Openapi,
    /// Write the crate of a new plugin
    #[command(after_help = "\
Example:
  tenon new notes           writes the crate notes/
  cd notes && cargo build --release
  mkdir -p ../plugins && cp target/wasm32-unknown-unknown/release/notes.wasm ../plugins/")]
    New(New),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
