//! All that a model can declare: written, undone, and read back from the texts that a database keeps of it.

use super::*;
use crate::model::schema::{Generated, Timing, TriggerEvent};
use crate::model::{Trigger, View};

const ALL_TYPES: [&str; 17] = [
    "ulid",
    "uuid",
    "string",
    "string(80)",
    "text",
    "integer",
    "bigint",
    "float",
    "decimal(12,2)",
    "boolean",
    "timestamp",
    "date",
    "time",
    "json",
    "bytes",
    "enum(new,done,été)",
    "decimal(3,0)",
];

const NAMES: [&str; 5] = ["order", "group", "a b", "Größe", "match"];

/// Defaults that the type can have, as a model says them.
fn defaults(data_type: &str) -> Vec<Option<Default>> {
    let text = |text: &str| Some(Default::Value(Value::Text(text.to_owned())));
    let number = |number: i64| Some(Default::Value(Value::Integer(number)));
    let expression = |text: &str| Some(Default::Expression(text.to_owned()));
    let mut all = match data_type {
        "ulid" => vec![text("01ARZ3NDEKTSV4RRFFQ69G5FAV")],
        "uuid" => vec![text("0192f3a4-0000-7000-8000-00000000000a")],
        "string" | "string(80)" | "text" => {
            vec![
                text(""),
                text("it's \"so\"\\\n"),
                text("1"),
                text("null"),
                expression("lower('A') || 'b'"),
                expression("'x'"),
                expression("((1))"),
            ]
        }
        "integer" | "bigint" => vec![number(0), number(i64::MIN), number(i64::MAX), expression("(1 + 1) * 2"), expression("-1")],
        "float" => [0.0, -0.5, 1e300, 5e-324, 3.0].map(|real| Some(Default::Value(Value::Real(real)))).into(),
        "decimal(12,2)" => vec![text("-1.50"), text("0.00"), number(7)],
        "decimal(3,0)" => vec![text("7")],
        "boolean" => vec![Some(Default::Value(Value::Boolean(true))), Some(Default::Value(Value::Boolean(false))), number(1), text("0")],
        "timestamp" => vec![expression("CURRENT_TIMESTAMP"), text("2026-11-22 08:09:32.000")],
        "date" => vec![expression("CURRENT_DATE"), text("2026-11-22")],
        "time" => vec![text("08:09:32.000")],
        "json" => vec![text("[]"), text("{\"a\": null}")],
        "bytes" => vec![Some(Default::Value(Value::Bytes(vec![0, 171, 255]))), Some(Default::Value(Value::Bytes(Vec::new()))), text("abc")],
        _ => vec![text("new")],
    };
    all.push(Some(Default::Value(Value::Null)));
    all.push(None);
    all
}

