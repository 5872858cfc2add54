//! What `#[entity(..)]` on the struct says.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, LitStr, Result};

use super::default::require_expression;
use super::index_term::Term;
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
    /// The names of its indexes.
    pub(super) indexes: Vec<LitStr>,
    /// Foreign keys whose actions need something of their columns.
    pub(super) demands: Vec<(LitStr, Actions)>,
    parts: Vec<TokenStream>,
}

impl TableSettings {
    /// Reads them all.
    pub(super) fn read(mut settings: Settings) -> Result<Self> {
        let span = settings.span();
        let missing = || Error::new(span, "Entity needs the table's name: write #[entity(table = \"..\")] on the struct");
        let name = settings.text("table")?;
        let plain = settings.flag("plain")?.is_some();
        let mut errors = Errors::default();
        let mut parts = Vec::new();
        if let Some(old) = settings.text("renamed_from")? {
            errors.keep(name::require_object_name(&old));
            parts.push(quote!(.attribute("renamed-from", #old)));
        }
        if let Some(comment) = settings.text("comment")? {
            parts.push(quote!(.attribute("comment", #comment)));
        }
        for (key, attribute) in [("strict", "strict"), ("without_rowid", "without-rowid")] {
            if settings.flag(key)?.is_some() {
                parts.push(quote!(.attribute(#attribute, true)));
            }
        }
        let (uniques, indexes) = (settings.nested("unique")?, settings.nested("index")?);
        let (checks, keys) = (settings.nested("check")?, settings.nested("foreign_key")?);
        let known = settings.finish("on the struct");
        let name = errors.keep(name.ok_or_else(missing).and_then(|name| name::require_object_name(&name).map(|()| name.value())));
        errors.keep(known);
        let mut read = Read { table: name.unwrap_or_default(), ..Read::default() };
        parts.extend(uniques.into_iter().filter_map(|settings| errors.keep(read.unique(settings))));
        parts.extend(indexes.into_iter().filter_map(|settings| errors.keep(read.index(settings))));
        parts.extend(checks.into_iter().filter_map(|settings| errors.keep(read.check(settings))));
        parts.extend(keys.into_iter().filter_map(|settings| errors.keep(read.foreign_key(settings))));
        once("constraint", &read.constraints, &mut errors);
        errors.finish()?;
        let Read { table, mentioned, indexes, demands, .. } = read;
        Ok(Self { span, name: table, plain, mentioned, indexes, demands, parts })
    }

    /// The calls that add them to the table.
    pub(super) fn tokens(&self) -> TokenStream {
        let parts = &self.parts;
        quote!(#(#parts)*)
    }
}

/// Refuses a name that is there twice.
pub(super) fn once<'a>(kind: &str, names: impl IntoIterator<Item = &'a LitStr>, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let text = name.value();
        if seen.iter().any(|other| other.eq_ignore_ascii_case(&text)) {
            errors.say(name, format!("the {kind} {text:?} is there twice: leave one out, or give it another name"));
        }
        seen.push(text);
    }
}

/// What the constraints and indexes that were read so far speak of.
#[derive(Default)]
struct Read {
    table: String,
    mentioned: Vec<LitStr>,
    constraints: Vec<LitStr>,
    indexes: Vec<LitStr>,
    demands: Vec<(LitStr, Actions)>,
}

impl Read {
    fn columns(settings: &mut Settings) -> Result<Vec<LitStr>> {
        let missing = Error::new(settings.span(), "say over which columns: write `columns = [\"..\"]`");
        settings.words("columns")?.filter(|columns| !columns.is_empty()).ok_or(missing)
    }

    /// Columns of this table, each once.
    fn own_columns(&mut self, settings: &mut Settings) -> Result<Vec<LitStr>> {
        let columns = Self::columns(settings)?;
        for (i, column) in columns.iter().enumerate() {
            if columns[..i].iter().any(|other| other.value().eq_ignore_ascii_case(&column.value())) {
                return Err(Error::new(column.span(), format!("the column {:?} is named twice: write it once", column.value())));
            }
        }
        self.mentioned.extend(columns.iter().cloned());
        Ok(columns)
    }

    fn name(settings: &mut Settings) -> Result<Option<LitStr>> {
        let name = settings.text("name")?;
        name.iter().try_for_each(name::require_object_name)?;
        Ok(name)
    }

    /// `.named(..)`, for a constraint that has a name.
    fn named(&mut self, settings: &mut Settings) -> Result<TokenStream> {
        let name = Self::name(settings)?;
        self.constraints.extend(name.clone());
        Ok(name.map(|name| quote!(.named(#name))).unwrap_or_default())
    }

    fn unique(&mut self, mut settings: Settings) -> Result<TokenStream> {
        let (columns, name) = (self.own_columns(&mut settings)?, self.named(&mut settings)?);
        settings.finish("in `unique(..)`")?;
        Ok(quote!(.unique(::tenon_sdk::Unique::on([#(#columns),*]) #name)))
    }

    fn check(&mut self, mut settings: Settings) -> Result<TokenStream> {
        let missing = Error::new(settings.span(), "say what must hold: write `check(expression = \"..\")`");
        let (expression, name) = (settings.text("expression")?.ok_or(missing)?, self.named(&mut settings)?);
        settings.finish("in `check(..)`")?;
        require_expression(&expression, "expression = \"price >= 0\"")?;
        Ok(quote!(.check(::tenon_sdk::Check::new(#expression) #name)))
    }

    fn foreign_key(&mut self, mut settings: Settings) -> Result<TokenStream> {
        let missing = Error::new(settings.span(), "say what it refers to: write `references = \"table(column, column)\"`");
        let (columns, name) = (self.own_columns(&mut settings)?, self.named(&mut settings)?);
        let text = settings.text("references")?.ok_or(missing)?;
        let Target { table, columns: targets } = Target::of_table(&text)?;
        if targets.len() != columns.len() {
            return Err(Error::new(text.span(), format!("{} columns cannot refer to {}: name as many", columns.len(), targets.len())));
        }
        let actions = Actions::read(&mut settings)?;
        let calls = actions.tokens();
        settings.finish("in `foreign_key(..)`")?;
        self.demands.extend(columns.iter().map(|column| (column.clone(), actions.clone())));
        Ok(quote!(.foreign_key(::tenon_sdk::ForeignKey::composite([#(#columns),*], #table, [#(#targets),*]) #name #calls)))
    }

    fn index(&mut self, mut settings: Settings) -> Result<TokenStream> {
        let (texts, name) = (Self::columns(&mut settings)?, Self::name(&mut settings)?);
        let unique = settings.flag("unique")?.map(|_| quote!(.unique()));
        let filter = settings.text("filter")?;
        filter.iter().try_for_each(|filter| require_expression(filter, "filter = \"price > 0\""))?;
        let filter = filter.map(|filter| quote!(.filter(#filter)));
        let comment = settings.text("comment")?.map(|comment| quote!(.attribute("comment", #comment)));
        settings.finish("in `index(..)`")?;
        let mut plain = true;
        for term in texts.iter().map(Term::read) {
            match term? {
                Term::Column(column) => self.mentioned.push(column),
                Term::Sorted(column) => {
                    plain = false;
                    self.mentioned.push(column);
                }
                Term::Expression => plain = false,
            }
        }
        let made = match &name {
            Some(name) => quote!(::tenon_sdk::Index::new(#name, [#(#texts),*])),
            None if plain => {
                let table = &self.table;
                quote!(::tenon_sdk::Index::on(#table, [#(#texts),*]))
            }
            None => return Err(Error::new(texts[0].span(), "an index over more than columns needs a name: write `name = \"ix_..\"`")),
        };
        let columns: Vec<String> = texts.iter().map(LitStr::value).collect();
        let name = name.map_or_else(|| derived_name(&self.table, &columns, texts[0].span()), Ok)?;
        self.indexes.push(name);
        Ok(quote!(.index(#made #unique #filter #comment)))
    }
}

/// The name of an index that has none of its own, as `Index::on` makes it.
pub(super) fn derived_name(table: &str, columns: &[String], place: Span) -> Result<LitStr> {
    let name = format!("ix_{table}_{}", columns.join("_"));
    match name::object_name(&name) {
        Ok(()) => Ok(LitStr::new(&name, place)),
        Err(message) => Err(Error::new(place, format!("{message}; write `index(columns = [..], name = \"ix_..\")` on the struct"))),
    }
}
