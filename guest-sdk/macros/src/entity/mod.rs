//! `#[derive(Entity)]`: from a struct to the function that gives its table.

mod field;
mod reference;
mod rules;
mod table;

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Fields, Result};

use crate::settings::{Errors, Settings};
use field::Field;
use table::TableSettings;

/// The columns that come with every entity.
const COMMON: [&str; 4] = ["id", "created_at", "updated_at", "tags"];

/// The implementation of `Entity` for a struct.
pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new(input.ident.span(), "Entity stands for a table: derive it on a struct with named fields"));
    };
    let Fields::Named(named) = &data.fields else {
        return Err(Error::new(input.ident.span(), "Entity needs a name for each column: write a struct with named fields"));
    };
    if !input.generics.params.is_empty() {
        return Err(Error::new(input.generics.span(), "Entity stands for one table: write a struct without generics"));
    }

    let mut errors = Errors::default();
    let table = errors.keep(Settings::of_attributes(&input.attrs, input.ident.span()).and_then(TableSettings::read));
    let fields: Vec<Field> = named.named.iter().filter_map(|field| errors.keep(Field::read(field))).collect();
    let Some(table) = table else { return errors.finish().map(|()| TokenStream::new()) };
    check_together(&table, &fields, &mut errors);
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

        const _: () = {
            #[allow(dead_code, reason = "the fields stand for columns whether or not the plugin reads them")]
            fn fields(row: &#ident) {
                let _ = (#(&row.#names,)*);
            }
        };
    })
}

/// What no field and no setting can tell alone.
fn check_together(table: &TableSettings, fields: &[Field], errors: &mut Errors) {
    for (i, field) in fields.iter().enumerate() {
        if fields[..i].iter().any(|other| other.column.eq_ignore_ascii_case(&field.column)) {
            errors.say(&field.ident, format!("column {:?} is there twice: give one of them another `rename`", field.column));
        }
        if !table.plain && COMMON.iter().any(|common| common.eq_ignore_ascii_case(&field.column)) {
            let message = format!("`{}` comes with every entity: leave it out, or write #[entity(plain)] on the struct", field.column);
            errors.say(&field.ident, message);
        }
        match field.key {
            Some(span) if !table.plain => {
                errors.push(Error::new(span, "an entity is keyed by `id`: leave `key` out, or write #[entity(plain)] on the struct"));
            }
            Some(span) if field.nullable => errors.push(Error::new(span, "a key cannot be NULL: write the type without Option")),
            _ => {}
        }
    }
    if table.plain && fields.iter().all(|field| field.key.is_none()) {
        errors.push(Error::new(table.span, "a plain table says what its key is: write #[entity(key)] on one field or more"));
    }
    for column in &table.mentioned {
        let name = column.value();
        let common = !table.plain && COMMON.contains(&name.as_str());
        if !common && !fields.iter().any(|field| field.column == name) {
            errors.say(column, format!("the struct has no column {name:?}"));
        }
    }
}

/// The column's name that a field's own name gives.
fn column_name(ident: &syn::Ident) -> String {
    ident.unraw().to_string()
}
