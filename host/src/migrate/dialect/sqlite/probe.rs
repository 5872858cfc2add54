//! Queries that are only compiled: they read and call what an expression of a plugin's does where it is going to stand.

use crate::model::Name;
use crate::model::sql::{identifier, mentions};

/// Refused where the expression asks for more than one row by itself. Where it names columns that are yet to be added, they stand beside
/// those others that it names.
pub(super) fn row(expression: &str, table: &Name, columns: &[Name], added: &[&Name]) -> String {
    let table = identifier(table.as_str());
    let new = |column: &Name| added.contains(&column);
    let meant: Vec<String> = added.iter().filter(|name| mentions(expression, name.as_str())).map(|name| null_as(name)).collect();
    if meant.is_empty() {
        return format!("SELECT 1 FROM {table} WHERE ({expression}) IS NOT NULL");
    }
    let old = columns.iter().filter(|name| !new(name) && mentions(expression, name.as_str()));
    let all: Vec<String> = old.map(|name| identifier(name.as_str()).into_owned()).chain(meant).collect();
    format!("SELECT 1 FROM (SELECT {} FROM {table}) AS {table} WHERE ({expression}) IS NOT NULL", all.join(", "))
}

fn null_as(name: &Name) -> String {
    format!("NULL AS {}", identifier(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::samples::{name, names};

    #[test]
    fn only_the_columns_that_are_named_stand_beside_those_to_come() {
        let row = |expression| row(expression, &name("t"), &names(["a", "b", "x"]), &[&name("x"), &name("y")]);
        assert_eq!(row("a > 0"), "SELECT 1 FROM t WHERE (a > 0) IS NOT NULL");
        assert_eq!(row("A > \"X\""), "SELECT 1 FROM (SELECT a, NULL AS x FROM t) AS t WHERE (A > \"X\") IS NOT NULL");
        assert_eq!(row("y <> 'b'"), "SELECT 1 FROM (SELECT NULL AS y FROM t) AS t WHERE (y <> 'b') IS NOT NULL");
    }
}
