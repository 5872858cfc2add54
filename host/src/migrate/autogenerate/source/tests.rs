//! Files, as their authors read them.

use super::*;
use crate::migrate::samples::every_operation;
use crate::model::{Change, Column, Default, Table, Value};

fn draft(upgrade: Vec<Operation>, downgrade: Vec<Operation>) -> Draft {
    let (message, cautions) = ("x".to_owned(), Vec::new());
    Draft { message, down: Vec::new(), depends_on: Vec::new(), labels: Vec::new(), upgrade, downgrade, cautions }
}

fn column(name: &str, data_type: &str, default: Option<Default>) -> Column {
    let (collate, generated, renamed_from, rules) = (None, None, None, crate::model::schema::Rules::default());
    let data_type = data_type.parse().unwrap();
    Column {
        name: name.parse().unwrap(),
        data_type,
        nullable: default.is_none() && name != "id",
        default,
        collate,
        generated,
        rules,
        renamed_from,
    }
}

#[test]
fn the_columns_of_every_entity_are_one_word_wherever_they_stand() {
    let clock = || Some(Default::Expression("CURRENT_TIMESTAMP".to_owned()));
    let entity = || {
        let tags = Some(Default::Value(Value::Text("[]".to_owned())));
        [
            column("id", "ulid", None),
            column("created_at", "timestamp", clock()),
            column("updated_at", "timestamp", clock()),
            column("tags", "json", tags),
        ]
    };
    let written = |columns: Vec<Column>| {
        let table = Table {
            name: "t".parse().unwrap(),
            columns,
            primary_key: vec!["id".parse().unwrap()],
            foreign_keys: Vec::new(),
            uniques: Vec::new(),
            checks: Vec::new(),
            indexes: Vec::new(),
            strict: false,
            without_rowid: false,
            autoincrement: false,
            renamed_from: None,
        };
        source(&draft(vec![Operation::CreateTable { table, if_not_exists: false }], Vec::new())).unwrap()
    };
    let (before, after) = (|| column("a", "text", None), || column("b", "text", None));
    let between = |text: &str, part: &str| assert!(text.contains(part), "{part} is not in {text}");
    let own = "Table::new(\"t\").column(Column::text(\"a\")).entity_columns()";
    between(&written([before()].into_iter().chain(entity()).collect()), &format!("{own})"));
    between(&written([before()].into_iter().chain(entity()).chain([after()]).collect()), &format!("{own}.column(Column::text(\"b\")))"));
    let apart = entity().into_iter().rev().collect();
    between(&written(apart), ".primary_key([\"id\"])");
}

#[test]
fn what_rows_may_not_allow_stands_before_the_function_and_in_short_lines() {
    let caution = format!("column t.a and {}\n*/ fn main() {{}}\u{2028}", "more ".repeat(40));
    let text = source(&Draft { cautions: vec![caution, "another".to_owned()], ..draft(Vec::new(), Vec::new()) }).unwrap();
    let (_, after) = text.split_once("// Rows may be in the way of this:\n// - column t.a and more").unwrap();
    let (comment, _) = after.split_once("\npub fn downgrade").unwrap();
    assert!(comment.lines().skip(1).all(|line| line.starts_with("//") && line.chars().count() <= LINE), "{text}");
    assert!(comment.ends_with("// - another"), "{text}");
}

#[test]
fn an_operation_that_autogenerate_never_makes_is_refused_with_its_name() {
    let refused: Vec<String> = every_operation()
        .into_iter()
        .filter_map(|operation| source(&draft(vec![operation], Vec::new())).err())
        .map(|error| error.what)
        .collect();
    assert!(refused.iter().any(|what| what.starts_with("insert 2 rows into log")), "{refused:?}");
    assert!(refused.iter().any(|what| what.starts_with("run INSERT INTO log")), "{refused:?}");
    assert!(refused.iter().any(|what| what.ends_with("if it is there")), "{refused:?}");
}

#[test]
fn several_changes_are_a_list_and_one_is_a_call() {
    let fill = |name: &str, backfill| Change::SetNullable { name: name.parse().unwrap(), nullable: false, backfill };
    let alter = |changes: Vec<Change>| Operation::AlterTable { table: "t".parse().unwrap(), changes, rebuild: false };
    let expression = fill("a", Some(Default::Expression("rowid".to_owned())));
    let text = source(&draft(
        vec![alter(vec![expression.clone()])],
        vec![alter(vec![expression, fill("b", Some(Default::Value(Value::Boolean(false))))])],
    ))
    .unwrap();
    assert!(text.contains("op.option(\"backfill-expression\", \"rowid\").set_nullable(\"t\", \"a\", false)"), "{text}");
    let list = "[Change::set_nullable(\"a\", false).with(\"backfill-expression\", \"rowid\"), Change::set_nullable(\"b\", false).with(\"backfill\", false)]";
    assert!(text.contains(&format!("op.alter_table(\"t\", {list})")), "{text}");
}
