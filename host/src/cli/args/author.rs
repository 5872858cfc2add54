//! What an author does in a plugin's crate.

use std::path::PathBuf;

use clap::Args;

/// What `--accept-drop-add` without a pair stands for; no pair is called so.
pub(in crate::cli) const ALL_PAIRS: &str = "all";

/// Arguments of `revision`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Revision {
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
    /// The revision that comes before, instead of the newest: REV, LABEL@head, base; several make a merge
    #[arg(long, value_name = "REV", action = clap::ArgAction::Append)]
    pub head: Vec<String>,
    /// Let it come after a revision that others come after already
    #[arg(long, requires = "head")]
    pub splice: bool,
    /// A name for the branch that begins here
    #[arg(long, value_name = "LABEL", action = clap::ArgAction::Append)]
    pub branch_label: Vec<String>,
    /// A revision of a required plugin that comes before, or the beginning of its id
    #[arg(long, value_name = "PLUGIN@REV", action = clap::ArgAction::Append)]
    pub depends_on: Vec<String>,
    /// Its id, instead of a random one
    #[arg(long, value_name = "ID")]
    pub rev_id: Option<String>,
}

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    /// The heads, or `heads` for all
    #[arg(value_name = "REV", num_args = 1.., required = true)]
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

/// Arguments of `edit`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Edit {
    /// The revision: its id or the beginning of it, a label, `head`
    #[arg(value_name = "REVISION")]
    pub revision: String,
    /// The plugin's crate
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub plugin: PathBuf,
}

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// A plugin's crate, to be built and compared; may be repeated
    #[arg(long, value_name = "DIR")]
    pub plugin: Vec<PathBuf>,
}

/// Arguments of `new`.
#[derive(Debug, Args)]
pub(in crate::cli) struct New {
    /// The plugin's name, and the folder that is written
    #[arg(value_name = "NAME")]
    pub name: String,
    /// A checkout of tenon-sdk to build against, instead of the copy that is written beside the plugin
    #[arg(long, value_name = "DIR")]
    pub sdk: Option<PathBuf>,
}
