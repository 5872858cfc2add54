//! What only a script needs: what stops its reader, and what it asks of a database that nobody has seen.

use crate::model::sql::text_literal;
use crate::model::{Name, StoredTexts};

/// Stops the reader with the rule for a message, unless the query's number is 0.
pub(super) fn condition(rule: &str, count: &str) -> Vec<String> {
    let rule = format!("\"{}\"", rule.replace('"', "\"\""));
    vec![
        format!("CREATE TEMP TABLE tenon_check (n CONSTRAINT {rule} CHECK (n = 0))"),
        format!("INSERT INTO temp.tenon_check {count}"),
        "DROP TABLE temp.tenon_check".to_owned(),
    ]
}

/// Swaps a table for its copy, and stops the reader if a row refers to nothing then.
pub(super) fn swap(table: &Name, statements: &[String]) -> Vec<String> {
    let mut all = vec!["PRAGMA legacy_alter_table = ON".to_owned()];
    all.extend_from_slice(statements);
    all.push("PRAGMA legacy_alter_table = OFF".to_owned());
    let name = text_literal(table.as_str());
    // Who refers to the table is known only to the file that the script runs on.
    let own = format!("SELECT count(*) FROM pragma_foreign_key_check({name})");
    let others = format!("SELECT count(*) FROM pragma_foreign_key_check AS c WHERE c.parent = {name} COLLATE NOCASE");
    for count in [own, others] {
        all.extend(condition("every row refers to one that is there", &count));
    }
    all
}

/// Stops the reader before a table is copied that is not the one which the copy was planned for. A run edits the text that it finds, and
/// makes again the indexes and triggers that it finds; a script has those of the plan, and what else there is would go with the old table.
pub(super) fn unchanged(table: &Name, stored: &StoredTexts) -> Vec<String> {
    let rule = format!(
        "table {table}, its indexes and triggers are as the revisions before this one leave them: `tenon drift` shows what is not, which \
         this script would lose; run it without --sql, which keeps it"
    );
    condition(&rule, &differing(table, stored))
}

