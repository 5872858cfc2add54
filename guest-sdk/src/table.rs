//! Tables, keys, indexes, views and triggers as data: declared by `describe`, created by a migration, compared by the host.

use crate::bindings::tenon::plugin::schema;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::column::{Column, Managed};
use crate::value::{Value, attribute};

/// A table: its columns, and what holds for them together.
///
/// ```
/// use tenon_sdk::{Column, ForeignKey, Index, ReferenceAction, Table};
///
/// let orders = Table::new("orders")
///     .column(Column::ulid("user_id").not_null())
///     .column(Column::float("total_amount").not_null())
///     .entity_columns()
///     .foreign_key(ForeignKey::new("user_id", "users", "id").on_delete(ReferenceAction::Cascade))
///     .index(Index::on("orders", ["user_id"]));
/// assert_eq!(orders.column_names(), ["user_id", "total_amount", "id", "created_at", "updated_at", "tags"]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Table(pub(crate) schema::Table);

fn owned<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

impl Table {
    /// A table without columns yet.
    pub fn new(name: &str) -> Self {
        Self(schema::Table {
            name: name.to_owned(),
            columns: Vec::new(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
            uniques: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            attributes: Vec::new(),
        })
    }

    /// Adds a column at the end.
    #[must_use]
    pub fn column(mut self, column: Column) -> Self {
        self.0.columns.push(column.0);
        self
    }

    /// Adds the columns that every entity has, at the end: `id` (a ULID, the primary key), `created_at`, `updated_at`, `tags`.
    #[must_use]
    pub fn entity_columns(self) -> Self {
        let stamp = |name: &str, by| Column::timestamp(name).not_null().default_expression("CURRENT_TIMESTAMP").managed(by);
        self.column(Column::ulid("id").not_null().managed(Managed::Id))
            .column(stamp("created_at", Managed::CreatedAt))
            .column(stamp("updated_at", Managed::UpdatedAt))
            .column(Column::json("tags").not_null().default("[]").format("tags"))
            .primary_key(["id"])
    }

    /// Says which columns identify a row.
    #[must_use]
    pub fn primary_key<'a>(mut self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.primary_key = owned(columns);
        self
    }

    /// Adds a foreign key.
    #[must_use]
    pub fn foreign_key(mut self, key: ForeignKey) -> Self {
        self.0.foreign_keys.push(key.0);
        self
    }

    /// Adds a UNIQUE constraint.
    #[must_use]
    pub fn unique(mut self, unique: Unique) -> Self {
        self.0.uniques.push(unique.0);
        self
    }

    /// Adds a CHECK constraint.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.0.checks.push(check.0);
        self
    }

    /// Adds an index, created together with the table.
    #[must_use]
    pub fn index(mut self, index: Index) -> Self {
        self.0.indexes.push(index.0);
        self
    }

    /// Any attribute of the contract by its key: `strict`, `without-rowid`, `autoincrement`, `renamed-from`, `comment`.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What of it a database keeps, keys and indexes in an order of their own: two tables that are alike there give the same.
    ///
    /// In a plugin's tests, `assert_eq!(table_of_my_revision().stored(), Note::table().stored())` holds the two together.
    #[must_use]
    pub fn stored(&self) -> Self {
        let mut table = self.0.clone();
        let keep = |attributes: &mut Vec<Attribute>, keys: &[&str]| attributes.retain(|attribute| keys.contains(&attribute.key.as_str()));
        keep(&mut table.attributes, &["strict", "without-rowid", "autoincrement"]);
        for column in &mut table.columns {
            keep(&mut column.attributes, &["default", "default-expression", "collate", "generated", "stored"]);
        }
        table.foreign_keys.iter_mut().for_each(|key| keep(&mut key.attributes, &["deferred"]));
        table.uniques.iter_mut().for_each(|unique| unique.attributes.clear());
        table.checks.iter_mut().for_each(|check| check.attributes.clear());
        table.indexes.iter_mut().for_each(|index| keep(&mut index.attributes, &["where"]));
        table.foreign_keys.sort_by(|a, b| (&a.columns, &a.name).cmp(&(&b.columns, &b.name)));
        table.uniques.sort_by(|a, b| (&a.columns, &a.name).cmp(&(&b.columns, &b.name)));
        table.checks.sort_by(|a, b| (&a.expression, &a.name).cmp(&(&b.expression, &b.name)));
        table.indexes.sort_by(|a, b| a.name.cmp(&b.name));
        Self(table)
    }

    /// The names of its columns, in order.
    pub fn column_names(&self) -> Vec<&str> {
        self.0.columns.iter().map(|column| column.name.as_str()).collect()
    }
}

