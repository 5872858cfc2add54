//! A Rust struct that stands for a table.

use crate::table::Table;

/// A struct that stands for a table, made by `#[derive(Entity)]`.
///
/// The struct holds the table's own columns. `id` (a ULID), `created_at`, `updated_at` and `tags` come with every entity and stand
/// after them; a struct that is `plain` has none of these and names its key itself.
///
/// ```
/// use tenon_sdk::{Entity, Ulid};
///
/// #[derive(Entity)]
/// #[entity(table = "orders")]
/// pub struct Order {
///     #[entity(references = "users.id", on_delete = "cascade", index)]
///     pub user_id: Ulid,
///     pub total_amount: f64,
///     #[entity(default = "pending")]
///     pub status: String,
/// }
///
/// assert_eq!(Order::table().column_names(), ["user_id", "total_amount", "status", "id", "created_at", "updated_at", "tags"]);
/// ```
///
/// # On the struct
/// | attribute | means |
/// |---|---|
/// | `table = "orders"` | the table's name; must be there |
/// | `plain` | no `id`, `created_at`, `updated_at`, `tags`; the fields with `key` are the primary key |
/// | `renamed_from = "old"`, `comment = ".."`, `strict`, `without_rowid` | as in `wit/v0.1/schema.wit` |
/// | `unique(columns = ["a", "b"], name = "uq")` | a UNIQUE constraint over several columns; the name may be left out |
/// | `index(columns = ["a", "b DESC"], name = "ix", unique, filter = "a > 0", comment = "..")` | an index; the name may be left out over plain columns |
/// | `check(expression = "a > 0", name = "ck")` | a CHECK constraint; the name may be left out |
/// | `foreign_key(columns = ["a", "b"], references = "t(x, y)", name = "fk", on_delete = "..", on_update = "..")` | a foreign key over several columns |
///
/// # On a field
/// | attribute | means |
/// |---|---|
/// | `type = "decimal(12,2)"` | the column's type, where the Rust type does not say it |
/// | `rename = "type"` | the column's name, where Rust does not allow it |
/// | `unique`, `index` | UNIQUE over the column; an index `ix_<table>_<column>` |
/// | `default = "pending"` (or a number, or a boolean), `default_expression = "CURRENT_TIMESTAMP"` | what a row gets that names no value; a text in the form in which it is stored: `2025-10-24 15:00:00.000`, a decimal `"0.50"`, JSON `"[]"` |
/// | `references = "users.id"`, `on_delete = "cascade"`, `on_update = ".."` | a foreign key; actions are `no-action`, `restrict`, `cascade`, `set-null`, `set-default` |
/// | `min`, `max`, `min_length`, `max_length`, `one_of = ["a", "b"]`, `format = "json"` | checked by the record engine, not stored |
/// | `renamed_from = "old"`, `collate = "NOCASE"`, `comment = ".."` | as in `wit/v0.1/schema.wit` |
/// | `key` | part of the primary key of a `plain` table |
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stand for a table",
    note = "write #[derive(Entity)] and #[entity(table = \"..\")] on the struct"
)]
pub trait Entity {
    /// The table's name.
    const TABLE: &'static str;

    /// The table, as the plugin's head revision must leave it.
    fn table() -> Table;
}
