//! What a row gets that names no value: whether a default fits the column that it is of.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Lit, LitStr, Result};

use super::rules::{Format, Rules};
use crate::data_type::DataType;
use crate::form;
use crate::settings::{Literal, Settings};

/// Whether a value fits, or why not.
type Fit = std::result::Result<(), String>;

/// The call that sets it, if there is one.
pub(super) fn read(settings: &mut Settings, data_type: &DataType, rules: &Rules) -> Result<Option<TokenStream>> {
    let (value, expression) = (settings.literal("default")?, settings.text("default_expression")?);
    match (value, expression) {
        (Some(_), Some(expression)) => {
            Err(Error::new(expression.span(), "a column has one default: write `default` or `default_expression`"))
        }
        (Some(value), None) => {
            fits(&value, data_type).and_then(|()| keeps(&value, rules)).map_err(|message| Error::new(value.lit.span(), message))?;
            let value = value.tokens();
            Ok(Some(quote!(.default(#value))))
        }
        (None, Some(expression)) => {
            require_expression(&expression, "default_expression = \"CURRENT_TIMESTAMP\"")?;
            Ok(Some(quote!(.default_expression(#expression))))
        }
        (None, None) => Ok(None),
    }
}

/// Refuses an SQL expression that says nothing. What it says is the database's business.
pub(super) fn require_expression(expression: &LitStr, example: &str) -> Result<()> {
    match expression.value().trim() {
        "" => Err(Error::new(expression.span(), format!("an expression cannot be empty: leave it out, or write e.g. `{example}`"))),
        _ => Ok(()),
    }
}

/// Whether the column can hold the value.
fn fits(value: &Literal, data_type: &DataType) -> Fit {
    let wanted = match data_type {
        DataType::Text(_) | DataType::Enum(_) | DataType::Ulid | DataType::Uuid => "a text",
        DataType::Timestamp | DataType::Date | DataType::Time | DataType::Bytes => "a text",
        DataType::Whole => "a whole number",
        DataType::Float => "a number",
        DataType::Decimal(..) => "a text that is a number",
        DataType::Boolean => "a boolean",
        DataType::Json => "a text that is JSON",
        DataType::Unknown => return Ok(()),
    };
    let right = match &value.lit {
        Lit::Str(_) => wanted.starts_with("a text"),
        Lit::Int(_) => matches!(data_type, DataType::Whole | DataType::Float | DataType::Decimal(..)),
        Lit::Float(_) => *data_type == DataType::Float,
        Lit::Bool(_) => *data_type == DataType::Boolean,
        _ => false,
    };
    if !right {
        return Err(format!("the column holds {wanted}, so its default is {wanted}, not {}", value.kind()));
    }
    let text = value.text();
    let is = |form: fn(&str) -> bool| text.as_deref().is_none_or(form);
    let no = |what: &str| Err(format!("{:?} is {what}", text.clone().unwrap_or_default()));
    match data_type {
        _ if text.as_ref().is_some_and(|text| text.contains('\0')) => no("no default: leave the NUL out"),
        DataType::Text(Some(most)) => longer(text.as_deref(), *most, &format!("string({most})")),
        DataType::Enum(words) if text.as_ref().is_some_and(|text| !words.contains(text)) => {
            no(&format!("none of the words that the column may hold: write one of {}", words.join(", ")))
        }
        DataType::Ulid if !is(form::is_ulid) => no("no ULID: write 26 characters, upper case"),
        DataType::Uuid if !is(form::is_uuid) => no("no UUID: write 36 characters, lower case with hyphens"),
        DataType::Timestamp if !is(form::is_timestamp) => no(
            "no moment as it is stored: write e.g. \"2025-10-24 15:00:00.000\", which is UTC; for now, `default_expression = \"CURRENT_TIMESTAMP\"`",
        ),
        DataType::Date if !is(crate::date::is_date) => no("no day: write e.g. \"2025-10-24\""),
        DataType::Time if !is(form::is_time) => no("no time of day: write e.g. \"15:00:00.000\""),
        DataType::Decimal(precision, scale) => {
            let number = text.clone().or(value.number().map(|number| number.to_string())).unwrap_or_default();
            let digits = precision - scale;
            if form::is_decimal(&number, *precision, *scale) {
                return Ok(());
            }
            Err(format!(
                "{number:?} is no decimal({precision},{scale}) as it is stored: write at most {digits} digits before the point, without \
                 needless zeros, and {scale} after it"
            ))
        }
        DataType::Json if !is(form::is_json) => no("no JSON: write e.g. \"[]\", \"{}\" or \"\\\"a text\\\"\""),
        _ => Ok(()),
    }
}

/// Whether the record engine would accept the value.
fn keeps(value: &Literal, rules: &Rules) -> Fit {
    let text = value.text();
    let number = value.number().or_else(|| text.as_ref().and_then(|text| text.parse().ok()));
    match (number, rules.min, rules.max) {
        (Some(number), Some(min), _) if number < min => return Err(format!("the default is below `min`, which is {min}")),
        (Some(number), _, Some(max)) if number > max => return Err(format!("the default is above `max`, which is {max}")),
        _ => {}
    }
    let Some(text) = text else { return Ok(()) };
    if !rules.one_of.is_empty() && !rules.one_of.contains(&text) {
        return Err(format!("{text:?} is none of the words in `one_of`"));
    }
    if rules.min_length.is_some_and(|least| text.chars().count() < least as usize) {
        return Err("the default is shorter than `min_length`".to_owned());
    }
    if rules.format == Some(Format::Json) && !form::is_json(&text) {
        return Err(format!("{text:?} is no JSON, and the column has the format `json`"));
    }
    rules.max_length.map_or(Ok(()), |most| longer(Some(&text), most, "`max_length`"))
}

fn longer(text: Option<&str>, most: u32, limit: &str) -> Fit {
    let too_long = text.is_some_and(|text| text.chars().count() > most as usize);
    if too_long { Err(format!("the default is longer than {limit} allows")) } else { Ok(()) }
}
