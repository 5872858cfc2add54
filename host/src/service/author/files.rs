//! The files of a crate's revisions, and what they say of themselves. Nothing is built: what does not build is opened to be mended.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use proc_macro2::{TokenStream, TokenTree};

use crate::migrate::{PluginFacts, Point, RevisionFacts, Target};
use crate::model::{Node, PluginName, RevisionId};

use super::crates::{SourceCrate, files_of};
use super::error::AuthorError;
use super::history::History;

/// The file of the revision that is meant.
///
/// # Errors
/// There is none, or several, or several files say that they are it; or to know which it is, the files would have to hold together.
pub(super) fn file_of(source: &SourceCrate, asked: &str) -> Result<PathBuf, AuthorError> {
    let target: Target = asked.parse()?;
    let plugin = plugin_name(&source.folder)?;
    let files = read(&source.migrations())?;
    // An id or label is found whatever becomes of the rest.
    let is_by_name = matches!(target.point, Point::Revision(_)) && target.plugin.as_ref().is_none_or(|name| *name == plugin);
    let mut seen = BTreeSet::new();
    let once = files.iter().filter(|file| seen.insert(file.id.clone()));
    let facts = |file: &RevisionFile| RevisionFacts {
        node: Node::new(plugin.clone(), file.id.clone()),
        parents: if is_by_name { Vec::new() } else { file.said.down.iter().filter_map(|id| id.parse().ok()).collect() },
        depends_on: Vec::new(),
        run_before: Vec::new(),
        requires: Vec::new(),
        message: String::new(),
        created: DateTime::<Utc>::UNIX_EPOCH,
        irreversible: None,
        labels: file.said.labels.iter().filter_map(|label| label.parse().ok()).collect(),
    };
    let revisions = once.map(facts).collect();
    let history = History::of(PluginFacts { plugin: plugin.clone(), requires: Vec::new(), revisions })?;
    let meant = match &history.named(&target)?[..] {
        [] => return Err(AuthorError::NoRevision { asked: asked.to_owned() }),
        [one] => one.clone(),
        several => return Err(AuthorError::SeveralHeads { plugin, heads: several.to_vec() }),
    };
    let mut paths: Vec<PathBuf> = files.into_iter().filter(|file| file.id == meant).map(|file| file.path).collect();
    match paths.pop() {
        Some(path) if paths.is_empty() => Ok(path),
        Some(path) => {
            paths.push(path);
            paths.sort();
            Err(AuthorError::SeveralFiles { id: meant, paths })
        }
        None => Err(AuthorError::NoRevision { asked: asked.to_owned() }),
    }
}

/// A file of a revision.
#[derive(Debug)]
struct RevisionFile {
    id: RevisionId,
    path: PathBuf,
    said: Said,
}

/// The files of a folder that are named as those of revisions are.
fn read(folder: &Path) -> Result<Vec<RevisionFile>, AuthorError> {
    let mut files = Vec::new();
    for path in files_of(folder)? {
        let Some(id) = id_of(&path) else { continue };
        let text = std::fs::read_to_string(&path).map_err(|source| AuthorError::Unreadable { path: path.clone(), source })?;
        let said = said(&text);
        let id = said.id.as_ref().and_then(|id| id.parse().ok()).unwrap_or(id);
        files.push(RevisionFile { id, path, said });
    }
    Ok(files)
}

/// The id in the name of a revision's file: `20251024_1500_a1b2_slug.rs`.
fn id_of(path: &Path) -> Option<RevisionId> {
    let name = path.file_name()?.to_str()?.strip_suffix(".rs")?;
    let mut parts = name.splitn(4, '_');
    let (date, _time, id, _slug) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_date = date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit());
    id.parse().ok().filter(|_| is_date)
}

