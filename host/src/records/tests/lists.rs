//! Many rows: in order, in parts, narrowed; and query strings that mean nothing.

use regex::Regex;
use serde_json::{Value as Json, json};

use super::{Desk, reasons, users};
use crate::model::schema::{Index, IndexKey, IndexTerm};
use crate::records::tests::fixtures::{column, compile, declare, entity, nullable, plain};
use crate::records::{Collection, ListQuery, cursor_pattern};

fn names(rows: &Json) -> Vec<&str> {
    rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

fn crowd(desk: &mut Desk, collection: &Collection, count: usize) {
    for i in 0..count {
        desk.create(collection, &json!({"email": format!("{i}@x"), "name": format!("n{i}"), "is_active": i % 2 == 0}).to_string()).unwrap();
    }
}

/// Follows the links to the end.
fn all(desk: &mut Desk, collection: &Collection, query: &str) -> Vec<String> {
    let (mut found, mut next) = (Vec::new(), Some(query.to_owned()));
    while let Some(query) = next {
        let (rows, link) = desk.list(collection, &query).unwrap();
        found.extend(names(&rows).into_iter().map(str::to_owned));
        next = link;
    }
    found
}

#[test]
fn rows_come_in_the_order_of_insertion_whatever_their_ids() {
    let (mut desk, users) = users();
    for (id, name) in [("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "first"), ("00000000000000000000000000", "second")] {
        desk.create(&users, &json!({"id": id, "email": name, "name": name}).to_string()).unwrap();
    }
    let (rows, next) = desk.list(&users, "").unwrap();
    assert_eq!((names(&rows), next), (vec!["first", "second"], None));
}

#[test]
fn an_empty_list_is_an_empty_array_and_page_one_of_none() {
    let (mut desk, users) = users();
    assert_eq!(desk.list(&users, "").unwrap().0, json!([]));
    assert_eq!(desk.list(&users, "page=1&size=10").unwrap().0, json!({"items": [], "total": 0, "page": 1, "size": 10, "pages": 0}));
}

#[test]
fn a_list_is_bounded_and_its_link_leads_on() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 105);
    let (rows, next) = desk.list(&users, "").unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 100);
    let (rest, end) = desk.list(&users, &next.unwrap()).unwrap();
    assert_eq!((names(&rest), end), (vec!["n100", "n101", "n102", "n103", "n104"], None));
    let whole: Vec<String> = (0..105).map(|i| format!("n{i}")).collect();
    assert_eq!(all(&mut desk, &users, "limit=7"), whole);
    assert_eq!(all(&mut desk, &users, "limit=35"), whole);
}

#[test]
fn a_row_that_goes_does_not_make_the_next_part_skip_one() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 4);
    let (_, next) = desk.list(&users, "limit=2").unwrap();
    desk.rows.0.execute_batch("DELETE FROM users WHERE name IN ('n0', 'n1')").unwrap();
    assert_eq!(names(&desk.list(&users, &next.unwrap()).unwrap().0), ["n2", "n3"]);
}

#[test]
fn pages_know_the_total() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 5);
    let (page, next) = desk.list(&users, "page=2&size=2").unwrap();
    assert_eq!((names(&page["items"]), next), (vec!["n2", "n3"], None));
    assert_eq!((&page["total"], &page["page"], &page["size"], &page["pages"]), (&json!(5), &json!(2), &json!(2), &json!(3)));
    assert_eq!(desk.list(&users, "page=9&size=2").unwrap().0["items"], json!([]));
    assert_eq!(desk.list(&users, "size=3").unwrap().0["pages"], 2);
    assert_eq!(desk.list(&users, "page=1&size=2&is_active=false").unwrap().0["total"], 2);
}

#[test]
fn filters_are_typed_like_their_columns() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 4);
    assert_eq!(names(&desk.list(&users, "is_active=true").unwrap().0), ["n0", "n2"]);
    assert_eq!(names(&desk.list(&users, "is_active=true&name=n2").unwrap().0), ["n2"]);
    assert_eq!(names(&desk.list(&users, "email=3%40x").unwrap().0), ["n3"]);
    assert_eq!(names(&desk.list(&users, "id=01kampzzzz0000000000000002").unwrap().0), ["n1"]);
    assert_eq!(all(&mut desk, &users, "is_active=true&limit=1"), ["n0", "n2"]);
}

