//! The macros of tenon-sdk: `#[derive(Entity)]`, `migrations!()`, `revision!{}`, `#[data]`.
//!
//! They read what the author wrote, refuse what cannot be so with what to write instead, and call ordinary functions of the SDK; there
//! is nothing that they can do and an author could not do by hand. Their manuals stand where authors look: on the re-exports of
//! `tenon-sdk`.
#![deny(unsafe_code)]

mod data;
mod data_type;
mod date;
mod entity;
mod form;
mod migrations;
mod name;
mod settings;

use proc_macro::TokenStream;

/// Makes a struct stand for a table. What can be written in `#[entity(..)]` is listed at the trait `Entity`.
#[proc_macro_derive(Entity, attributes(entity))]
pub fn derive_entity(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    entity::expand(&input).into()
}

/// A struct or an enum that is sent or answered: derives `Serialize`, `Deserialize` and `JsonSchema`.
///
/// Everything that `#[serde(..)]` and `#[schemars(..)]` know can be said of it. The comment of a field is its description in OpenAPI. It
/// stands above `#[derive(Entity)]`, where both do.
///
/// As a body it takes no other members than its fields (`Body`); read from a row of the database or of `records` it passes over them.
///
/// It is short for the three derives with `#[serde(crate = "tenon_sdk::serde")]` and `#[schemars(crate = "tenon_sdk::schemars")]`; a crate
/// that depends on serde and schemars itself can derive them as ever.
#[proc_macro_attribute]
pub fn data(arguments: TokenStream, item: TokenStream) -> TokenStream {
    data::expand(&arguments.into(), item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// A plugin's revisions, one for each file in its folder `migrations/`; or in the folder that is given, relative to the calling file.
///
/// A file is named `YYYYMMDD_HHMM_<id>_<slug>.rs`, begins with `//! The message.`, says `revision! { down = [..] }`, and has
/// `pub fn upgrade(op: &Operations) -> Result<()>` and a `downgrade` like it, unless it says `irreversible = "why"`; or brings them in by
/// name, `pub use crate::steps::{upgrade, downgrade};`. The date and time of the name, in UTC, are when the revision was created.
///
/// Two files with one id, a parent that no file has, a circle, a `.rs` file that is named otherwise, a file that is named so without
/// `.rs`: each is an error that says what to write. Call it at the top level of a file, not inside of `mod name { .. }`.
///
/// # A new file
/// Cargo does not look into folders by itself, so the crate needs a `build.rs`; without one this is an error:
/// `fn main() { println!("cargo::rerun-if-changed=migrations"); }`. Another folder than `migrations` is named there as it lies from
/// `Cargo.toml`.
#[proc_macro]
pub fn migrations(input: TokenStream) -> TokenStream {
    let folder = syn::parse_macro_input!(input as migrations::Folder);
    let caller = proc_macro::Span::call_site().local_file();
    migrations::expand(folder, caller).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// What a revision says of itself; read by [`migrations!`], which the file is part of.
///
/// | setting | means |
/// |---|---|
/// | `down = ["a1b2c3d4e5f6"]` | the parents within the plugin: `[]` starts from base, two or more merge; must be there |
/// | `depends_on = ["shop@a1b2c3d4e5f6"]` | revisions of required plugins that must be applied first |
/// | `message = ".."` | one line for a person; else the first paragraph of the file's `//!` comment |
/// | `created = "2025-10-24T15:00:00Z"` | when it was written; else what the file's name says |
/// | `irreversible = "why"` | there is no way back, and no `downgrade` |
/// | `labels = [".."]`, `run_before = ["plugin@revision"]` | names that targets may use; revisions of other plugins that come after it where both are still to be applied |
/// | `id = "a1b2c3d4e5f6"` | the id again, as the file's name has it |
#[proc_macro]
pub fn revision(input: TokenStream) -> TokenStream {
    match syn::parse::<migrations::Said>(input) {
        Ok(_) => TokenStream::new(),
        Err(error) => error.into_compile_error().into(),
    }
}
