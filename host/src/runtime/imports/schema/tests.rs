use super::*;
use crate::model::schema::{Format, IndexKey, Managed, ReferenceAction};
use crate::model::{ColumnType, Default as ColumnDefault, Value};
use crate::runtime::bindings::tenon::plugin::types as wit_types;

fn attribute(key: &str, value: wit_types::Value) -> wit_types::Attribute {
    wit_types::Attribute { key: key.into(), value }
}

fn text(key: &str, value: &str) -> wit_types::Attribute {
    attribute(key, wit_types::Value::Text(value.into()))
}

fn given_column(name: &str, data_type: &str, attributes: Vec<wit_types::Attribute>) -> wit::Column {
    wit::Column { name: name.into(), data_type: data_type.into(), nullable: false, attributes }
}

fn given_table() -> wit::Table {
    wit::Table {
        name: "orders".into(),
        columns: vec![
            given_column("id", "ulid", vec![text("managed", "id")]),
            given_column("user_id", "ulid", vec![]),
            given_column("total", "float", vec![attribute("min", wit_types::Value::Integer(0))]),
        ],
        primary_key: vec!["id".into()],
        foreign_keys: vec![wit::ForeignKey {
            name: None,
            columns: vec!["user_id".into()],
            target_table: "users".into(),
            target_columns: vec!["id".into()],
            on_delete: "cascade".into(),
            on_update: "no-action".into(),
            attributes: vec![],
        }],
        uniques: vec![wit::Unique { name: Some("uq".into()), columns: vec!["user_id".into(), "total".into()], attributes: vec![] }],
        checks: vec![wit::Check { name: None, expression: "total >= 0".into(), attributes: vec![] }],
        indexes: vec![wit::Index {
            name: "ix".into(),
            terms: vec!["user_id".into()],
            unique: false,
            attributes: vec![text("where", "total > 1")],
        }],
        attributes: vec![],
    }
}

