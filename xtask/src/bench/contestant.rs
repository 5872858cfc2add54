//! Who is measured, and how each is set up and started.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;

use super::options::Workload;
use super::pocketbase::PocketBase;
use super::rows::Dialect;
use super::server::Server;
use super::stop::command;

/// A contestant on the command line and in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Name {
    /// Written by hand; what the others are compared with.
    Native,
    /// Tenon, answered by the record engine.
    Standard,
    /// Tenon, every operation handled by a plugin, in a fresh instance for each request.
    Fresh,
    /// Tenon, every operation handled by a plugin whose instances are kept.
    Warm,
    /// Tenon, with a plugin that reads what it is asked for and told into types of its own, in a fresh instance for each request.
    Typed,
    /// PocketBase, as it is shipped.
    Pocketbase,
}

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Durability {
    /// It does: what was acknowledged survives a power cut.
    Full,
    /// It does not.
    Normal,
}

/// One who is measured.
#[derive(Debug)]
pub(super) struct Contestant {
    pub(super) name: Name,
    pub(super) durability: Durability,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Native { program: PathBuf },
    Tenon { program: PathBuf, plugins: Vec<PathBuf>, settings: &'static str },
    PocketBase(PocketBase),
}

/// The plugin that handles every operation of `/api/v1/users` by passing it on: an example of the test guests.
const HANDLED: &str = "ways_handled";

/// The one that does something with users of its own type; it does not handle the list.
const TYPED: &str = "ways_typed";

/// What `tenon.toml` says for it to be kept warm.
const KEPT_WARM: &str = "[plugins.ways]\nisolation = \"warm\"\n";

/// The folder of a compile cache that is nobody else's.
pub(super) const OWN_CACHE: &str = "cache";

impl Contestant {
    pub(super) fn native(program: &Path, durability: Durability) -> Self {
        Self { name: Name::Native, durability, kind: Kind::Native { program: program.to_owned() } }
    }

    /// Tenon with the plugin shop, whose tables the record engine serves.
    pub(super) fn standard(program: &Path, plugins: &Path) -> Self {
        Self::tenon(Name::Standard, program, vec![plugins.join("shop.wasm")], "")
    }

    /// The same, beside a plugin whose handlers never come back.
    pub(super) fn beside_loops(program: &Path, plugins: &Path, guests: &Path) -> Self {
        Self::tenon(Name::Standard, program, vec![plugins.join("shop.wasm"), guests.join("loops_when_asked.wasm")], "")
    }

    /// The same, beside other plugins, with a compile cache of its own: [`OWN_CACHE`] in its folder.
    pub(super) fn standard_beside(program: &Path, plugins: &Path, others: Vec<PathBuf>) -> Self {
        Self::tenon(Name::Standard, program, [vec![plugins.join("shop.wasm")], others].concat(), "cache-folder = \"cache\"\n")
    }

    /// Tenon with a plugin that handles requests, from the folder with the test guests.
    pub(super) fn handled(name: Name, program: &Path, guests: &Path) -> Self {
        let settings = if name == Name::Warm { KEPT_WARM } else { "" };
        let guest = if name == Name::Typed { TYPED } else { HANDLED };
        Self::tenon(name, program, vec![guests.join(guest).with_extension("wasm")], settings)
    }

    fn tenon(name: Name, program: &Path, plugins: Vec<PathBuf>, settings: &'static str) -> Self {
        Self { name, durability: Durability::Full, kind: Kind::Tenon { program: program.to_owned(), plugins, settings } }
    }

    pub(super) fn pocketbase(pocketbase: PocketBase) -> Self {
        Self { name: Name::Pocketbase, durability: Durability::Normal, kind: Kind::PocketBase(pocketbase) }
    }

    /// Its name in a report.
    pub(super) fn title(&self) -> &'static str {
        match self.name {
            Name::Native => "native",
            Name::Standard => "Tenon, standard",
            Name::Fresh => "Tenon, handled, fresh",
            Name::Warm => "Tenon, handled, warm",
            Name::Typed => "Tenon, typed, fresh",
            Name::Pocketbase => "PocketBase",
        }
    }

