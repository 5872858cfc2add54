//! `tenon graph` and `tenon er`.

use anyhow::Context as _;
use serde_json::json;

use super::Outcome;
use super::args::{self, PictureFormat};
use super::output::Output;
use super::status::warn_of_files;
use crate::service::host::Host;
use crate::service::picture::{self, Format, Picture};

/// The histories.
pub(super) fn graph(host: &Host, given: &args::Picture, output: Output) -> anyhow::Result<Outcome> {
    print(&picture::graph(host, format(given))?, given, output)
}

/// The tables.
pub(super) fn er(host: &Host, given: &args::Picture, output: Output) -> anyhow::Result<Outcome> {
    print(&picture::er(host, format(given))?, given, output)
}

fn format(given: &args::Picture) -> Format {
    match given.format {
        PictureFormat::Mermaid => Format::Mermaid,
        PictureFormat::Dot => Format::Dot,
        PictureFormat::Svg => Format::Svg,
    }
}

fn print(picture: &Picture, given: &args::Picture, output: Output) -> anyhow::Result<Outcome> {
    let printed = match &given.output {
        Some(file) => {
            std::fs::write(file, &picture.text).with_context(|| format!("cannot write {}", file.display()))?;
            output.note(&format!("Written {}.", file.display()));
            Ok(())
        }
        None => output.result(&json!({ "picture": picture.text }), &picture.text),
    };
    warn_of_files(&picture.set, output);
    printed?;
    Ok(Outcome::Done)
}