/// What happens to rows when the row that they refer to goes or changes its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl ReferenceAction {
    fn as_str(self) -> &'static str {
        match self {
            Self::NoAction => "no-action",
            Self::Restrict => "restrict",
            Self::Cascade => "cascade",
            Self::SetNull => "set-null",
            Self::SetDefault => "set-default",
        }
    }
}

/// A foreign key: these columns hold the key of a row over there. Both actions are `NoAction` until they are said.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignKey(pub(crate) schema::ForeignKey);

impl ForeignKey {
    /// One column that refers to one column.
    pub fn new(column: &str, target_table: &str, target_column: &str) -> Self {
        Self::composite([column], target_table, [target_column])
    }

    /// Several columns that refer to as many, in the same order.
    pub fn composite<'a>(
        columns: impl IntoIterator<Item = &'a str>,
        target_table: &str,
        target_columns: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self(schema::ForeignKey {
            name: None,
            columns: owned(columns),
            target_table: target_table.to_owned(),
            target_columns: owned(target_columns),
            on_delete: ReferenceAction::NoAction.as_str().to_owned(),
            on_update: ReferenceAction::NoAction.as_str().to_owned(),
            attributes: Vec::new(),
        })
    }

    /// The constraint's name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0.name = Some(name.to_owned());
        self
    }

    /// When the row referred to goes.
    #[must_use]
    pub fn on_delete(mut self, action: ReferenceAction) -> Self {
        self.0.on_delete = action.as_str().to_owned();
        self
    }

    /// When the row referred to changes its key.
    #[must_use]
    pub fn on_update(mut self, action: ReferenceAction) -> Self {
        self.0.on_update = action.as_str().to_owned();
        self
    }

    /// Checked when the transaction ends, not at once.
    #[must_use]
    pub fn deferred(self) -> Self {
        self.attribute("deferred", true)
    }

    /// Any attribute of the contract by its key.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }
}

/// A UNIQUE constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Unique(pub(crate) schema::Unique);

impl Unique {
    /// No two rows alike in these columns.
    pub fn on<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        Self(schema::Unique { name: None, columns: owned(columns), attributes: Vec::new() })
    }

    /// The constraint's name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0.name = Some(name.to_owned());
        self
    }

    /// Any attribute of the contract by its key, e.g. one that this SDK has no method for.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }
}

/// A CHECK constraint.
#[derive(Debug, Clone, PartialEq)]
pub struct Check(pub(crate) schema::Check);

impl Check {
    /// One SQL expression over the row's own columns that must not be false.
    pub fn new(expression: &str) -> Self {
        Self(schema::Check { name: None, expression: expression.to_owned(), attributes: Vec::new() })
    }

    /// The constraint's name.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.0.name = Some(name.to_owned());
        self
    }

    /// Any attribute of the contract by its key, e.g. one that this SDK has no method for.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq)]
pub struct Index(pub(crate) schema::Index);

impl Index {
    /// An index over columns, named after them: `ix_<table>_<column>…`.
    pub fn on<'a>(table: &str, columns: impl IntoIterator<Item = &'a str>) -> Self {
        let columns = owned(columns);
        Self::over(&format!("ix_{table}_{}", columns.join("_")), columns)
    }

    /// An index with a name of its own, over terms: column names or expressions in parentheses, each optionally followed by
    /// ` COLLATE x` and ` DESC`.
    pub fn new<'a>(name: &str, terms: impl IntoIterator<Item = &'a str>) -> Self {
        Self::over(name, owned(terms))
    }

    fn over(name: &str, terms: Vec<String>) -> Self {
        Self(schema::Index { name: name.to_owned(), terms, unique: false, attributes: Vec::new() })
    }

    /// No two rows alike in these terms.
    #[must_use]
    pub fn unique(mut self) -> Self {
        self.0.unique = true;
        self
    }

    /// Only rows for which this SQL expression holds.
    #[must_use]
    pub fn filter(self, expression: &str) -> Self {
        self.attribute("where", expression)
    }

    /// A sentence for people.
    #[must_use]
    pub fn comment(self, comment: &str) -> Self {
        self.attribute("comment", comment)
    }

    /// Any attribute of the contract by its key.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

