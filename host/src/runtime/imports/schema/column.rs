//! One column: its type, its default, and the rules that only the record engine checks.

use std::collections::HashSet;

use crate::model::schema::{Format, Generated, Managed, Rules};
use crate::model::sql::check_expression;
use crate::model::text::is_harmful;
use crate::model::{Attribute, AttributeReader, Column, ColumnType, Default as ColumnDefault, Mistake, Value};
use crate::runtime::bindings::tenon::plugin::schema as wit;
use crate::runtime::mistakes::{Mistakes, quoted};

use super::super::changes::value;
use super::super::values::attributes;
use super::{comment, renamed_from};

/// SQLite's collations.
const COLLATIONS: [&str; 3] = ["BINARY", "NOCASE", "RTRIM"];

/// A column of `table` (the subject of its mistakes).
pub(in crate::runtime::imports) fn column(table: &str, column: wit::Column, mistakes: &mut Mistakes) -> Option<Column> {
    column_of(table, &column.name, &column.data_type, column.nullable, &attributes(column.attributes), mistakes)
}

/// The same from its parts.
pub(in crate::runtime::imports) fn column_of(
    table: &str,
    name: &str,
    data_type: &str,
    nullable: bool,
    reading: &[Attribute],
    mistakes: &mut Mistakes,
) -> Option<Column> {
    let subject = format!("{table}, column {}", quoted(name));
    let name = mistakes.parse(&subject, name);
    let data_type = mistakes.parse::<ColumnType>(&subject, data_type);
    let mut reader = AttributeReader::new(&subject, reading);
    reader.not_yet(&["pattern"]);
    let generated = mistakes.take(generated(&mut reader)).flatten();
    let collate = mistakes.take(collation(&mut reader)).flatten();
    let default = mistakes.take(value(&mut reader, "default", "default-expression")).flatten();
    comment(&mut reader, mistakes);
    let renamed_from = renamed_from(&subject, &mut reader, mistakes);
    let rules = rules(&mut reader, mistakes);
    mistakes.take(reader.finish());
    let data_type = data_type?;
    if let Some(reason) = unfit_default(&data_type, nullable, default.as_ref()).or_else(|| default_off_the_list(&rules, default.as_ref())) {
        mistakes.note(&subject, format!("`default`: {reason}"));
    }
    unfit_rules(&data_type, &rules).into_iter().for_each(|reason| mistakes.note(&subject, reason));
    if generated.is_some() && (default.is_some() || rules.managed.is_some()) {
        mistakes.note(&subject, "is `generated`, and has no `default` and is not `managed` then");
    }
    Some(Column { name: name?, data_type, nullable, default, collate, generated, rules, renamed_from })
}

/// `collate`, upper case.
fn collation(reader: &mut AttributeReader<'_>) -> Result<Option<String>, Mistake> {
    let Some(name) = reader.text("collate")? else { return Ok(None) };
    known_collation(name).map(Some).map_err(|reason| reader.mistake(reason))
}

/// A collation by its name, upper case.
pub(super) fn known_collation(name: &str) -> Result<String, String> {
    let upper = name.to_ascii_uppercase();
    let known = COLLATIONS.contains(&upper.as_str());
    if known { Ok(upper) } else { Err(format!("unknown collation {name:?}; known are {}", COLLATIONS.join(", "))) }
}

/// `generated`, and `stored` with it.
fn generated(reader: &mut AttributeReader<'_>) -> Result<Option<Generated>, Mistake> {
    let (text, stored) = (reader.text("generated")?, reader.flag("stored")?);
    match text.map(|text| (text, check_expression(text))) {
        None if stored => Err(reader.mistake("`stored` is for a column that is `generated`")),
        None => Ok(None),
        Some((text, Ok(_))) => Ok(Some(Generated { expression: text.to_owned(), stored })),
        Some((_, Err(reason))) => Err(reader.mistake(format!("`generated`: {reason}"))),
    }
}

/// Why a default does not fit its column, if it does not. Expressions are the database's business.
fn unfit_default(data_type: &ColumnType, nullable: bool, default: Option<&ColumnDefault>) -> Option<String> {
    let Some(ColumnDefault::Value(value)) = default else { return None };
    let fits = match (data_type, value) {
        (_, Value::Null) if nullable => true,
        (_, Value::Null) => return Some("null, but the column may not be null".to_owned()),
        (_, Value::Text(text)) if text.contains('\0') => return Some("text with a NUL cannot be a default".to_owned()),
        (_, Value::Real(number)) if !number.is_finite() => return Some("infinity and NaN cannot be a default".to_owned()),
        (ColumnType::Integer | ColumnType::BigInt, Value::Integer(_)) => true,
        (ColumnType::Float, Value::Integer(_) | Value::Real(_)) => true,
        (ColumnType::Decimal { .. }, Value::Text(_) | Value::Integer(_)) => true,
        // Stored as 0 or 1; the seed's tables spell it as text, and SQLite converts that.
        (ColumnType::Boolean, Value::Boolean(_) | Value::Integer(0 | 1)) => true,
        (ColumnType::Boolean, Value::Text(text)) => text == "0" || text == "1",
        (ColumnType::Bytes, Value::Bytes(_) | Value::Text(_)) => true,
        (ColumnType::Enum(words), Value::Text(text)) if words.contains(text) => true,
        (ColumnType::Enum(words), _) => return Some(format!("must be one of {}", words.join(", "))),
        (
            ColumnType::Ulid
            | ColumnType::Uuid
            | ColumnType::String(_)
            | ColumnType::Text
            | ColumnType::Timestamp
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Json,
            Value::Text(_),
        ) => true,
        _ => false,
    };
    (!fits).then(|| format!("{} does not fit the type {data_type}", value.kind()))
}