/// The mistakes of a table, one per line.
fn mistakes_of(change: impl FnOnce(&mut wit::Table)) -> String {
    let mut given = given_table();
    change(&mut given);
    let mut mistakes = Mistakes::new(50);
    table(given, &mut mistakes);
    mistakes.into_parts().0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The mistakes of a column, one per line.
fn mistakes_of_column(data_type: &str, nullable: bool, attributes: Vec<wit_types::Attribute>) -> String {
    let mut mistakes = Mistakes::new(50);
    column("table t", wit::Column { nullable, ..given_column("c", data_type, attributes) }, &mut mistakes);
    mistakes.into_parts().0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_table_arrives_whole() {
    let mut mistakes = Mistakes::new(50);
    let table = table(given_table(), &mut mistakes).unwrap();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_eq!(table.columns.len(), 3);
    assert_eq!(table.columns[0].rules.managed, Some(Managed::Id));
    assert_eq!(table.columns[2].rules.min, Some(0.0));
    assert_eq!(table.foreign_keys[0].on_delete, ReferenceAction::Cascade);
    assert_eq!(table.indexes[0].filter.as_deref(), Some("total > 1"));
    assert_eq!(table.uniques[0].columns.len(), 2);
}

#[test]
fn what_a_table_cannot_be_is_said_with_its_name() {
    for (mistakes, part) in [
        (mistakes_of(|t| t.name = "sqlite_x".into()), "is reserved"),
        (mistakes_of(|t| t.columns.clear()), "table orders: has no columns"),
        (mistakes_of(|t| t.columns = vec![given_column("a", "text", vec![]); 2001]), "2001 columns; at most 2000"),
        (mistakes_of(|t| t.columns.push(given_column("ID", "ulid", vec![]))), "column ID is there twice"),
        (mistakes_of(|t| t.primary_key = vec!["nope".into()]), "the primary key names nope, which is no column"),
        (mistakes_of(|t| t.primary_key = vec!["id".into(), "Id".into()]), "the primary key names Id twice"),
        (mistakes_of(|t| t.attributes = vec![text("search", "total")]), "`search` is not yet supported"),
        (
            mistakes_of(|t| t.attributes = vec![text("colour", "red")]),
            "unknown attribute \"colour\"; known are strict, without-rowid, autoincrement",
        ),
        (mistakes_of(|t| t.attributes = vec![text("renamed-from", "a\"b")]), "`renamed-from`"),
        (
            mistakes_of(|t| {
                t.attributes = vec![
                    attribute("autoincrement", wit_types::Value::Boolean(true)),
                    attribute("without-rowid", wit_types::Value::Boolean(true)),
                ]
            }),
            "`autoincrement` needs",
        ),
        (mistakes_of(|t| t.foreign_keys[0].on_delete = "explode".into()), "foreign key to users, on-delete: unknown reference action"),
        (mistakes_of(|t| t.foreign_keys[0].target_columns.clear()), "has 1 columns and refers to 0"),
        (mistakes_of(|t| t.foreign_keys[0].columns = vec!["x".into()]), "names x, which is no column"),
        (mistakes_of(|t| t.uniques[0].columns.clear()), "names no column"),
        (mistakes_of(|t| t.checks[0].expression = "1) OR (1".into()), "check 1) OR (1: the SQL closes a parenthesis"),
        (mistakes_of(|t| t.indexes.push(t.indexes[0].clone())), "index ix is named twice"),
        (mistakes_of(|t| t.checks[0].name = Some("uq".into())), "constraint uq is named twice"),
        (mistakes_of(|t| t.indexes[0].terms = vec!["nope".into()]), "nope is no column"),
        (mistakes_of(|t| t.indexes[0].terms.clear()), "has 0 terms"),
        (mistakes_of(|t| t.indexes[0].attributes = vec![text("where", "a; b")]), "`where`: the SQL holds a `;`"),
    ] {
        assert!(mistakes.contains(part), "{part:?} is not in: {mistakes}");
    }
}

#[test]
fn one_bad_thing_is_one_mistake() {
    assert_eq!(mistakes_of(|t| t.columns[1].data_type = "varchar".into()).lines().count(), 1);
    assert_eq!(mistakes_of(|t| t.name = String::new()).lines().count(), 1);
}

#[test]
fn names_are_made_printable_and_short() {
    let mistakes = mistakes_of(|t| t.name = format!("a\u{1b}[2J{}", "x".repeat(10_000)));
    assert!(mistakes.starts_with("table a\\u{1b}[2Jxxx") && mistakes.len() < 2_000, "{mistakes}");
}

#[test]
fn defaults_are_read_and_must_fit_their_column() {
    use wit_types::Value as V;
    let ok = |data_type: &str, value: V| mistakes_of_column(data_type, false, vec![attribute("default", value)]);
    for (data_type, value) in [
        ("boolean", V::Text("1".into())),
        ("boolean", V::Boolean(true)),
        ("json", V::Text("[]".into())),
        ("string", V::Text("pending".into())),
        ("float", V::Integer(1)),
        ("decimal(4,2)", V::Text("1.50".into())),
        ("enum(a,b)", V::Text("b".into())),
        ("bytes", V::Bytes(vec![1])),
    ] {
        assert_eq!(ok(data_type, value), "", "{data_type}");
    }
    for (data_type, value, part) in [
        ("boolean", V::Text("yes".into()), "text does not fit the type boolean"),
        ("integer", V::Real(1.5), "a real number does not fit the type integer"),
        ("float", V::Real(f64::NAN), "infinity and NaN"),
        ("text", V::Text("a\0b".into()), "NUL"),
        ("text", V::Null, "may not be null"),
        ("enum(a,b)", V::Text("c".into()), "must be one of a, b"),
    ] {
        let mistakes = ok(data_type, value);
        assert!(mistakes.contains(part), "{mistakes}");
    }
    assert_eq!(mistakes_of_column("text", true, vec![attribute("default", V::Null)]), "");
    assert_eq!(mistakes_of_column("timestamp", false, vec![text("default-expression", "CURRENT_TIMESTAMP")]), "");
    assert!(mistakes_of_column("text", false, vec![text("default-expression", "1 -- x")]).contains("comment"));
    assert!(mistakes_of_column("text", false, vec![text("default", "a"), text("default-expression", "b")]).contains("choose one"));
}

#[test]
fn rules_are_read_and_must_fit_their_column() {
    let mut mistakes = Mistakes::new(9);
    let tags = column(
        "table t",
        given_column("tags", "json", vec![text("format", "tags"), text("default", "[]"), text("comment", "labels")]),
        &mut mistakes,
    )
    .unwrap();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_eq!(tags.rules.format, Some(Format::Tags));
    assert_eq!(tags.default, Some(ColumnDefault::Value(Value::Text("[]".into()))));
    assert_eq!(tags.data_type, ColumnType::Json);
    use wit_types::Value as V;
    for (data_type, given, part) in [
        ("text", attribute("min", V::Integer(1)), "`min` and `max` are for numbers, and the column is text"),
        ("integer", attribute("min-length", V::Integer(1)), "for text"),
        ("text", attribute("min-length", V::Integer(-1)), "non-negative"),
        ("float", attribute("max", V::Real(f64::INFINITY)), "finite"),
        ("integer", attribute("max", V::Integer(i64::MIN)), "at most 2^53"),
        ("text", text("format", "tags"), "`tags` is for json"),
        ("text", text("format", "email"), "cannot be \"email\"; known are tags, json"),
        ("text", text("managed", "id"), "for a ulid"),
        ("text", text("managed", "updated-at"), "for a timestamp"),
        ("text", text("generated", "a + (b"), "`generated`: the SQL has a ( that is never closed"),
        ("text", attribute("stored", V::Boolean(true)), "`stored` is for a column that is `generated`"),
        ("text", text("pattern", ".*"), "`pattern` is not yet supported"),
        ("text", text("position", "first"), "unknown attribute \"position\""),
        ("integer", text("one-of", "a"), "`one-of` is for text"),
        ("text", text("one-of", ""), "plain text, not empty"),
        ("text", text("collate", "klingon"), "unknown collation \"klingon\"; known are BINARY, NOCASE, RTRIM"),
    ] {
        let mistakes = mistakes_of_column(data_type, false, vec![given]);
        assert!(mistakes.contains(part) && mistakes.lines().count() == 1, "{mistakes}");
    }
    let words = || vec![text("one-of", "shell"), text("one-of", "python")];
    assert_eq!(mistakes_of_column("text", false, words()), "");
    assert!(mistakes_of_column("text", false, [words(), vec![text("default", "shell")]].concat()).is_empty());
    assert!(mistakes_of_column("text", false, [words(), vec![text("default", "perl")]].concat()).contains("none of the `one-of` words"));
    assert!(mistakes_of_column("text", false, [words(), words()].concat()).contains("each word once"));
    let upside_down = vec![attribute("min", V::Integer(2)), attribute("max", V::Integer(1))];
    assert!(mistakes_of_column("integer", false, upside_down).contains("`min` is larger than `max`"));
}

#[test]
fn index_terms_are_read_in_all_their_forms() {
    let read = |term: &str| {
        let mut mistakes = Mistakes::new(9);
        let term = index_term("index i", None, term, &mut mistakes);
        let (mistakes, _) = mistakes.into_parts();
        match (term, mistakes.first()) {
            (Some(term), None) => {
                let key = match term.key {
                    IndexKey::Column(name) => name.to_string(),
                    IndexKey::Expression(expression) => format!("({expression})"),
                };
                format!("{key}|{}|{}", term.collate.unwrap_or_default(), term.descending)
            }
            (_, Some(mistake)) => mistake.reason.clone(),
            (None, None) => panic!("neither a term nor a mistake"),
        }
    };
    for (term, expected) in [
        ("name", "name||false"),
        ("name DESC", "name||true"),
        (" name  collate nocase  desc ", "name|NOCASE|true"),
        ("Order Lines COLLATE rtrim", "Order Lines|RTRIM|false"),
        ("desc", "desc||false"),
        ("(lower(name)) DESC", "(lower(name))||true"),
        ("( a || ')' ) COLLATE NOCASE", "(a || ')')|NOCASE|false"),
        ("collate NOCASE", "collate NOCASE||false"),
    ] {
        assert_eq!(read(term), expected, "{term}");
    }
    for (term, part) in [
        ("", "cannot name"),
        ("name COLLATE klingon", "unknown collation"),
        ("(a) NULLS FIRST", "only COLLATE and DESC"),
        ("(a)(b)", "only COLLATE and DESC"),
        ("(a) ; DROP TABLE t", "`;`"),
        ("(a", "never closed"),
        ("()", "empty"),
        ("(a) -- DESC", "comment"),
        ("a\"b", "cannot name"),
        ("a, b\u{0}", "cannot name"),
    ] {
        let said = read(term);
        assert!(said.contains(part), "{term}: {said}");
    }
}

#[test]
fn a_view_is_one_query() {
    let read = |query: &str| {
        let mut mistakes = Mistakes::new(9);
        view(wit::View { name: "v".into(), query: query.into(), attributes: vec![] }, &mut mistakes);
        mistakes.into_parts().0.first().map(ToString::to_string).unwrap_or_default()
    };
    assert_eq!(read("SELECT id FROM orders"), "");
    assert!(read("DELETE FROM orders").contains("view v: the SQL must be one SELECT"));
    assert!(read("SELECT 1; DROP TABLE orders").contains("`;`"));
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn any_text_as_any_name_type_or_term_is_answered(a in any::<String>(), b in ".{0,40}", c in "[ ()'\"a-zA-Z,;-]{0,30}") {
            let mut mistakes = Mistakes::new(5);
            let mut given = given_table();
            given.name = a.clone();
            given.columns[0].name = b.clone();
            given.columns[1].data_type = c.clone();
            given.indexes[0].terms = vec![a.clone(), b.clone(), c.clone()];
            given.checks[0].expression = c.clone();
            given.foreign_keys[0].target_table = b;
            given.attributes = vec![text(&a, &c)];
            table(given, &mut mistakes);
            for mistake in mistakes.into_parts().0 {
                prop_assert!(!mistake.to_string().chars().any(char::is_control));
                prop_assert!(mistake.to_string().len() < 1_100);
            }
        }
    }
}
