//! What a new revision is called, and where it stands.

use std::path::{Path, PathBuf};

use crate::model::text::is_harmful;
use crate::model::{Node, RevisionId};
use crate::service::load::{Plugin, PluginSet};

use super::crates::files_of;
use super::error::AuthorError;

/// How many hexadecimal digits a random id has.
const DIGITS: usize = 12;

/// Words of a slug that are kept, as in Alembic's file names.
const SLUG: usize = 40;

/// The plugin's newest revisions.
pub(super) fn heads(plugin: &Plugin) -> Vec<RevisionId> {
    let revisions = &plugin.manifest.revisions;
    let is_parent = |id: &RevisionId| revisions.iter().any(|revision| revision.down.contains(id));
    revisions.iter().map(|revision| &revision.id).filter(|id| !is_parent(id)).cloned().collect()
}

/// The parents that are asked for; the one head when none is.
///
/// # Errors
/// There are several heads, or one that is asked for is none.
pub(super) fn parents(plugin: &Plugin, asked: &[String], splice: bool) -> Result<Vec<RevisionId>, AuthorError> {
    let heads = heads(plugin);
    if asked.is_empty() || asked.iter().all(|one| one == "head") {
        return match heads.len() {
            0 | 1 => Ok(heads),
            _ => Err(AuthorError::SeveralHeads { plugin: plugin.manifest.name.clone(), heads }),
        };
    }
    let mut parents = Vec::new();
    for asked in asked {
        if asked == "base" && splice {
            continue;
        }
        let parent = found(plugin, asked)?;
        if !splice && !heads.contains(&parent) {
            return Err(AuthorError::NotHead { parent });
        }
        if !parents.contains(&parent) {
            parents.push(parent);
        }
    }
    Ok(parents)
}

/// A revision of the plugin's by its id or a prefix of it, with or without the plugin's name before it.
fn found(plugin: &Plugin, asked: &str) -> Result<RevisionId, AuthorError> {
    let name = plugin.manifest.name.as_str();
    let id = asked.strip_prefix(name).and_then(|rest| rest.strip_prefix('@')).unwrap_or(asked);
    let all: Vec<&RevisionId> = plugin.manifest.revisions.iter().map(|revision| &revision.id).collect();
    if let Some(exact) = all.iter().find(|known| known.as_str() == id) {
        return Ok((*exact).clone());
    }
    let mut matching = all.iter().filter(|known| !id.is_empty() && known.as_str().starts_with(id));
    match (matching.next(), matching.next()) {
        (Some(one), None) => Ok((*one).clone()),
        (Some(_), Some(_)) => {
            let all = all.into_iter().filter(|known| known.as_str().starts_with(id)).cloned().collect();
            Err(AuthorError::Ambiguous { asked: asked.to_owned(), all })
        }
        (None, _) => {
            let known: Vec<&str> = all.into_iter().map(RevisionId::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Err(AuthorError::UnknownParent { plugin: plugin.manifest.name.clone(), asked: asked.to_owned(), known })
        }
    }
}

/// The id that is asked for, or a random one.
///
/// # Errors
/// It is none.
pub(super) fn id(asked: Option<&str>) -> Result<RevisionId, AuthorError> {
    let random: String =
        ulid::Ulid::generate().random().to_be_bytes()[16 - DIGITS / 2..].iter().map(|byte| format!("{byte:02x}")).collect();
    let text = asked.unwrap_or(&random);
    let refuse = |why: String| AuthorError::Id { id: text.to_owned(), why };
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(refuse("it stands in a file's name between underscores, and has letters and digits only".to_owned()));
    }
    text.parse().map_err(|error| refuse(format!("{error}")))
}

/// The id is of no revision of the plugin.
///
/// # Errors
/// It is of one.
pub(super) fn require_new(plugin: &Plugin, id: &RevisionId) -> Result<(), AuthorError> {
    let refuse = |why: String| AuthorError::Id { id: id.to_string(), why };
    match plugin.manifest.revision(id) {
        None => Ok(()),
        Some(_) => Err(refuse(format!("plugin {} has a revision of that id", plugin.manifest.name))),
    }
}