#[test]
fn a_moment_is_found_with_and_without_its_fraction() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 4);
    desk.rows.0.execute_batch("UPDATE users SET created_at = '2026-01-01 00:00:0' || name; UPDATE users SET created_at = '2026-01-01 00:00:00' WHERE name = 'n0'; UPDATE users SET created_at = '2026-01-01 00:00:00.000' WHERE name = 'n1'; UPDATE users SET created_at = '2026-01-01 00:00:00.001' WHERE name = 'n2'; UPDATE users SET created_at = '2025-12-31 23:59:59.999' WHERE name = 'n3'").unwrap();
    assert_eq!(names(&desk.list(&users, "created_at=2026-01-01T00:00:00Z").unwrap().0), ["n0", "n1"]);
    assert_eq!(names(&desk.list(&users, "created_at=2026-01-01T00:00:00.001Z").unwrap().0), ["n2"]);
    // Finer than is shown, as others may write it.
    desk.rows.0.execute_batch("UPDATE users SET created_at = '2026-01-01 00:00:00.123456' WHERE name = 'n3'").unwrap();
    assert_eq!(names(&desk.list(&users, "created_at=2026-01-01T00:00:00.123Z").unwrap().0), ["n3"]);
    for other in ["00.122", "00.124", "01.000"] {
        assert!(names(&desk.list(&users, &format!("created_at=2026-01-01T00:00:{other}Z")).unwrap().0).is_empty(), "{other}");
    }
}

#[test]
fn what_a_query_string_gets_wrong_is_said_at_once() {
    let (mut desk, users) = users();
    let problem = desk.list(&users, "page=0&size=abc&colour=red&is_active=1&name=a&name=b&tags=x").unwrap_err();
    assert_eq!((problem.status, problem.code.as_str()), (400, "invalid-query"));
    let expected =
        [("page", "range"), ("size", "range"), ("colour", "unknown"), ("is_active", "type"), ("name", "duplicate"), ("tags", "unknown")];
    assert_eq!(reasons(&problem), expected);
    assert_eq!(
        problem.errors[2].detail,
        "\"colour\" is unknown; allowed are limit, cursor, page, size, id, created_at, updated_at, email, name, is_active"
    );
    for (query, name) in [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=+5", "limit"),
        ("limit=", "limit"),
        ("cursor=abc", "cursor"),
        ("cursor=", "cursor"),
        ("cursor=i123", "cursor"),
        ("cursor=n00000001", "cursor"),
        ("cursor=i0000000000000000.i0000000000000000", "cursor"),
        ("size=99999999999999999999", "size"),
    ] {
        assert_eq!(desk.list(&users, query).unwrap_err().errors[0].at, name, "{query}");
    }
    assert_eq!(desk.list(&users, "name=%ff").unwrap_err().status, 400);
}

#[test]
fn a_cursor_is_a_place_in_the_order_and_goes_with_other_filters() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 5);
    let (_, next) = desk.list(&users, "limit=1").unwrap();
    let next = next.unwrap();
    assert_eq!(names(&desk.list(&users, &format!("is_active=true&{next}")).unwrap().0), ["n2"]);
    let words = Regex::new(&cursor_pattern(&users)).unwrap();
    assert!(words.is_match(next.rsplit('=').next().unwrap()), "{next}");
}

