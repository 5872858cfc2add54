//! Where and how the server listens.

use clap::Args;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Serve {
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