/// What the revision depends on, each a loaded revision of a plugin that is required.
///
/// # Errors
/// One is none.
pub(super) fn depends_on(set: &PluginSet, plugin: &Plugin, asked: &[String]) -> Result<Vec<Node>, AuthorError> {
    let one = |asked: &String| {
        let refuse = |why: String| AuthorError::DependsOn { asked: asked.clone(), why };
        let node: Node = asked.parse().map_err(|error| refuse(format!("{error}; write PLUGIN@REVISION")))?;
        let requires = plugin.manifest.requires.iter().any(|requirement| requirement.plugin == node.plugin);
        if !requires {
            return Err(refuse(format!(
                "plugin {} does not require {}: say so in its Cargo.toml or describe",
                plugin.manifest.name, node.plugin
            )));
        }
        let other = set.plugins.get(&node.plugin).ok_or_else(|| refuse(format!("plugin {} is not in the plugins folder", node.plugin)))?;
        match other.manifest.revision(&node.revision) {
            Some(_) => Ok(node),
            None => Err(refuse(format!("plugin {} has no such revision", node.plugin))),
        }
    };
    asked.iter().map(one).collect()
}

/// A message as the first line of a file.
///
/// # Errors
/// It is empty, or not one line of plain text.
pub(super) fn message(asked: &str) -> Result<String, AuthorError> {
    let text = asked.trim();
    if text.is_empty() {
        return Err(AuthorError::Message { why: "is empty: say with -m what the revision is for" });
    }
    if text.contains(is_harmful) {
        return Err(AuthorError::Message { why: "must be one line of plain text" });
    }
    Ok(text.to_owned())
}

/// `add_phone_to_user`, of a message.
pub(super) fn slug(message: &str) -> String {
    let mut slug = String::new();
    for word in message.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        if slug.len() + word.len() > SLUG && !slug.is_empty() {
            break;
        }
        let separator = if slug.is_empty() { "" } else { "_" };
        slug.push_str(separator);
        slug.extend(word.chars().take(SLUG).map(|letter| letter.to_ascii_lowercase()));
    }
    if slug.is_empty() { "revision".to_owned() } else { slug }
}

/// The file of a revision, by its id or the beginning of it; `head` is the newest file.
///
/// # Errors
/// There is none, or several, or the folder cannot be read.
pub(super) fn file_of(folder: &Path, asked: &str) -> Result<PathBuf, AuthorError> {
    let mut files: Vec<(String, PathBuf)> = files_of(folder)?.into_iter().filter_map(|path| Some((id_of(&path)?, path))).collect();
    // Their names have minutes: of those of one minute the file system knows the order.
    let minute = |path: &Path| path.file_name().and_then(|name| name.to_str()?.get(..13).map(str::to_owned));
    let written = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    files.sort_by_cached_key(|(_, path)| (minute(path), written(path)));
    if asked == "head" {
        files.drain(..files.len().saturating_sub(1));
    } else if files.iter().any(|(id, _)| id == asked) {
        files.retain(|(id, _)| id == asked);
    }
    let known = files.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>().join(", ");
    if asked != "head" {
        files.retain(|(id, _)| !asked.is_empty() && id.starts_with(asked));
    }
    match &mut files[..] {
        [(_, file)] => Ok(std::mem::take(file)),
        [] => Err(AuthorError::NoFile {
            folder: folder.to_owned(),
            asked: asked.to_owned(),
            known: if known.is_empty() { "none".to_owned() } else { known },
        }),
        several => {
            let all = several.iter().filter_map(|(id, _)| id.parse().ok()).collect();
            Err(AuthorError::Ambiguous { asked: asked.to_owned(), all })
        }
    }
}

/// The id in the name of a revision's file: `20251024_1500_a1b2_slug.rs`.
fn id_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".rs")?;
    let mut parts = name.splitn(4, '_');
    let (date, _time, id, _slug) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    (date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("migrations");
        assert!(matches!(file_of(&file, "head"), Err(AuthorError::NoFile { .. })));
        std::fs::write(&file, "").unwrap();
        assert!(matches!(file_of(&file, "head"), Err(AuthorError::Read { .. })));
    }

    #[test]
    fn a_file_is_called_after_its_message() {
        assert_eq!(slug("Add phone to user."), "add_phone_to_user");
        assert_eq!(slug("  Größe -- was?  "), "gr_e_was");
        assert_eq!(slug("…"), "revision");
        assert!(slug(&"word ".repeat(30)).len() <= 45);
        assert_eq!(slug(&"x".repeat(100)).len(), 40);
    }
}
