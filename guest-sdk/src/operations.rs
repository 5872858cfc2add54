//! The migration vocabulary: what an `upgrade` and a `downgrade` may do.
//!
//! The host checks each call at once and carries it out before it returns; the guest never writes DDL. A step is one transaction: when
//! it answers a problem, nothing of it remains. A call that this version of the host does not carry out yet answers the problem
//! `not-yet-supported`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::tenon::plugin::operations as host;
use crate::bindings::tenon::plugin::schema;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::column::Column;
use crate::document::Document;
use crate::error::Result;
use crate::table::{Check, ForeignKey, Index, Table, Trigger, Unique, View};
use crate::value::{Value, attribute};

/// The handle through which a revision changes the schema and its own rows.
///
/// A call with options is written `op.if_exists().drop_table("users")`: the options stand between the handle and the call that they
/// are for, and only calls that take options can follow.
///
/// ```no_run
/// use tenon_sdk::{Column, Index, Operations, Result, Table, params};
///
/// pub fn upgrade(op: &Operations) -> Result<()> {
///     op.create_table(&Table::new("notes").column(Column::string("title").not_null()).entity_columns())?;
///     op.create_index("notes", &Index::on("notes", ["title"]))?;
///     op.execute("UPDATE notes SET title = trim(title) WHERE title <> ?", params![""])?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Operations<O = NoOptions> {
    revision: String,
    options: O,
}

/// No options were given.
#[derive(Debug)]
pub struct NoOptions;

/// The options of the next call, by the keys of `wit/v0.1/operations.wit`.
#[derive(Debug)]
pub struct Options(Vec<Attribute>);

/// What stands between the handle and the call: nothing, or options.
pub trait Chosen: sealed::Sealed {
    /// The options, as the contract takes them.
    fn attributes(&self) -> &[Attribute];
}

impl Chosen for NoOptions {
    fn attributes(&self) -> &[Attribute] {
        &[]
    }
}

impl Chosen for Options {
    fn attributes(&self) -> &[Attribute] {
        &self.0
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::NoOptions {}
    impl Sealed for super::Options {}
}

impl Operations {
    /// The handle for one step of this revision. The SDK makes it; a plugin receives it.
    pub(crate) fn new(revision: &str) -> Self {
        Self { revision: revision.to_owned(), options: NoOptions }
    }

    /// The id of the revision in hand.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The next call creates or adds only what is not there. A constraint is there when one of its kind has its name or, where it has none,
    /// when one says the same.
    #[must_use = "options do nothing until a call follows"]
    pub fn if_not_exists(&self) -> Operations<Options> {
        self.option("if-not-exists", true)
    }

    /// The next call drops only what is there.
    #[must_use = "options do nothing until a call follows"]
    pub fn if_exists(&self) -> Operations<Options> {
        self.option("if-exists", true)
    }

    /// The next call gets an option, by its key in the contract.
    #[must_use = "options do nothing until a call follows"]
    pub fn option(&self, key: &str, value: impl Into<Value>) -> Operations<Options> {
        Operations { revision: self.revision.clone(), options: Options(vec![attribute(key, value)]) }
    }

    /// Renames a table.
    pub fn rename_table(&self, name: &str, to: &str) -> Result<()> {
        Ok(host::rename_table(name, to)?)
    }

    /// Renames a column.
    pub fn rename_column(&self, table: &str, name: &str, to: &str) -> Result<()> {
        Ok(host::rename_column(table, name, to)?)
    }

    /// Runs one INSERT, UPDATE, DELETE or SELECT on own tables; answers the number of rows that it changed itself. Offline (`--sql`) the
    /// statement is written out and the answer is 0.
    pub fn execute(&self, sql: &str, params: &[Value]) -> Result<u64> {
        Ok(host::execute(sql, params)?)
    }

