//! What a field and its `#[entity(..)]` say: one column, and the keys and indexes over it alone.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, Ident, LitStr, PathArguments, Result, Type};

use super::reference::{Actions, Target};
use super::{column_name, rules};
use crate::data_type::{self, Kind};
use crate::name;
use crate::settings::{Errors, Settings};

/// A field that stands for a column.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) column: String,
    pub(super) nullable: bool,
    pub(super) key: Option<Span>,
    made: TokenStream,
    settings: Vec<TokenStream>,
    unique: bool,
    index: bool,
    reference: Option<(Target, Actions)>,
}

impl Field {
    /// Reads a field.
    pub(super) fn read(field: &syn::Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "name the field"))?;
        let mut settings = Settings::of_attributes(&field.attrs, ident.span())?;
        let rename = settings.text("rename")?;
        let column = rename.as_ref().map_or_else(|| column_name(&ident), LitStr::value);
        name::object_name(&column).map_err(|message| Error::new(rename.as_ref().map_or(ident.span(), LitStr::span), message))?;

        let (nullable, kind, made) = column_of(&mut settings, &column, &field.ty)?;
        let mut errors = Errors::default();
        let mut calls = Vec::new();
        calls.extend(errors.keep(default(&mut settings, kind, nullable)).flatten());
        calls.extend(errors.keep(rules::read(&mut settings, kind)).unwrap_or_default());
        for (key, method) in [("renamed_from", quote!(renamed_from)), ("collate", quote!(collate)), ("comment", quote!(comment))] {
            calls.extend(errors.keep(settings.text(key)).flatten().map(|text| quote!(.#method(#text))));
        }
        let reference = errors.keep(reference(&mut settings, nullable)).flatten();
        let unique = errors.keep(settings.flag("unique")).flatten().is_some();
        let index = errors.keep(settings.flag("index")).flatten().is_some();
        let key = errors.keep(settings.flag("key")).flatten();
        errors.keep(settings.finish("on a field"));
        errors.finish()?;
        Ok(Self { ident, column, nullable, key, made, settings: calls, unique, index, reference })
    }

    /// The calls that add it to the table.
    pub(super) fn tokens(&self, table: &str) -> TokenStream {
        let Self { column, made, settings, .. } = self;
        let unique = self.unique.then(|| quote!(.unique(::tenon_sdk::Unique::on([#column]))));
        let index = self.index.then(|| quote!(.index(::tenon_sdk::Index::on(#table, [#column]))));
        let reference = self.reference.as_ref().map(|(target, actions)| {
            let (actions, Target { table, columns }) = (actions.tokens(), target);
            quote!(.foreign_key(::tenon_sdk::ForeignKey::new(#column, #table, #(#columns),*) #actions))
        });
        quote!(.column(#made #(#settings)*) #reference #unique #index)
    }
}

/// Whether the column may hold NULL, what kind of values it holds, and the call that makes it.
fn column_of(settings: &mut Settings, column: &str, ty: &Type) -> Result<(bool, Kind, TokenStream)> {
    let (nullable, inner) = match option_of(ty) {
        Some(inner) => (true, inner),
        None => (false, ty),
    };
    let Some(text) = settings.text("type")? else {
        return Ok((nullable, rust_kind(inner), quote!(::tenon_sdk::Column::of::<#ty>(#column))));
    };
    let data_type = text.value();
    let kind = data_type::parse(&data_type).map_err(|message| Error::new(text.span(), message))?;
    let not_null = (!nullable).then(|| quote!(.not_null()));
    Ok((nullable, kind, quote!(::tenon_sdk::Column::new(#column, #data_type) #not_null)))
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn option_of(ty: &Type) -> Option<&Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == "Option")?;
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        }),
        _ => None,
    }
}

fn rust_kind(ty: &Type) -> Kind {
    last_segment(ty).map_or(Kind::Unknown, |segment| data_type::of_rust(&segment.ident.to_string()))
}

fn default(settings: &mut Settings, kind: Kind, nullable: bool) -> Result<Option<TokenStream>> {
    let (value, expression) = (settings.literal("default")?, settings.text("default_expression")?);
    match (value, expression) {
        (Some(_), Some(expression)) => {
            Err(Error::new(expression.span(), "a column has one default: write `default` or `default_expression`"))
        }
        (Some(value), None) => {
            let wanted = match kind {
                Kind::Text | Kind::Formed => Some("a text"),
                Kind::Whole => Some("a whole number"),
                Kind::Boolean => Some("a boolean"),
                Kind::Fraction | Kind::Json | Kind::Bytes | Kind::Unknown => None,
            };
            match wanted {
                Some(wanted) if wanted != value.kind() => Err(Error::new(
                    value.lit.span(),
                    format!("the column holds {wanted}, so its default is {wanted}, not {}", value.kind()),
                )),
                _ => {
                    let value = value.tokens();
                    Ok(Some(quote!(.default(#value))))
                }
            }
        }
        (None, Some(expression)) if expression.value().trim().is_empty() => {
            let out = if nullable { "leave `default_expression` out" } else { "write e.g. `default_expression = \"CURRENT_TIMESTAMP\"`" };
            Err(Error::new(expression.span(), format!("an expression cannot be empty: {out}")))
        }
        (None, Some(expression)) => Ok(Some(quote!(.default_expression(#expression)))),
        (None, None) => Ok(None),
    }
}

fn reference(settings: &mut Settings, nullable: bool) -> Result<Option<(Target, Actions)>> {
    let target = settings.text("references")?;
    let actions = Actions::read(settings)?;
    let Some(text) = target else {
        return match actions.iter().next() {
            None => Ok(None),
            Some((key, action)) => {
                Err(Error::new(action.span(), format!("`{key}` belongs to a foreign key: write `references = \"table.column\"` with it")))
            }
        };
    };
    let target = Target::of_field(&text)?;
    let bad = actions.iter().find(|(_, action)| action.value() == "set-null" && !nullable);
    match bad {
        Some((_, action)) => Err(Error::new(action.span(), "\"set-null\" needs a column that may hold NULL: write the type as Option<..>")),
        None => Ok(Some((target, actions))),
    }
}
