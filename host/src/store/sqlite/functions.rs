//! Which SQL functions and table-valued functions a plugin's text may call.
//!
//! An allow-list, because SQLite grows functions with every version and a build may carry extensions. Left out on purpose:
//!
//! - `load_extension`, `fts3_tokenizer`, `sqlite_*`, `fts5*`, `rtree*`, `dbstat` …: they reach past the tables.
//! - `random`, `randomblob`: a migration must repeat itself. A plugin takes randomness from the host, as a parameter.
//! - `changes`, `total_changes`, `last_insert_rowid`: they tell of statements that other plugins ran on the same connection.
//!   `RETURNING` answers the same questions.
//! - `json_patch`, `jsonb_patch`: quadratic in the number of keys, 14 s for 1 MB, stopped by nothing. `json_set` sets members.
//! - `json_pretty`: indents without a limit, to gigabytes for 1 MB.
//!
//! Those that take a quadratic time and are too useful to leave out are written anew, in `bounded`.
//!
//! The clock: `CURRENT_TIMESTAMP` is what most column defaults say, so it stays. `datetime('now')` could not be refused here anyway,
//! because the authorizer sees a function's name, never its arguments. A digest does not depend on it: it is taken of statements, not
//! of results.

use crate::model::name::TABLE_FUNCTIONS;

/// Sorted, lower case: looked up by binary search.
const ALLOWED: &[&str] = &[
    "->",
    "->>",
    "abs",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosh",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_insert",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "jsonb",
    "jsonb_array",
    "jsonb_array_insert",
    "jsonb_extract",
    "jsonb_group_array",
    "jsonb_group_object",
    "jsonb_insert",
    "jsonb_object",
    "jsonb_remove",
    "jsonb_replace",
    "jsonb_set",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "soundex",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "timediff",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unistr",
    "unistr_quote",
    "unixepoch",
    "unlikely",
    "upper",
    "zeroblob",
];

/// Whether a plugin may call the SQL function of that name.
pub(super) fn allowed(name: &str) -> bool {
    ALLOWED.binary_search(&name.to_ascii_lowercase().as_str()).is_ok()
}

/// Whether the name is that of a table-valued function which reads nothing but its arguments.
///
/// A table of the same name hides the function, so the caller must know that there is none.
pub(super) fn is_argument_table(name: &str) -> bool {
    TABLE_FUNCTIONS.iter().any(|function| name.eq_ignore_ascii_case(function))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_has_no_doubles() {
        assert!(ALLOWED.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn what_reaches_past_the_tables_is_not_on_the_list() {
        for name in [
            "load_extension",
            "fts3_tokenizer",
            "sqlite_version",
            "random",
            "randomblob",
            "changes",
            "last_insert_rowid",
            "fts5",
            "subtype",
            "json_patch",
            "jsonb_patch",
            "json_pretty",
        ] {
            assert!(!allowed(name), "{name}");
        }
        assert!(allowed("COUNT"));
    }

    #[test]
    fn every_function_of_this_sqlite_is_decided_on() {
        // A new SQLite brings new functions: whoever raises the version looks at them and adds them to one of the two lists.
        const LEFT_OUT: [&str; 10] = [
            "changes",
            "json_patch",
            "json_pretty",
            "jsonb_patch",
            "last_insert_rowid",
            "load_extension",
            "random",
            "randomblob",
            "subtype",
            "total_changes",
        ];
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        let mut statement = connection.prepare("SELECT DISTINCT name FROM pragma_function_list WHERE builtin ORDER BY name").unwrap();
        let names: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let undecided: Vec<_> = names
            .iter()
            .filter(|name| !allowed(name) && !LEFT_OUT.contains(&name.as_str()))
            .filter(|name| !name.starts_with("sqlite_"))
            .collect();
        assert!(undecided.is_empty(), "{undecided:?}");
    }
}
