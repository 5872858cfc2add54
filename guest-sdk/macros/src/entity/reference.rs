//! Foreign keys, as a field and as a struct writes them.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, LitStr, Result};

use crate::name;
use crate::settings::Settings;

/// The table and columns that are referred to.
pub(super) struct Target {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

impl Target {
    /// Reads `users.id`.
    pub(super) fn of_field(text: &LitStr) -> Result<Self> {
        let wrong = || Error::new(text.span(), "say which column it refers to: write `references = \"table.column\"`");
        let value = text.value();
        let (table, column) = value.rsplit_once('.').ok_or_else(wrong)?;
        if name::object_name(table).is_err() || name::object_name(column).is_err() {
            return Err(wrong());
        }
        Ok(Self { table: table.to_owned(), columns: vec![column.to_owned()] })
    }

    /// Reads `orders(id, region)`.
    pub(super) fn of_table(text: &LitStr) -> Result<Self> {
        let wrong = || Error::new(text.span(), "say which columns it refers to: write `references = \"table(column, column)\"`");
        let value = text.value();
        let (table, columns) = value.strip_suffix(')').and_then(|text| text.split_once('(')).ok_or_else(wrong)?;
        let columns: Vec<String> = columns.split(',').map(|column| column.trim().to_owned()).collect();
        if name::object_name(table).is_err() || columns.iter().any(|column| name::object_name(column).is_err()) {
            return Err(wrong());
        }
        Ok(Self { table: table.to_owned(), columns })
    }
}

/// What happens when the row referred to goes or changes its key.
#[derive(Clone)]
pub(super) struct Actions {
    on_delete: Option<LitStr>,
    on_update: Option<LitStr>,
}

impl Actions {
    /// Reads `on_delete` and `on_update`.
    pub(super) fn read(settings: &mut Settings) -> Result<Self> {
        let actions = Self { on_delete: settings.text("on_delete")?, on_update: settings.text("on_update")? };
        actions.iter().try_for_each(|(_, action)| variant(action).map(drop))?;
        Ok(actions)
    }

    /// The actions that are given, with their settings' names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &LitStr)> {
        let both = [("on_delete", &self.on_delete), ("on_update", &self.on_update)];
        both.into_iter().filter_map(|(key, action)| action.as_ref().map(|action| (key, action)))
    }

    /// The action of that name, if it is one of the two.
    pub(super) fn find(&self, name: &str) -> Option<&LitStr> {
        self.iter().map(|(_, action)| action).find(|action| action.value() == name)
    }

    /// `.on_delete(..).on_update(..)`.
    pub(super) fn tokens(&self) -> TokenStream {
        let calls = self.iter().filter_map(|(key, action)| {
            let (method, variant) = (format_ident!("{key}"), format_ident!("{}", variant(action).ok()?));
            Some(quote!(.#method(::tenon_sdk::ReferenceAction::#variant)))
        });
        quote!(#(#calls)*)
    }
}

fn variant(action: &LitStr) -> Result<&'static str> {
    match action.value().as_str() {
        "no-action" => Ok("NoAction"),
        "restrict" => Ok("Restrict"),
        "cascade" => Ok("Cascade"),
        "set-null" => Ok("SetNull"),
        "set-default" => Ok("SetDefault"),
        other => Err(Error::new(
            action.span(),
            format!("{other:?} is no action; write \"no-action\", \"restrict\", \"cascade\", \"set-null\" or \"set-default\""),
        )),
    }
}
