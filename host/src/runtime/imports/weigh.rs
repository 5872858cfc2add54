//! How heavy a declared thing is: what [`Limits::declared_bytes`](crate::runtime::Limits::declared_bytes) counts.

use crate::runtime::bindings::tenon::plugin::schema::{Column, Table};
use crate::runtime::bindings::tenon::plugin::types::{Attribute, Value};

use super::manifest::Weight;

/// A table with everything in it.
pub(super) fn table(table: &Table) -> Weight {
    let columns = table.columns.iter().map(column);
    let keys = table.foreign_keys.iter().map(|key| {
        let texts =
            key.columns.iter().chain(&key.target_columns).chain(&key.name).chain([&key.target_table, &key.on_delete, &key.on_update]);
        Weight::record().plus(Weight::of_texts(texts)).plus(attributes(&key.attributes))
    });
    let uniques = table.uniques.iter().map(|unique| {
        Weight::record().plus(Weight::of_texts(unique.columns.iter().chain(&unique.name))).plus(attributes(&unique.attributes))
    });
    let checks = table.checks.iter().map(|check| {
        Weight::record().plus(Weight::of_texts([&check.expression].into_iter().chain(&check.name))).plus(attributes(&check.attributes))
    });
    let indexes = table
        .indexes
        .iter()
        .map(|index| Weight::record().plus(Weight::of_texts(index.terms.iter().chain([&index.name]))).plus(attributes(&index.attributes)));
    Weight::of_texts(table.primary_key.iter().chain([&table.name]))
        .plus(attributes(&table.attributes))
        .plus_all(columns)
        .plus_all(keys)
        .plus_all(uniques)
        .plus_all(checks)
        .plus_all(indexes)
}

fn column(column: &Column) -> Weight {
    Weight::record().plus(Weight::of_texts([&column.name, &column.data_type])).plus(attributes(&column.attributes))
}

/// A list of attributes.
pub(super) fn attributes(attributes: &[Attribute]) -> Weight {
    let one = |attribute: &Attribute| {
        let value = match &attribute.value {
            Value::Null | Value::Boolean(_) | Value::Integer(_) | Value::Real(_) => 0,
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
        };
        Weight::record().plus(Weight::of_texts([&attribute.key])).plus(Weight::bytes(value))
    };
    Weight::record().plus_all(attributes.iter().map(one))
}

/// The JSON Schemas among attributes, besides what [`attributes`] counts for them.
pub(super) fn schemas(attributes: &[Attribute]) -> Weight {
    let texts = attributes.iter().filter(|attribute| attribute.key.ends_with("-schema"));
    let schema = |attribute: &Attribute| match &attribute.value {
        Value::Text(text) => schema(text),
        _ => Weight::record(),
    };
    Weight::record().plus_all(texts.map(schema))
}

/// A JSON Schema: every value in it is a record once it is read.
pub(super) fn schema(text: &str) -> Weight {
    let values = text.bytes().filter(|b| b"[{,:".contains(b)).count();
    Weight::bytes(text.len()).plus_all(std::iter::repeat_n(Weight::record(), values + 1))
}
