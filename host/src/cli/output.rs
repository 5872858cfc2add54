//! Where the command line's words go: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

/// How much is said, and in which form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    /// Facts as JSON.
    pub json: bool,
    /// Nothing but results and errors.
    pub quiet: bool,
}

impl Output {
    /// Prints a result: one JSON document with `--json`, else the text as it is. An empty text prints nothing.
    ///
    /// # Errors
    /// Standard output cannot be written to. That says nothing of what was done, so it is handed on after all else that there is to say.
    pub(super) fn result(self, facts: &impl Serialize, text: &str) -> io::Result<()> {
        heard(self.print(facts, text))
    }

    fn print(self, facts: &impl Serialize, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, facts).map_err(io::Error::from)?;
            writeln!(out)?;
        } else if !text.is_empty() {
            write!(out, "{text}")?;
            if !text.ends_with('\n') {
                writeln!(out)?;
            }
        }
        out.flush()
    }

    /// Says what whoever started the command has to know whatever becomes of it, on standard error; also when quiet.
    pub(super) fn word(self, text: &str) {
        say(text);
    }

    /// Says something in passing, on standard error; nothing when quiet.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// Says what does not stop the command, and what is missing because of it, on standard error; nothing when quiet.
    pub(super) fn warning(self, text: &str) {
        let mark = if is_colourful() { "\x1b[1;33mwarning:\x1b[0m" } else { "warning:" };
        self.note(&format!("{mark} {text}"));
    }

    /// Says what went wrong, on standard error.
    pub(super) fn error(self, text: &str) {
        let mark = if is_colourful() { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
        say(&format!("{mark} {text}"));
    }
}

/// Whether standard error is a terminal on which lines can be written over.
pub(super) fn is_terminal() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// Whether standard error shows colours, and nobody minds.
pub(super) fn is_colourful() -> bool {
    is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty())
}

/// What came of writing to standard output. A reader that closed its end of the pipe is no failure: it has what it wanted.
pub(super) fn heard(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("standard output cannot be written to: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes a line to standard error. Nobody is left to tell when even that fails.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// An error and its causes on one line, each once: one that repeats the end of the line, or says it at more length, takes its place.
pub(super) fn chain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    let mut last = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.ends_with(&cause) {
            continue;
        }
        if !last.is_empty() && cause.ends_with(&last) {
            text.truncate(text.len() - last.len());
        } else if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
        last = cause;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::chain;

    #[test]
    fn what_causes_say_twice_is_said_once() {
        let said = |causes: &[&str]| {
            let mut causes = causes.iter().rev();
            let last = anyhow::anyhow!((*causes.next().unwrap()).to_owned());
            chain(&causes.fold(last, |error, cause| error.context((*cause).to_owned())))
        };
        assert_eq!(said(&["a", "b", "c"]), "a: b: c");
        assert_eq!(said(&["failed: disk full", "disk full", "error 13: disk full"]), "failed: disk full: error 13: disk full");
        assert_eq!(said(&["it failed", "disk full", "error 13: disk full", "disk full"]), "it failed: error 13: disk full");
    }
}
