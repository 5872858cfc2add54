//! All of the command line's types. Help text is written here and nowhere else.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

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
        Self::from_arg_matches(&without_empty_variables(Self::command()).try_get_matches()?)
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
  tenon downgrade shop@base --cascade")]
    Downgrade(Downgrade),
    /// Record revisions as applied without running them
    #[command(after_help = "\
For a schema that came about in another way. What the revisions make, is there and belongs to nobody, becomes their plugin's.

Example:
  tenon stamp shop@a1b2c3d4e5f6
  tenon stamp shop@head --purge          when the database says what no file knows")]
    Stamp(Stamp),
    /// Take over a database whose tables another program's migrations made
    #[command(after_help = "\
Each plugin's revisions are replayed in memory; the first that leaves what is there is recorded, and the objects become the plugin's. Where the version is
the id of a revision, it has to be that one. Where a plugin's tables are there and otherwise, the difference is shown and nothing is written.

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
    #[command(after_help = "Example:\n  EDITOR=vi tenon edit b2c3 --plugin plugins/shop")]
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
    #[command(after_help = "Example:\n  tenon history -i      marks the current revisions")]
    History(History),
    /// List the newest revision of every line of every plugin
    Heads(Heads),
    /// List the revisions that several come after
    Branches,
    /// Show one revision
    #[command(after_help = "Example:\n  tenon show a1b2")]
    Show(Show),
    /// Draw the histories of all plugins
    #[command(
        after_help = "Examples:\n  tenon graph                          Mermaid, for Markdown\n  tenon graph --format svg -o graph.svg"
    )]
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
    #[command(after_help = "Example:\n  tenon merge a1b2 c3d4 -m \"both\" --plugin plugins/shop")]
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

/// Arguments of `upgrade`.
#[derive(Debug, Args)]
pub(super) struct Upgrade {
    /// How far
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// Print the SQL instead of running it; touches nothing
    #[arg(long)]
    pub sql: bool,
    /// The SQLite that will run the SQL
    #[arg(long, value_name = "VERSION", value_enum, default_value_t, requires = "sql")]
    pub sqlite: SqliteVersion,
    /// Print what would be done, operation by operation; touches nothing
    #[arg(long, conflicts_with_all = ["sql", "simulate"])]
    pub plan: bool,
    /// Do it to a copy of the database, say what came of it, and throw the copy away
    #[arg(long, conflicts_with = "sql")]
    pub simulate: bool,
    /// Go on although tables or columns go, with what is in them
    #[arg(long)]
    pub allow_destructive: bool,
    /// Copy the database first, to FILE or beside it
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with_all = ["sql", "plan", "simulate"])]
    pub backup: Option<Option<PathBuf>>,
    /// What is kept or lost together: small groups of steps, each step, or all
    #[arg(long, value_name = "EXTENT", value_enum, default_value_t, conflicts_with_all = ["sql", "plan"])]
    pub transaction: Extent,
    /// Look at the whole file after each step
    #[arg(long, conflicts_with_all = ["sql", "plan"])]
    pub paranoid: bool,
}

/// How much is kept or lost together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Extent {
    /// One revision, or what it takes 50 ms to do of those that only make something new
    #[default]
    Grouped,
    /// One revision
    PerStep,
    /// The whole run
    All,
}

/// A version of SQLite, by what it can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum SqliteVersion {
    /// Any from 3.40 on
    #[default]
    #[value(name = "3.40")]
    Oldest,
    /// 3.54 or newer, which can change more in place
    #[value(name = "3.54")]
    Bundled,
}

/// Arguments of `stamp`.
#[derive(Debug, Args)]
pub(super) struct Stamp {
    /// How far
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// First forget what is recorded of the target's plugin, or of all; no object is touched
    #[arg(long)]
    pub purge: bool,
}

/// Arguments of `adopt`.
#[derive(Debug, Args)]
pub(super) struct Adopt {
    /// The other program is Alembic: its table alembic_version says which migration was applied
    #[arg(long, required = true)]
    pub from_alembic: bool,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// A plugin's crate, to be built and compared; may be repeated
    #[arg(long, value_name = "DIR")]
    pub plugin: Vec<PathBuf>,
}