    /// Inserts rows, each an object of column names and values; answers their number.
    ///
    /// ```no_run
    /// # fn seed(op: &tenon_sdk::Operations) -> tenon_sdk::Result<()> {
    /// use tenon_sdk::json;
    ///
    /// op.insert_rows("colours", &[json!({"name": "red"}), json!({"name": "green"})])?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert_rows(&self, table: &str, rows: &[impl Serialize]) -> Result<u64> {
        Ok(host::insert_rows(table, &Document::json(rows)?)?)
    }

    /// Says that a later `execute` changes rows of this table by way of foreign-key actions.
    pub fn touches(&self, table: &str) -> Result<()> {
        Ok(host::touches(table)?)
    }

    /// The rows of a SELECT. Offline there is nothing to read: the problem `offline`.
    ///
    /// # Shape
    /// `T` is read from a JSON object of the row's columns; `Json` takes any.
    pub fn query<T: DeserializeOwned>(&self, sql: &str, params: &[Value]) -> Result<Vec<T>> {
        host::query(sql, params)?.parse()
    }

    /// The first row's cells; none when there is no row. Offline: the problem `offline`.
    pub fn row(&self, sql: &str, params: &[Value]) -> Result<Option<Vec<Value>>> {
        Ok(host::row(sql, params)?)
    }

    /// `sqlite` or `postgresql`.
    pub fn dialect(&self) -> String {
        host::dialect()
    }

    /// Whether SQL is being written out instead of run.
    pub fn offline(&self) -> bool {
        host::offline()
    }
}

impl Operations<Options> {
    /// One more option, by its key in the contract.
    #[must_use]
    pub fn option(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.options.0.push(attribute(key, value));
        self
    }
}

impl<O: Chosen> Operations<O> {
    fn options(&self) -> &[Attribute] {
        self.options.attributes()
    }

    /// Creates a table, with its indexes.
    pub fn create_table(&self, table: &Table) -> Result<()> {
        Ok(host::create_table(&table.0, self.options())?)
    }

    /// Drops a table. Refused while rows of other tables refer to it, unless the option `detach` is given; never cascades.
    pub fn drop_table(&self, name: &str) -> Result<()> {
        Ok(host::drop_table(name, self.options())?)
    }

    /// Several changes to one table as one: every name means the table as it is before the call.
    pub fn alter_table(&self, name: &str, changes: impl IntoIterator<Item = Change>) -> Result<()> {
        let changes: Vec<host::Change> = changes.into_iter().map(|change| change.0).collect();
        Ok(host::alter_table(name, &changes, self.options())?)
    }

    /// Adds a column at the end.
    pub fn add_column(&self, table: &str, column: &Column) -> Result<()> {
        Ok(host::add_column(table, &column.0, self.options())?)
    }

    /// Drops a column.
    pub fn drop_column(&self, table: &str, name: &str) -> Result<()> {
        Ok(host::drop_column(table, name, self.options())?)
    }

    /// Allows NULL in a column, or refuses it. The option `backfill` or `backfill-expression` fills rows that are NULL before.
    pub fn set_nullable(&self, table: &str, column: &str, nullable: bool) -> Result<()> {
        Ok(host::set_nullable(table, column, nullable, self.options())?)
    }

    /// Sets what a row gets that names no value.
    pub fn set_default(&self, table: &str, column: &str, value: impl Into<Value>) -> Result<()> {
        Ok(host::set_default(table, column, &self.options_and([attribute("default", value)]))?)
    }

    /// Sets the expression whose value a row gets that names none.
    pub fn set_default_expression(&self, table: &str, column: &str, expression: &str) -> Result<()> {
        Ok(host::set_default(table, column, &self.options_and([attribute("default-expression", expression)]))?)
    }

    /// Drops a column's default.
    pub fn drop_default(&self, table: &str, column: &str) -> Result<()> {
        Ok(host::set_default(table, column, self.options())?)
    }

    /// Changes a column's type. The option `using` is an expression that converts stored values; without it a value that does not
    /// survive the cast is an error.
    pub fn set_type(&self, table: &str, column: &str, data_type: &str) -> Result<()> {
        Ok(host::set_type(table, column, data_type, self.options())?)
    }

