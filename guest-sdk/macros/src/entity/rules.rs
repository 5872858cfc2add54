//! What a field says that only the record engine checks: bounds, lengths, words, formats.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Ident, Lit, LitStr, Result};

use crate::data_type::Kind;
use crate::settings::{Literal, Settings};

/// The calls that say it of the column.
pub(super) fn read(settings: &mut Settings, kind: Kind) -> Result<Vec<TokenStream>> {
    let mut calls = bounds(settings, kind)?;
    calls.extend(lengths(settings, kind)?);
    calls.extend(words(settings, kind)?);
    calls.extend(format(settings, kind)?);
    Ok(calls)
}

fn call(method: &str, value: TokenStream) -> TokenStream {
    let method = Ident::new(method, Span::call_site());
    quote!(.#method(#value))
}

fn bounds(settings: &mut Settings, kind: Kind) -> Result<Vec<TokenStream>> {
    let both = [("min", settings.literal("min")?), ("max", settings.literal("max")?)];
    for (key, bound) in &both {
        let Some(bound) = bound else { continue };
        if bound.number().is_none() {
            return Err(Error::new(bound.lit.span(), format!("`{key}` takes a number: write `{key} = 1`")));
        }
        match kind {
            Kind::Whole | Kind::Fraction | Kind::Unknown => {}
            Kind::Text => return Err(Error::new(bound.lit.span(), format!("`{key}` is for numbers: write `{key}_length` for a text"))),
            _ => return Err(Error::new(bound.lit.span(), format!("`{key}` is for numbers"))),
        }
    }
    require_order(&both)?;
    Ok(both.iter().filter_map(|(key, bound)| bound.as_ref().map(|bound| call(key, bound.tokens()))).collect())
}

fn lengths(settings: &mut Settings, kind: Kind) -> Result<Vec<TokenStream>> {
    let both = [("min_length", settings.literal("min_length")?), ("max_length", settings.literal("max_length")?)];
    let mut calls = Vec::new();
    for (key, length) in &both {
        let Some(length) = length else { continue };
        let wrong = || Error::new(length.lit.span(), format!("`{key}` takes a number of characters: write `{key} = 80`"));
        let characters: u32 = match &length.lit {
            Lit::Int(int) if !length.negative => int.base10_parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        };
        match kind {
            Kind::Text | Kind::Unknown => calls.push(call(key, quote!(#characters))),
            Kind::Whole | Kind::Fraction => {
                return Err(Error::new(length.lit.span(), format!("`{key}` is for texts: write `{}` for a number", &key[..3])));
            }
            _ => return Err(Error::new(length.lit.span(), format!("`{key}` is for texts"))),
        }
    }
    require_order(&both)?;
    Ok(calls)
}

fn require_order(both: &[(&str, Option<Literal>); 2]) -> Result<()> {
    match both {
        [(least, Some(small)), (most, Some(large))] if small.number() > large.number() => {
            Err(Error::new(large.lit.span(), format!("`{most}` is below `{least}`: no value could be right")))
        }
        _ => Ok(()),
    }
}

fn words(settings: &mut Settings, kind: Kind) -> Result<Option<TokenStream>> {
    let Some(words) = settings.words("one_of")? else { return Ok(None) };
    let place = words.first().map_or(settings.span(), LitStr::span);
    match kind {
        Kind::Text | Kind::Unknown if !words.is_empty() => Ok(Some(quote!(.one_of([#(#words),*])))),
        Kind::Text | Kind::Unknown => Err(Error::new(place, "`one_of` needs a word: write `one_of = [\"a\", \"b\"]`")),
        _ => Err(Error::new(place, "`one_of` is for texts")),
    }
}

fn format(settings: &mut Settings, kind: Kind) -> Result<Option<TokenStream>> {
    let Some(format) = settings.text("format")? else { return Ok(None) };
    match (format.value().as_str(), kind) {
        ("tags", Kind::Json | Kind::Unknown) | ("json", Kind::Bytes | Kind::Unknown) => Ok(Some(quote!(.format(#format)))),
        _ => Err(Error::new(format.span(), "write `format = \"tags\"` on a Json column, or `format = \"json\"` on a Vec<u8> column")),
    }
}
