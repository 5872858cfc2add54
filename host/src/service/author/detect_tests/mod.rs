//! From one schema that somebody thought of to another, and back, with and without rows.

mod cases;
mod computed;
mod keys;
mod renamed;
mod rows;
mod sql;
mod undone;
mod wide;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::model::schema::{IndexKey, IndexTerm, Rules};
use crate::model::{Check, Column, Default, ForeignKey, Index, Name, ReferenceAction, Table, Unique, Value};
use crate::service::settings::{Overrides, Settings};

const TYPES: [&str; 8] = ["integer", "bigint", "text", "string(20)", "float", "boolean", "timestamp", "decimal(8,2)"];

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn column(text: &str, data_type: &str, nullable: bool, default: Option<Default>) -> Column {
    let (collate, generated, renamed_from) = (None, None, None);
    Column {
        name: name(text),
        data_type: data_type.parse().unwrap(),
        nullable,
        default,
        collate,
        generated,
        rules: Rules::default(),
        renamed_from,
    }
}

/// What a column of the type may have for a default.
fn default_of(data_type: &str, which: usize) -> Option<Default> {
    let text = |text: &str| Default::Value(Value::Text(text.to_owned()));
    match (data_type, which % 4) {
        (_, 0) => None,
        ("integer" | "bigint", 1) => Some(Default::Value(Value::Integer(-7))),
        ("float", 1) => Some(Default::Value(Value::Real(1.5))),
        ("boolean", 1) => Some(Default::Value(Value::Boolean(true))),
        ("decimal(8,2)", 1) => Some(text("1.50")),
        ("timestamp", 1 | 2) => Some(Default::Expression("CURRENT_TIMESTAMP".to_owned())),
        ("text" | "string(20)", 1) => Some(text("it's")),
        ("integer" | "bigint", _) => Some(Default::Expression("1 + 1".to_owned())),
        _ => None,
    }
}

prop_compose! {
    fn columns()(names in subsequence(vec!["a", "b", "c", "d"], 0..=4), parts in prop::collection::vec((select(&TYPES[..]), any::<bool>(), 0_usize..4), 4)) -> Vec<Column> {
        let made = names.into_iter().zip(parts);
        made.map(|(name, (data_type, nullable, default))| column(name, data_type, nullable, default_of(data_type, default))).collect()
    }
}

prop_compose! {
    fn table(own: &'static str, others: Vec<&'static str>)(
        columns in columns(),
        unique in any::<[bool; 3]>(),
        index in 0_usize..4,
        check in select(vec![None, Some("id > 0"), Some("id <> 13")]),
        target in prop::option::of(select(others)),
        action in select(vec![ReferenceAction::NoAction, ReferenceAction::Cascade, ReferenceAction::SetNull]),
        strict in prop::bool::weighted(0.2),
        code in 0_usize..5,
        leads_to in select(vec!["id", "code"]),
    ) -> Table {
        let mut all = vec![column("id", "integer", false, None), column("code", "integer", true, None)];
        all.extend(columns);
        let last = all.last().unwrap().name.clone();
        let reference = target.map(|target| {
            all.push(column("ref", "integer", true, None));
            ForeignKey { name: None, columns: vec![name("ref")], target_table: name(target), target_columns: vec![name(leads_to)], on_delete: action, on_update: ReferenceAction::NoAction, deferred: false }
        });
        let constraint_name = unique[1].then(|| name(&format!("uq_{own}")));
        let term = |key| IndexTerm { key, collate: None, descending: index == 2 };
        let key = if index == 3 { IndexKey::Expression("id + 1".to_owned()) } else { IndexKey::Column(last.clone()) };
        let made = Index { name: name(&format!("ix_{own}")), terms: vec![term(key)], unique: false, filter: unique[2].then(|| "id > 5".to_owned()) };
        // What makes a code one that keys can lead to: nothing, a constraint, an index, or the primary key beside an id that is unique.
        let only = |name: &str| Unique { name: None, columns: vec![self::name(name)] };
        let coded = Index { name: name(&format!("ux_{own}")), terms: vec![IndexTerm { key: IndexKey::Column(name("code")), collate: None, descending: false }], unique: true, filter: None };
        let uniques = unique[0].then(|| Unique { name: constraint_name, columns: vec![last, name("id")] });
        Table {
            name: name(own),
            primary_key: vec![name(if code == 3 { "code" } else { "id" })],
            foreign_keys: reference.into_iter().collect(),
            uniques: uniques.into_iter().chain((code == 1).then(|| only("code"))).chain((code == 3).then(|| only("id"))).collect(),
            checks: check.map(|text| Check { name: None, expression: text.to_owned() }).into_iter().collect(),
            indexes: (index > 0).then_some(made).into_iter().chain((code == 2).then_some(coded)).collect(),
            strict,
            without_rowid: false,
            autoincrement: false,
            renamed_from: None,
            columns: all,
        }
    }
}

/// Up to three tables, of which each may refer to others, and to itself.
fn schema() -> impl Strategy<Value = Vec<Table>> {
    let others = || vec!["t", "u", "v"];
    let all = (table("t", others()), table("u", others()), table("v", others()), 1_usize..=3);
    all.prop_map(|(t, u, v, number)| {
        let mut tables = vec![t, u, v];
        tables.truncate(number);
        let there = tables.clone();
        for table in &mut tables {
            table
                .foreign_keys
                .retain(|key| there.iter().any(|other| other.name == key.target_table && is_target(other, &key.target_columns)));
        }
        tables
    })
}

