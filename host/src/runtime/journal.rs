//! What a plugin logs, on its way to the operator's log: stamped, cut and counted.

use std::fmt::Write as _;

use crate::model::{Attribute, Value};

use super::error::Stop;
use super::limits::LINE_BYTES;
use crate::model::text::printable;

/// The log of one call.
#[derive(Debug)]
pub(super) struct Journal {
    /// The plugin's name, or what is known of it before it said its name.
    pub(super) plugin: String,
    operation: String,
    /// The id of the request in hand, if there is one.
    request: Option<String>,
    lines_left: u32,
    last_error: Option<String>,
    /// The last line, if it is an error: a panic's message, perhaps, which whoever hears of the trap tells better. Told when another
    /// line follows, or the call ends without a trap.
    held: Option<(String, String)>,
}

impl Journal {
    /// `operation` is what the plugin is doing, e.g. `upgrade a1b2`.
    pub(super) fn new(plugin: String, operation: String, lines: u32) -> Self {
        Self { plugin, operation, request: None, lines_left: lines, last_error: None, held: None }
    }

    /// The log of a request.
    pub(super) fn of_request(mut self, id: String) -> Self {
        self.request = Some(id);
        self
    }

    /// Ends a call that went well: what was held is told.
    pub(super) fn end(&mut self) {
        self.tell_held();
        self.last_error = None;
    }

    /// The last message at level `error`: what a panic hook leaves behind before the trap. Who takes it tells it.
    pub(super) fn take_last_error(&mut self) -> Option<String> {
        self.held = None;
        self.last_error.take()
    }

    /// Takes one line.
    pub(super) fn log(&mut self, level: &str, message: &str, fields: &[Attribute]) -> Result<(), Stop> {
        let level = match level {
            "error" => tracing::Level::ERROR,
            "warn" => tracing::Level::WARN,
            "info" => tracing::Level::INFO,
            "debug" => tracing::Level::DEBUG,
            "trace" => tracing::Level::TRACE,
            other => {
                return Err(Stop::Misuse(format!(
                    "host.log has no level {:?}; known are error, warn, info, debug, trace",
                    printable(other, 40)
                )));
            }
        };
        let (message, fields) = (printable(message, LINE_BYTES), rendered(fields));
        if level == tracing::Level::ERROR {
            // The fields say where a panic happened.
            self.last_error = Some(if fields.is_empty() { message.clone() } else { format!("{message} ({fields})") });
        }
        self.tell_held();
        match self.lines_left {
            0 => return Ok(()),
            1 => self.emit(tracing::Level::WARN, "this call has logged its last line; further ones are dropped", ""),
            _ if level == tracing::Level::ERROR => self.held = Some((message, fields)),
            _ => self.emit(level, &message, &fields),
        }
        self.lines_left -= 1;
        Ok(())
    }

    fn tell_held(&mut self) {
        if let Some((message, fields)) = self.held.take() {
            self.emit(tracing::Level::ERROR, &message, &fields);
        }
    }

    fn emit(&self, level: tracing::Level, message: &str, fields: &str) {
        // A level is part of an event's static description, so there is one event per level.
        macro_rules! event {
            ($level:expr) => {
                tracing::event!(
                    target: "tenon::plugin", $level, request_id = self.request, plugin = %self.plugin, operation = %self.operation,
                    fields = (!fields.is_empty()).then_some(fields), "{message}"
                )
            };
        }
        match level {
            tracing::Level::ERROR => event!(tracing::Level::ERROR),
            tracing::Level::WARN => event!(tracing::Level::WARN),
            tracing::Level::INFO => event!(tracing::Level::INFO),
            tracing::Level::DEBUG => event!(tracing::Level::DEBUG),
            tracing::Level::TRACE => event!(tracing::Level::TRACE),
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.tell_held();
    }
}

/// The fields as `key=value`, cut like a message.
fn rendered(fields: &[Attribute]) -> String {
    let mut out = String::new();
    for Attribute { key, value } in fields {
        if out.len() > LINE_BYTES {
            break;
        }
        let key = printable(key, LINE_BYTES);
        // Writing to a String cannot fail.
        let _ = match value {
            Value::Null => write!(out, "{key}=null "),
            Value::Boolean(value) => write!(out, "{key}={value} "),
            Value::Integer(value) => write!(out, "{key}={value} "),
            Value::Real(value) => write!(out, "{key}={value} "),
            Value::Text(value) => write!(out, "{key}=\"{}\" ", printable(value, LINE_BYTES)),
            Value::Bytes(value) => write!(out, "{key}=<{} bytes> ", value.len()),
        };
    }
    printable(out.trim_end(), LINE_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_the_last_error_even_past_its_last_line() {
        let mut journal = Journal::new("shop".into(), "describe".into(), 2);
        for message in ["one", "two", "three\u{1b}[0m"] {
            journal.log("error", message, &[]).unwrap();
        }
        assert_eq!(journal.take_last_error().as_deref(), Some("three\\u{1b}[0m"));
        assert_eq!(journal.lines_left, 0);
    }

    #[test]
    fn an_unknown_level_is_a_trap_that_lists_the_known_ones() {
        let error = Journal::new("shop".into(), "describe".into(), 2).log("fatal", "x", &[]).unwrap_err();
        assert!(error.to_string().contains("known are error, warn"));
    }

    #[test]
    fn fields_are_rendered_and_cut() {
        let field = |key: &str, value| Attribute { key: key.into(), value };
        assert_eq!(
            rendered(&[field("n", Value::Integer(1)), field("s", "a\nb".into()), field("b", Value::Bytes(vec![0; 3]))]),
            "n=1 s=\"a\\nb\" b=<3 bytes>"
        );
        assert!(rendered(&[field("k", Value::Text("x".repeat(100_000)))]).len() <= LINE_BYTES + '…'.len_utf8());
    }
}
