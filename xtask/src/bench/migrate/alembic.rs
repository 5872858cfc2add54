//! Alembic: from PyPI, with the same history as files of Python.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::alembic;
use crate::bench::stop::command;
use crate::bench::tools::said;
use crate::cargo::Cargo;

/// Opens the database as the variables say. With a transaction for each revision, in the way that SQLAlchemy's manual has for it: otherwise
/// Python's module for SQLite begins none before a CREATE, and each statement is on the disk by itself.
const ENVIRONMENT: &str = r#"import os

from alembic import context
from sqlalchemy import create_engine, event, pool

engine = create_engine("sqlite:///" + os.environ["BENCH_DATABASE"], poolclass=pool.NullPool)
transactions = os.environ["BENCH_TRANSACTIONS"] == "1"


@event.listens_for(engine, "connect")
def connected(connection, _):
    if transactions:
        connection.isolation_level = None
    connection.execute("PRAGMA journal_mode = " + os.environ["BENCH_JOURNAL"])
    connection.execute("PRAGMA synchronous = " + os.environ["BENCH_SYNCHRONOUS"])


if transactions:

    @event.listens_for(engine, "begin")
    def begun(connection):
        connection.exec_driver_sql("BEGIN")


options = {"transaction_per_migration": True, "transactional_ddl": True} if transactions else {}
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, **options)
    with context.begin_transaction():
        context.run_migrations()
"#;

/// The way in which Alembic is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) journal: &'static str,
    pub(super) synchronous: &'static str,
    /// One for each revision; otherwise as it is shipped.
    pub(super) transactions: bool,
}

/// Alembic, installed, with a project.
#[derive(Debug)]
pub(super) struct Alembic {
    python: PathBuf,
    project: PathBuf,
}

impl Alembic {
    /// Installs it, unless it is there, and writes a project with so many revisions.
    pub(super) fn install(cargo: &Cargo, project: &Path, revisions: u32) -> Result<Self> {
        let python = alembic::install(cargo).context("Alembic could not be installed; --skip-alembic leaves it out")?;
        write_project(project, revisions).with_context(|| project.display().to_string())?;
        Ok(Self { python, project: project.to_owned() })
    }

    /// The command for a database. Python compiles the files of the project the first time, and keeps that.
    pub(super) fn command(&self, setting: Setting, database: &Path, arguments: &[&str]) -> Command {
        let mut alembic = command(&self.python);
        alembic.args(["-m", "alembic", "-c"]).arg(self.project.join("alembic.ini")).args(arguments);
        alembic.env("BENCH_DATABASE", database).env("BENCH_JOURNAL", setting.journal).env("BENCH_SYNCHRONOUS", setting.synchronous);
        alembic.env("BENCH_TRANSACTIONS", if setting.transactions { "1" } else { "0" });
        alembic
    }

    /// What it, and what it stands on, say of themselves.
    pub(super) fn version(&self) -> Result<String> {
        let ask = "import alembic, sqlalchemy, sqlite3, sys; print(f'Alembic {alembic.__version__}, SQLAlchemy {sqlalchemy.__version__}, \
                   Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}')";
        said(&self.python.display().to_string(), &["-c", ask])
    }
}

fn write_project(project: &Path, revisions: u32) -> Result<()> {
    let versions = project.join("versions");
    std::fs::create_dir_all(&versions)?;
    std::fs::write(project.join("alembic.ini"), format!("[alembic]\nscript_location = {}\n", project.display()))?;
    std::fs::write(project.join("env.py"), ENVIRONMENT)?;
    for number in 1..=revisions {
        std::fs::write(versions.join(format!("r{number:04}_one_of_many.py")), revision(number))?;
    }
    Ok(())
}

/// The text of a revision: what the plugin bench-revisions does in the one of this number.
fn revision(number: u32) -> String {
    let parent = if number > 1 { format!("\"r{:04}\"", number - 1) } else { "None".to_owned() };
    let mut text = String::from("\"\"\"One of many.\"\"\"\n\nimport sqlalchemy as sa\nfrom alembic import op\n\n");
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        r#"revision = "r{number:04}"
down_revision = {parent}


def upgrade():
    op.create_table(
        "bench_r{number:04}",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_bench_r{number:04}_name", "bench_r{number:04}", ["name"])


def downgrade():
    op.drop_table("bench_r{number:04}")
"#
    );
    text
}