/// The name that the plugin says, or else its crate's.
fn plugin_name(folder: &Path) -> Result<PluginName, AuthorError> {
    let refuse = |why: String| AuthorError::NoCrate { folder: folder.to_owned(), why };
    let path = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&path).map_err(|source| AuthorError::Unreadable { path, source })?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| refuse(error.message().to_owned()))?;
    let mut name =
        table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let is_source = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    for path in files_of(&folder.join("src"))?.into_iter().filter(is_source) {
        let text = std::fs::read_to_string(&path).map_err(|source| AuthorError::Unreadable { path: path.clone(), source })?;
        let said = pairs(&text, "plugin").into_iter().find(|(key, _)| key == "name");
        name = said.and_then(|(_, value)| texts(&value).pop()).unwrap_or(name);
    }
    name.parse().map_err(|error| refuse(format!("{error}")))
}

/// What a file says in `revision! { .. }`; nothing where it cannot be read as Rust.
#[derive(Debug, Default, PartialEq)]
struct Said {
    id: Option<String>,
    down: Vec<String>,
    labels: Vec<String>,
}

fn said(text: &str) -> Said {
    let mut said = Said::default();
    for (key, value) in pairs(text, "revision") {
        match key.as_str() {
            "id" => said.id = texts(&value).pop(),
            "down" => said.down = texts(&value),
            "labels" => said.labels = texts(&value),
            _ => {}
        }
    }
    said
}

/// Each `key = value` of the first `name! { .. }` of a file; none where it cannot be read as Rust.
fn pairs(text: &str, name: &str) -> Vec<(String, TokenTree)> {
    let Ok(tokens) = text.parse::<TokenStream>() else { return Vec::new() };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let body = tokens.windows(3).find_map(|three| match three {
        [TokenTree::Ident(word), TokenTree::Punct(mark), TokenTree::Group(group)] if word == name && mark.as_char() == '!' => {
            Some(group.stream().into_iter().collect::<Vec<_>>())
        }
        _ => None,
    });
    let pair = |three: &[TokenTree]| match three {
        [TokenTree::Ident(key), TokenTree::Punct(mark), value] if mark.as_char() == '=' => Some((key.to_string(), value.clone())),
        _ => None,
    };
    body.unwrap_or_default().windows(3).filter_map(pair).collect()
}

/// The texts of a list, or the one that it is. What may stand there has nothing to be escaped.
fn texts(value: &TokenTree) -> Vec<String> {
    match value {
        TokenTree::Group(group) => group.stream().into_iter().flat_map(|value| texts(&value)).collect(),
        TokenTree::Literal(literal) => vec![literal.to_string().trim_matches('"').to_owned()],
        TokenTree::Ident(_) | TokenTree::Punct(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_read_where_it_says_it_and_not_in_comments() {
        let text = "//! revision! { down = [\"no\"] }\n/* revision! { down = [] } */\nuse tenon_sdk::revision;\n\
                    tenon_sdk::revision! { id = \"x1\", depends_on = [\"a@b\"], labels = [\"side\"], down = [\"a\", \"b\",] }\nfn f() {}";
        let said = said(text);
        assert_eq!(
            (said.id.as_deref(), &said.down[..], &said.labels[..]),
            (Some("x1"), &["a".to_owned(), "b".to_owned()][..], &["side".to_owned()][..])
        );
        for nothing in ["", "fn {", "revision!", "revision! { down }", "\u{0}"] {
            assert_eq!(super::said(nothing), Said::default(), "{nothing:?}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_read_is_not_taken_for_an_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("migrations");
        assert!(read(&file).unwrap().is_empty());
        std::fs::write(&file, "").unwrap();
        assert!(matches!(read(&file), Err(AuthorError::Unreadable { .. })));
    }

    #[test]
    fn the_id_is_the_third_word_of_a_name() {
        let id = |name: &str| id_of(Path::new(name)).map(|id| id.to_string());
        assert_eq!(id("a/20251024_1500_a1b2_add_phone.rs").as_deref(), Some("a1b2"));
        for other in ["mod.rs", "20251024_1500_a1b2.rs", "2025_1500_a1b2_x.rs", "20251024_1500_a-b_x.rs", "20251024_1500_a1b2_x.md"] {
            assert_eq!(id(other), None, "{other}");
        }
    }
}
