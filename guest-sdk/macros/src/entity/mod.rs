//! `#[derive(Entity)]`: from a struct to the function that gives its table.

mod default;
mod field;
mod index_term;
mod reference;
mod rules;
mod table;
mod together;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, Fields, FieldsNamed, Result};

use crate::settings::{Errors, Settings};
use field::Field;
use table::TableSettings;

/// The implementation of `Entity` for a struct; after a mistake an empty one, so that nobody is told to write the derive as well.
pub(crate) fn expand(input: &DeriveInput) -> TokenStream {
    named_fields(input).and_then(|fields| implement(input, fields)).unwrap_or_else(|error| {
        let (mistakes, ident) = (error.into_compile_error(), &input.ident);
        let (generics, arguments, conditions) = input.generics.split_for_impl();
        quote! {
            #mistakes

            impl #generics ::tenon_sdk::Entity for #ident #arguments #conditions {
                const TABLE: &'static str = "";

                fn table() -> ::tenon_sdk::Table {
                    ::core::unreachable!()
                }
            }
        }
    })
}

fn named_fields(input: &DeriveInput) -> Result<&FieldsNamed> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "Entity stands for a table: derive it on a struct with named fields"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(input.ident.span(), "Entity needs a name for each column: write a struct with named fields"));
    };
    match input.generics.params.first() {
        Some(_) => Err(Error::new_spanned(&input.generics, "Entity stands for one table: write a struct without generics")),
        None => Ok(named),
    }
}

fn implement(input: &DeriveInput, named: &FieldsNamed) -> Result<TokenStream> {
    let mut errors = Errors::default();
    let table = errors.keep(Settings::of_attributes(&input.attrs, input.ident.span()).and_then(TableSettings::read));
    let fields: Vec<Field> = named.named.iter().filter_map(|field| errors.keep(Field::read(field))).collect();
    let Some(table) = table else { return errors.finish().map(|()| TokenStream::new()) };
    let whole = fields.len() == named.named.len();
    let proofs = together::check(&table, &fields, whole, &mut errors);
    errors.finish()?;

    let ident = &input.ident;
    let name = &table.name;
    let parts = fields.iter().map(|field| field.tokens(name));
    let tail = if table.plain {
        let key = fields.iter().filter(|field| field.key.is_some()).map(|field| &field.column);
        quote!(.primary_key([#(#key),*]))
    } else {
        quote!(.entity_columns())
    };
    let settings = table.tokens();
    let names = named.named.iter().filter_map(|field| field.ident.as_ref());
    Ok(quote! {
        impl ::tenon_sdk::Entity for #ident {
            const TABLE: &'static str = #name;

            fn table() -> ::tenon_sdk::Table {
                ::tenon_sdk::Table::new(#name) #(#parts)* #tail #settings
            }
        }

        #(#proofs)*

        const _: () = {
            #[allow(dead_code, reason = "the fields stand for columns whether or not the plugin reads them")]
            fn fields(row: &#ident) {
                let _ = (#(&row.#names,)*);
            }
        };
    })
}

/// The column's name that a field's own name gives.
fn column_name(ident: &syn::Ident) -> String {
    ident.unraw().to_string()
}