fn default_off_the_list(rules: &Rules, default: Option<&ColumnDefault>) -> Option<String> {
    match default {
        Some(ColumnDefault::Value(Value::Text(text))) if !rules.one_of.is_empty() && !rules.one_of.contains(text) => {
            Some(format!("{text:?} is none of the `one-of` words"))
        }
        _ => None,
    }
}

fn rules(reader: &mut AttributeReader<'_>, mistakes: &mut Mistakes) -> Rules {
    Rules {
        min: mistakes.take(number(reader, "min")).flatten(),
        max: mistakes.take(number(reader, "max")).flatten(),
        min_length: mistakes.take(reader.count("min-length")).flatten(),
        max_length: mistakes.take(reader.count("max-length")).flatten(),
        one_of: mistakes.take(words(reader)).unwrap_or_default(),
        format: mistakes.take(word(reader, "format", &[("tags", Format::Tags), ("json", Format::Json)])).flatten(),
        managed: mistakes
            .take(word(reader, "managed", &[("id", Managed::Id), ("created-at", Managed::CreatedAt), ("updated-at", Managed::UpdatedAt)]))
            .flatten(),
    }
}

/// `one-of`, as often as it is given.
fn words(reader: &mut AttributeReader<'_>) -> Result<Vec<String>, Mistake> {
    let words = reader.texts("one-of")?;
    let mut seen = HashSet::new();
    match words.iter().find(|word| word.is_empty() || word.contains(is_harmful) || !seen.insert(**word)) {
        Some(word) => Err(reader.mistake(format!("attribute `one-of` cannot be {word:?}: each word once, plain text, not empty"))),
        None => Ok(words.into_iter().map(str::to_owned).collect()),
    }
}

fn number(reader: &mut AttributeReader<'_>, key: &'static str) -> Result<Option<f64>, Mistake> {
    /// From here on not every integer has a double of its own.
    const EXACT: u64 = 1 << 53;
    match reader.value(key)? {
        None => Ok(None),
        #[expect(clippy::cast_precision_loss, reason = "the guard keeps what is cast exact")]
        Some(Value::Integer(number)) if number.unsigned_abs() <= EXACT => Ok(Some(*number as f64)),
        Some(Value::Real(number)) if number.is_finite() => Ok(Some(*number)),
        Some(Value::Integer(_) | Value::Real(_)) => Err(reader.mistake(format!("attribute `{key}` must be finite and at most 2^53"))),
        Some(other) => Err(reader.mistake(format!("attribute `{key}` must be a number, not {}", other.kind()))),
    }
}

fn word<T: Copy>(reader: &mut AttributeReader<'_>, key: &'static str, words: &[(&str, T)]) -> Result<Option<T>, Mistake> {
    let Some(text) = reader.text(key)? else { return Ok(None) };
    match words.iter().find(|(word, _)| *word == text) {
        Some((_, value)) => Ok(Some(*value)),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            Err(reader.mistake(format!("attribute `{key}` cannot be {text:?}; known are {}", known.join(", "))))
        }
    }
}

/// Why rules do not fit the column's type or each other.
fn unfit_rules(data_type: &ColumnType, rules: &Rules) -> Vec<String> {
    let is_number = matches!(data_type, ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Decimal { .. });
    let is_text = matches!(data_type, ColumnType::String(_) | ColumnType::Text);
    let mut reasons = Vec::new();
    let mut wrong = |is_wrong: bool, reason: &str| {
        if is_wrong {
            reasons.push(format!("{reason}, and the column is {data_type}"));
        }
    };
    wrong((rules.min.is_some() || rules.max.is_some()) && !is_number, "`min` and `max` are for numbers");
    wrong((rules.min_length.is_some() || rules.max_length.is_some()) && !is_text, "`min-length` and `max-length` are for text");
    wrong(!rules.one_of.is_empty() && !is_text, "`one-of` is for text");
    wrong(rules.format == Some(Format::Tags) && *data_type != ColumnType::Json, "the format `tags` is for json");
    wrong(rules.format == Some(Format::Json) && *data_type != ColumnType::Bytes, "the format `json` is for bytes");
    wrong(rules.managed == Some(Managed::Id) && *data_type != ColumnType::Ulid, "`managed` = `id` is for a ulid");
    let managed_time = matches!(rules.managed, Some(Managed::CreatedAt | Managed::UpdatedAt));
    wrong(managed_time && *data_type != ColumnType::Timestamp, "`managed` = `created-at` and `updated-at` are for a timestamp");
    if rules.min.zip(rules.max).is_some_and(|(min, max)| min > max) {
        reasons.push("`min` is larger than `max`".to_owned());
    }
    if rules.min_length.zip(rules.max_length).is_some_and(|(min, max)| min > max) {
        reasons.push("`min-length` is larger than `max-length`".to_owned());
    }
    reasons
}
