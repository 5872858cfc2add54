//! What a column looks like in JSON, as JSON Schema 2020-12.
//!
//! An input's schema accepts what the record engine accepts, no more and no less, as far as JSON Schema can say it.

use utoipa::openapi::schema::{AdditionalProperties, AnyOfBuilder, ArrayBuilder, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{KnownFormat, RefOr};
use utoipa::{Number, openapi};

use crate::model::ColumnType;
use crate::model::schema::Rules;
use crate::service::serving::{Collection, Field, MAX_TAG_LENGTH, MAX_TAGS};

/// Which side of a column is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// What answers show.
    Output,
    /// What a body for a whole row may say.
    Input,
    /// What a merge patch may say: null removes.
    Patch,
    /// What a path or query may say: never null.
    Parameter,
}

const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
const ULID_IN: &str = "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$";
const TIME: &str = r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?$";
const BASE64: &str = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";
const TAG: &str = r"^[\w-]+$";

/// A row as answers show it.
pub(super) fn row(collection: &Collection) -> Schema {
    let object = ObjectBuilder::new().schema_type(Type::Object);
    let add = |object: ObjectBuilder, field: &Field| {
        object.property(field.name.as_str(), column(field, Side::Output)).required(field.name.as_str())
    };
    collection.shown().fold(object, add).build().into()
}

/// What a body may say; `required` says which members must be there.
pub(super) fn body(collection: &Collection, side: Side, required: impl Fn(&Field) -> bool) -> Schema {
    let object =
        ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
    let add = |object: ObjectBuilder, field: &Field| {
        let schema = if field.is_ignored() { ignored() } else { column(field, side) };
        let object = object.property(field.name.as_str(), schema);
        if required(field) { object.required(field.name.as_str()) } else { object }
    };
    collection.fields.iter().filter(|field| !field.hidden).fold(object, add).build().into()
}

fn ignored() -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some("Accepted and ignored: the server fills it.")).into()
}

/// One column.
pub(super) fn column(field: &Field, side: Side) -> RefOr<Schema> {
    let description = field.comment.as_deref();
    let default = if side == Side::Input { default(field) } else { None };
    if field.is_tags() {
        // Not everybody's `\w` has letters of all scripts; what is stored is not held to it.
        let pattern = (side != Side::Output).then_some(TAG);
        let tag = text().pattern(pattern).min_length(Some(1)).max_length(Some(MAX_TAG_LENGTH));
        let array = ArrayBuilder::new().items(tag).max_items(Some(MAX_TAGS)).unique_items(true).default(default);
        return array.schema_type(types(Type::Array, nullable(field, side))).description(description).into();
    }
    if field.is_json() {
        let description = Some(description.unwrap_or("Any JSON value."));
        if side == Side::Patch && !field.nullable {
            return not_null().description(description).default(default).into();
        }
        return ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(description).default(default).into();
    }
    scalar(field, side).description(description).default(default).into()
}

fn nullable(field: &Field, side: Side) -> bool {
    // An id that is null, or a number that the database counts, is one that was not given.
    let may_be_left_out = matches!(side, Side::Input | Side::Patch) && (field.rules.managed.is_some() || field.counted);
    side != Side::Parameter && ((field.nullable && !field.key) || may_be_left_out)
}

/// Any JSON value but null: a schema for each type, which generators of clients understand better than one for all.
fn not_null() -> AnyOfBuilder {
    let plain = [Type::Object, Type::String, Type::Number, Type::Boolean].map(|of| ObjectBuilder::new().schema_type(of));
    let array = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(SchemaType::AnyValue));
    plain.into_iter().fold(AnyOfBuilder::new().item(array), AnyOfBuilder::item)
}

fn types(of: Type, nullable: bool) -> SchemaType {
    if nullable { SchemaType::Array(vec![of, Type::Null]) } else { SchemaType::Type(of) }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn scalar(field: &Field, side: Side) -> ObjectBuilder {
    let nullable = nullable(field, side);
    // Rules hold for what comes in; a database may hold older rows.
    let none = Rules::default();
    let bounds = if side == Side::Output { &none } else { &field.rules };
    let string = || ObjectBuilder::new().schema_type(types(Type::String, nullable));
    let known = |format: KnownFormat| string().format(Some(SchemaFormat::KnownFormat(format)));
    match &field.data_type {
        ColumnType::Ulid => {
            string().pattern(Some(if side == Side::Output { ULID } else { ULID_IN })).min_length(Some(26)).max_length(Some(26))
        }
        ColumnType::Uuid => string().format(Some(SchemaFormat::Custom("uuid".to_owned()))),
        ColumnType::Timestamp => known(KnownFormat::DateTime),
        ColumnType::Date => known(KnownFormat::Date),
        ColumnType::Time => string().pattern(Some(TIME)),
        ColumnType::Boolean => ObjectBuilder::new().schema_type(types(Type::Boolean, nullable)),
        ColumnType::Integer | ColumnType::BigInt => {
            let integer = ObjectBuilder::new()
                .schema_type(types(Type::Integer, nullable))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
            let least = bounds.min.map_or(Number::Int(isize::MIN), whole);
            let most = bounds.max.map_or(Number::Int(isize::MAX), whole);
            integer.minimum(Some(least)).maximum(Some(most))
        }
        ColumnType::Float => {
            let number = ObjectBuilder::new()
                .schema_type(types(Type::Number, nullable))
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Double)));
            number.minimum(bounds.min).maximum(bounds.max)
        }
        ColumnType::Decimal { precision, scale } => string().pattern(Some(decimal_pattern(*precision, *scale))),
        ColumnType::Bytes => string().content_encoding("base64").pattern(Some(BASE64)),
        ColumnType::Enum(words) => one_of(string(), words, nullable),
        ColumnType::String(most) => lengths(one_of(string(), &bounds.one_of, nullable), bounds, most.map(u64::from)),
        // JSON was answered before; here it is text.
        ColumnType::Text | ColumnType::Json => lengths(one_of(string(), &bounds.one_of, nullable), bounds, None),
    }
}

fn one_of(string: ObjectBuilder, words: &[String], nullable: bool) -> ObjectBuilder {
    if words.is_empty() {
        return string;
    }
    let null = nullable.then_some(serde_json::Value::Null);
    string.enum_values(Some(words.iter().map(|word| serde_json::Value::from(word.as_str())).chain(null)))
}

fn lengths(string: ObjectBuilder, bounds: &Rules, declared: Option<u64>) -> ObjectBuilder {
    let length = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let most = [declared, bounds.max_length].into_iter().flatten().min();
    string.min_length(bounds.min_length.map(length)).max_length(most.map(length))
}

/// A bound, without a point when it has no fraction.
fn whole(bound: f64) -> Number {
    #[allow(clippy::cast_possible_truncation, reason = "only where the double is a whole number that fits")]
    if bound.fract() == 0.0 && bound.abs() < 9e15 { Number::Int(bound as isize) } else { Number::Float(bound) }
}

fn decimal_pattern(precision: u8, scale: u8) -> String {
    let whole = if precision == scale { "0".to_owned() } else { format!("[0-9]{{1,{}}}", precision - scale) };
    let fraction = if scale == 0 { String::new() } else { format!(r"(\.[0-9]{{1,{scale}}})?") };
    format!("^-?{whole}{fraction}$")
}

fn default(field: &Field) -> Option<serde_json::Value> {
    serde_json::from_slice(&field.default_json()?).ok()
}

/// A reference to a schema among the components.
pub(super) fn named(name: &str) -> RefOr<Schema> {
    RefOr::Ref(openapi::Ref::from_schema_name(name))
}
