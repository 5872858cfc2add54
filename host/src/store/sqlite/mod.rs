//! One SQLite connection and everything that is done on it.
//!
//! [`Database`] is the connection with its settings, transactions and scope (`connection`, `transaction`, `scope`, `authorizer`). On it
//! stand two ways to work: the host's own, from checked data (`rows`, `introspect`, [`Database::run`]), and a plugin's, from text that
//! nobody trusts (`plugin_sql`, which goes through `statements`, `judge`, `text`, `ownership`). What a statement may take is in `limits`,
//! `work` and `memory`, how it is stopped in `deadline` and `watchdog`.

mod authorizer;
mod behalf;
mod bounded;
#[cfg(test)]
mod bounded_tests;
mod connection;
mod damage;
mod deadline;
#[cfg(debug_assertions)]
mod failpoint;
mod foreign_keys;
mod functions;
mod introspect;
#[cfg(test)]
mod introspect_tests;
mod json;
mod judge;
mod limits;
#[cfg(test)]
mod lost_tests;
mod memory;
mod open;
#[cfg(test)]
mod open_tests;
mod others;
mod ownership;
#[cfg(test)]
mod ownership_tests;
mod patience;
mod plugin_sql;
#[cfg(test)]
mod plugin_sql_tests;
mod problems;
mod rebuild;
mod references;
mod rows;
#[cfg(test)]
mod rows_tests;
mod scope;
mod statements;
#[cfg(test)]
pub(in crate::store) mod testing;
mod text;
mod transaction;
pub(in crate::store) mod violation;
mod watchdog;
#[cfg(test)]
mod watchdog_tests;
mod work;

pub use connection::Database;
pub use introspect::{LiveColumn, LiveForeignKey, LiveIndex, LivePart, LiveSchema, LiveTable};
pub use json::MAX_RESULT_BYTES;
pub use open::{BUSY_COMMAND, BUSY_SERVE, Mode};
pub use others::{AlembicVersions, StoredObject};
pub use rebuild::Soundness;
pub use transaction::Transaction;