    /// Creates an index.
    pub fn create_index(&self, table: &str, index: &Index) -> Result<()> {
        Ok(host::create_index(table, &index.0, self.options())?)
    }

    /// Drops an index.
    pub fn drop_index(&self, name: &str) -> Result<()> {
        Ok(host::drop_index(name, self.options())?)
    }

    /// Adds a foreign key to a table that is there.
    pub fn add_foreign_key(&self, table: &str, key: &ForeignKey) -> Result<()> {
        Ok(host::add_foreign_key(table, &key.0, self.options())?)
    }

    /// Adds a UNIQUE constraint to a table that is there.
    pub fn add_unique(&self, table: &str, unique: &Unique) -> Result<()> {
        Ok(host::add_unique(table, &unique.0, self.options())?)
    }

    /// Adds a CHECK constraint to a table that is there.
    pub fn add_check(&self, table: &str, check: &Check) -> Result<()> {
        Ok(host::add_check(table, &check.0, self.options())?)
    }

    /// Changes which columns identify a row.
    pub fn set_primary_key<'a>(&self, table: &str, columns: impl IntoIterator<Item = &'a str>) -> Result<()> {
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        Ok(host::set_primary_key(table, &columns, self.options())?)
    }

    /// Drops a constraint by its name.
    pub fn drop_constraint(&self, table: &str, name: &str) -> Result<()> {
        Ok(host::drop_constraint(table, Some(name), self.options())?)
    }

    /// Drops a UNIQUE constraint that has no name.
    pub fn drop_unnamed_unique<'a>(&self, table: &str, columns: impl IntoIterator<Item = &'a str>) -> Result<()> {
        self.drop_unnamed(table, "unique", columns.into_iter().map(|column| attribute("columns", column)))
    }

    /// Drops a foreign key that has no name.
    pub fn drop_unnamed_foreign_key<'a>(&self, table: &str, columns: impl IntoIterator<Item = &'a str>) -> Result<()> {
        self.drop_unnamed(table, "foreign-key", columns.into_iter().map(|column| attribute("columns", column)))
    }

    /// Drops a CHECK constraint that has no name.
    pub fn drop_unnamed_check(&self, table: &str, expression: &str) -> Result<()> {
        self.drop_unnamed(table, "check", [attribute("expression", expression)])
    }

    /// Creates a view.
    pub fn create_view(&self, view: &View) -> Result<()> {
        Ok(host::create_view(&view.0, self.options())?)
    }

    /// Drops a view.
    pub fn drop_view(&self, name: &str) -> Result<()> {
        Ok(host::drop_view(name, self.options())?)
    }

    /// Creates a trigger.
    pub fn create_trigger(&self, trigger: &Trigger) -> Result<()> {
        Ok(host::create_trigger(&trigger.0, self.options())?)
    }

    /// Drops a trigger.
    pub fn drop_trigger(&self, name: &str) -> Result<()> {
        Ok(host::drop_trigger(name, self.options())?)
    }

    fn drop_unnamed(&self, table: &str, kind: &str, which: impl IntoIterator<Item = Attribute>) -> Result<()> {
        let mut options = self.options_and(which);
        options.push(attribute("kind", kind));
        Ok(host::drop_constraint(table, None, &options)?)
    }

    fn options_and(&self, more: impl IntoIterator<Item = Attribute>) -> Vec<Attribute> {
        let mut options = self.options().to_vec();
        options.extend(more);
        options
    }
}

/// One change of [`alter_table`](Operations::alter_table).
///
/// ```no_run
/// # fn change(op: &tenon_sdk::Operations) -> tenon_sdk::Result<()> {
/// use tenon_sdk::{Change, Column};
///
/// op.alter_table("users", [Change::add_column(&Column::string("phone")), Change::drop_column("fax")])
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Change(host::Change);

impl Change {
    /// `kind` is the contract's name of an operation on a table, e.g. `rename-column`; `name` the column or constraint it is about.
    pub fn new(kind: &str, name: &str) -> Self {
        Self(host::Change { kind: kind.to_owned(), name: name.to_owned(), attributes: Vec::new() })
    }

