//! What is done with the files of the plugins folder.

use clap::Subcommand;

/// Commands of `plugins`.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Plugins {
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
