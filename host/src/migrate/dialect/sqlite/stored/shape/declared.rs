//! The column that a plugin declares to get such a text.

use super::{name, unsayable};
use crate::migrate::dialect::sqlite::column::declared_type;
use crate::migrate::dialect::sqlite::stored::facts::{on_conflict, without_parentheses};
use crate::migrate::dialect::sqlite::stored::{Rule, StoredColumn, StoredTable};
use crate::migrate::shape::Said;
use crate::model::schema::{Generated, Rules};
use crate::model::sql::{Kind, Token, tokens};
use crate::model::{Column, ColumnType, Default, Value};

pub(super) fn declared(table: &StoredTable, column: &StoredColumn, type_text: &str) -> Said<Column> {
    let data_type = data_type(type_text, table.strict)?;
    let mut said = Column {
        name: name(&column.name)?,
        nullable: true,
        default: None,
        collate: None,
        generated: None,
        rules: Rules::default(),
        renamed_from: None,
        data_type,
    };
    for constraint in &column.constraints {
        match &constraint.rule {
            Rule::NotNull if on_conflict(table, constraint).is_ok_and(|words| words.is_empty()) => said.nullable = false,
            Rule::NotNull => return unsayable("NOT NULL with ON CONFLICT"),
            Rule::Collate(collation) => said.collate = Some(collation.to_ascii_uppercase()),
            Rule::Default(span) => said.default = default(&said.data_type, table.text(span)),
            Rule::Generated { expression, stored } => {
                said.generated = Some(Generated { expression: table.text(expression).trim().to_owned(), stored: *stored });
            }
            _ => {}
        }
    }
    let is_key = table.primary_key().iter().any(|key| key.eq_ignore_ascii_case(&column.name));
    let implied = table.without_rowid && is_key || table.rowid_alias().is_some_and(|alias| alias.name == column.name);
    said.nullable &= !implied;
    Ok(said)
}

/// The type that is declared so, if there is one.
fn data_type(text: &str, strict: bool) -> Said<ColumnType> {
    // In a STRICT table several have one word: the plainest comes first.
    const PLAIN: [ColumnType; 13] = [
        ColumnType::Text,
        ColumnType::Integer,
        ColumnType::BigInt,
        ColumnType::Float,
        ColumnType::Boolean,
        ColumnType::Timestamp,
        ColumnType::Date,
        ColumnType::Time,
        ColumnType::Json,
        ColumnType::Bytes,
        ColumnType::Ulid,
        ColumnType::Uuid,
        ColumnType::String(None),
    ];
    let written: String = text.split_whitespace().collect::<Vec<_>>().concat();
    if let Some(found) = PLAIN.into_iter().find(|known| declared_type(known, strict).eq_ignore_ascii_case(&written)) {
        return Ok(found);
    }
    let lower = written.to_ascii_lowercase();
    let parsed = match lower.split_once('(') {
        Some(("varchar", rest)) if !strict => format!("string({rest}").parse().ok(),
        Some(("decimal_text", rest)) if !strict => format!("decimal({rest}").parse().ok(),
        _ => None,
    };
    parsed.map_or_else(|| unsayable(format!("the type {text:?}, which is no column type of a plugin's")), Ok)
}

/// A literal where it fits the type as it stands, else an expression.
fn default(data_type: &ColumnType, text: &str) -> Option<Default> {
    let inner = without_parentheses(text);
    if inner.eq_ignore_ascii_case("NULL") {
        return None;
    }
    let value = literal(inner).filter(|value| match (data_type, value) {
        (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Decimal { .. }, Value::Integer(_)) => true,
        (ColumnType::Float, Value::Real(_)) => true,
        (ColumnType::Boolean, Value::Integer(number)) => matches!(number, 0 | 1),
        (ColumnType::Boolean, Value::Text(text)) => text == "0" || text == "1",
        (ColumnType::Bytes, Value::Bytes(_)) => true,
        (ColumnType::Integer | ColumnType::BigInt | ColumnType::Float | ColumnType::Bytes, _) => false,
        (_, Value::Text(_)) => true,
        _ => false,
    });
    // As a model says it; it is written as a text.
    let value = value.map(|value| match (data_type, value) {
        (ColumnType::Boolean, Value::Text(text)) => Value::Boolean(text == "1"),
        (_, value) => value,
    });
    Some(value.map_or_else(|| Default::Expression(inner.to_owned()), Default::Value))
}

/// A plain literal; none where it is anything else, or would be written in another way.
fn literal(text: &str) -> Option<Value> {
    let all: Vec<Token<'_>> = tokens(text).ok()?.into_iter().filter(|token| !token.is_blank()).collect();
    let (negative, token) = match &all[..] {
        [token] => (false, token),
        [sign, token] if sign.text == "-" && token.kind == Kind::Number => (true, token),
        _ => return None,
    };
    match token.kind {
        Kind::Text => Some(Value::Text(token.name()?.into_owned())),
        Kind::Number => {
            let number = if negative { format!("-{}", token.text) } else { token.text.to_owned() };
            let integer = number.parse().ok().map(Value::Integer);
            let value = integer.or_else(|| number.parse().ok().filter(|real: &f64| real.is_finite()).map(Value::Real))?;
            (crate::model::sql::constant(&value) == number).then_some(value)
        }
        Kind::Blob => {
            let digits = token.text.get(2..token.text.len() - 1)?;
            let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
            (0..digits.len()).step_by(2).map(byte).collect::<Option<Vec<u8>>>().map(Value::Bytes)
        }
        _ => None,
    }
}
