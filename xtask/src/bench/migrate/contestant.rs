//! Who applies the long history, and how each is run and looked at.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde::Serialize;

use super::alembic::{Alembic, Setting};
use super::database::HISTORY_COUNTS;
use crate::bench::shell::ask;
use crate::bench::stop::command;

/// One who applies the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Who {
    /// By hand, with Tenon's settings of SQLite; what the others are compared with.
    Native,
    /// The same, and a commit does not wait for the disk.
    NativeNormal,
    /// All of it in one transaction, which does not wait for the disk: what SQLite cannot do without.
    NativeTogether,
    /// Tenon as it is when it sees a plugin for the first time.
    TenonCold,
    /// Tenon when it has run before on another database.
    TenonWarm,
    /// The same, and each revision is committed by itself.
    TenonEach,
    /// Alembic, one transaction for each revision, waiting for the disk.
    Alembic,
    /// The same with a write-ahead log, not waiting.
    AlembicNormal,
    /// Alembic as `alembic init` sets it up.
    AlembicShipped,
}

impl Who {
    /// All, or all but Alembic.
    pub(super) fn all(with_alembic: bool) -> Vec<Self> {
        let mut all = vec![Self::Native, Self::TenonWarm, Self::TenonEach, Self::TenonCold, Self::NativeNormal, Self::NativeTogether];
        if with_alembic {
            all.extend([Self::Alembic, Self::AlembicNormal, Self::AlembicShipped]);
        }
        all
    }

    /// Its name in a report.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Native | Self::NativeNormal => "rusqlite by hand",
            Self::NativeTogether => "rusqlite by hand, all in one transaction",
            Self::TenonCold => "Tenon, caches empty",
            Self::TenonWarm => "Tenon",
            Self::TenonEach => "Tenon, a transaction for each revision",
            Self::Alembic | Self::AlembicNormal => "Alembic, a transaction for each revision",
            Self::AlembicShipped => "Alembic as it is set up by `alembic init`",
        }
    }

    /// How its journal is kept and whether a commit waits for the disk.
    pub(super) fn settings(self) -> &'static str {
        match self {
            Self::Native | Self::TenonCold | Self::TenonWarm | Self::TenonEach => "WAL, FULL",
            Self::NativeNormal | Self::NativeTogether | Self::AlembicNormal => "WAL, NORMAL",
            Self::Alembic | Self::AlembicShipped => "DELETE, FULL",
        }
    }

    /// What it does, for whoever reads a report.
    pub(super) fn does(self) -> &'static str {
        match self {
            Self::Native => "one process; for each revision BEGIN IMMEDIATE, CREATE TABLE, CREATE INDEX, a row of a ledger, COMMIT",
            Self::NativeNormal => "the same process; a power cut may take the newest revisions",
            Self::TenonCold => "`tenon upgrade head`, and it has to compile the plugin first",
            Self::TenonWarm => {
                "`tenon upgrade head` on an empty database; it has seen the plugin before. Revisions that only make something are committed together, \
                 for 50 ms at most"
            }
            Self::TenonEach => "`tenon upgrade head --transaction per-step`",
            Self::NativeTogether => "the same process; the least that SQLite takes to make these tables and indexes",
            Self::Alembic => "`alembic upgrade head`, set up as SQLAlchemy's manual says for transactional DDL",
            Self::AlembicNormal => "the same command and set-up; a power cut may take the newest revisions",
            Self::AlembicShipped => "the command again; each statement is a transaction, and one that fails leaves half a revision",
        }
    }

    fn alembic(self) -> Option<Setting> {
        let setting = |journal, synchronous, transactions| Some(Setting { journal, synchronous, transactions });
        match self {
            Self::Alembic => setting("delete", "full", true),
            Self::AlembicNormal => setting("wal", "normal", true),
            Self::AlembicShipped => setting("delete", "full", false),
            Self::Native | Self::NativeNormal | Self::NativeTogether | Self::TenonCold | Self::TenonWarm | Self::TenonEach => None,
        }
    }
}