prop_compose! {
    fn plain(own: &'static str)(data_type in select(&ALL_TYPES[..]))
        (default in select(defaults(data_type)), nullable in any::<bool>(), collate in select(vec![None, None, Some("NOCASE"), Some("BINARY")]), data_type in Just(data_type)) -> Column {
        let nullable = nullable || default == Some(Default::Value(Value::Null));
        let collate = collate.filter(|_| matches!(data_type, "text" | "string" | "string(80)")).map(str::to_owned);
        Column { collate, ..column(own, data_type, nullable, default) }
    }
}

fn computed(own: &'static str) -> impl Strategy<Value = Column> {
    let make = move |(stored, data_type): (bool, &str)| {
        let expression = if data_type == "integer" { "abs(id) + 1" } else { "'x, (y)' || id" }.to_owned();
        Column { generated: Some(Generated { expression, stored }), ..column(own, data_type, true, None) }
    };
    (any::<bool>(), select(vec!["integer", "text"])).prop_map(make)
}

fn any_column(own: &'static str) -> impl Strategy<Value = Column> {
    prop_oneof![5 => plain(own), 1 => computed(own)]
}

fn some_columns() -> impl Strategy<Value = Vec<Column>> {
    let all = NAMES.map(|own| prop::option::weighted(0.6, any_column(own)));
    all.prop_map(|all| all.into_iter().flatten().collect())
}

prop_compose! {
    fn wide_table(own: &'static str, target: &'static str)(
        columns in some_columns(),
        key in 0_usize..5,
        keys_take_null in any::<bool>(),
        options in any::<[bool; 9]>(),
        term in 0_usize..5,
        action in select(vec![ReferenceAction::NoAction, ReferenceAction::Restrict, ReferenceAction::Cascade, ReferenceAction::SetNull, ReferenceAction::SetDefault]),
    ) -> Table {
        let [strict, without_rowid, named, referring, composite, deferred, unique, check, descending] = options;
        let mut all = vec![column("id", "integer", keys_take_null, None), column("other", "integer", keys_take_null, None)];
        all.extend(columns);
        let last = all.last().unwrap().name.clone();
        let mut foreign_keys = Vec::new();
        let key_name = |kind: &str| named.then(|| name(&format!("{kind}_{own}")));
        if referring {
            all.push(column("ref", "integer", true, None));
            all.push(column("ref2", "integer", true, None));
            let (columns, target_columns) = if composite { (vec!["ref", "ref2"], vec!["id", "other"]) } else { (vec!["ref"], vec!["id"]) };
            let names = |all: Vec<&str>| all.into_iter().map(name).collect();
            foreign_keys.push(ForeignKey { name: key_name("fk"), columns: names(columns), target_table: name(target), target_columns: names(target_columns), on_delete: action, on_update: action, deferred });
        }
        let expressions = ["id + 1", "lower('A, b') || id", "(id)", "id > 1 AND other < 2"];
        let term = match expressions.get(term) {
            Some(text) => IndexTerm { key: IndexKey::Expression((*text).to_owned()), collate: None, descending },
            None => IndexTerm { key: IndexKey::Column(last.clone()), collate: Some("NOCASE".to_owned()), descending },
        };
        let plain = IndexTerm { key: IndexKey::Column(name("id")), collate: None, descending: false };
        let filter = check.then(|| "other > 5 AND id IN (1, 2)".to_owned());
        let index = Index { name: name(&format!("ix {own}")), terms: vec![term, plain], unique, filter };
        let checks = ["id <> 13", "other > -1 OR (id IS NULL)", "id BETWEEN 1 AND 9 AND 'a  b' <> \"other\""];
        Table {
            name: name(own),
            primary_key: match key { 0 => vec![name("id")], 1 => vec![name("other"), name("id")], 2 => vec![name("other")], 3 if !without_rowid => Vec::new(), _ => vec![name("id")] },
            foreign_keys,
            // What keys lead to.
            uniques: vec![Unique { name: key_name("uq"), columns: vec![name("id")] }, Unique { name: None, columns: vec![name("id"), name("other")] }],
            checks: check.then(|| Check { name: key_name("ck"), expression: checks[key % 3].to_owned() }).into_iter().collect(),
            indexes: vec![index],
            strict,
            without_rowid,
            autoincrement: key == 4 && !without_rowid,
            renamed_from: None,
            columns: all,
        }
    }
}

prop_compose! {
    fn wide()(first in wide_table("order", "from"), second in wide_table("from", "order"), others in any::<[bool; 4]>(), view in 0_usize..3, number in 1_usize..=2) -> Manifest {
        let [stacked, trigger, of, condition] = others;
        let mut tables = vec![first, second];
        tables.truncate(number);
        if let [only] = &mut tables[..] {
            only.foreign_keys.clear();
        }
        let queries = [
            "WITH x AS (SELECT id FROM \"order\") SELECT id AS \"a b\", 'as' AS t FROM x",
            "SELECT id AS \"a b\", other AS t FROM \"order\"",
        ];
        let made = |own: &str, query: &str| View { name: name(own), query: query.to_owned() };
        let mut views: Vec<View> = queries.into_iter().skip(view).take(1).map(|query| made("select", query)).collect();
        if stacked && !views.is_empty() {
            views.push(made("above", "SELECT \"a b\" FROM \"select\""));
        }
        let trigger = trigger.then(|| Trigger {
            name: name("when"),
            table: name("order"),
            timing: if of { Timing::Before } else { Timing::After },
            event: if of { TriggerEvent::Update } else { TriggerEvent::Insert },
            of: if of { vec![name("id"), name("other")] } else { Vec::new() },
            condition: condition.then(|| "new.id > 1 AND (CASE WHEN new.other THEN 1 ELSE 0 END)".to_owned()),
            body: vec!["UPDATE \"order\" SET other = CASE WHEN id = 1 THEN 2 ELSE other END WHERE id = new.id;".to_owned(), "SELECT RAISE(ABORT, 'no; END') WHERE new.id = 7".to_owned()],
        });
        Manifest { tables, views, triggers: trigger.into_iter().collect(), ..Manifest::bare("mine") }
    }
}

fn way_of(settings: &Settings, from: &Manifest, to: &Manifest) -> Result<Found, AuthorError> {
    sql::Database::new(settings, from).detect(to)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_declared_is_written_from_nothing_and_to_nothing(all in wide()) {
        let (settings, nothing) = (settings(), Manifest::bare("mine"));
        let made = way_of(&settings, &nothing, &all).unwrap();
        prop_assert!(made.left_out.is_empty());
        // Its way back makes everything from the texts.
        let gone = way_of(&settings, &all, &nothing).unwrap();
        prop_assert!(gone.left_out.is_empty() && !gone.downgrade.is_empty());
        prop_assert!(way_of(&settings, &all, &all).unwrap().detected.is_empty());
    }

    #[test]
    fn whatever_is_declared_becomes_whatever_else_is(from in wide(), to in wide()) {
        let settings = settings();
        match way_of(&settings, &from, &to) {
            Ok(found) => found.left_out.iter().for_each(|one| assert!(is_known(one), "{one}")),
            Err(AuthorError::Unwritable(all) | AuthorError::Needed { left_out: all, .. }) => all.iter().for_each(|one| assert!(is_known(one), "{one}")),
            Err(error) => panic!("{error}"),
        }
    }
}