/// A view: one SELECT over the plugin's own tables and those that it may read.
#[derive(Debug, Clone, PartialEq)]
pub struct View(pub(crate) schema::View);

impl View {
    /// A view.
    pub fn new(name: &str, query: &str) -> Self {
        Self(schema::View { name: name.to_owned(), query: query.to_owned(), attributes: Vec::new() })
    }

    /// Any attribute of the contract by its key, e.g. one that this SDK has no method for.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }
}

/// A trigger: statements on the plugin's own tables that run when rows of one of them change.
#[derive(Debug, Clone, PartialEq)]
pub struct Trigger(pub(crate) schema::Trigger);

impl Trigger {
    /// A trigger. `timing` is `before`, `after` or `instead-of`; `event` is `insert`, `update` or `delete`.
    pub fn new<'a>(name: &str, table: &str, timing: &str, event: &str, body: impl IntoIterator<Item = &'a str>) -> Self {
        Self(schema::Trigger {
            name: name.to_owned(),
            table: table.to_owned(),
            timing: timing.to_owned(),
            event: event.to_owned(),
            body: owned(body),
            attributes: Vec::new(),
        })
    }

    /// Any attribute of the contract by its key: `of` (a column; repeats), `condition` (an expression).
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_is_named_after_its_table_and_columns() {
        assert_eq!(Index::on("orders", ["user_id", "status"]).name(), "ix_orders_user_id_status");
    }

    #[test]
    fn an_entity_ends_with_its_four_columns_and_is_keyed_by_id() {
        let table = Table::new("users").column(Column::string("email").not_null()).entity_columns();
        assert_eq!(table.column_names(), ["email", "id", "created_at", "updated_at", "tags"]);
        assert_eq!(table.0.primary_key, ["id"]);
        assert!(table.0.columns.iter().all(|column| !column.nullable));
    }

    #[test]
    fn tables_that_are_stored_alike_are_alike_whatever_else_was_said_of_them() {
        let one = Table::new("t").column(Column::text("a").one_of(["x"])).index(Index::on("t", ["a"])).index(Index::new("b", ["a"]));
        let other = Table::new("t").column(Column::text("a")).index(Index::new("b", ["a"])).index(Index::on("t", ["a"]));
        assert_ne!(one, other);
        assert_eq!(one.stored(), other.stored());
        assert_ne!(one.stored(), Table::new("t").column(Column::text("a").not_null()).stored());
    }

    #[test]
    fn what_no_database_keeps_of_an_index_or_a_constraint_is_left_out() {
        let table = |index: Index, key: ForeignKey, unique: Unique, check: Check| {
            Table::new("t").column(Column::text("a")).index(index).foreign_key(key).unique(unique).check(check).stored()
        };
        let (index, key) = (Index::on("t", ["a"]).filter("a > ''"), ForeignKey::new("a", "u", "id").deferred());
        let (unique, check) = (Unique::on(["a"]), Check::new("a <> 'x'"));
        let plain = table(index.clone(), key.clone(), unique.clone(), check.clone());
        let (k, v) = ("comment", "For people.");
        let commented = table(index.comment(v), key.attribute(k, v), unique.attribute(k, v), check.attribute(k, v));
        assert_eq!(plain, commented);
        let other = table(Index::on("t", ["a"]), ForeignKey::new("a", "u", "id").deferred(), Unique::on(["a"]), Check::new("a <> 'x'"));
        assert_ne!(plain, other, "which rows an index holds is kept");
        let other =
            table(Index::on("t", ["a"]).filter("a > ''"), ForeignKey::new("a", "u", "id"), Unique::on(["a"]), Check::new("a <> 'x'"));
        assert_ne!(plain, other, "when a key is checked is kept");
    }
}
