//! Which constraint a write broke, read from SQLite's error.

use rusqlite::ffi;

use crate::model::query::{Constraint, Violation};

/// The violation that `error` reports; none when it reports something else.
///
/// `table` is the one that was written to. Columns are given only when they are that table's: a foreign-key action can break a
/// constraint of another table, and then its names are nobody's business. Without a table, all are given.
///
/// # Source
/// `sqlite3UniqueConstraint`, `sqlite3RowidConstraint`, OP_HaltIfNull and OP_TypeCheck: `UNIQUE constraint failed: t.a, t.b`,
/// `UNIQUE constraint failed: index 'i'`, `NOT NULL constraint failed: t.a`, `CHECK constraint failed: name or expression`,
/// `FOREIGN KEY constraint failed`, `cannot store TEXT value in INTEGER column t.a`.
pub(in crate::store) fn of(error: &rusqlite::Error, table: Option<&str>) -> Option<Violation> {
    let rusqlite::Error::SqliteFailure(failure, message) = error else { return None };
    let kind = match failure.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => Constraint::Unique,
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Constraint::ForeignKey,
        ffi::SQLITE_CONSTRAINT_NOTNULL => Constraint::NotNull,
        // RESTRICT is carried out by a trigger that SQLite makes itself, and reported as one.
        ffi::SQLITE_CONSTRAINT_TRIGGER if message.as_deref() == Some("FOREIGN KEY constraint failed") => Constraint::ForeignKey,
        // RAISE(ABORT) of a trigger is a check that its author wrote out.
        ffi::SQLITE_CONSTRAINT_CHECK | ffi::SQLITE_CONSTRAINT_TRIGGER => Constraint::Check,
        ffi::SQLITE_CONSTRAINT_DATATYPE => Constraint::Type,
        _ => return None,
    };
    let message = message.as_deref().unwrap_or_default();
    let columns = match kind {
        Constraint::ForeignKey => Vec::new(),
        Constraint::Type => message.rsplit_once(" column ").map_or_else(Vec::new, |(_, column)| columns(column, table)),
        Constraint::Check => vec![message.strip_prefix("CHECK constraint failed: ").unwrap_or(message).to_owned()],
        Constraint::Unique | Constraint::NotNull => message.split_once(": ").map_or_else(Vec::new, |(_, list)| columns(list, table)),
    };
    Some(Violation { kind, columns })
}

/// The columns in `t.a, t.b`, or the index in `index 'i'`.
fn columns(list: &str, table: Option<&str>) -> Vec<String> {
    if let Some(index) = list.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return vec![index.to_owned()];
    }
    // A name may hold points and commas, so the table's own name is what separates, when it is known.
    let table = match table {
        Some(table) if starts_with(list, table) => &list[..table.len()],
        Some(_) => return Vec::new(),
        None => list.split_once('.').map_or("", |(table, _)| table),
    };
    let first = list.get(table.len() + 1..).unwrap_or(list);
    first.split(&format!(", {table}.")).map(str::to_owned).collect()
}

fn starts_with(list: &str, table: &str) -> bool {
    list.get(..table.len()).is_some_and(|head| head.eq_ignore_ascii_case(table)) && list[table.len()..].starts_with('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    fn break_it(sql: &str, table: Option<&str>) -> Violation {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE t (a INTEGER NOT NULL, b TEXT, \"c.d, e\" TEXT, CONSTRAINT positive CHECK (a > 0), UNIQUE (a, b), UNIQUE (\"c.d, e\", a)) STRICT;
                 CREATE TABLE words (word TEXT); CREATE UNIQUE INDEX lowered ON words (lower(word)); INSERT INTO words VALUES ('a');
                 CREATE TABLE child (t INTEGER PRIMARY KEY REFERENCES t (rowid_of_nothing));
                 CREATE TABLE parent (id INTEGER PRIMARY KEY);
                 CREATE TABLE refers (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parent (id) ON DELETE SET NULL);
                 CREATE TABLE held (id INTEGER PRIMARY KEY);
                 CREATE TABLE holds (held INTEGER NOT NULL REFERENCES held (id) ON DELETE RESTRICT);
                 INSERT INTO held VALUES (1);
                 INSERT INTO holds VALUES (1);
                 INSERT INTO t VALUES (1, 'x', 'y');
                 INSERT INTO parent VALUES (1);
                 INSERT INTO refers VALUES (1, 1);",
            )
            .unwrap();
        of(&connection.execute_batch(sql).unwrap_err(), table).unwrap()
    }

    #[test]
    fn each_kind_of_constraint_is_recognised_with_its_columns() {
        let case = |sql: &str, kind: Constraint, columns: &[&str]| {
            let expected = Violation { kind, columns: columns.iter().map(|c| (*c).to_owned()).collect() };
            assert_eq!(break_it(sql, Some("T")), expected, "{sql}");
        };
        case("PRAGMA foreign_keys = ON; DELETE FROM held", Constraint::ForeignKey, &[]);
        case("INSERT INTO t VALUES (1, 'x', 'z')", Constraint::Unique, &["a", "b"]);
        case("INSERT INTO t VALUES (1, 'q', 'y')", Constraint::Unique, &["c.d, e", "a"]);
        case("INSERT INTO words VALUES ('A')", Constraint::Unique, &["lowered"]);
        case("INSERT INTO t VALUES (NULL, 'q', 'z')", Constraint::NotNull, &["a"]);
        case("INSERT INTO t VALUES (0, 'q', 'z')", Constraint::Check, &["positive"]);
        case("INSERT INTO t VALUES ('no', 'q', 'z')", Constraint::Type, &["a"]);
    }

    #[test]
    fn a_foreign_key_is_recognised_and_primary_keys_are_unique() {
        assert_eq!(break_it("INSERT INTO refers VALUES (2, 9)", None).kind, Constraint::ForeignKey);
        let same_id = break_it("INSERT INTO parent VALUES (1)", Some("parent"));
        assert_eq!(same_id, Violation { kind: Constraint::Unique, columns: vec!["id".into()] });
    }

    #[test]
    fn columns_of_another_table_are_not_told() {
        let violation = break_it("DELETE FROM parent", Some("parent"));
        assert_eq!(violation, Violation { kind: Constraint::NotNull, columns: vec![] });
    }
}