/// Arguments of `edit`.
#[derive(Debug, Args)]
pub(super) struct Edit {
    /// The revision: its id or the beginning of it; `head`
    #[arg(value_name = "REVISION")]
    pub revision: String,
    /// The plugin's crate
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub plugin: PathBuf,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(super) struct Lint {
    /// How far
    #[arg(value_name = "TARGET", default_value = "head", allow_negative_numbers = true)]
    pub target: String,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Plugins; all of the folder when none is named
    #[arg(value_name = "PLUGIN")]
    pub names: Vec<String>,
}

/// Arguments of `repair`.
#[derive(Debug, Args)]
pub(super) struct Repair {
    /// The item, as `drift` names it
    #[arg(value_name = "ITEM")]
    pub item: String,
}

/// Arguments of `downgrade`.
#[derive(Debug, Args)]
pub(super) struct Downgrade {
    /// How far
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// Also undo what depends on what is undone
    #[arg(long)]
    pub cascade: bool,
    /// Print the SQL instead of running it; touches nothing
    #[arg(long)]
    pub sql: bool,
    /// The SQLite that will run the SQL
    #[arg(long, value_name = "VERSION", value_enum, default_value_t, requires = "sql")]
    pub sqlite: SqliteVersion,
}

/// Arguments of `current`.
#[derive(Debug, Args)]
pub(super) struct Current {
    /// Fail when a head is not applied
    #[arg(short, long)]
    pub check_heads: bool,
}

/// Arguments of `heads`.
#[derive(Debug, Args)]
pub(super) struct Heads {
    /// Leave out those that a revision of another plugin depends on
    #[arg(long)]
    pub resolve_dependencies: bool,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(super) struct History {
    /// Only what lies between two revisions, with them: START:END, START: or :END; `current` is where the database stands
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Mark the current revisions
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A revision: its id, a unique prefix, or PLUGIN@REV; `head` and `heads` show every head
    #[arg(value_name = "REVISION", allow_negative_numbers = true)]
    pub revision: String,
}

/// Arguments of `graph` and `er`.
#[derive(Debug, Args)]
pub(super) struct Picture {
    /// How it is written
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub format: PictureFormat,
    /// Write it to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum PictureFormat {
    /// For Markdown
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// For a browser
    Svg,
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
    /// Remove a plugin: its file, and with --drop all that it owns
    #[command(after_help = "\
Nothing of the plugin runs. To let it undo its own revisions instead: `tenon downgrade PLUGIN@base`.
What other plugins need is not removed.

Examples:
  tenon plugins remove notes --plan      what would go, how many rows, and who needs it
  tenon plugins remove notes             the file goes, the data stays
  tenon plugins remove notes --drop      tables and rows go, too")]
    Remove {
        /// The plugin's name
        #[arg(value_name = "PLUGIN")]
        plugin: String,
        /// Only say what would go, and who needs it
        #[arg(long, group = "extent")]
        plan: bool,
        /// Remove the file and keep the data, which is the default
        #[arg(long, group = "extent")]
        keep_data: bool,
        /// Drop what the plugin owns, and forget its revisions
        #[arg(long, group = "extent")]
        drop: bool,
    },
}

/// What `--accept-drop-add` without a pair stands for; no pair is called so.
pub(super) const ALL_PAIRS: &str = "all";

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub(super) struct Revision {
    /// What the revision is for, in one line
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,
    /// The plugin's crate
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub plugin: PathBuf,
    /// Write what makes the database what the plugin declares
    #[arg(long)]
    pub autogenerate: bool,
    /// Although something goes and something of the same make comes; with =OLD:NEW, only that pair
    #[arg(
        long,
        value_name = "OLD:NEW",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ALL_PAIRS,
        action = clap::ArgAction::Append,
        requires = "autogenerate"
    )]
    pub accept_drop_add: Vec<String>,
    /// The revision that comes before, instead of the newest; several make a merge
    #[arg(long, value_name = "REV", action = clap::ArgAction::Append)]
    pub head: Vec<String>,
    /// Let it come after a revision that others come after already
    #[arg(long, requires = "head")]
    pub splice: bool,
    /// A name for the branch that begins here
    #[arg(long, value_name = "LABEL", action = clap::ArgAction::Append)]
    pub branch_label: Vec<String>,
    /// A revision of a required plugin that comes before
    #[arg(long, value_name = "PLUGIN@REV", action = clap::ArgAction::Append)]
    pub depends_on: Vec<String>,
    /// Its id, instead of a random one
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(super) struct Merge {
    /// The heads
    #[arg(value_name = "REV", num_args = 2.., required = true)]
    pub revisions: Vec<String>,
    /// What the revision is for, in one line
    #[arg(short, long, value_name = "TEXT")]
    pub message: String,
    /// The plugin's crate
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub plugin: PathBuf,
    /// A name for what comes after it
    #[arg(long, value_name = "LABEL", action = clap::ArgAction::Append)]
    pub branch_label: Vec<String>,
    /// Its id, instead of a random one
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
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
    /// Apply the revisions of plugins when the server starts, and of those that are dropped into the folder while it runs
    #[arg(long, env = "TENON_AUTO_UPGRADE")]
    pub auto_upgrade: bool,
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
    use clap::CommandFactory as _;

    use super::Cli;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
