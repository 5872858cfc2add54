//! `tenon new`.

use std::path::Path;

use super::Outcome;
use super::args::New;
use super::output::Output;
use crate::service::scaffold;

/// Writes the crate and says what to do next.
pub(super) fn run(new: &New, output: Output) -> anyhow::Result<Outcome> {
    let files = scaffold::write(Path::new(""), &new.name, new.sdk.as_deref(), chrono::Utc::now())?;
    let text: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    output.result(&serde_json::json!({ "files": text }), &text.join("\n"))?;
    output.note(&format!(
        "Next: cd {name} && cargo build --release, then copy target/wasm32-unknown-unknown/release/{file}.wasm into the plugins folder.",
        name = new.name,
        file = new.name.replace('-', "_"),
    ));
    Ok(Outcome::Done)
}
