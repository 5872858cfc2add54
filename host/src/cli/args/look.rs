//! What only looks: at revisions, and at pictures of them and of tables.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Arguments of `current`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Current {
    /// Fail when a head is not applied
    #[arg(short, long)]
    pub check_heads: bool,
}

/// Arguments of `heads`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Heads {
    /// Leave out those that a revision of another plugin depends on
    #[arg(long)]
    pub resolve_dependencies: bool,
}

/// Arguments of `history`.
#[derive(Debug, Args)]
pub(in crate::cli) struct History {
    /// Only what lies between two revisions, with them: FROM:TO, FROM: or :TO; `current` is where the database stands, -N counts from TO, +N from FROM
    #[arg(short, long, value_name = "RANGE", allow_hyphen_values = true)]
    pub rev_range: Option<String>,
    /// Mark the current revisions
    #[arg(short, long)]
    pub indicate_current: bool,
}

/// Arguments of `show`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// A revision: its id, a unique prefix, or PLUGIN@REV; `head` and `heads` show every head
    #[arg(value_name = "REVISION", allow_negative_numbers = true)]
    pub revision: String,
}

/// Arguments of `graph` and `er`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Picture {
    /// How it is written [default: as the ending of FILE says, else mermaid]
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub format: Option<PictureFormat>,
    /// Write it to a file instead of standard output, which is `-`
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum PictureFormat {
    /// For Markdown
    #[default]
    Mermaid,
    /// For Graphviz
    Dot,
    /// For a browser
    Svg,
}
