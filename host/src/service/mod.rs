//! The verbs: what `cli` and `http` can ask for, joined from the rooms below.
//!
//! `load` finds and keeps plugins (`folder`, `agreement`), `prove` holds them to what they say, `state` reads the ledger and the histories
//! together, `pending` knows of each step what it will do. `upgrade`, `downgrade` and `script` change the schema or write out how (`step`,
//! `replay`, `live`), `plan` only says what an upgrade would do, `simulate` does it to a copy, `lint` finds what in it may fail or lose rows,
//! `verify` proves afresh, `drift` compares the database with what is applied, `remove` takes a plugin away, `stamp` records without
//! running, `status`, `inventory` and `facts` only look, `serving` answers rows over a `file`, `swap` exchanges what
//! is served, also for whom `operator` lets in. Knows neither the command line nor HTTP.

pub mod adopt;
mod agreement;
mod apply;
pub mod author;
pub mod backup;
pub mod check;
pub mod downgrade;
pub mod drift;
pub mod error;
pub mod facts;
mod file;
mod folder;
pub mod grants;
mod handlers;
pub mod host;
pub mod inventory;
pub mod limit_settings;
pub mod lint;
mod live;
pub mod load;
pub mod offer;
pub mod operator;
mod owner_changes;
mod pending;
pub mod picture;
pub mod plan;
pub mod plugin_settings;
mod prove;
mod readiness;
pub mod remove;
mod replay;
pub mod scaffold;
pub mod script;
pub mod serving;
pub mod settings;
pub mod simulate;
pub mod stamp;
pub mod start;
mod state;
pub mod status;
mod step;
mod swap;
mod transact;
pub mod unfinished;
pub mod upgrade;
pub mod verify;

pub use error::ServiceError;

pub use crate::migrate::TargetError;
