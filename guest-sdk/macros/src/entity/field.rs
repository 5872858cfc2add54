//! What a field and its `#[entity(..)]` say: one column, and the keys and indexes over it alone.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, GenericArgument, Ident, LitStr, PathArguments, Result, Type};

use super::reference::{Actions, Target};
use super::rules::Rules;
use super::table::derived_name;
use super::{column_name, default};
use crate::data_type::{self, DataType};
use crate::name;
use crate::settings::{Errors, Settings};

/// A field that stands for a column.
pub(super) struct Field {
    pub(super) ident: Ident,
    pub(super) column: String,
    pub(super) key: Option<Span>,
    pub(super) has_default: bool,
    /// Where it says that it has an index.
    pub(super) index: Option<Span>,
    /// A constant expression: whether the column may hold NULL.
    nullable: TokenStream,
    made: TokenStream,
    settings: Vec<TokenStream>,
    unique: bool,
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

        let Made { data_type, nullable, made } = column_of(&mut settings, &column, &field.ty)?;
        let mut errors = Errors::default();
        // After a mistake in the rules nothing is held against them.
        let rules = errors.keep(Rules::read(&mut settings, &data_type)).unwrap_or_default();
        let default = errors.keep(default::read(&mut settings, &data_type, &rules)).flatten();
        let has_default = default.is_some();
        let mut calls: Vec<_> = default.into_iter().chain(rules.calls).collect();
        for key in ["renamed_from", "collate", "comment"] {
            let Some(text) = errors.keep(settings.text(key)).flatten() else { continue };
            match key {
                "renamed_from" => drop(errors.keep(name::require_object_name(&text))),
                "collate" => drop(errors.keep(name::collation(&text.value()).map_err(|message| Error::new(text.span(), message)))),
                _ => {}
            }
            let method = Ident::new(key, Span::call_site());
            calls.push(quote!(.#method(#text)));
        }
        let reference = errors.keep(reference(&mut settings)).flatten();
        let unique = errors.keep(settings.flag("unique")).flatten().is_some();
        let index = errors.keep(settings.flag("index")).flatten();
        let key = errors.keep(settings.flag("key")).flatten();
        errors.keep(settings.finish("on a field"));
        errors.finish()?;
        Ok(Self { ident, column, key, has_default, index, nullable, made, settings: calls, unique, reference })
    }

    /// The calls that add it to the table.
    pub(super) fn tokens(&self, table: &str) -> TokenStream {
        let Self { column, made, settings, .. } = self;
        let unique = self.unique.then(|| quote!(.unique(::tenon_sdk::Unique::on([#column]))));
        let index = self.index.map(|_| quote!(.index(::tenon_sdk::Index::on(#table, [#column]))));
        let reference = self.reference.as_ref().map(|(target, actions)| {
            let (actions, Target { table, columns }) = (actions.tokens(), target);
            quote!(.foreign_key(::tenon_sdk::ForeignKey::new(#column, #table, #(#columns),*) #actions))
        });
        quote!(.column(#made #(#settings)*) #reference #unique #index)
    }

    /// The name of the index over it alone, if it has one.
    pub(super) fn index_name(&self, table: &str) -> Option<Result<LitStr>> {
        self.index.map(|place| derived_name(table, std::slice::from_ref(&self.column), place))
    }

    /// The actions of its own foreign key.
    pub(super) fn actions(&self) -> Option<&Actions> {
        self.reference.as_ref().map(|(_, actions)| actions)
    }

    /// What does not compile unless the column may hold NULL, or unless it may not.
    ///
    /// Asked of the compiler, because an alias of `Option`, or a type that a macro was given, does not look like one.
    pub(super) fn require_nullable(&self, nullable: bool, place: Span, message: &str) -> TokenStream {
        let not = (!nullable).then(|| quote!(!));
        let is = &self.nullable;
        quote_spanned!(place=> const _: () = ::core::assert!(#not #is, #message);)
    }
}

/// What the type of a field says.
struct Made {
    data_type: DataType,
    /// A constant expression: whether the column may hold NULL.
    nullable: TokenStream,
    /// The call that makes the column.
    made: TokenStream,
}

fn column_of(settings: &mut Settings, column: &str, ty: &Type) -> Result<Made> {
    let Some(text) = settings.text("type")? else {
        let data_type = last_segment(option_of(ty)).map_or(DataType::Unknown, |segment| data_type::of_rust(&segment.ident.to_string()));
        let nullable = quote!(<#ty as ::tenon_sdk::FieldType>::NULLABLE);
        return Ok(Made { data_type, nullable, made: quote!(::tenon_sdk::Column::of::<#ty>(#column)) });
    };
    let written = text.value();
    let data_type = data_type::parse(&written).map_err(|message| Error::new(text.span(), message))?;
    let nullable = quote!({
        #[allow(unused_imports, reason = "an Option answers by itself, every other type through the trait")]
        use ::tenon_sdk::export::NotAnOption as _;
        ::tenon_sdk::export::Probe::<#ty>::IS_OPTION
    });
    let made = quote!(::tenon_sdk::Column::new(#column, #written).nullable(#nullable));
    Ok(Made { data_type, nullable, made })
}

/// The last word of a type's path, also where a macro was given the type.
fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        Type::Group(group) => last_segment(&group.elem),
        Type::Paren(paren) => last_segment(&paren.elem),
        _ => None,
    }
}

/// The type inside of an `Option`, where it is written as one; else the type itself.
fn option_of(ty: &Type) -> &Type {
    let arguments = last_segment(ty).filter(|segment| segment.ident == "Option").map(|segment| &segment.arguments);
    let inner = match arguments {
        Some(PathArguments::AngleBracketed(arguments)) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        }),
        _ => None,
    };
    inner.unwrap_or(ty)
}

fn reference(settings: &mut Settings) -> Result<Option<(Target, Actions)>> {
    let target = settings.text("references")?;
    let actions = Actions::read(settings)?;
    if let Some(text) = target {
        return Ok(Some((Target::of_field(&text)?, actions)));
    }
    let alone = actions.iter().next().map(|(key, action)| {
        Error::new(action.span(), format!("`{key}` belongs to a foreign key: write `references = \"table.column\"` with it"))
    });
    alone.map_or(Ok(None), Err)
}