#[test]
fn a_page_counts_from_the_cursors_place_and_holds_no_more_than_the_limit() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 7);
    let (_, next) = desk.list(&users, "limit=2").unwrap();
    let cursor = next.unwrap().rsplit('=').next().unwrap().to_owned();
    let (page, _) = desk.list(&users, &format!("page=2&size=2&cursor={cursor}")).unwrap();
    assert_eq!((names(&page["items"]), &page["total"], &page["pages"]), (vec!["n4", "n5"], &json!(5), &json!(3)));
    let (page, _) = desk.list(&users, "page=2&size=5&limit=3").unwrap();
    assert_eq!((names(&page["items"]), &page["size"]), (vec!["n3", "n4", "n5"], &json!(3)));
    assert_eq!(desk.list(&users, "page=1&limit=2").unwrap().0["size"], 2);
}

#[test]
fn a_declared_order_is_kept_across_parts_even_where_values_are_equal() {
    let table = entity("t", vec![column("name", "string"), column("grade", "integer")]);
    let mut declared = declare(&table);
    declared.order = vec![("grade".parse().unwrap(), true), ("name".parse().unwrap(), false)];
    let collection = Collection::compile(&"shop".parse().unwrap(), &declared, &table).unwrap();
    let mut desk = Desk::new(&[&table]);
    for (name, grade) in [("d", 1), ("b", 2), ("a", 2), ("c", 1), ("c", 1), ("e", 3), ("a", 1)] {
        desk.create(&collection, &json!({"name": name, "grade": grade}).to_string()).unwrap();
    }
    for limit in 1..8 {
        assert_eq!(all(&mut desk, &collection, &format!("limit={limit}")), ["e", "a", "b", "a", "c", "c", "d"], "limit {limit}");
    }
    // Pages behind a place whose rows lie in several ranges.
    let (_, next) = desk.list(&collection, "limit=2").unwrap();
    let cursor = next.unwrap().rsplit('=').next().unwrap().to_owned();
    assert!(Regex::new(&cursor_pattern(&collection)).unwrap().is_match(&cursor), "{cursor}");
    let page = |page: usize| format!("page={page}&size=2&cursor={cursor}");
    let pages: Vec<Json> = (1..=4).map(|number| desk.list(&collection, &page(number)).unwrap().0).collect();
    assert_eq!(pages.iter().flat_map(|page| names(&page["items"])).collect::<Vec<_>>(), ["b", "a", "c", "c", "d"]);
    assert!(pages.iter().all(|page| page["total"] == 5));
}

#[test]
fn an_order_that_may_be_null_still_leads_through_all_rows() {
    let table = entity("t", vec![column("name", "string"), nullable(column("grade", "integer"))]);
    let mut declared = declare(&table);
    declared.order = vec![("grade".parse().unwrap(), false)];
    let collection = Collection::compile(&"shop".parse().unwrap(), &declared, &table).unwrap();
    let mut desk = Desk::new(&[&table]);
    for (name, grade) in [("a", json!(2)), ("b", json!(null)), ("c", json!(1)), ("d", json!(null))] {
        desk.create(&collection, &json!({"name": name, "grade": grade}).to_string()).unwrap();
    }
    assert_eq!(all(&mut desk, &collection, "limit=1"), ["b", "d", "c", "a"]);
    let (_, next) = desk.list(&collection, "limit=1").unwrap();
    let cursor = next.unwrap().rsplit('=').next().unwrap().to_owned();
    assert!(Regex::new(&cursor_pattern(&collection)).unwrap().is_match(&cursor), "{cursor}");
    let (page, _) = desk.list(&collection, &format!("page=2&size=2&cursor={cursor}")).unwrap();
    assert_eq!((names(&page["items"]), &page["total"]), (vec!["a"], &json!(3)));
}

#[test]
fn tables_without_row_numbers_and_tables_that_took_their_names_are_listed_too() {
    let mut table = plain("t", vec![column("name", "string"), column("rowid", "string")], &["name"]);
    for without_rowid in [false, true] {
        table.without_rowid = without_rowid;
        let (mut desk, collection) = (Desk::new(&[&table]), compile(&table));
        for name in ["c", "a", "b"] {
            desk.create(&collection, &json!({"name": name, "rowid": "x"}).to_string()).unwrap();
        }
        let expected = if without_rowid { ["a", "b", "c"] } else { ["c", "a", "b"] };
        if without_rowid {
            assert_eq!(all(&mut desk, &collection, "limit=1"), expected);
        } else {
            // The test database orders by `rowid`, which is a column here; the keyset still walks every row.
            assert_eq!(all(&mut desk, &collection, "limit=10").len(), 3);
        }
    }
}

