use proptest::prelude::*;

use super::tests::{described, made, tables};
use super::*;

fn edited(sql: &str, edit: impl FnOnce(&mut Edits<'_>)) -> Option<String> {
    let table = StoredTable::read(sql).unwrap();
    let mut edits = Edits::of(&table);
    edit(&mut edits);
    edits.finish()
}

const TABLE: &str = "CREATE TABLE t (\n\ta INTEGER, -- the first\n\t\"b c\" TEXT DEFAULT 'x, y' NOT NULL,\n\td /* no type */ CHECK (d > 0),\n\tUNIQUE (a), CONSTRAINT k CHECK (a <> d)\n) STRICT";

type Edit = fn(&mut Edits<'_>);

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let cases: [(&str, Edit, &str, &str); 9] = [
        ("type", |e| e.set_type(0, "BIGINT"), "a INTEGER,", "a BIGINT,"),
        ("no type before", |e| e.set_type(2, "REAL"), "\td /*", "\td REAL /*"),
        ("not null", |e| e.drop_rule(1, 1), " NOT NULL,", ","),
        ("default", |e| e.drop_rule(1, 0), " DEFAULT 'x, y'", ""),
        ("new rule", |e| e.add_rule(2, "NOT NULL"), "CHECK (d > 0),", "CHECK (d > 0) NOT NULL,"),
        ("first column", |e| e.drop_column(0), "a INTEGER, -- the first\n\t", ""),
        ("a constraint", |e| e.drop_constraint(0), "UNIQUE (a), ", ""),
        ("the last constraint", |e| e.drop_constraint(1), "UNIQUE (a), CONSTRAINT k CHECK (a <> d)", "UNIQUE (a)"),
        ("new name", |e| e.rename("u"), "TABLE t", "TABLE u"),
    ];
    for (what, edit, before, after) in cases {
        assert_eq!(edited(TABLE, edit).unwrap(), TABLE.replacen(before, after, 1), "{what}");
    }
}

#[test]
fn columns_and_constraints_find_their_place() {
    let new = |place| edited("CREATE TABLE t (a, b, UNIQUE (a))", |e| e.add_column(place, "n INT".to_owned())).unwrap();
    assert_eq!(new(Place::First), "CREATE TABLE t (n INT, a, b, UNIQUE (a))");
    assert_eq!(new(Place::After(0)), "CREATE TABLE t (a, n INT, b, UNIQUE (a))");
    assert_eq!(new(Place::Last), "CREATE TABLE t (a, b, n INT, UNIQUE (a))");
    let all = edited("CREATE TABLE t (a, b)", |e| {
        e.drop_column(1);
        e.add_constraint("CHECK (1)".to_owned());
        e.add_column(Place::Last, "b INT".to_owned());
        e.add_rule(0, "NOT NULL");
    });
    assert_eq!(all.unwrap(), "CREATE TABLE t (a NOT NULL, b INT, CHECK (1))");
    assert_eq!(edited("CREATE TABLE t (a)", |e| e.drop_column(0)), None);
    let anew = edited("CREATE TABLE t (a, CHECK (1))", |e| {
        e.rename("u");
        e.drop_column(0);
        e.add_column(Place::Last, "b".to_owned());
    });
    assert_eq!(anew.unwrap(), "CREATE TABLE u (b, CHECK (1))");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the text looks like, SQLite takes the edited one, and every other column is what it was.
    #[test]
    fn edits_leave_a_text_that_sqlite_takes(text in tables(), which in any::<prop::sample::Index>(), what in 0_u8..6) {
        let Some((connection, stored)) = made(&text) else { return Ok(()) };
        let table = StoredTable::read(&stored).unwrap();
        let place = which.index(table.columns.len());
        // A column that a constraint is made of cannot go alone.
        let edited = edited(&stored, |edits| match what {
            0 => edits.set_type(place, "INTEGER"),
            1 => edits.add_rule(place, "CHECK (2 > 1)"),
            2 => edits.add_column(Place::After(place), "fresh TEXT".to_owned()),
            3 => edits.add_column(Place::First, "fresh TEXT".to_owned()),
            4 => edits.add_constraint("CHECK (3 > 1)".to_owned()),
            _ => (0..table.constraints.len()).for_each(|constraint| if !matches!(table.constraints[constraint].rule, Rule::PrimaryKey { .. }) { edits.drop_constraint(constraint) }),
        }).unwrap();
        let made_anew = made(&edited);
        prop_assert!(made_anew.is_some(), "{}\n->\n{}", stored, edited);
        let before = described(&connection);
        let mut after = described(&made_anew.unwrap().0);
        after.retain(|column| column.0 != "fresh");
        let same = |at: usize| what != 0 || at != place;
        for (at, (one, other)) in before.iter().zip(&after).enumerate().filter(|(at, _)| same(*at)) {
            prop_assert_eq!(one, other, "column {}: {}\n->\n{}", at, &stored, &edited);
        }
        prop_assert_eq!(before.len(), after.len());
    }
}
