//! A collection made ready to serve: one table's columns with the part each plays in a body, a path, a query and an answer.
//!
//! Everything that can be decided before the first request is decided here, once: who fills a column, whether it is shown, in which
//! order members come, what identifies a row, how rows are ordered. Requests then only look things up.

use super::encode::{Encoder, Shape, as_cell};
use super::value;
use crate::model::manifest::{self, CollectionOperation};
use crate::model::query::{Condition, Order};
use crate::model::schema::{Format, IndexKey, IndexTerm, Managed, Rules};
use crate::model::{Column, ColumnType, Default, ForeignKey, Mistake, Name, PluginName, Table, Value};

/// One column as a collection uses it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name, in the table and in JSON.
    pub name: Name,
    /// Its type.
    pub data_type: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// What a row gets that names no value.
    pub default: Option<Default>,
    /// Bounds and formats.
    pub rules: Rules,
    /// Whether it is part of what identifies a row in a path.
    pub key: bool,
    /// A value in a body is accepted and ignored.
    pub read_only: bool,
    /// Accepted, never shown.
    pub write_only: bool,
    /// Neither shown nor accepted.
    pub hidden: bool,
    /// Given once, on creation.
    pub immutable: bool,
    /// For OpenAPI.
    pub comment: Option<String>,
    /// The database numbers rows by it when a body does not.
    pub counted: bool,
    /// The database works it out from other columns.
    pub generated: bool,
}

impl Field {
    fn new(column: &Column, collection: &manifest::Collection, counted: bool) -> Self {
        let rule = collection.fields.iter().find(|field| field.column == column.name);
        Self {
            name: column.name.clone(),
            data_type: column.data_type.clone(),
            nullable: column.nullable,
            default: column.default.as_ref().map(|default| typed_default(&column.data_type, default)),
            rules: column.rules.clone(),
            key: collection.key.contains(&column.name),
            read_only: rule.is_some_and(|rule| rule.read_only),
            write_only: rule.is_some_and(|rule| rule.write_only),
            hidden: rule.is_some_and(|rule| rule.hidden),
            immutable: rule.is_some_and(|rule| rule.immutable),
            comment: rule.and_then(|rule| rule.comment.clone()),
            counted,
            generated: column.generated.is_some(),
        }
    }

    /// Whether answers show it.
    pub fn is_shown(&self) -> bool {
        !self.hidden && !self.write_only
    }

    /// Whether a body may name it and what it says counts.
    pub fn is_written(&self) -> bool {
        !self.hidden && !self.is_ignored()
    }

    /// Whether a body may name it and what it says does not count, so that a row that was read can be put back.
    pub fn is_ignored(&self) -> bool {
        !self.hidden && (self.read_only || self.generated || matches!(self.rules.managed, Some(Managed::CreatedAt | Managed::UpdatedAt)))
    }

    /// Whether only the plugin can give it a value.
    pub fn is_computed(&self) -> bool {
        !self.is_written() && self.rules.managed.is_none() && !self.generated
    }

    /// Whether a new row must name it.
    pub fn is_required(&self) -> bool {
        let needs_value = self.key || (!self.nullable && self.default.is_none());
        self.is_written() && needs_value && self.rules.managed.is_none() && !self.counted
    }

    /// Whether a list can be narrowed by it.
    pub fn is_filterable(&self) -> bool {
        // One JSON text can be written in many ways, and none of them is what a client means by equal.
        self.is_shown() && !self.is_json()
    }

    /// Its default as JSON; none when it has none or the database works it out.
    pub fn default_json(&self) -> Option<Vec<u8>> {
        let Some(Default::Value(value)) = &self.default else { return None };
        let mut json = Vec::new();
        Shape::of(self).cell(as_cell(value), &mut json);
        Some(json)
    }

    /// Whether its values are JSON of any shape.
    pub fn is_json(&self) -> bool {
        self.data_type == ColumnType::Json || self.rules.format == Some(Format::Json)
    }

    /// Whether its values are lists of labels.
    pub fn is_tags(&self) -> bool {
        self.data_type == ColumnType::Json && self.rules.format == Some(Format::Tags)
    }
}

