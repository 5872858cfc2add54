//! Lines for the host's log. The host stamps them with the plugin, the operation and the request, and cuts them at 4 KiB.

use crate::bindings::tenon::plugin::host;
use crate::value::{Value, attribute};

/// Something failed.
pub fn error(message: impl AsRef<str>) {
    write("error", message.as_ref(), &[]);
}

/// Something is not as it should be, and the work went on.
pub fn warn(message: impl AsRef<str>) {
    write("warn", message.as_ref(), &[]);
}

/// Something an operator wants to know.
pub fn info(message: impl AsRef<str>) {
    write("info", message.as_ref(), &[]);
}

/// Something the plugin's author wants to know.
pub fn debug(message: impl AsRef<str>) {
    write("debug", message.as_ref(), &[]);
}

/// A line with named values beside its message. `level` is `error`, `warn`, `info`, `debug` or `trace`.
pub fn write(level: &str, message: &str, fields: &[(&str, Value)]) {
    let fields: Vec<_> = fields.iter().map(|(key, value)| attribute(key, value.clone())).collect();
    host::log(level, message, &fields);
}
