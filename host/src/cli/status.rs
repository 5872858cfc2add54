//! `tenon current`, `history`, `heads`, `branches` and `show`.

use super::Outcome;
use super::args;
use super::output::Output;
use crate::service::TargetError;
use crate::service::host::Host;
use crate::service::load::PluginSet;
use crate::service::status::{Answer, End, Entry, Question, ask};

/// How an entry is printed.
enum Form {
    /// `shop@a1b2 (head)`
    Short,
    /// `shop@a1b2 (branchpoint)`, and what comes after it.
    Branches,
    /// `<base> -> shop@a1b2 (head), message`
    Line { indicate_current: bool },
    /// Several lines.
    Paragraph { indicate_current: bool },
}

/// `tenon current`.
pub(super) fn current(host: &Host, arguments: &args::Current, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Short };
    let Answer { behind, set, .. } = print(host, &Question::Current, &form, "Nothing is applied.", output)?;
    if !arguments.check_heads {
        return Ok(Outcome::Done);
    }
    let behind: Vec<String> = behind.iter().map(ToString::to_string).collect();
    if !behind.is_empty() {
        let are = if behind.len() == 1 { "is" } else { "are" };
        output.error(&format!("the database is not on all heads: {} {are} not applied", behind.join(", ")));
    }
    if let Some(reason) = unknown_heads(&set) {
        output.error(&format!("all heads are not known: {reason}"));
    }
    Ok(if behind.is_empty() && unknown_heads(&set).is_none() { Outcome::Done } else { Outcome::Incomplete })
}

/// Why nobody can say that the database is on all heads.
fn unknown_heads(set: &PluginSet) -> Option<String> {
    let files: Vec<&str> = set.refused.iter().map(|refusal| refusal.file.as_str()).collect();
    match (&set.unread, &files[..]) {
        (Some(unread), _) => Some(unread.clone()),
        (None, []) => None,
        (None, [file]) => Some(format!("{file} was refused; mend it, or take it out of the plugins folder")),
        (None, files) => Some(format!("{} were refused; mend them, or take them out of the plugins folder", files.join(", "))),
    }
}

/// `tenon history`.
pub(super) fn history(host: &Host, arguments: &args::History, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let indicate_current = arguments.indicate_current;
    let form = if verbose { Form::Paragraph { indicate_current } } else { Form::Line { indicate_current } };
    let (from, to) = match &arguments.rev_range {
        None => (None, None),
        Some(range) => ends(range)?,
    };
    print(host, &Question::History(from, to), &form, NO_REVISIONS, output).map(|_| Outcome::Done)
}

/// Said where a list of revisions is empty.
const NO_REVISIONS: &str = "There are no revisions.";

/// `FROM:TO`, each of which may be left out; `current` is where every plugin stands.
fn ends(range: &str) -> anyhow::Result<(Option<End>, Option<End>)> {
    let end = |text: &str| match text {
        "" => Ok(None),
        "current" => Ok(Some(End::Current)),
        target => target.parse().map(|target| Some(End::At(target))),
    };
    let ends = range.split_once(':').filter(|(_, to)| !to.contains(':'));
    let (from, to) = ends.ok_or_else(|| TargetError::OpenRange { text: range.to_owned() })?;
    Ok((end(from)?, end(to)?))
}

/// `tenon heads`.
pub(super) fn heads(host: &Host, arguments: &args::Heads, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Short };
    print(host, &Question::Heads(arguments.resolve_dependencies), &form, NO_REVISIONS, output).map(|_| Outcome::Done)
}

/// `tenon branches`.
pub(super) fn branches(host: &Host, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Branches };
    print(host, &Question::Branches, &form, "No revision has several after it.", output).map(|_| Outcome::Done)
}

/// `tenon show`.
pub(super) fn show(host: &Host, arguments: &args::Show, output: Output) -> anyhow::Result<Outcome> {
    let form = Form::Paragraph { indicate_current: false };
    print(host, &Question::Show(arguments.revision.parse()?), &form, NO_REVISIONS, output).map(|_| Outcome::Done)
}

/// Prints the answer, and says what is missing in it; `nothing` is said where it is empty.
fn print(host: &Host, question: &Question, form: &Form, nothing: &str, output: Output) -> anyhow::Result<Answer> {
    let answer = ask(host, question)?;
    let Answer { entries, set, .. } = &answer;
    let text = |entry: &Entry| match form {
        Form::Short => entry.short_line() + "\n",
        Form::Branches => entry.branch_lines(),
        Form::Line { indicate_current } => entry.history_line(*indicate_current) + "\n",
        Form::Paragraph { indicate_current } => {
            let file = set.plugins.get(&entry.node.plugin).map(|plugin| plugin.file.display().to_string());
            entry.paragraph(file.as_deref(), *indicate_current)
        }
    };
    let printed = output.result(entries, &entries.iter().map(text).collect::<String>());
    if entries.is_empty() {
        output.note(nothing);
    }
    warn_of_files(set, output);
    printed?;
    Ok(answer)
}

/// Says which files are missing in an answer. The ledger's own facts are not, so that the question is answered.
pub(super) fn warn_of_files(set: &PluginSet, output: Output) {
    if let Some(unread) = &set.unread {
        output.warning(&format!("only what is applied is known: {unread}"));
    }
    set.refused.iter().for_each(|refusal| output.warning(&refusal.to_string()));
}
