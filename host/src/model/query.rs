//! What the record engine asks of a table, as data; the store turns it into SQL.
//!
//! Values are always parameters, names always come from a checked [`Table`](super::Table): nothing of a client's text can become SQL.

use std::ops::ControlFlow;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;

use super::name::Name;
use super::value::Value;

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    /// Equal; NULL equals NULL.
    Equal,
    /// Greater than.
    Greater,
    /// Less than.
    Less,
}

/// One condition; several are joined by AND.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The column.
    pub column: Name,
    /// The comparison.
    pub comparator: Comparator,
    /// The value compared with.
    pub value: Value,
}

impl Condition {
    /// `column` equals `value`.
    pub fn equal(column: Name, value: Value) -> Self {
        Self { column, comparator: Comparator::Equal, value }
    }
}

/// In which order rows come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// As they were inserted: by rowid, or by primary key where a table has none. Views come as they come.
    Insertion,
    /// By these columns; `true` is descending.
    Columns(Vec<(Name, bool)>),
}

/// Rows of one table or view.
#[derive(Debug, Clone, PartialEq)]
pub struct Select {
    /// The table or view.
    pub table: Name,
    /// The columns wanted, in the order wanted.
    pub columns: Vec<Name>,
    /// All of these hold.
    pub conditions: Vec<Condition>,
    /// The order.
    pub order: Order,
    /// At most so many rows.
    pub limit: Option<u64>,
    /// So many are passed over first.
    pub offset: u64,
}

/// The number of rows for which all conditions hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// The table or view.
    pub table: Name,
    /// All of these hold.
    pub conditions: Vec<Condition>,
}

/// One change to one table.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// One new row.
    Insert {
        /// The table.
        table: Name,
        /// Columns and their values; the others get their defaults.
        cells: Vec<(Name, Value)>,
    },
    /// New values in the rows for which all conditions hold.
    Update {
        /// The table.
        table: Name,
        /// Columns and their new values.
        cells: Vec<(Name, Value)>,
        /// All of these hold.
        conditions: Vec<Condition>,
    },
    /// The rows for which all conditions hold go.
    Delete {
        /// The table.
        table: Name,
        /// All of these hold.
        conditions: Vec<Condition>,
    },
}

impl Write {
    /// The table that is changed.
    pub fn table(&self) -> &Name {
        match self {
            Self::Insert { table, .. } | Self::Update { table, .. } | Self::Delete { table, .. } => table,
        }
    }
}

/// One cell of a row in hand, borrowed from the statement. Text may be anything the database holds, invalid UTF-8 too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// SQL NULL.
    Null,
    /// An integer.
    Integer(i64),
    /// A double; may be infinite.
    Real(f64),
    /// Text, unchecked.
    Text(&'a [u8]),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl Cell<'_> {
    /// Appends the cell as JSON, in stored form.
    ///
    /// # Shape
    /// Bytes are a string in base 64; text that is not UTF-8 has the broken parts replaced; infinities are null, for JSON has no word
    /// for them.
    pub fn write_json(self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Integer(number) => serialize(&number, out),
            Self::Real(number) => serialize(&number, out),
            Self::Text(text) => serialize(&*String::from_utf8_lossy(text), out),
            Self::Bytes(bytes) => {
                out.push(b'"');
                out.extend_from_slice(BASE64_STANDARD.encode(bytes).as_bytes());
                out.push(b'"');
            }
        }
    }
}

fn serialize<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("numbers and text always have a JSON form, and a vector takes every byte");
}

/// A row in hand: its cells by position, in the order of [`Select::columns`].
pub trait Row {
    /// The cell at `index`; [`Cell::Null`] past the end.
    fn cell(&self, index: usize) -> Cell<'_>;
}

/// What rows are handed to; it says whether it wants more.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> ControlFlow<()>;

/// Which rule of the schema a write broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The kind of rule.
    pub kind: Constraint,
    /// The columns or the constraint's name, as far as the database says.
    pub columns: Vec<String>,
}

/// Kinds of rules of a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constraint {
    /// Two rows alike.
    Unique,
    /// No row referred to, or a row still referred to.
    ForeignKey,
    /// NULL where none may be.
    NotNull,
    /// A CHECK that does not hold.
    Check,
    /// A value of a type that a STRICT table refuses.
    Type,
}
