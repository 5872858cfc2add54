//! `key`, `key = value`, `key(..)`: what the macros are told, read by key, and refused where nobody asked for it.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, Lit, LitFloat, LitInt, LitStr, Meta, Result, Token};

/// One setting, as written.
pub(crate) struct Setting {
    key: Ident,
    value: Value,
}

enum Value {
    Flag,
    Literal(Literal),
    Words(Vec<LitStr>),
    Settings(Vec<Setting>),
}

/// A text, a boolean or a number; a number may have a sign.
pub(crate) struct Literal {
    pub(crate) negative: bool,
    pub(crate) lit: Lit,
}

impl Literal {
    /// What kind of literal this is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self.lit {
            Lit::Str(_) => "a text",
            Lit::Bool(_) => "a boolean",
            Lit::Int(_) => "a whole number",
            Lit::Float(_) => "a number with a point",
            _ => "something else",
        }
    }

    /// The number, for comparisons.
    pub(crate) fn number(&self) -> Option<f64> {
        let digits = match &self.lit {
            Lit::Int(int) => int.base10_digits().parse::<f64>().ok()?,
            Lit::Float(float) => float.base10_digits().parse::<f64>().ok()?,
            _ => return None,
        };
        Some(if self.negative { -digits } else { digits })
    }

    /// The text, if it is one.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        }
    }

    /// The value as Rust writes it, a number with the type that a database keeps it in.
    pub(crate) fn tokens(&self) -> TokenStream {
        let sign = self.negative.then(|| quote!(-));
        match &self.lit {
            Lit::Int(int) => {
                let int = LitInt::new(&format!("{}i64", int.base10_digits()), int.span());
                quote!(#sign #int)
            }
            Lit::Float(float) => {
                let float = LitFloat::new(&format!("{}f64", float.base10_digits()), float.span());
                quote!(#sign #float)
            }
            other => quote!(#other),
        }
    }
}

impl Parse for Literal {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let negative = input.parse::<Option<Token![-]>>()?;
        let lit: Lit = input.parse()?;
        let number = matches!(lit, Lit::Int(_) | Lit::Float(_));
        let word = negative.is_none() && matches!(lit, Lit::Str(_) | Lit::Bool(_));
        if number || word { Ok(Self { negative: negative.is_some(), lit }) } else { Err(Error::new(lit.span(), "is no value of a column")) }
    }
}

impl Parse for Setting {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let nameless = |_| Error::new(input.span(), "a setting begins with its name, as in `table = \"orders\"`, `index` or `down = []`");
        let key = input.call(Ident::parse_any).map_err(nameless)?;
        let value = if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::Settings(Punctuated::<Self, Token![,]>::parse_terminated(&content)?.into_iter().collect())
        } else if input.parse::<Option<Token![=]>>()?.is_none() {
            Value::Flag
        } else if input.peek(syn::token::Bracket) {
            let content;
            syn::bracketed!(content in input);
            Value::Words(Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?.into_iter().collect())
        } else {
            let place = input.span();
            let word = input.fork().parse::<Ident>().map_or("..".to_owned(), |word| word.to_string());
            Value::Literal(input.parse().map_err(|_| Error::new(place, wanted(&key.to_string(), &word)))?)
        };
        Ok(Self { key, value })
    }
}

/// What to write where something else stands after `key =`; `word` is that, if it is a word.
fn wanted(key: &str, word: &str) -> String {
    match key {
        "default" => "write a text, a number or a boolean, e.g. \"pending\", 5, true; an SQL expression stands in \
                      `default_expression = \"..\"`"
            .to_owned(),
        "min" | "max" => format!("`{key}` takes a number: write `{key} = 1`"),
        "min_length" | "max_length" => format!("`{key}` takes a number of characters: write `{key} = 80`"),
        "columns" | "one_of" | "down" | "depends_on" | "labels" | "run_before" => {
            format!("`{key}` takes a list of texts: write `{key} = [\"{word}\"]`")
        }
        _ => format!("`{key}` takes a text: write `{key} = \"{word}\"`"),
    }
}

/// Settings that are read by key.
pub(crate) struct Settings {
    span: Span,
    entries: Vec<Setting>,
    known: Vec<&'static str>,
}

impl Settings {
    /// Reads `a, b = 1, c(d)`.
    pub(crate) fn parse(input: ParseStream<'_>) -> Result<Self> {
        let span = input.span();
        let entries = Punctuated::<Setting, Token![,]>::parse_terminated(input)?.into_iter().collect();
        Ok(Self { span, entries, known: Vec::new() })
    }

