//! Reads the folder: which files are there, what each says, whether each has what a revision needs.

use std::path::{Path, PathBuf};

use syn::{Expr, ExprLit, Item, Lit, LitStr, Meta, UseTree};

use super::file_name::{self, FileName};
use super::said::Said;

/// One revision's file.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// The file's name, for messages.
    pub(super) file: String,
    pub(super) name: FileName,
    pub(super) said: Said,
    comment: String,
}

impl File {
    /// One line for a person: what the file says, or the first paragraph of its comment.
    pub(super) fn message(&self) -> String {
        self.said.message.as_ref().map_or_else(|| self.comment.clone(), LitStr::value)
    }
}

/// All revisions of a folder, in the order of their names; or everything that is wrong with it.
pub(super) fn read(folder: &Path) -> Result<Vec<File>, Vec<String>> {
    let advice = "write the first revision into it as migrations/YYYYMMDD_HHMM_<id>_<slug>.rs, or leave MIGRATIONS out";
    let entries = std::fs::read_dir(folder).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => vec![format!("there is no folder `migrations`; {advice}")],
        _ => vec![format!("the folder `migrations` cannot be read ({error})")],
    })?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| vec![format!("the folder `migrations` cannot be read ({error})")])?.path();
        if path.extension().is_some_and(|extension| extension == "rs") && path.is_file() {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        return Err(vec![format!("the folder `migrations` has no revision; {advice}")]);
    }
    paths.sort();
    let (mut files, mut mistakes) = (Vec::new(), Vec::new());
    for path in paths {
        match read_file(path) {
            Ok(file) => files.push(file),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(files) } else { Err(mistakes) }
}

fn read_file(path: PathBuf) -> Result<File, String> {
    let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = file_name::parse(&file)?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("migrations/{file}: cannot be read: {error}"))?;
    let source = syn::parse_file(&text).map_err(|error| at(&file, "is no Rust: ", &error))?;
    let said = said(&source.items).ok_or_else(|| {
        format!("migrations/{file}: does not say which revision comes before; write revision! {{ down = [\"<its id>\"] }}, or revision! {{ down = [] }} for the first one")
    })?;
    let said = said.map_err(|error| at(&file, "", &error))?;

    let lacks = |function: &str| !source.items.iter().any(|item| has(item, function));
    let write = |function: &str| format!("write `pub fn {function}(op: &Operations) -> Result<()>`");
    if lacks("upgrade") {
        return Err(format!("migrations/{file}: has no `upgrade`; {}", write("upgrade")));
    }
    if said.irreversible.is_none() && lacks("downgrade") {
        return Err(format!("migrations/{file}: has no `downgrade`; {}, or `irreversible = \"why\"` in revision!", write("downgrade")));
    }
    let comment = first_paragraph(&source.attrs);
    if comment.is_empty() && said.message.is_none() {
        return Err(format!("migrations/{file}: does not say what it is for; begin it with `//! One line.`"));
    }
    Ok(File { path, file, name, said, comment })
}

fn at(file: &str, what: &str, error: &syn::Error) -> String {
    let messages: Vec<String> = error.clone().into_iter().map(|error| error.to_string()).collect();
    format!("migrations/{file}: {what}{}", messages.join("; "))
}

fn said(items: &[Item]) -> Option<syn::Result<Said>> {
    items.iter().find_map(|item| match item {
        Item::Macro(item) if item.mac.path.segments.last().is_some_and(|segment| segment.ident == "revision") => {
            Some(item.mac.parse_body::<Said>())
        }
        _ => None,
    })
}

/// Whether an item brings a function of that name into the file: its own, or one that it re-exports.
fn has(item: &Item, function: &str) -> bool {
    match item {
        Item::Fn(item) => item.sig.ident == function,
        Item::Use(item) => names(&item.tree, function),
        _ => false,
    }
}

fn names(tree: &UseTree, function: &str) -> bool {
    match tree {
        UseTree::Path(path) => names(&path.tree, function),
        UseTree::Name(name) => name.ident == function,
        UseTree::Rename(rename) => rename.rename == function,
        UseTree::Group(group) => group.items.iter().any(|tree| names(tree, function)),
        UseTree::Glob(_) => false,
    }
}

/// The `//!` comment up to its first empty line, as one line.
fn first_paragraph(attributes: &[syn::Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str =
        "pub fn upgrade(op: &Operations) -> Result<()> { Ok(()) } pub fn downgrade(op: &Operations) -> Result<()> { Ok(()) }";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        files.iter().for_each(|(name, text)| std::fs::write(folder.path().join(name), text).unwrap());
        folder
    }

    #[test]
    fn a_file_speaks_through_its_name_its_comment_and_its_revision() {
        let text = format!("//! Create users,\n//! and orders.\n//!\n//! More.\nrevision! {{ down = [\"a1\"] }} {STEPS}");
        let folder = folder(&[("20251024_1500_b2_x.rs", &text), ("README.md", "not a revision")]);
        let files = read(folder.path()).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].name.id.as_str(), files[0].message().as_str()), ("b2", "Create users, and orders."));
        assert_eq!(files[0].said.down[0].value(), "a1");
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let folder = folder(&[
            ("20251024_1500_a1_no_revision.rs", "//! A."),
            ("20251024_1500_b2_no_steps.rs", "//! B.\nrevision! { down = [] }"),
            ("20251024_1500_c3_no_way_back.rs", "//! C.\nrevision! { down = [] }\nfn upgrade() {}"),
            ("20251024_1500_d4_no_message.rs", &format!("revision! {{ down = [] }} {STEPS}")),
            ("20251024_1500_e5_no_rust.rs", "//! E.\nfn ("),
            ("20251024_1500_f6_bad_setting.rs", &format!("//! F.\nrevision! {{ down = [], colour = \"red\" }} {STEPS}")),
            ("helpers.rs", ""),
        ]);
        let mistakes = read(folder.path()).err().unwrap();
        let wanted = [
            "revision! { down",
            "has no `upgrade`",
            "has no `downgrade`",
            "`//! One line.`",
            "is no Rust",
            "unknown `colour`",
            "name it YYYYMMDD",
        ];
        assert_eq!(mistakes.len(), wanted.len(), "{mistakes:#?}");
        mistakes.iter().zip(wanted).for_each(|(mistake, wanted)| assert!(mistake.contains(wanted), "{mistake}"));
    }

    #[test]
    fn an_irreversible_revision_needs_no_downgrade() {
        let folder = folder(&[(
            "20251024_1500_a1_x.rs",
            "//! A.\nrevision! { down = [], irreversible = \"gone\" }\npub use crate::steps::upgrade;",
        )]);
        assert!(read(folder.path()).is_ok());
    }

    #[test]
    fn an_empty_folder_says_what_to_put_into_it() {
        assert!(read(folder(&[]).path()).err().unwrap()[0].contains("write the first revision"));
        assert!(read(Path::new("/nowhere/at/all")).err().unwrap()[0].contains("there is no folder"));
    }
}