    /// A further argument by its name, e.g. `to`, `data-type`, `nullable`.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.attributes.push(attribute(key, value));
        self
    }

    fn and(mut self, more: &[Attribute]) -> Self {
        self.0.attributes.extend_from_slice(more);
        self
    }

    fn each(self, key: &str, values: &[String]) -> Self {
        values.iter().fold(self, |change, value| change.with(key, value))
    }

    /// Adds a column; `.with("position", "first")` and `"after x"` say where.
    pub fn add_column(column: &Column) -> Self {
        let schema::Column { name, data_type, nullable, attributes } = &column.0;
        Self::new("add-column", name).with("data-type", data_type).with("nullable", *nullable).and(attributes)
    }

    /// Drops a column.
    pub fn drop_column(name: &str) -> Self {
        Self::new("drop-column", name)
    }

    /// Renames a column.
    pub fn rename_column(name: &str, to: &str) -> Self {
        Self::new("rename-column", name).with("to", to)
    }

    /// Changes a column's type; `.with("using", "…")` converts stored values.
    pub fn set_type(column: &str, data_type: &str) -> Self {
        Self::new("set-type", column).with("data-type", data_type)
    }

    /// Allows NULL in a column, or refuses it; `.with("backfill", …)` fills rows that are NULL before.
    pub fn set_nullable(column: &str, nullable: bool) -> Self {
        Self::new("set-nullable", column).with("nullable", nullable)
    }

    /// Sets what a row gets that names no value.
    pub fn set_default(column: &str, value: impl Into<Value>) -> Self {
        Self::new("set-default", column).with("default", value)
    }

    /// Sets the expression whose value a row gets that names none.
    pub fn set_default_expression(column: &str, expression: &str) -> Self {
        Self::new("set-default", column).with("default-expression", expression)
    }

    /// Drops a column's default.
    pub fn drop_default(column: &str) -> Self {
        Self::new("set-default", column)
    }

    /// Adds a foreign key.
    pub fn add_foreign_key(key: &ForeignKey) -> Self {
        let schema::ForeignKey { name, columns, target_table, target_columns, on_delete, on_update, attributes } = &key.0;
        let change = Self::new("add-foreign-key", name.as_deref().unwrap_or_default()).each("columns", columns);
        let change = change.with("target-table", target_table).each("target-columns", target_columns);
        change.with("on-delete", on_delete).with("on-update", on_update).and(attributes)
    }

    /// Adds a UNIQUE constraint.
    pub fn add_unique(unique: &Unique) -> Self {
        let schema::Unique { name, columns, attributes } = &unique.0;
        Self::new("add-unique", name.as_deref().unwrap_or_default()).each("columns", columns).and(attributes)
    }

    /// Adds a CHECK constraint.
    pub fn add_check(check: &Check) -> Self {
        let schema::Check { name, expression, attributes } = &check.0;
        Self::new("add-check", name.as_deref().unwrap_or_default()).with("expression", expression).and(attributes)
    }

    /// Changes which columns identify a row.
    pub fn set_primary_key<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        columns.into_iter().fold(Self::new("set-primary-key", ""), |change, column| change.with("columns", column))
    }

    /// Drops a constraint by its name.
    pub fn drop_constraint(name: &str) -> Self {
        Self::new("drop-constraint", name)
    }

    /// Drops a UNIQUE constraint that has no name.
    pub fn drop_unnamed_unique<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let change = Self::drop_constraint("").with("kind", "unique");
        columns.into_iter().fold(change, |change, column| change.with("columns", column))
    }

    /// Drops a foreign key that has no name.
    pub fn drop_unnamed_foreign_key<'a>(columns: impl IntoIterator<Item = &'a str>) -> Self {
        let change = Self::drop_constraint("").with("kind", "foreign-key");
        columns.into_iter().fold(change, |change, column| change.with("columns", column))
    }

    /// Drops a CHECK constraint that has no name.
    pub fn drop_unnamed_check(expression: &str) -> Self {
        Self::drop_constraint("").with("kind", "check").with("expression", expression)
    }
}
