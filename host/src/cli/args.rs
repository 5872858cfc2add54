//! All of the command line's types. Help text is written here and nowhere else.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

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
#[command(name = "tenon", version, after_help = EXAMPLES, disable_help_subcommand = true, subcommand_required = true, arg_required_else_help = true)]
pub(super) struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
  tenon downgrade shop@base --cascade")]
    Downgrade(Downgrade),
    /// Show the applied heads of every plugin
    #[command(after_help = "Example:\n  tenon current\n  shop@a1b2c3d4e5f6 (head)")]
    Current,
    /// List all revisions, newest first
    #[command(after_help = "Example:\n  tenon history -i      marks the current revisions")]
    History(History),
    /// List the newest revision of every line of every plugin
    Heads,
    /// Show one revision
    #[command(after_help = "Example:\n  tenon show a1b2")]
    Show(Show),
    /// Look at the plugins in the folder
    Plugins {
        /// What to look at.
        #[command(subcommand)]
        command: Plugins,
    },
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

/// Arguments of `upgrade`.
#[derive(Debug, Args)]
pub(super) struct Upgrade {
    /// How far
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    pub target: String,
    /// Print the SQL instead of running it; touches nothing
    #[arg(long)]
    pub sql: bool,
}

/// Arguments of `downgrade`.
#[derive(Debug, Args)]
pub(super) struct Downgrade {
    /// How far
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    pub target: String,
    /// Also undo what depends on what is undone
    #[arg(long)]
    pub cascade: bool,
    /// Print the SQL instead of running it; touches nothing
    #[arg(long)]
    pub sql: bool,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(super) struct History {
    /// Mark the current revisions
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A revision: its id, a unique prefix, or PLUGIN@REV; `head` and `heads` show every head
    #[arg(value_name = "REVISION", allow_hyphen_values = true)]
    pub revision: String,
}

/// Commands of `plugins`.
#[derive(Debug, Subcommand)]
pub(super) enum Plugins {
    /// List the plugins, those that were refused, and what each still needs
    List,
    /// Show one plugin: a file, or the name of one in the folder
    #[command(after_help = "Examples:\n  tenon plugins inspect shop\n  tenon plugins inspect target/notes.wasm")]
    Inspect {
        /// A plugin's name, or a path to a .wasm file
        #[arg(value_name = "PLUGIN")]
        plugin: String,
    },
}

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The address or name to listen on
    #[arg(long, default_value = "127.0.0.1", env = "TENON_HOST")]
    pub host: String,
    /// The port to listen on; 0 takes a free one and prints it
    #[arg(long, default_value_t = 8000, env = "TENON_PORT")]
    pub port: u16,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(super) struct New {
    /// The plugin's name, and the folder that is written
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A checkout of tenon-sdk to build against, instead of the copy that is written beside the plugin
    #[arg(long, value_name = "DIR")]
    pub sdk: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
