//! What `#[entity(..)]` on the struct says.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

use super::reference::{Actions, Target};
use crate::name;
use crate::settings::{Errors, Settings};

/// The table's own settings.
pub(super) struct TableSettings {
    pub(super) span: Span,
    pub(super) name: String,
    /// Without the columns that every entity has.
    pub(super) plain: bool,
    /// Columns that the settings name, to be checked against the fields.
    pub(super) mentioned: Vec<LitStr>,
    parts: Vec<TokenStream>,
}

impl TableSettings {
    /// Reads them all.
    pub(super) fn read(mut settings: Settings) -> Result<Self> {
        let span = settings.span();
        let missing = || Error::new(span, "Entity needs the table's name: write #[entity(table = \"..\")] on the struct");
        let name = settings.text("table")?;
        let plain = settings.flag("plain")?.is_some();
        let mut parts = Vec::new();
        let mut mentioned = Vec::new();
        for (key, attribute) in [("renamed_from", "renamed-from"), ("comment", "comment")] {
            if let Some(text) = settings.text(key)? {
                parts.push(quote!(.attribute(#attribute, #text)));
            }
        }
        for (key, attribute) in [("strict", "strict"), ("without_rowid", "without-rowid")] {
            if settings.flag(key)?.is_some() {
                parts.push(quote!(.attribute(#attribute, true)));
            }
        }
        let mut errors = Errors::default();
        let (uniques, indexes) = (settings.nested("unique")?, settings.nested("index")?);
        let (checks, keys) = (settings.nested("check")?, settings.nested("foreign_key")?);
        let known = settings.finish("on the struct");
        let name = errors.keep(name.ok_or_else(missing).and_then(|name| name::require_object_name(&name).map(|()| name.value())));
        errors.keep(known);
        let table = name.clone().unwrap_or_default();
        parts.extend(uniques.into_iter().filter_map(|settings| errors.keep(unique(settings, &mut mentioned))));
        parts.extend(indexes.into_iter().filter_map(|settings| errors.keep(index(settings, &table, &mut mentioned))));
        parts.extend(checks.into_iter().filter_map(|settings| errors.keep(check(settings))));
        parts.extend(keys.into_iter().filter_map(|settings| errors.keep(foreign_key(settings, &mut mentioned))));
        errors.finish()?;
        Ok(Self { span, name: table, plain, mentioned, parts })
    }

    /// The calls that add them to the table.
    pub(super) fn tokens(&self) -> TokenStream {
        let parts = &self.parts;
        quote!(#(#parts)*)
    }
}

fn columns(settings: &mut Settings) -> Result<Vec<LitStr>> {
    let missing = Error::new(settings.span(), "say over which columns: write `columns = [\"..\"]`");
    settings.words("columns")?.filter(|columns| !columns.is_empty()).ok_or(missing)
}

fn constraint_name(settings: &mut Settings) -> Result<Option<LitStr>> {
    let name = settings.text("name")?;
    name.iter().try_for_each(name::require_object_name)?;
    Ok(name)
}

fn named(name: Option<LitStr>) -> TokenStream {
    name.map(|name| quote!(.named(#name))).unwrap_or_default()
}

fn unique(mut settings: Settings, mentioned: &mut Vec<LitStr>) -> Result<TokenStream> {
    let (columns, name) = (columns(&mut settings)?, named(constraint_name(&mut settings)?));
    settings.finish("in `unique(..)`")?;
    mentioned.extend(columns.iter().cloned());
    Ok(quote!(.unique(::tenon_sdk::Unique::on([#(#columns),*]) #name)))
}

fn check(mut settings: Settings) -> Result<TokenStream> {
    let missing = Error::new(settings.span(), "say what must hold: write `check(expression = \"..\")`");
    let (expression, name) = (settings.text("expression")?.ok_or(missing)?, named(constraint_name(&mut settings)?));
    settings.finish("in `check(..)`")?;
    Ok(quote!(.check(::tenon_sdk::Check::new(#expression) #name)))
}

fn foreign_key(mut settings: Settings, mentioned: &mut Vec<LitStr>) -> Result<TokenStream> {
    let missing = Error::new(settings.span(), "say what it refers to: write `references = \"table(column, column)\"`");
    let (columns, name) = (columns(&mut settings)?, named(constraint_name(&mut settings)?));
    let text = settings.text("references")?.ok_or(missing)?;
    let Target { table, columns: targets } = Target::of_table(&text)?;
    if targets.len() != columns.len() {
        return Err(Error::new(text.span(), format!("{} columns cannot refer to {}: name as many", columns.len(), targets.len())));
    }
    let actions = Actions::read(&mut settings)?.tokens();
    settings.finish("in `foreign_key(..)`")?;
    mentioned.extend(columns.iter().cloned());
    Ok(quote!(.foreign_key(::tenon_sdk::ForeignKey::composite([#(#columns),*], #table, [#(#targets),*]) #name #actions)))
}

fn index(mut settings: Settings, table: &str, mentioned: &mut Vec<LitStr>) -> Result<TokenStream> {
    let (terms, name) = (columns(&mut settings)?, constraint_name(&mut settings)?);
    let unique = settings.flag("unique")?.map(|_| quote!(.unique()));
    let filter = settings.text("filter")?.map(|filter| quote!(.filter(#filter)));
    settings.finish("in `index(..)`")?;
    // A term is a column, or an expression in parentheses, and may end in COLLATE and DESC.
    let plain = |term: &LitStr| name::object_name(&term.value()).is_ok() && !term.value().contains([' ', '(']);
    mentioned.extend(terms.iter().filter(|term| plain(term)).cloned());
    let made = match name {
        Some(name) => quote!(::tenon_sdk::Index::new(#name, [#(#terms),*])),
        None if terms.iter().all(plain) => quote!(::tenon_sdk::Index::on(#table, [#(#terms),*])),
        None => return Err(Error::new(terms[0].span(), "an index over more than columns needs a name: write `name = \"ix_..\"`")),
    };
    Ok(quote!(.index(#made #unique #filter)))
}
