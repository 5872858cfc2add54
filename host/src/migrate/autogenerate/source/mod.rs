//! A revision as the Rust file that its author would have written.
//!
//! ```text
//! Draft ─> operation.rs: one call of the SDK each ─> object.rs: what is made by it ─> words.rs: names and values
//! ```
//!
//! What is written is what autogenerate makes; another operation, or an option that it never sets, is refused with its name.

mod object;
mod operation;
mod words;

use std::collections::BTreeSet;

use super::Unwritable;
use crate::model::text::plain;
use crate::model::{Node, Operation, RevisionId};

use words::text;

/// Characters of a line of a comment, as many as rustfmt leaves in a line.
const LINE: usize = 100;

/// What a revision's file says.
#[derive(Debug, Clone)]
pub struct Draft {
    /// One line for a person.
    pub message: String,
    /// Its parents.
    pub down: Vec<RevisionId>,
    /// Revisions of other plugins that come before it.
    pub depends_on: Vec<Node>,
    /// Names of its own.
    pub labels: Vec<String>,
    /// What it does.
    pub upgrade: Vec<Operation>,
    /// What undoes it.
    pub downgrade: Vec<Operation>,
    /// Where rows may not let it be undone, one sentence each.
    pub cautions: Vec<String>,
}

/// The file. Right in its layout but for lines that are too long: a formatter knows the author's own.
///
/// # Errors
/// An operation that autogenerate does not make.
pub fn source(draft: &Draft) -> Result<String, Unwritable> {
    let mut writer = Writer { used: BTreeSet::from(["Operations", "Result", "revision"]) };
    let (up, down) = (writer.steps(&draft.upgrade)?, writer.steps(&draft.downgrade)?);
    // As rustfmt orders them: types, then macros and functions.
    let mut used: Vec<&str> = writer.used.into_iter().collect();
    used.sort_by_key(|word| (word.starts_with(char::is_lowercase), *word));
    Ok(format!(
        "//! {}\n\nuse tenon_sdk::{{{}}};\n\nrevision! {{ {} }}\n\n{}\n{}{}",
        draft.message,
        used.join(", "),
        place(draft),
        function("upgrade", &up),
        comment(&draft.cautions),
        function("downgrade", &down)
    ))
}

/// Where it stands among others.
fn place(draft: &Draft) -> String {
    let texts = |all: Vec<String>| format!("[{}]", all.iter().map(|one| text(one)).collect::<Vec<_>>().join(", "));
    let mut says = vec![format!("down = {}", texts(draft.down.iter().map(ToString::to_string).collect()))];
    if !draft.depends_on.is_empty() {
        says.push(format!("depends_on = {}", texts(draft.depends_on.iter().map(ToString::to_string).collect())));
    }
    if !draft.labels.is_empty() {
        says.push(format!("labels = {}", texts(draft.labels.clone())));
    }
    says.join(", ")
}

/// A function of the file. All its steps but the last are statements.
fn function(name: &str, steps: &[String]) -> String {
    let handle = if steps.is_empty() { "_op" } else { "op" };
    let (last, rest) = steps.split_last().map_or(("Ok(())", &[][..]), |(last, rest)| (last.as_str(), rest));
    let statements: String = rest.iter().map(|step| format!("    {step}?;\n")).collect();
    format!("pub fn {name}({handle}: &Operations) -> Result<()> {{\n{statements}    {last}\n}}\n")
}

/// Sentences as a comment of lines that are not too long. Whatever a plugin's text has in it ends none.
fn comment(sentences: &[String]) -> String {
    let mut lines: Vec<String> = if sentences.is_empty() { Vec::new() } else { vec!["// Rows may be in the way of this:".to_owned()] };
    for sentence in sentences {
        let mut line = "// -".to_owned();
        for word in plain(sentence).split_whitespace() {
            if line.chars().count() + 1 + word.chars().count() > LINE {
                lines.push(std::mem::replace(&mut line, "//  ".to_owned()));
            }
            line.push(' ');
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// Writes operations, and remembers which of the SDK's words they use.
struct Writer {
    used: BTreeSet<&'static str>,
}

impl Writer {
    fn steps(&mut self, operations: &[Operation]) -> Result<Vec<String>, Unwritable> {
        let step = |operation: &Operation| {
            let why = "no revision is written with it";
            self.operation(operation).ok_or_else(|| Unwritable { table: None, what: operation.describe(), why: why.to_owned() })
        };
        operations.iter().map(step).collect()
    }

    fn uses(&mut self, word: &'static str) -> &'static str {
        self.used.insert(word);
        word
    }
}

#[cfg(test)]
mod tests;