    /// What it does with a request, for whoever reads a report.
    pub(super) fn does(&self) -> &'static str {
        match self.name {
            Name::Native if self.durability == Durability::Normal => {
                "the same, to compare writes with those of who does not wait for the disk"
            }
            Name::Native => "axum and rusqlite by hand, for this one schema; no middleware, no log",
            Name::Standard => "the record engine answers; no code of a plugin runs",
            Name::Fresh => "a plugin is called for each request and passes it on to the record engine unread; an instance of its own each",
            Name::Warm => "the same, and requests share instances, one after another",
            Name::Typed => {
                "a plugin reads the row, or the body of a new one, into a struct, tidies the name, and writes JSON or has the row made; an \
                 instance of its own each; lists are the record engine's, and not measured again"
            }
            Name::Pocketbase => "as it is shipped, with a collection of the same columns that anybody may use",
        }
    }

    /// How commits are made, in `PRAGMA synchronous`'s word.
    pub(super) fn durability_word(&self) -> &'static str {
        match self.durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        }
    }

    /// Whether this workload says anything of it. A native that does not wait for the disk is there for the writes of those who do not either.
    pub(super) fn takes_part(&self, workload: Workload) -> bool {
        match self.name {
            Name::Native => workload == Workload::Post || self.durability == Durability::Full,
            Name::Typed => workload != Workload::List,
            _ => true,
        }
    }

    /// A folder's name for it.
    pub(super) fn folder_name(&self) -> String {
        format!("{}-{}", self.title(), self.durability_word()).to_lowercase().replace([',', ' '], "")
    }

    pub(super) fn dialect(&self) -> Dialect {
        if self.name == Name::Pocketbase { Dialect::PocketBase } else { Dialect::Tenon }
    }

    /// The path of the collection.
    pub(super) fn path(&self) -> &'static str {
        if self.name == Name::Pocketbase { PocketBase::PATH } else { "/api/v1/users" }
    }

    /// The path of the list of the first 100, which counts nothing.
    pub(super) fn list_path(&self) -> String {
        match self.name {
            Name::Pocketbase => format!("{}?perPage=100&skipTotal=1", PocketBase::PATH),
            _ => format!("{}?limit=100", self.path()),
        }
    }

    /// The status of a row that another one stands against.
    pub(super) fn conflict_status(&self) -> u16 {
        if self.name == Name::Pocketbase { 400 } else { 409 }
    }

    /// Its database and the table with the users, in its folder.
    pub(super) fn table(&self) -> (&'static str, &'static str) {
        if self.name == Name::Pocketbase { PocketBase::TABLE } else { ("users.db", "users") }
    }

    /// Makes what it needs before its first start, in its folder.
    pub(super) fn prepare(&self, folder: &Path) -> Result<()> {
        match &self.kind {
            Kind::Native { .. } => Ok(()),
            Kind::Tenon { program, plugins, settings } => {
                std::fs::create_dir(folder.join("plugins"))?;
                for plugin in plugins {
                    let name = plugin.file_name().context("a plugin is a file")?;
                    std::fs::copy(plugin, folder.join("plugins").join(name)).with_context(|| plugin.display().to_string())?;
                }
                std::fs::write(folder.join("tenon.toml"), format!("database = \"sqlite:users.db\"\n{settings}"))?;
                let mut upgrade = command(program);
                let upgraded = upgrade.args(["upgrade", "head", "--quiet"]).current_dir(folder).status()?;
                ensure!(upgraded.success(), "tenon upgrade head failed");
                Ok(())
            }
            Kind::PocketBase(pocketbase) => pocketbase.prepare(folder),
        }
    }

    /// Starts it in its folder.
    pub(super) fn start(&self, folder: &Path) -> Result<Server> {
        let (title, log) = (self.title(), folder.join("log"));
        match &self.kind {
            Kind::Native { program } => {
                let mut native = command(program);
                native.args(["--database", "users.db", "--port", "0", "--synchronous", &self.durability_word().to_lowercase()]);
                Server::start(title, settled(native, folder), &log)
            }
            Kind::Tenon { program, .. } => {
                let mut tenon = command(program);
                tenon.args(["serve", "--port", "0"]);
                Server::start(title, settled(tenon, folder), &log)
            }
            Kind::PocketBase(pocketbase) => pocketbase.start(folder),
        }
    }
}

/// In its folder, and with nothing of ours in its environment that it would listen to.
pub(super) fn settled(mut command: Command, folder: &Path) -> Command {
    for (key, _) in std::env::vars_os() {
        if key.to_str().is_some_and(|key| key.starts_with("TENON_") || key == "RUST_LOG") {
            command.env_remove(key);
        }
    }
    command.current_dir(folder);
    command
}