    /// What all `#[entity(..)]` among these attributes say together.
    pub(crate) fn of_attributes(attributes: &[syn::Attribute], span: Span) -> Result<Self> {
        let mut entries = Vec::new();
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("entity")) {
            if !matches!(attribute.meta, Meta::List(_)) {
                let write = "write the settings in parentheses: #[entity(table = \"..\")] on the struct, e.g. #[entity(unique)] on a field";
                return Err(Error::new(attribute.meta.span(), write));
            }
            entries.extend(attribute.parse_args_with(Punctuated::<Setting, Token![,]>::parse_terminated)?);
        }
        Ok(Self { span, entries, known: Vec::new() })
    }

    /// Where to point at when something is missing.
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    fn take(&mut self, key: &'static str) -> Result<Option<(Span, Value)>> {
        let mut found = self.take_all(key);
        match found.len() {
            0 => Ok(None),
            1 => Ok(found.pop()),
            _ => Err(Error::new(found[1].0, format!("`{key}` is written twice"))),
        }
    }

    fn take_all(&mut self, key: &'static str) -> Vec<(Span, Value)> {
        self.known.push(key);
        let found = self.entries.extract_if(.., |setting| setting.key == key);
        found.map(|setting| (setting.key.span(), setting.value)).collect()
    }

    /// Whether a flag is there: `unique`.
    pub(crate) fn flag(&mut self, key: &'static str) -> Result<Option<Span>> {
        match self.take(key)? {
            None => Ok(None),
            Some((span, Value::Flag)) => Ok(Some(span)),
            Some((span, _)) => Err(Error::new(span, format!("`{key}` stands alone: write `{key}`"))),
        }
    }

    /// A text: `table = "orders"`.
    pub(crate) fn text(&mut self, key: &'static str) -> Result<Option<LitStr>> {
        match self.take(key)? {
            None => Ok(None),
            Some((_, Value::Literal(Literal { lit: Lit::Str(text), .. }))) => Ok(Some(text)),
            Some((span, _)) => Err(Error::new(span, format!("`{key}` takes a text: write `{key} = \"..\"`"))),
        }
    }

    /// A text, a number or a boolean: `default = 5`.
    pub(crate) fn literal(&mut self, key: &'static str) -> Result<Option<Literal>> {
        match self.take(key)? {
            None => Ok(None),
            Some((_, Value::Literal(literal))) => Ok(Some(literal)),
            Some((span, _)) => Err(Error::new(span, format!("`{key}` takes a value: write `{key} = \"..\"`, or a number, or a boolean"))),
        }
    }

    /// A list of texts: `columns = ["a", "b"]`.
    pub(crate) fn words(&mut self, key: &'static str) -> Result<Option<Vec<LitStr>>> {
        match self.take(key)? {
            None => Ok(None),
            Some((_, Value::Words(words))) => Ok(Some(words)),
            Some((span, _)) => Err(Error::new(span, format!("`{key}` takes a list of texts: write `{key} = [\"..\"]`"))),
        }
    }

    /// All settings of a key that may repeat: `index(columns = ["a"])`.
    pub(crate) fn nested(&mut self, key: &'static str) -> Result<Vec<Self>> {
        let found = self.take_all(key).into_iter();
        let nested = found.map(|(span, value)| match value {
            Value::Settings(entries) => Ok(Self { span, entries, known: Vec::new() }),
            _ => Err(Error::new(span, format!("`{key}` here says over which columns: write `{key}(columns = [\"..\"])`"))),
        });
        nested.collect()
    }

    /// Refuses what nobody asked for. `place` says where these settings stand.
    pub(crate) fn finish(self, place: &str) -> Result<()> {
        let mut errors = Errors::default();
        for setting in &self.entries {
            errors.push(Error::new(setting.key.span(), format!("unknown `{}`; {place} write {}", setting.key, self.known.join(", "))));
        }
        errors.finish()
    }
}

/// All mistakes at once.
#[derive(Default)]
pub(crate) struct Errors(Option<Error>);

impl Errors {
    /// One more.
    pub(crate) fn push(&mut self, error: Error) {
        match &mut self.0 {
            None => self.0 = Some(error),
            Some(first) => first.combine(error),
        }
    }

    /// One more, about a piece of the source.
    pub(crate) fn say(&mut self, place: &impl Spanned, message: impl std::fmt::Display) {
        self.push(Error::new(place.span(), message));
    }

    /// The value, or its error kept and nothing.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// All of them, if there are any.
    pub(crate) fn finish(self) -> Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
