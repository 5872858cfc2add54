//! Tables, views and triggers as data: what a plugin declares, what an operation creates.

use serde::{Deserialize, Serialize};

use super::column_type::ColumnType;
use super::name::Name;
use super::value::Value;

/// A column's stored default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Default {
    /// A literal.
    Value(Value),
    /// An SQL expression, e.g. `CURRENT_TIMESTAMP`; checked alone before it is used.
    Expression(String),
}

/// What computes a column from others of its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Generated {
    /// One SQL expression.
    pub expression: String,
    /// Kept in the file; otherwise computed when it is read.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub stored: bool,
}

/// Who fills a column instead of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Managed {
    /// The host makes a ULID when the client sends none.
    Id,
    /// The host's clock, once.
    CreatedAt,
    /// The host's clock, on every change.
    UpdatedAt,
}

/// How the record engine reads a column beyond its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// On `json`: a list of distinct labels.
    Tags,
    /// On `bytes`: any JSON value, kept as UTF-8 text.
    Json,
}

/// What the record engine checks and the database does not store.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Rules {
    /// Smallest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// Largest number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// Fewest characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_length: Option<u64>,
    /// Most characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// The texts that the column may hold; any when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<String>,
    /// See [`Format`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// See [`Managed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<Managed>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub data_type: ColumnType,
    /// Whether it may hold NULL.
    pub nullable: bool,
    /// What a row gets that names no value.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub default: Option<Default>,
    /// `COLLATE`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collate: Option<String>,
    /// What computes it, for a column that nobody fills.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generated: Option<Generated>,
    /// What only the record engine checks. Not part of the stored schema, so not of an operation's canonical form.
    #[serde(skip)]
    pub rules: Rules,
    /// The name that it had before, for autogenerate; not stored either.
    #[serde(skip)]
    pub renamed_from: Option<Name>,
}

/// What happens to rows when the row they refer to goes or changes its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceAction {
    /// Refused, at the end of the statement or transaction.
    NoAction,
    /// Refused at once.
    Restrict,
    /// They go or change with it.
    Cascade,
    /// Their column becomes NULL.
    SetNull,
    /// Their column becomes its default.
    SetDefault,
}

impl std::str::FromStr for ReferenceAction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "no-action" => Ok(Self::NoAction),
            "restrict" => Ok(Self::Restrict),
            "cascade" => Ok(Self::Cascade),
            "set-null" => Ok(Self::SetNull),
            "set-default" => Ok(Self::SetDefault),
            _ => Err(format!("unknown reference action {text:?}; known are no-action, restrict, cascade, set-null, set-default")),
        }
    }
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ForeignKey {
    /// Its constraint name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Name>,
    /// The columns that refer, at least one.
    pub columns: Vec<Name>,
    /// The table referred to.
    pub target_table: Name,
    /// The columns referred to, as many as `columns`.
    pub target_columns: Vec<Name>,
    /// On deletion of the row referred to.
    pub on_delete: ReferenceAction,
    /// On a change of its key.
    pub on_update: ReferenceAction,
    /// Checked at commit only.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub deferred: bool,
}

/// A UNIQUE constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Unique {
    /// Its constraint name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Name>,
    /// At least one.
    pub columns: Vec<Name>,
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Check {
    /// Its constraint name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<Name>,
    /// One SQL expression over the row's own columns.
    pub expression: String,
}

/// One term of an index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct IndexTerm {
    /// A column, or an expression.
    pub key: IndexKey,
    /// `COLLATE`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collate: Option<String>,
    /// Descending.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub descending: bool,
}

/// What an index term sorts by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndexKey {
    /// A column.
    Column(Name),
    /// An expression, without its outer parentheses.
    Expression(String),
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Index {
    /// Its name.
    pub name: Name,
    /// At least one.
    pub terms: Vec<IndexTerm>,
    /// No two rows alike.
    pub unique: bool,
    /// Only rows for which this expression holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub filter: Option<String>,
}

impl Index {
    /// Its columns, where it is over columns alone, over all rows, and compares as the columns do.
    pub fn whole_columns(&self) -> Option<Vec<Name>> {
        let column = |term: &IndexTerm| match &term.key {
            IndexKey::Column(name) if term.collate.is_none() => Some(name.clone()),
            IndexKey::Column(_) | IndexKey::Expression(_) => None,
        };
        self.terms.iter().map(column).collect::<Option<_>>().filter(|_| self.filter.is_none())
    }
}

/// A table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// At least one, in order.
    pub columns: Vec<Column>,
    /// May be empty.
    pub primary_key: Vec<Name>,
    /// In order of declaration.
    pub foreign_keys: Vec<ForeignKey>,
    /// In order of declaration.
    pub uniques: Vec<Unique>,
    /// In order of declaration.
    pub checks: Vec<Check>,
    /// Created with the table, in order.
    pub indexes: Vec<Index>,
    /// SQLite's STRICT.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub strict: bool,
    /// SQLite's WITHOUT ROWID.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub without_rowid: bool,
    /// SQLite's AUTOINCREMENT.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub autoincrement: bool,
    /// The name that it had before, for autogenerate; not stored.
    #[serde(skip)]
    pub renamed_from: Option<Name>,
}

impl Table {
    /// The column of that name.
    pub fn column(&self, name: &Name) -> Option<&Column> {
        self.columns.iter().find(|column| &column.name == name)
    }

    /// The columns of the primary key and of each constraint and index in which no two rows are alike as a column compares them.
    pub fn unique_columns(&self) -> Vec<Vec<Name>> {
        let indexes = self.indexes.iter().filter(|index| index.unique).filter_map(Index::whole_columns);
        let constraints = self.uniques.iter().map(|unique| unique.columns.clone());
        let all = constraints.chain([self.primary_key.clone()]).chain(indexes);
        all.filter(|columns: &Vec<Name>| !columns.is_empty()).collect()
    }
}

/// A view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct View {
    /// Its name.
    pub name: Name,
    /// One SELECT.
    pub query: String,
}

/// When a trigger acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Timing {
    /// Before the row changes.
    Before,
    /// After it has.
    After,
    /// Instead of a change to a view's row.
    InsteadOf,
}

/// What a trigger acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TriggerEvent {
    /// A new row.
    Insert,
    /// A changed row.
    Update,
    /// A row that goes.
    Delete,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Trigger {
    /// Its name.
    pub name: Name,
    /// The table, or view, that it watches.
    pub table: Name,
    /// When it acts.
    pub timing: Timing,
    /// On what.
    pub event: TriggerEvent,
    /// Of an UPDATE: only where it names one of these; any when empty.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub of: Vec<Name>,
    /// Only for rows for which this expression holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub condition: Option<String>,
    /// INSERT, UPDATE and DELETE statements, in order; at least one.
    pub body: Vec<String>,
}
