//! Columns by hand: what a migration writes, and what the derive of [`Entity`](crate::Entity) calls.

use crate::bindings::tenon::plugin::schema;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::field::FieldType;
use crate::value::{Value, attribute};

/// One column of a table.
///
/// A column made by hand may hold NULL until [`not_null`](Column::not_null) is said, as in SQL. A name or type that the host does
/// not accept is refused by it, with what it would accept.
///
/// ```
/// use tenon_sdk::Column;
///
/// let status = Column::string("status").not_null().default("pending");
/// assert_eq!(status.data_type(), "string");
/// assert!(!status.is_nullable());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Column(pub(crate) schema::Column);

/// Who fills a column instead of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Managed {
    /// The host makes a ULID when the client sends none.
    Id,
    /// The host's clock, once.
    CreatedAt,
    /// The host's clock, on every change.
    UpdatedAt,
}

impl Column {
    /// A column of any type of the contract: `string(80)`, `decimal(12,2)`, `enum(a,b)` …
    pub fn new(name: &str, data_type: &str) -> Self {
        Self(schema::Column { name: name.to_owned(), data_type: data_type.to_owned(), nullable: true, attributes: Vec::new() })
    }

    /// A column for a Rust type; NULL is allowed if that is an `Option`.
    pub fn of<T: FieldType>(name: &str) -> Self {
        let mut column = Self::new(name, T::DATA_TYPE);
        column.0.nullable = T::NULLABLE;
        column
    }

    /// 26 characters of Crockford base 32.
    pub fn ulid(name: &str) -> Self {
        Self::new(name, "ulid")
    }

    /// 36 characters, lower case with hyphens.
    pub fn uuid(name: &str) -> Self {
        Self::new(name, "uuid")
    }

    /// Text of a line's size.
    pub fn string(name: &str) -> Self {
        Self::new(name, "string")
    }

    /// Text of any size.
    pub fn text(name: &str) -> Self {
        Self::new(name, "text")
    }

    /// A whole number.
    pub fn integer(name: &str) -> Self {
        Self::new(name, "integer")
    }

    /// A whole number of 64 bits, on every database.
    pub fn bigint(name: &str) -> Self {
        Self::new(name, "bigint")
    }

    /// A number of double precision.
    pub fn float(name: &str) -> Self {
        Self::new(name, "float")
    }

    /// An exact number: digits in all, digits after the point.
    pub fn decimal(name: &str, precision: u8, scale: u8) -> Self {
        Self::new(name, &format!("decimal({precision},{scale})"))
    }

    /// True or false.
    pub fn boolean(name: &str) -> Self {
        Self::new(name, "boolean")
    }

    /// A moment in UTC, to the millisecond.
    pub fn timestamp(name: &str) -> Self {
        Self::new(name, "timestamp")
    }

    /// A day.
    pub fn date(name: &str) -> Self {
        Self::new(name, "date")
    }

    /// A time of day.
    pub fn time(name: &str) -> Self {
        Self::new(name, "time")
    }

    /// Any JSON value.
    pub fn json(name: &str) -> Self {
        Self::new(name, "json")
    }

    /// Any bytes; base 64 in JSON.
    pub fn bytes(name: &str) -> Self {
        Self::new(name, "bytes")
    }

    /// Refuses NULL.
    #[must_use]
    pub fn not_null(self) -> Self {
        self.nullable(false)
    }

    /// Allows NULL, or refuses it.
    #[must_use]
    pub fn nullable(mut self, nullable: bool) -> Self {
        self.0.nullable = nullable;
        self
    }

    /// What a row gets that names no value. `None::<i64>` is DEFAULT NULL.
    #[must_use]
    pub fn default(self, value: impl Into<Value>) -> Self {
        self.attribute("default", value)
    }

    /// The SQL expression whose value a row gets that names none, e.g. `CURRENT_TIMESTAMP`.
    #[must_use]
    pub fn default_expression(self, expression: &str) -> Self {
        self.attribute("default-expression", expression)
    }

    /// How text is compared: `NOCASE`, `BINARY`, `RTRIM`.
    #[must_use]
    pub fn collate(self, collation: &str) -> Self {
        self.attribute("collate", collation)
    }

    /// A sentence for people.
    #[must_use]
    pub fn comment(self, comment: &str) -> Self {
        self.attribute("comment", comment)
    }

    /// The name that this column had before, so that a rename is not taken for a drop and an add.
    #[must_use]
    pub fn renamed_from(self, name: &str) -> Self {
        self.attribute("renamed-from", name)
    }

    /// The smallest number that the record engine accepts.
    #[must_use]
    pub fn min(self, number: impl Into<Value>) -> Self {
        self.attribute("min", number)
    }

    /// The largest number that the record engine accepts.
    #[must_use]
    pub fn max(self, number: impl Into<Value>) -> Self {
        self.attribute("max", number)
    }

    /// The fewest characters that the record engine accepts.
    #[must_use]
    pub fn min_length(self, characters: u32) -> Self {
        self.attribute("min-length", characters)
    }

    /// The most characters that the record engine accepts.
    #[must_use]
    pub fn max_length(self, characters: u32) -> Self {
        self.attribute("max-length", characters)
    }

    /// The texts that the record engine accepts; the stored type stays what it is.
    #[must_use]
    pub fn one_of<'a>(self, words: impl IntoIterator<Item = &'a str>) -> Self {
        words.into_iter().fold(self, |column, word| column.attribute("one-of", word))
    }

    /// How the record engine reads the column beyond its type: `tags` on `json`, `json` on `bytes`.
    #[must_use]
    pub fn format(self, format: &str) -> Self {
        self.attribute("format", format)
    }

    /// Who fills the column instead of the client.
    #[must_use]
    pub fn managed(self, by: Managed) -> Self {
        let by = match by {
            Managed::Id => "id",
            Managed::CreatedAt => "created-at",
            Managed::UpdatedAt => "updated-at",
        };
        self.attribute("managed", by)
    }

    /// Any attribute of the contract by its key, e.g. one that this SDK has no method for. The host refuses what it does not know.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its type, as the contract spells it.
    pub fn data_type(&self) -> &str {
        &self.0.data_type
    }

    /// Whether it may hold NULL.
    pub fn is_nullable(&self) -> bool {
        self.0.nullable
    }

    /// What was said of it, by the contract's keys.
    pub fn attributes(&self) -> &[Attribute] {
        &self.0.attributes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_by_hand_may_hold_null_until_it_says_otherwise() {
        assert!(Column::text("note").is_nullable());
        assert!(!Column::text("note").not_null().is_nullable());
    }

    #[test]
    fn a_column_for_a_rust_type_follows_its_option() {
        assert_eq!(Column::of::<i64>("level"), Column::integer("level").not_null());
        assert_eq!(Column::of::<Option<String>>("note"), Column::string("note"));
    }

    #[test]
    fn a_key_that_repeats_is_written_once_for_each_word() {
        let column = Column::text("task_type").one_of(["shell", "python"]);
        assert_eq!(column.attributes(), [attribute("one-of", "shell"), attribute("one-of", "python")]);
    }
}
