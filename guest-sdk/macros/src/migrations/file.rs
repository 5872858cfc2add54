//! Reads one file: what it says of itself, and whether it has what a revision needs.

use std::path::PathBuf;

use syn::{Expr, ExprLit, Item, Lit, LitStr, Meta};

use super::file_name::{self, FileName};
use super::said::Said;
use super::step;
use crate::form;

/// One revision's file.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// What messages call it: the folder as it was written, and the file's name.
    pub(super) file: String,
    pub(super) name: FileName,
    pub(super) said: Said,
    /// One line for a person: what the file says, or the first paragraph of its comment.
    pub(super) message: String,
}

/// Reads a file, or says what is wrong with it.
pub(super) fn read(path: PathBuf, name: &str, file: String) -> Result<File, String> {
    let name = file_name::parse(name)?;
    let text = std::fs::read_to_string(&path).map_err(|error| format!("cannot be read: {error}"))?;
    let source = syn::parse_file(&text).map_err(|error| said_of("is no Rust: ", &error))?;
    let said = said(&source.items)?;
    step::require(&source.items, "upgrade")?;
    match &said.irreversible {
        None => step::require(&source.items, "downgrade").map_err(|why| format!("{why}, or `irreversible = \"why\"` in revision!"))?,
        Some(_) if step::is_there(&source.items, "downgrade") => {
            return Err("says `irreversible` and has a `downgrade`; leave one of them out".to_owned());
        }
        Some(_) => {}
    }
    let message = said.message.as_ref().map_or_else(|| first_paragraph(&source.attrs), LitStr::value);
    if message.is_empty() {
        return Err("does not say what it is for; begin it with `//! One line.`".to_owned());
    }
    form::one_line(&message).map_err(|reason| format!("its first paragraph {reason}"))?;
    Ok(File { path, file, name, said, message })
}

fn said_of(what: &str, error: &syn::Error) -> String {
    let messages: Vec<String> = error.clone().into_iter().map(|error| error.to_string()).collect();
    format!("{what}{}", messages.join("; "))
}

/// The one `revision!` of the file.
fn said(items: &[Item]) -> Result<Said, String> {
    let mut all = items.iter().filter_map(|item| match item {
        Item::Macro(item) if item.mac.path.segments.last().is_some_and(|segment| segment.ident == "revision") => Some(item),
        _ => None,
    });
    match (all.next(), all.next()) {
        (None, _) => {
            Err("does not say which revision comes before; write revision! { down = [\"<its id>\"] }, or revision! { down = [] } \
                          for the first one"
                .to_owned())
        }
        (Some(_), Some(_)) => Err("says `revision!` twice; a file is one revision, put the other into a file of its own".to_owned()),
        (Some(one), None) => one.mac.parse_body::<Said>().map_err(|error| said_of("", &error)),
    }
}

/// The `//!` comment up to its first empty line, as one line.
fn first_paragraph(attributes: &[syn::Attribute]) -> String {
    let comments = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    let text = comments.collect::<Vec<_>>().join("\n");
    text.trim_start().lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str =
        "pub fn upgrade(op: &Operations) -> Result<()> { Ok(()) } pub fn downgrade(op: &Operations) -> Result<()> { Ok(()) }";

    /// Reads a file of this text.
    fn of(text: &str) -> Result<File, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.rs");
        std::fs::write(&path, text).unwrap();
        read(path, "20251024_1500_b2_x.rs", "migrations/20251024_1500_b2_x.rs".to_owned())
    }

    #[test]
    fn a_file_speaks_through_its_name_its_comment_and_its_revision() {
        let file = of(&format!("//! Create users,\n//! and orders.\n//!\n//! More.\nrevision! {{ down = [\"a1\"] }} {STEPS}")).unwrap();
        assert_eq!((file.name.id.as_str(), file.message.as_str()), ("b2", "Create users, and orders."));
        assert_eq!(file.said.down[0].value(), "a1");
        let block = of(&format!("/*!\n  Create users,\n  and orders.\n\n  More.\n*/\nrevision! {{ down = [] }} {STEPS}")).unwrap();
        assert_eq!(block.message, "Create users, and orders.");
    }

    #[test]
    fn what_a_file_lacks_is_named() {
        for (text, wanted) in [
            ("//! A.".to_owned(), "revision! { down"),
            ("//! B.\nrevision! { down = [] }".to_owned(), "has no `upgrade`; write"),
            (
                "//! C.\nrevision! { down = [] }\npub fn upgrade(op: &Operations) -> Result<()> { Ok(()) }".to_owned(),
                "has no `downgrade`; write `pub fn downgrade(op: &Operations) -> Result<()>`, or `irreversible",
            ),
            (format!("revision! {{ down = [] }} {STEPS}"), "`//! One line.`"),
            (format!("//! A\tB.\nrevision! {{ down = [] }} {STEPS}"), "one line of plain text, without '\\t'"),
            ("//! E.\nfn (".to_owned(), "is no Rust"),
            (format!("//! F.\nrevision! {{ down = [], colour = \"red\" }} {STEPS}"), "unknown `colour`"),
            (format!("//! G.\nrevision! {{ down = [] }} revision! {{ down = [] }} {STEPS}"), "says `revision!` twice"),
            (format!("//! H.\nrevision! {{ down = [], irreversible = \"gone\" }} {STEPS}"), "leave one of them out"),
        ] {
            let mistake = of(&text).err().unwrap();
            assert!(mistake.contains(wanted), "{wanted:?} is not in: {mistake}");
        }
    }

    #[test]
    fn an_irreversible_revision_needs_no_downgrade() {
        assert!(of("//! A.\nrevision! { down = [], irreversible = \"gone\" }\npub use crate::steps::upgrade;").is_ok());
    }
}