/// Whether keys can lead to these columns of a table.
fn is_target(table: &Table, columns: &[Name]) -> bool {
    let over = |index: &Index| {
        index.terms.iter().map(|term| &term.key).eq(&columns.iter().map(|name| IndexKey::Column(name.clone())).collect::<Vec<_>>())
    };
    table.primary_key == columns
        || table.uniques.iter().any(|unique| unique.columns == columns)
        || table.indexes.iter().any(|index| index.unique && index.filter.is_none() && over(index))
}

fn declaring(tables: Vec<Table>) -> Manifest {
    Manifest { tables, ..Manifest::bare("mine") }
}

fn create(tables: &[Table]) -> Vec<Operation> {
    tables.iter().map(|table| Operation::CreateTable { table: table.clone(), if_not_exists: false }).collect()
}

fn settings() -> Settings {
    Settings::read(Overrides::default()).unwrap()
}

/// The way from one to the other; none where no operation makes it.
fn way(settings: &Settings, from: &[Table], to: &[Table]) -> Option<Found> {
    let mut replay = Replay::begin(settings).unwrap();
    apply(&mut replay, &declaring(from.to_vec()), &create(from)).unwrap();
    match from_there(&mut replay, &declaring(to.to_vec())) {
        Ok(found) => Some(found),
        Err(AuthorError::Unwritable(all) | AuthorError::Needed { left_out: all, .. }) => {
            all.iter().for_each(|one| assert!(is_known(one), "{one}"));
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// What no operation does.
fn is_known(unwritable: &Unwritable) -> bool {
    unwritable.why.contains("is part of how a table is made") || unwritable.why.contains("its collation changes")
}

/// The stored values of the columns that two tables have alike, by row.
fn common(one: &Table, other: &Table) -> Vec<Name> {
    let is_alike = |column: &&Column| other.column(&column.name).is_some_and(|there| there.data_type == column.data_type);
    one.columns.iter().filter(is_alike).map(|column| column.name.clone()).collect()
}

/// A value that every constraint of the schemas lets in.
fn value_of(column: &Column, row: i64) -> Value {
    match column.data_type.to_string().as_str() {
        _ if column.name == *"ref" => Value::Null,
        "integer" | "bigint" => Value::Integer(row),
        "float" => Value::Real(0.5),
        "boolean" => Value::Integer(row % 2),
        "decimal(8,2)" => Value::Text(format!("{row}.25")),
        "timestamp" => Value::Text("2026-11-22 08:09:32.000".to_owned()),
        _ => Value::Text(format!("row {row}")),
    }
}

fn rows(tables: &[Table]) -> Vec<Operation> {
    let of = |table: &Table| Operation::InsertRows {
        table: table.name.clone(),
        columns: table.columns.iter().map(|column| column.name.clone()).collect(),
        rows: (1..=3).map(|row| table.columns.iter().map(|column| value_of(column, row)).collect()).collect(),
    };
    // When all rows are there, each can lead to one.
    let referring = tables.iter().filter(|table| table.column(&name("ref")).is_some());
    let led = |table: &Table| Operation::Execute { sql: format!("UPDATE {} SET ref = 4 - id", table.name), params: Vec::new() };
    tables.iter().map(of).chain(referring.map(led)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_leads_there_and_back(from in schema(), to in schema()) {
        // All that it says of itself was tried before it is answered: there, and back again.
        let settings = settings();
        if let Some(found) = way(&settings, &from, &to) {
            prop_assert!(way(&settings, &to, &to).unwrap().detected.is_empty());
            prop_assert_eq!(found.detected.is_empty(), found.upgrade.is_empty());
            prop_assert_eq!(found.upgrade.is_empty(), found.downgrade.is_empty());
        }
    }

    #[test]
    fn values_of_columns_that_stay_live_through_it(from in schema(), to in schema()) {
        let settings = settings();
        // A key to a table that has no rows yet is refused where rows lead there.
        let (mut from, mut to) = (from, to);
        let names = |tables: &[Table]| tables.iter().map(|table| table.name.clone()).collect::<Vec<_>>();
        let both: Vec<Name> = names(&from).into_iter().filter(|name| names(&to).contains(name)).collect();
        from.iter_mut().chain(&mut to).for_each(|table| table.foreign_keys.retain(|key| both.contains(&key.target_table)));
        // A new column that takes no NULL and has no default is refused on rows, and a type is changed only where the values allow it.
        for table in &mut to {
            let before = from.iter().find(|other| other.name == table.name);
            for column in &mut table.columns {
                let old = before.and_then(|before| before.column(&column.name));
                if let Some(old) = old {
                    column.data_type = old.data_type.clone();
                    column.default = old.default.clone();
                } else if before.is_some() && column.default.is_none() {
                    column.nullable = true;
                }
            }
        }
        if let Some(found) = way(&settings, &from, &to) {
            let mut replay = Replay::begin(&settings).unwrap();
            let manifest = declaring(to.clone());
            apply(&mut replay, &declaring(from.clone()), &create(&from)).unwrap();
            replay.fill(&rows(&from));
            let kept: Vec<(Name, Vec<Name>)> = from.iter().filter_map(|table| Some((table.name.clone(), common(table, to.iter().find(|other| other.name == table.name)?)))).collect();
            let read = |replay: &mut Replay<'_>| kept.iter().map(|(table, columns)| replay.values(table, columns)).collect::<Vec<_>>();
            let before = read(&mut replay);
            apply(&mut replay, &manifest, &found.upgrade).unwrap();
            prop_assert_eq!(&read(&mut replay), &before);
            apply(&mut replay, &manifest, &found.downgrade).unwrap();
            prop_assert_eq!(&read(&mut replay), &before);
        }
    }
}
