//! Where a report goes: a page for people, and every measurement for programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

/// What a person says of it.
#[derive(Debug, Args)]
pub(super) struct Destination {
    /// Where the report goes, as Markdown; standard output unless told otherwise
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Where every single measurement goes, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Destination {
    /// Writes all that was asked for: the measurements first, so that they are there whatever becomes of the page.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(super) fn write(&self, page: &str, measurements: &Value) -> Result<()> {
        if let Some(file) = &self.json {
            save(file, &serde_json::to_string_pretty(measurements)?)?;
        }
        match &self.out {
            Some(file) => save(file, page),
            None => {
                print!("{page}");
                Ok(())
            }
        }
    }
}

/// Writes a file, and says so.
fn save(file: &Path, text: &str) -> Result<()> {
    std::fs::write(file, text).with_context(|| format!("{} could not be written", file.display()))?;
    eprintln!("wrote {}", file.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_and_measurements_are_written_where_they_are_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let (out, json) = (folder.path().join("page.md"), folder.path().join("all.json"));
        let to = Destination { out: Some(out.clone()), json: Some(json.clone()) };
        to.write("# Page\n", &serde_json::json!({ "rounds": 3 })).unwrap();
        assert_eq!(std::fs::read_to_string(out).unwrap(), "# Page\n");
        assert_eq!(std::fs::read_to_string(json).unwrap(), "{\n  \"rounds\": 3\n}");
        let nowhere = Destination { out: Some(folder.path().join("no/page.md")), json: None };
        assert!(nowhere.write("", &Value::Null).unwrap_err().to_string().contains("page.md could not be written"));
    }
}
