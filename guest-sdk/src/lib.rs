//! Write Tenon plugins in Rust.
//!
//! A plugin is one crate that compiles to a WebAssembly component. It says which tables it owns, brings the revisions that make them,
//! and exposes them over HTTP; the host does the rest.
//!
//! # A plugin
//! `Cargo.toml` has `crate-type = ["cdylib"]` and one dependency, this crate. `src/lib.rs`:
//!
//! ```
//! use tenon_sdk::{Entity, Manifest, Migrations, Plugin};
//!
//! #[derive(Entity)]
//! #[entity(table = "notes")]
//! pub struct Note {
//!     #[entity(index)]
//!     pub title: String,
//!     pub body: Option<String>,
//!     #[entity(default = false)]
//!     pub done: bool,
//! }
//!
//! struct Notes;
//!
//! impl Plugin for Notes {
//! # #[cfg(any())]
//!     const MIGRATIONS: Migrations = tenon_sdk::migrations!();
//!
//!     fn describe(manifest: &Manifest) {
//!         manifest.entity::<Note>().collection::<Note>("notes");
//!     }
//! }
//!
//! tenon_sdk::plugin!(Notes);
//! # fn main() {}
//! ```
//!
//! # Its migrations
//! One file per revision in `migrations/`, named `YYYYMMDD_HHMM_<id>_<slug>.rs`; [`migrations!`] picks them up. The one that makes the
//! table above, `migrations/20251024_1500_a1b2c3d4e5f6_notes.rs`:
//!
//! ```
//! //! Create notes.
//!
//! use tenon_sdk::{Column, Index, Operations, Result, Table, revision};
//!
//! revision! { down = [] }
//!
//! pub fn upgrade(op: &Operations) -> Result<()> {
//!     let notes = Table::new("notes")
//!         .column(Column::string("title").not_null())
//!         .column(Column::string("body"))
//!         .column(Column::boolean("done").not_null().default(false))
//!         .entity_columns();
//!     op.create_table(&notes)?;
//!     op.create_index("notes", &Index::on("notes", ["title"]))
//! }
//!
//! pub fn downgrade(op: &Operations) -> Result<()> {
//!     op.drop_index("ix_notes_title")?;
//!     op.drop_table("notes")
//! }
//! # fn main() {}
//! ```
//!
//! A migration writes the table out instead of asking the entity for it: the entity is what the *newest* revision leaves, and goes on
//! changing; a revision that was released does not.
//!
//! `build.rs` is one line, so that cargo notices a new file: `fn main() { println!("cargo::rerun-if-changed=migrations"); }`
//!
//! # Its handlers
//! Operations of its collections that it answers itself, and routes of its own, are ordinary functions that [`Plugin::handlers`] names:
//! see [`handlers`].
//!
//! # Building
//! `cargo build --release --target wasm32-unknown-unknown` with `linker = "wasm-component-ld"` for that target in `.cargo/config.toml`
//! emits a finished component that imports nothing but the contract's interfaces, and of those only the functions that it uses.
//!
//! # Where things are
//! [`Entity`] lists what can be said of a table and its columns; [`Table`] and [`Column`] say the same by hand. [`Operations`] is the
//! migration vocabulary. [`Manifest`] is what a plugin says of itself. [`handlers`] is how requests are answered, with [`records`],
//! [`database`] and [`host`]. [`Problem`] is the one error type. Everything but [`Operations`], [`Manifest`], [`Document`], [`Request`],
//! [`log`], [`records`], [`database`] and [`host`] can be used, and tested, without a host.
#![deny(unsafe_code)]
#![warn(missing_docs)]

extern crate self as tenon_sdk;

#[cfg(all(feature = "allocator", target_arch = "wasm32", not(target_feature = "atomics")))]
mod allocator;
#[doc(hidden)]
pub mod bindings;
mod column;
pub mod database;
mod document;
mod entity;
mod error;
#[doc(hidden)]
pub mod export;
mod field;
pub mod handlers;
pub mod host;
mod identity;
pub mod log;
mod migrations;
mod operations;
mod plugin;
mod probe;
mod record;
pub mod records;
mod table;
mod value;

pub use column::{Column, Managed};
pub use document::Document;
pub use entity::Entity;
pub use error::{Problem, Reason, Result};
pub use field::{Date, Decimal, FieldType, Json, Time, Timestamp, Ulid, Uuid};
pub use handlers::{Body, Created, Handlers, IntoResponse, Method, NoContent, Path, Query, Request, Response};
pub use migrations::{Downgrade, Migration, Migrations, Step};
pub use operations::{Change, Chosen, NoOptions, Operations, Options};
pub use plugin::{Access, Collection, CollectionOperation, Manifest, Plugin, Right, Setting};
pub use record::Record;
pub use table::{Check, ForeignKey, Index, ReferenceAction, Table, Trigger, Unique, View};
pub use tenon_sdk_macros::{Entity, data, migrations, revision};
pub use value::{FromValue, Value};

pub use schemars;
pub use serde;
pub use serde_json::{self, json};
