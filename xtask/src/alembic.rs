//! Alembic, from PyPI: what Tenon is measured beside, and asked about in `graphs`.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::cargo::Cargo;
use crate::python;

/// The packages on PyPI, in the versions that everything here is about.
const PACKAGES: [&str; 2] = ["alembic==1.20.1", "sqlalchemy==2.1.9"];

/// Installs it below the target folder, unless it is there, and answers the Python that has it.
///
/// # Errors
/// There is no Python, or pip cannot install it.
pub(crate) fn install(cargo: &Cargo) -> Result<PathBuf> {
    let venv = cargo.root.join("target/alembic");
    python::install(&venv, &PACKAGES).context("Alembic comes through pip, which needs python3 and python3-venv")?;
    Ok(venv.join("bin/python"))
}
