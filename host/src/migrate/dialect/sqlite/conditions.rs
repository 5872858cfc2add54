//! What must hold of the rows that are there before a table is changed, as queries that find those for which it does not.

use crate::migrate::dialect::alteration::Condition;
use crate::model::sql::identifier;
use crate::model::{ColumnType, Name};

use super::fits::fits;
use super::stored::StoredTable;

/// Rows that are shown of those in the way.
const SHOWN: usize = 5;

/// Makes conditions for one table. Those of rows that are changed on their way take the rows as they will be, `from` a subquery.
pub(super) struct Conditions<'a> {
    table: &'a Name,
    strict: bool,
    /// What tells a row from the others.
    pub(super) key: Vec<String>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(table: &'a Name, stored: &StoredTable) -> Self {
        let key: Vec<String> = stored.primary_key().into_iter().map(|name| identifier(name).into_owned()).collect();
        let rowid = || stored.rowid_name().map(str::to_owned).into_iter().collect();
        Self { table, strict: stored.strict, key: if key.is_empty() { rowid() } else { key } }
    }

    fn condition(&self, rule: String, way_out: &str, from: &str, shown: &[String], filter: &str) -> Condition {
        let mut columns = self.key.clone();
        columns.extend(shown.iter().filter(|name| !self.key.contains(name)).cloned());
        let shown = if columns.is_empty() { "*".to_owned() } else { columns.join(", ") };
        Condition {
            rule,
            way_out: way_out.to_owned(),
            count: format!("SELECT count(*) FROM {from} WHERE {filter}"),
            first: format!("SELECT {shown} FROM {from} WHERE {filter} LIMIT {SHOWN}"),
        }
    }

    /// There is no row at all.
    pub(super) fn empty(&self, column: &Name) -> Condition {
        let rule = format!("a new column {}.{column} that takes no NULL and has no default needs a table without rows", self.table);
        let from = identifier(self.table.as_str());
        self.condition(rule, "give it a default, or add it nullable, fill it and make it not null", &from, &[], "1")
    }

    /// No row has NULL there.
    pub(super) fn not_null(&self, from: &str, column: &str, why: &str) -> Condition {
        let name = identifier(column).into_owned();
        let filter = format!("{name} IS NULL");
        self.condition(format!("{why} takes no NULL"), "give a `backfill`, or fill those rows before", from, &[name], &filter)
    }

    /// The expression holds of every row, or is NULL.
    pub(super) fn check(&self, from: &str, name: &str, expression: &str) -> Condition {
        let rule = format!("{name} of table {} holds for every row", self.table);
        self.condition(rule, "change or delete those rows before", from, &[], &format!("NOT ({expression})"))
    }

    /// No two rows have the same there.
    pub(super) fn unique(&self, from: &str, what: &str, columns: &[&str]) -> Condition {
        let names: Vec<String> = columns.iter().map(|column| identifier(column).into_owned()).collect();
        let present: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        let list = names.join(", ");
        let groups = format!("FROM {from} WHERE {} GROUP BY {list} HAVING count(*) > 1", present.join(" AND "));
        Condition {
            rule: format!("{what} of table {} allows each only once", self.table),
            way_out: "change or delete those rows before".to_owned(),
            count: format!("SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n {groups})"),
            first: format!("SELECT {list}, count(*) AS \"rows\" {groups} LIMIT {SHOWN}"),
        }
    }

    /// Every row refers to one that is there, or to none. `targets` are the columns of the other table, as many as `columns`.
    pub(super) fn foreign_key(&self, from: &str, columns: &[&str], target: &str, targets: &[&str]) -> Condition {
        let own = identifier(self.table.as_str());
        let names: Vec<String> = columns.iter().map(|column| identifier(column).into_owned()).collect();
        let present = names.iter().map(|name| format!("{own}.{name} IS NOT NULL"));
        let same = targets.iter().zip(&names);
        let same: Vec<String> = same.map(|(target, own_name)| format!("tenon_target.{} = {own}.{own_name}", identifier(target))).collect();
        let lost = format!("NOT EXISTS (SELECT 1 FROM {} AS tenon_target WHERE {})", identifier(target), same.join(" AND "));
        let filter: Vec<String> = present.chain([lost]).collect();
        let rule = format!("foreign key ({}) of table {} leads to a row of table {target}", columns.join(", "), self.table);
        self.condition(rule, "change or delete those rows before", from, &names, &filter.join(" AND "))
    }

    /// No value becomes NULL that is something.
    pub(super) fn emptied(&self, column: &Name, value: &str) -> Condition {
        let name = identifier(column.as_str()).into_owned();
        let filter = format!("{name} IS NOT NULL AND {value} IS NULL");
        let rule = format!("`using` of column {}.{column} makes no value NULL", self.table);
        self.condition(rule, "give --allow-destructive if that is meant", &identifier(self.table.as_str()), &[name], &filter)
    }

    /// Every value means the same as one of that type.
    pub(super) fn fits(&self, column: &Name, data_type: &ColumnType) -> Condition {
        let name = identifier(column.as_str()).into_owned();
        let filter = format!("{name} IS NOT NULL AND NOT coalesce({}, 0)", fits(&name, data_type, self.strict));
        let rule = format!("every value of column {}.{column} means the same as {data_type}", self.table);
        let from = identifier(self.table.as_str());
        self.condition(rule, "say with `using` what each becomes", &from, &[name], &filter)
    }
}