/// A collection made ready to serve.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The plugin it belongs to.
    pub plugin: PluginName,
    /// What `records` and `handlers` call it.
    pub name: String,
    /// Below `/api/v1/`.
    pub path: String,
    /// The table.
    pub table: Name,
    /// For OpenAPI.
    pub summary: Option<String>,
    /// What can be done to it.
    pub operations: Vec<CollectionOperation>,
    /// Its columns in the order in which answers show them: id, created_at, updated_at, tags, then its own as declared.
    pub fields: Vec<Field>,
    /// The indices of the fields that identify a row, in the order in which a path writes them.
    pub key: Vec<usize>,
    pub(super) foreign_keys: Vec<ForeignKey>,
    pub(super) sort: Sort,
    /// Columns of which no two rows have the same values, where an index finds them.
    pub(super) unique: Vec<Vec<Name>>,
    pub(super) encoder: Encoder,
}

/// How a list is ordered, and how it is taken up again.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sort {
    /// What the database is asked for.
    pub(super) order: Order,
    /// The columns that a cursor remembers, with their direction; the last makes the order total. Empty when one of them may be NULL:
    /// then a cursor counts rows.
    pub(super) keyset: Vec<(Name, bool)>,
    /// Whether the database has the rows in this order, or has to bring all of them into it for every answer.
    pub(super) at_hand: bool,
}

/// What SQLite calls the number of a row, unless a column has taken the name.
const ROW_NUMBER: [&str; 3] = ["rowid", "_rowid_", "oid"];

impl Collection {
    /// Makes a declared collection ready.
    ///
    /// # Errors
    /// It names a column that is not there, or has no key.
    pub fn compile(plugin: &PluginName, declared: &manifest::Collection, table: &Table) -> Result<Self, Mistake> {
        let mistake = |reason: String| Mistake::new(format!("collection {}", declared.name), reason);
        if declared.table != table.name {
            return Err(mistake(format!("is over table {}, not {}", declared.table, table.name)));
        }
        let counted = |column: &Column| {
            let alone = matches!(table.primary_key.as_slice(), [only] if only == &column.name);
            alone && column.data_type == ColumnType::Integer && !table.without_rowid
        };
        let mut fields: Vec<Field> = table.columns.iter().map(|column| Field::new(column, declared, counted(column))).collect();
        // The sort is stable: own columns keep their order.
        fields.sort_by_key(place);
        let index =
            |name: &Name| fields.iter().position(|field| &field.name == name).ok_or_else(|| mistake(format!("has no column {name}")));
        let key = declared.key.iter().map(index).collect::<Result<Vec<_>, _>>()?;
        declared.order.iter().try_for_each(|(name, _)| index(name).map(drop))?;
        if key.is_empty() {
            return Err(mistake("has no key".to_owned()));
        }
        if let Some(field) = key
            .iter()
            .map(|index| &fields[*index])
            .find(|field| !field.is_shown() || field.is_json() || field.data_type == ColumnType::Bytes)
        {
            return Err(mistake(format!("column {} cannot be a key: a key is shown, and is neither json nor bytes", field.name)));
        }
        for field in fields.iter().filter(|field| field.rules.managed.is_none()) {
            value::check_default(field)
                .map_err(|why| mistake(format!("column {} has a default that does not fit: it {why}", field.name)))?;
        }
        let sort = sort(declared, table, &fields);
        Ok(Self {
            plugin: plugin.clone(),
            name: declared.name.clone(),
            path: declared.path.clone(),
            table: table.name.clone(),
            summary: declared.summary.clone(),
            operations: declared.operations.clone(),
            foreign_keys: table.foreign_keys.clone(),
            unique: table.unique_columns(),
            encoder: Encoder::new(&fields),
            fields,
            key,
            sort,
        })
    }

    /// Whether the engine alone can create rows.
    ///
    /// # Errors
    /// A column that must have a value cannot be given one by a client.
    pub fn require_creatable(&self) -> Result<(), Mistake> {
        let stuck = |field: &&Field| field.is_computed() && !field.nullable && field.default.is_none() && !field.counted;
        match self.fields.iter().find(stuck).filter(|_| self.allows(CollectionOperation::Create)) {
            None => Ok(()),
            Some(field) => Err(Mistake::new(
                format!("collection {}", self.name),
                format!(
                    "column {} must have a value, but has no default and cannot be given one by `create`, unless the plugin handles that",
                    field.name
                ),
            )),
        }
    }

