//! `#[data]`: the derives that what is sent and answered needs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Item, Result};

/// Puts the derives before the item, with the paths under which the SDK re-exports their crates.
pub(crate) fn expand(arguments: &TokenStream, item: TokenStream) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(
            arguments,
            "write #[data] alone; what serde and schemars know goes into #[serde(..)] and #[schemars(..)]",
        ));
    }
    let item = match syn::parse2(item)? {
        item @ (Item::Struct(_) | Item::Enum(_)) => item,
        other => return Err(Error::new_spanned(other, "#[data] stands on a struct or an enum")),
    };
    Ok(quote! {
        #[derive(::tenon_sdk::serde::Serialize, ::tenon_sdk::serde::Deserialize, ::tenon_sdk::schemars::JsonSchema)]
        #[serde(crate = "::tenon_sdk::serde")]
        #[schemars(crate = "::tenon_sdk::schemars")]
        #item
    })
}
