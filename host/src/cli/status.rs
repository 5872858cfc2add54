//! `tenon current`, `history`, `heads` and `show`.

use super::Outcome;
use super::args;
use super::output::Output;
use crate::model::Node;
use crate::service::TargetError;
use crate::service::host::Host;
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
    let behind = print(host, &Question::Current, &form, output)?;
    if !arguments.check_heads || behind.is_empty() {
        return Ok(Outcome::Done);
    }
    let behind: Vec<String> = behind.iter().map(ToString::to_string).collect();
    output.error(&format!(
        "the database is not on all heads: {} {} not applied",
        behind.join(", "),
        if behind.len() == 1 { "is" } else { "are" }
    ));
    Ok(Outcome::Incomplete)
}

/// `tenon history`.
pub(super) fn history(host: &Host, arguments: &args::History, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let indicate_current = arguments.indicate_current;
    let form = if verbose { Form::Paragraph { indicate_current } } else { Form::Line { indicate_current } };
    let (from, to) = match &arguments.rev_range {
        None => (None, None),
        Some(range) => ends(range)?,
    };
    print(host, &Question::History(from, to), &form, output).map(|_| Outcome::Done)
}

/// `START:END`, each of which may be left out; `current` is where every plugin stands.
fn ends(range: &str) -> anyhow::Result<(Option<End>, Option<End>)> {
    let end = |text: &str| match text {
        "" => Ok(None),
        "current" => Ok(Some(End::Current)),
        target => target.parse().map(|target| Some(End::At(target))),
    };
    let (from, to) = range.split_once(':').ok_or_else(|| TargetError::Range { text: range.to_owned() })?;
    Ok((end(from)?, end(to)?))
}

/// `tenon heads`.
pub(super) fn heads(host: &Host, arguments: &args::Heads, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Short };
    print(host, &Question::Heads(arguments.resolve_dependencies), &form, output).map(|_| Outcome::Done)
}

/// `tenon branches`.
pub(super) fn branches(host: &Host, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Branches };
    print(host, &Question::Branches, &form, output).map(|_| Outcome::Done)
}

/// `tenon show`.
pub(super) fn show(host: &Host, arguments: &args::Show, output: Output) -> anyhow::Result<Outcome> {
    print(host, &Question::Show(arguments.revision.parse()?), &Form::Paragraph { indicate_current: false }, output).map(|_| Outcome::Done)
}

/// Answers the heads that are not applied.
fn print(host: &Host, question: &Question, form: &Form, output: Output) -> anyhow::Result<Vec<Node>> {
    let Answer { entries, set, behind } = ask(host, question)?;
    let text = |entry: &Entry| match form {
        Form::Short => entry.short_line() + "\n",
        Form::Branches => entry.branch_lines(),
        Form::Line { indicate_current } => entry.history_line(*indicate_current) + "\n",
        Form::Paragraph { indicate_current } => {
            let file = set.plugins.get(&entry.node.plugin).map(|plugin| plugin.file.display().to_string());
            entry.paragraph(file.as_deref(), *indicate_current)
        }
    };
    let printed = output.result(&entries, &entries.iter().map(text).collect::<String>());
    // What a refused file would have added is missing above; the ledger's own facts are not, so that the question is answered.
    set.refused.iter().for_each(|refusal| output.warning(&refusal.to_string()));
    printed?;
    Ok(behind)
}