    /// The fields that answers show, in order.
    pub fn shown(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_shown())
    }

    /// The fields that identify a row, in the order in which a path writes them.
    pub fn key_fields(&self) -> impl Iterator<Item = &Field> {
        self.key.iter().map(|index| &self.fields[*index])
    }

    /// Whether the collection has this operation.
    pub fn allows(&self, operation: CollectionOperation) -> bool {
        self.operations.contains(&operation)
    }

    /// The field of that name, case and all, as JSON sees it.
    pub(super) fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name.as_str() == name && !field.hidden)
    }

    /// The conditions that pick the row with this key.
    pub(super) fn key_conditions(&self, key: &[Value]) -> Vec<Condition> {
        self.key_fields().zip(key).map(|(field, value)| Condition::equal(field.name.clone(), value.clone())).collect()
    }
}

/// A default as the column will hold it: `DEFAULT '1'` of a boolean is true.
fn typed_default(data_type: &ColumnType, default: &Default) -> Default {
    let Default::Value(Value::Text(text)) = default else { return default.clone() };
    let value = match data_type {
        ColumnType::Boolean => matches!(text.as_str(), "0" | "1").then(|| Value::Boolean(text == "1")),
        ColumnType::Integer | ColumnType::BigInt => text.parse().ok().map(Value::Integer),
        ColumnType::Float => text.parse().ok().map(Value::Real),
        _ => None,
    };
    value.map_or_else(|| default.clone(), Default::Value)
}

/// Where a field stands in an answer.
fn place(field: &Field) -> u8 {
    match field.rules.managed {
        Some(Managed::Id) => 0,
        Some(Managed::CreatedAt) => 1,
        Some(Managed::UpdatedAt) => 2,
        None if field.is_tags() && field.name == *"tags" => 3,
        None => 4,
    }
}

fn sort(declared: &manifest::Collection, table: &Table, fields: &[Field]) -> Sort {
    let taken = |alias: &&&str| table.columns.iter().any(|column| column.name == ***alias);
    // The aliases are valid names, and at least one is free unless a table was made to have all three.
    let row_number =
        ROW_NUMBER.iter().find(|alias| !taken(alias)).and_then(|alias| alias.parse::<Name>().ok()).filter(|_| !table.without_rowid);
    let mut columns = declared.order.clone();
    match &row_number {
        Some(alias) => columns.push((alias.clone(), false)),
        None => {
            let unique = if table.primary_key.is_empty() { &declared.key } else { &table.primary_key };
            let missing: Vec<_> = unique.iter().filter(|name| !columns.iter().any(|(column, _)| column == *name)).collect();
            columns.extend(missing.into_iter().map(|name| (name.clone(), false)));
        }
    }
    let may_be_null = |name: &Name| fields.iter().any(|field| &field.name == name && field.nullable);
    let keyset = if columns.iter().any(|(name, _)| may_be_null(name)) { Vec::new() } else { columns.clone() };
    let order = if declared.order.is_empty() && row_number.is_some() { Order::Insertion } else { Order::Columns(columns) };
    let at_hand = declared.order.is_empty() || is_indexed(&declared.order, table);
    Sort { order, keyset, at_hand }
}

/// Whether the primary key or an index begins with these columns, all of them in its own direction or all in the other.
fn is_indexed(order: &[(Name, bool)], table: &Table) -> bool {
    let term = |term: &IndexTerm| match &term.key {
        IndexKey::Column(name) if term.collate.is_none() => Some((name.clone(), term.descending)),
        IndexKey::Column(_) | IndexKey::Expression(_) => None,
    };
    let whole = table.indexes.iter().filter(|index| index.filter.is_none());
    let indexes = whole.filter_map(|index| index.terms.iter().map(term).collect::<Option<Vec<_>>>());
    let key = table.primary_key.iter().map(|name| (name.clone(), false)).collect();
    indexes.chain([key]).any(|index| {
        let begins = |flipped: bool| index.iter().zip(order).all(|(have, want)| have.0 == want.0 && (have.1 ^ flipped) == want.1);
        index.len() >= order.len() && (begins(false) || begins(true))
    })
}
