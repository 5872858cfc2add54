//! What moves a database, says what would, or holds it against its revisions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `upgrade`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Upgrade {
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
pub(in crate::cli) enum Extent {
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
pub(in crate::cli) enum SqliteVersion {
    /// Any from 3.40 on
    #[default]
    #[value(name = "3.40")]
    Oldest,
    /// 3.54 or newer, which can change more in place
    #[value(name = "3.54")]
    Bundled,
}

/// Arguments of `downgrade`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Downgrade {
    /// How far
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// Also undo what depends on what is undone
    #[arg(long)]
    pub cascade: bool,
    /// Copy the database first, to FILE or beside it
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, conflicts_with = "sql")]
    pub backup: Option<Option<PathBuf>>,
    /// Print the SQL instead of running it; touches nothing
    #[arg(long)]
    pub sql: bool,
    /// The SQLite that will run the SQL
    #[arg(long, value_name = "VERSION", value_enum, default_value_t, requires = "sql")]
    pub sqlite: SqliteVersion,
}

/// Arguments of `stamp`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Stamp {
    /// How far
    #[arg(value_name = "TARGET", allow_negative_numbers = true)]
    pub target: String,
    /// First forget what is recorded of the plugin that the target means, or of all; no object is touched
    #[arg(long)]
    pub purge: bool,
}

/// Arguments of `adopt`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Adopt {
    /// The other program is Alembic: its table alembic_version says which migration was applied
    #[arg(long, required = true)]
    pub from_alembic: bool,
}

/// Arguments of `lint`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Lint {
    /// How far
    #[arg(value_name = "TARGET", default_value = "head", allow_negative_numbers = true)]
    pub target: String,
}

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Verify {
    /// Plugins; all of the folder when none is named
    #[arg(value_name = "PLUGIN")]
    pub names: Vec<String>,
}

/// Arguments of `repair`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Repair {
    /// The item, as `drift` names it
    #[arg(value_name = "ITEM")]
    pub item: String,
}