/// Tenon, with a folder of plugins and what it keeps between runs.
#[derive(Debug)]
pub(super) struct Tenon {
    pub(super) program: PathBuf,
    /// Holds one plugin.
    pub(super) plugins: PathBuf,
    /// Where its caches are.
    pub(super) cache: PathBuf,
}

impl Tenon {
    /// The command for a database, in the database's own folder, where no configuration is.
    pub(super) fn command(&self, database: &Path, arguments: &[&str]) -> Command {
        let mut tenon = command(&self.program);
        self.tell(&mut tenon, database, arguments);
        tenon
    }

    /// Adds what it is to do to a command that ends with it.
    pub(super) fn tell(&self, command: &mut Command, database: &Path, arguments: &[&str]) {
        command.args(arguments).arg("--plugins").arg(&self.plugins);
        command.arg("--database").arg(format!("sqlite:{}", database.display())).env("XDG_CACHE_HOME", &self.cache);
        if let Some(folder) = database.parent() {
            command.current_dir(folder);
        }
    }
}

/// What there is to apply the history with.
#[derive(Debug)]
pub(super) struct Contestants {
    pub(super) native: PathBuf,
    pub(super) tenon: Tenon,
    pub(super) alembic: Option<Alembic>,
    pub(super) revisions: u32,
}

impl Contestants {
    /// The command that brings a contestant's database, an empty one, to the newest revision.
    pub(super) fn upgrade(&self, who: Who, database: &Path, empty_cache: &Path) -> Option<Command> {
        if let Some(setting) = who.alembic() {
            return Some(self.alembic.as_ref()?.command(setting, database, &["upgrade", "head"]));
        }
        Some(match who {
            Who::TenonWarm => self.tenon.command(database, &["upgrade", "head"]),
            Who::TenonEach => self.tenon.command(database, &["upgrade", "head", "--transaction", "per-step"]),
            Who::TenonCold => {
                let mut tenon = self.tenon.command(database, &["upgrade", "head"]);
                tenon.env("XDG_CACHE_HOME", empty_cache);
                tenon
            }
            _ => {
                let mut native = command(&self.native);
                native.arg("--database").arg(database);
                native.args(["--synchronous", if who == Who::Native { "full" } else { "normal" }]);
                let (count, together) = (self.revisions.to_string(), if who == Who::NativeTogether { self.revisions } else { 1 });
                native.args(["revisions", "--count", &count, "--together", &together.to_string()]);
                native
            }
        })
    }

    /// What Alembic is asked about a database that it has brought to the newest revision.
    pub(super) fn ask_alembic(&self, database: &Path, arguments: &[&str]) -> Option<Command> {
        Some(self.alembic.as_ref()?.command(Who::Alembic.alembic()?, database, arguments))
    }

    /// # Errors
    /// Tables, indexes or rows of the ledger are missing.
    pub(super) fn check(&self, who: Who, database: &Path) -> Result<()> {
        let (found, wanted) = (ask(database, HISTORY_COUNTS)?, format!("{0} tables, {0} indexes", self.revisions));
        ensure!(found == wanted, "{} left {found} instead of {wanted}", who.title());
        let (ledger, wanted) = match who {
            Who::Native | Who::NativeNormal | Who::NativeTogether => ("SELECT count(*) FROM ledger", self.revisions.to_string()),
            Who::TenonCold | Who::TenonWarm | Who::TenonEach => ("SELECT count(*) FROM tenon_ledger", self.revisions.to_string()),
            // It keeps the newest alone.
            _ => ("SELECT version_num FROM alembic_version", format!("r{:04}", self.revisions)),
        };
        let found = ask(database, ledger)?;
        ensure!(found == wanted, "{} recorded {found} instead of {wanted}", who.title());
        Ok(())
    }
}