#[test]
fn only_what_costs_its_own_rows_counts_as_cheap() {
    let (mut desk, users) = users();
    crowd(&mut desk, &users, 3);
    let cheap = |query: &str| ListQuery::parse(&users, query).unwrap().is_cheap(&users);
    assert!(cheap("") && cheap("limit=10"));
    assert!(!cheap("page=1") && !cheap("name=x"));
    assert!(
        cheap("email=x") && cheap("id=01KAMPZZZZ0000000000000001") && cheap("name=x&email=y"),
        "one row at the most, found by an index"
    );
    let (_, next) = desk.list(&users, "limit=1").unwrap();
    assert!(cheap(&next.unwrap()));

    let mut table = entity("t", vec![column("name", "string"), column("grade", "integer")]);
    let index = |terms: &[(&str, bool)]| Index {
        name: "i".parse().unwrap(),
        terms: terms
            .iter()
            .map(|(name, descending)| IndexTerm { key: IndexKey::Column(name.parse().unwrap()), collate: None, descending: *descending })
            .collect(),
        unique: false,
        filter: None,
    };
    let mut declared = declare(&table);
    declared.order = vec![("grade".parse().unwrap(), true), ("name".parse().unwrap(), false)];
    let mut is_cheap = |terms: &[(&str, bool)]| {
        table.indexes = if terms.is_empty() { Vec::new() } else { vec![index(terms)] };
        let collection = Collection::compile(&"shop".parse().unwrap(), &declared, &table).unwrap();
        ListQuery::parse(&collection, "").unwrap().is_cheap(&collection)
    };
    assert!(is_cheap(&[("grade", true), ("name", false)]) && is_cheap(&[("grade", false), ("name", true), ("id", false)]));
    assert!(!is_cheap(&[]) && !is_cheap(&[("grade", true)]) && !is_cheap(&[("grade", true), ("name", true)]));
}

#[test]
fn every_column_but_json_can_be_filtered_by() {
    let table = crate::records::tests::round_trip::table();
    let (mut desk, things) = (Desk::new(&[&table]), compile(&table));
    let row = json!({
        "flag": true, "small": -5, "big": 9_007_199_254_740_993_i64, "real": 0.1, "exact": "12.50", "label": "a&b=c", "body": "é ",
        "other": "01HZY0V3K8Q4W9M2N5P7R1S6TD", "uuid": "00000000-0000-4000-8000-00000000000a", "at": "2026-01-01T00:00:00.125Z",
        "day": "2026-01-01", "hour": "08:09:10.011", "data": [1], "raw": "AP/+", "blob": {"a": 1}, "colour": "red"
    });
    let made = desk.create(&things, &row.to_string()).unwrap();
    desk.create(&things, "{}").unwrap();
    for field in things.fields.iter().filter(|field| !field.hidden) {
        let text = match &made[field.name.as_str()] {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        let value = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC);
        let found = desk.list(&things, &format!("id={}&{}={value}", made["id"].as_str().unwrap(), field.name));
        match (field.is_json(), field.name.as_str(), found) {
            // Given twice.
            (_, "id", Err(problem)) => assert_eq!(reasons(&problem), [("id", "duplicate")]),
            (true, name, Err(problem)) => assert_eq!(reasons(&problem), [(name, "unknown")]),
            (false, name, Ok((rows, _))) => assert_eq!(rows.as_array().unwrap().len(), 1, "{name}={text}"),
            (_, name, other) => panic!("{name}: {other:?}"),
        }
        if !field.is_json() && !matches!(field.name.as_str(), "created_at" | "updated_at") {
            assert_eq!(
                desk.list(&things, &format!("{}={value}", field.name)).unwrap().0.as_array().unwrap().len(),
                1,
                "{} alone",
                field.name
            );
        }
    }
}