/// How many texts are either planned or found, and not both; as a query.
///
/// Texts of one meaning are not one text: a copy has its name in quotes, blanks are not where SQLite's own ALTER leaves them, and rules
/// lose the name of their table ([`super::alter`]). So a table that was changed in place by a run is told from one that a script copied by
/// just these, and they are taken out of both sides. A change by hand of nothing but blanks in a string is not seen.
fn differing(table: &Name, stored: &StoredTexts) -> String {
    let planned = std::iter::once(&stored.table).chain(&stored.others).map(|text| format!("({})", text_literal(text)));
    let planned = planned.collect::<Vec<_>>().join(", ");
    let name = text_literal(table.as_str());
    let found = format!("SELECT sql FROM sqlite_schema WHERE tbl_name = {name} COLLATE NOCASE AND type <> 'view' AND sql IS NOT NULL");
    let bare = ["' '", "char(9)", "char(10)", "char(13)", "'\"'"]
        .iter()
        .fold("text".to_owned(), |text, gone| format!("replace({text}, {gone}, '')"));
    let qualifier = text_literal(&format!("{table}."));
    format!(
        "WITH planned (text) AS (VALUES {planned}), found (text) AS ({found}), \
         both (side, text) AS (SELECT 1, text FROM planned UNION ALL SELECT 2, text FROM found) \
         SELECT count(*) FROM (SELECT replace({bare}, {qualifier}, '') AS bare FROM both GROUP BY bare HAVING min(side) = max(side))"
    )
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::super::alter_tests::{alter_as, database, not_null, stored};
    use super::*;
    use crate::migrate::dialect::alteration::Abilities;
    use crate::migrate::samples::{column, name};
    use crate::model::{Change, Check, ConstraintOf, Default, Position};

    /// How many texts of `t` are not as they are in `planned`.
    fn differing_from(planned: &Connection, found: &Connection) -> i64 {
        found.query_row(&differing(&name("t"), &stored(planned, "t")), [], |row| row.get(0)).unwrap()
    }

    /// A table by raw SQL, and one as tenon writes it, with a rule that says its own table's name.
    const MADE: [&str; 2] = [
        "create table T (\n\tid integer primary key,\n\ta int constraint c check (a > 0) , b text not null default 'x y' collate nocase,\n\
         n text, check (t.a < 100), unique (n, a)\n); create index IX on t(b desc); \
         CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT old.a; SELECT 1; END",
        "CREATE TABLE t (\n\tid INTEGER NOT NULL,\n\ta INTEGER,\n\tb VARCHAR(20) DEFAULT 'x' NOT NULL,\n\tn VARCHAR,\n\t\
         CONSTRAINT c CHECK (t.a > 0),\n\tPRIMARY KEY (id)\n); CREATE UNIQUE INDEX ux ON t (n) WHERE b <> ''",
    ];

    #[test]
    fn a_change_in_place_and_a_copy_leave_the_same_but_for_blanks_quotes_and_the_tables_own_name() {
        let check = |name_: Option<&str>, text: &str| Change::AddCheck {
            check: Check { name: name_.map(name), expression: text.to_owned() },
            if_not_exists: false,
        };
        let rename = |from: &str, to: &str| Change::RenameColumn { name: name(from), to: name(to) };
        let add = |what: &str| Change::AddColumn { column: column(what, "integer").null(), position: None, if_not_exists: false };
        let drop = |what: &str| Change::DropColumn { name: name(what), if_exists: false };
        let nullable = |what: &str| Change::SetNullable { name: name(what), nullable: true, backfill: None };
        let gone = || Change::DropConstraint { constraint: ConstraintOf::Name(name("c")), if_exists: false };
        let calls: [Vec<Change>; 10] = [
            vec![not_null("a")],
            vec![not_null("n"), add("z")],
            vec![nullable("b")],
            vec![nullable("b"), not_null("a"), rename("b", "bb")],
            vec![check(None, "t.a < 9")],
            vec![check(Some("k"), "a < 9"), check(None, "b <> n"), add("y"), add("z")],
            vec![gone()],
            vec![gone(), check(Some("c"), "a <> 7"), rename("a", "n2")],
            vec![not_null("a"), gone(), add("z"), rename("n", "first")],
            vec![add("z"), check(None, "z > 0")],
        ];
        for made in MADE {
            for changes in &calls {
                let (in_place, copied) = (database(made), database(made));
                assert_eq!(alter_as(&in_place, "t", changes, false, Abilities::Bundled), Ok(None));
                assert!(alter_as(&copied, "t", changes, false, Abilities::Oldest).unwrap().is_some());
                let texts = format!("{changes:?}\n{:#?}\n{:#?}", stored(&in_place, "t"), stored(&copied, "t"));
                assert_eq!((differing_from(&in_place, &copied), differing_from(&copied, &in_place)), (0, 0), "{texts}");
                // What is done to both afterwards leaves them the same.
                let more = [
                    vec![not_null("id")],
                    vec![add("later")],
                    vec![drop("later")],
                    vec![Change::SetDefault { name: name("id"), default: Some(Default::Value(7.into())) }],
                ];
                for changes in &more {
                    for connection in [&in_place, &copied] {
                        alter_as(connection, "t", changes, false, Abilities::Bundled).unwrap();
                    }
                    let texts = format!("{changes:?}\n{:#?}\n{:#?}", stored(&in_place, "t"), stored(&copied, "t"));
                    assert_eq!(differing_from(&in_place, &copied), 0, "{texts}");
                }
            }
        }
        let moved = Change::AddColumn { column: column("z", "integer").null(), position: Some(Position::First), if_not_exists: false };
        let (planned, other) = (database(MADE[0]), database(MADE[0]));
        alter_as(&other, "t", &[moved], false, Abilities::Bundled).unwrap();
        assert_eq!(differing_from(&planned, &other), 2);
    }

    #[test]
    fn what_was_made_or_taken_away_by_hand_is_a_difference() {
        for by_hand in [
            "ALTER TABLE t ADD COLUMN extra",
            "ALTER TABLE t DROP COLUMN b",
            "CREATE INDEX extra ON t (a)",
            "CREATE TRIGGER extra AFTER INSERT ON t BEGIN SELECT 1; END",
            "DROP INDEX ix",
            "DROP INDEX ix; CREATE INDEX ix ON t (b)",
            "DROP TRIGGER tr",
        ] {
            let made = "CREATE TABLE t (a, b); CREATE INDEX ix ON t (a); CREATE TRIGGER tr AFTER DELETE ON t BEGIN SELECT old.a; END; \
                        CREATE TABLE other (a); CREATE INDEX of_other ON other (a); CREATE VIEW v AS SELECT * FROM t";
            let (planned, found) = (database(made), database(made));
            assert_eq!(differing_from(&planned, &found), 0);
            found.execute_batch(by_hand).unwrap();
            assert_ne!(differing_from(&planned, &found), 0, "{by_hand}");
        }
        assert_ne!(differing_from(&database("CREATE TABLE t (a)"), &database("CREATE TABLE other (a)")), 0, "it is not there at all");
    }
}
