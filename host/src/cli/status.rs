//! `tenon current`, `history`, `heads` and `show`.

use super::Outcome;
use super::args;
use super::output::Output;
use crate::service::host::Host;
use crate::service::status::{Answer, Entry, Question, ask};

/// How an entry is printed.
enum Form {
    /// `shop@a1b2 (head)`
    Short,
    /// `<base> -> shop@a1b2 (head), message`
    Line { indicate_current: bool },
    /// Several lines.
    Paragraph { indicate_current: bool },
}

/// `tenon current`.
pub(super) fn current(host: &Host, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Short };
    print(host, &Question::Current, &form, output)
}

/// `tenon history`.
pub(super) fn history(host: &Host, arguments: &args::History, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let indicate_current = arguments.indicate_current;
    let form = if verbose { Form::Paragraph { indicate_current } } else { Form::Line { indicate_current } };
    print(host, &Question::History, &form, output)
}

/// `tenon heads`.
pub(super) fn heads(host: &Host, output: Output, verbose: bool) -> anyhow::Result<Outcome> {
    let form = if verbose { Form::Paragraph { indicate_current: false } } else { Form::Short };
    print(host, &Question::Heads, &form, output)
}

/// `tenon show`.
pub(super) fn show(host: &Host, arguments: &args::Show, output: Output) -> anyhow::Result<Outcome> {
    print(host, &Question::Show(arguments.revision.parse()?), &Form::Paragraph { indicate_current: false }, output)
}

fn print(host: &Host, question: &Question, form: &Form, output: Output) -> anyhow::Result<Outcome> {
    let Answer { entries, set } = ask(host, question)?;
    let text = |entry: &Entry| match form {
        Form::Short => entry.short_line() + "\n",
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
    Ok(Outcome::Done)
}
