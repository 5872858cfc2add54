//! What a field says that only the record engine checks: bounds, lengths, words, formats.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{Error, Ident, Lit, LitStr, Result};

use crate::data_type::DataType;
use crate::form;
use crate::settings::{Literal, Settings};

/// What is said of the values, for whoever has one to hold against it, and the calls that say it of the column.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) min: Option<f64>,
    pub(super) max: Option<f64>,
    pub(super) min_length: Option<u32>,
    pub(super) max_length: Option<u32>,
    pub(super) one_of: Vec<String>,
    pub(super) format: Option<Format>,
    pub(super) calls: Vec<TokenStream>,
}

/// How a column is read beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Tags,
    Json,
}

impl Rules {
    /// Reads them all.
    pub(super) fn read(settings: &mut Settings, data_type: &DataType) -> Result<Self> {
        let mut rules = Self::default();
        rules.bounds(settings, data_type)?;
        rules.lengths(settings, data_type)?;
        rules.words(settings, data_type)?;
        rules.read_format(settings, data_type)?;
        Ok(rules)
    }

    fn call(&mut self, method: &str, value: TokenStream) {
        let method = Ident::new(method, Span::call_site());
        self.calls.push(quote!(.#method(#value)));
    }

    fn bounds(&mut self, settings: &mut Settings, data_type: &DataType) -> Result<()> {
        /// From here on not every whole number has a double of its own, and the host compares doubles.
        const EXACT: u64 = 1 << 53;
        let both = [("min", settings.literal("min")?), ("max", settings.literal("max")?)];
        for (key, bound) in &both {
            let Some(bound) = bound else { continue };
            let wrong = |message: String| Err(Error::new(bound.lit.span(), message));
            if bound.number().is_none() {
                return wrong(format!("`{key}` takes a number: write `{key} = 1`"));
            }
            match data_type {
                DataType::Whole | DataType::Float | DataType::Decimal(..) | DataType::Unknown => {}
                DataType::Text(_) => return wrong(format!("`{key}` is for numbers: write `{key}_length` for a text")),
                _ => return wrong(format!("`{key}` is for numbers")),
            }
            if matches!(&bound.lit, Lit::Int(int) if int.base10_parse::<u64>().map_or(true, |number| number > EXACT)) {
                return wrong(format!("`{key}` is at most 2^53 either way: leave it out"));
            }
            self.call(key, bound.tokens());
        }
        require_order(&both)?;
        [self.min, self.max] = both.map(|(_, bound)| bound.and_then(|bound| bound.number()));
        Ok(())
    }

    fn lengths(&mut self, settings: &mut Settings, data_type: &DataType) -> Result<()> {
        let both = [("min_length", settings.literal("min_length")?), ("max_length", settings.literal("max_length")?)];
        let mut lengths = [None, None];
        for ((key, length), read) in both.iter().zip(&mut lengths) {
            let Some(length) = length else { continue };
            let wrong = |message: String| Error::new(length.lit.span(), message);
            let shape = || wrong(format!("`{key}` takes a number of characters: write `{key} = 80`"));
            let characters: u32 = match &length.lit {
                Lit::Int(int) if !length.negative => int.base10_parse().map_err(|_| shape())?,
                _ => return Err(shape()),
            };
            match data_type {
                DataType::Text(_) | DataType::Unknown => {}
                DataType::Whole | DataType::Float | DataType::Decimal(..) => {
                    return Err(wrong(format!("`{key}` is for texts: write `{}` for a number", &key[..3])));
                }
                DataType::Enum(_) => {
                    return Err(wrong(format!("`{key}` is for texts, and the column holds words of its own: leave it out")));
                }
                _ => return Err(wrong(format!("`{key}` is for texts"))),
            }
            self.call(key, quote!(#characters));
            *read = Some(characters);
        }
        require_order(&both)?;
        [self.min_length, self.max_length] = lengths;
        Ok(())
    }

    fn words(&mut self, settings: &mut Settings, data_type: &DataType) -> Result<()> {
        let Some(words) = settings.words("one_of")? else { return Ok(()) };
        let place = words.first().map_or(settings.span(), LitStr::span);
        match data_type {
            DataType::Text(_) | DataType::Unknown if words.is_empty() => {
                return Err(Error::new(place, "`one_of` needs a word: write `one_of = [\"a\", \"b\"]`"));
            }
            DataType::Text(_) | DataType::Unknown => {}
            DataType::Enum(_) => {
                return Err(Error::new(place, "`one_of` is for texts, and the column's type names its words: leave it out"));
            }
            _ => return Err(Error::new(place, "`one_of` is for texts")),
        }
        for word in &words {
            let value = word.value();
            form::one_line(&value).map_err(|reason| Error::new(word.span(), format!("a word {reason}")))?;
            if self.one_of.contains(&value) {
                return Err(Error::new(word.span(), format!("{value:?} is there twice: write it once")));
            }
            self.one_of.push(value);
        }
        self.call("one_of", quote!([#(#words),*]));
        Ok(())
    }

    fn read_format(&mut self, settings: &mut Settings, data_type: &DataType) -> Result<()> {
        let Some(format) = settings.text("format")? else { return Ok(()) };
        self.format = match (format.value().as_str(), data_type) {
            ("tags", DataType::Json | DataType::Unknown) => Some(Format::Tags),
            ("json", DataType::Bytes | DataType::Unknown) => Some(Format::Json),
            _ => {
                let write = "write `format = \"tags\"` on a Json column, or `format = \"json\"` on a Vec<u8> column";
                return Err(Error::new(format.span(), write));
            }
        };
        self.call("format", quote!(#format));
        Ok(())
    }
}

fn require_order(both: &[(&str, Option<Literal>); 2]) -> Result<()> {
    match both {
        [(least, Some(small)), (most, Some(large))] if small.number() > large.number() => {
            Err(Error::new(large.lit.span(), format!("`{most}` is below `{least}`: no value could be right")))
        }
        _ => Ok(()),
    }
}
