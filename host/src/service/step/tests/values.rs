//! Rows on their way into a table, by the executor on the real store.

use serde_json::{Value as Json, json};

use super::executor::{Steps, table};

#[test]
fn rows_are_read_by_the_columns_types_and_all_or_none_is_inserted() {
    let mut steps = Steps::new();
    let columns = json!([
        {"name": "id", "data-type": "integer", "nullable": false},
        {"name": "raw", "data-type": "bytes", "nullable": true},
        {"name": "doc", "data-type": "json", "nullable": true},
        {"name": "real", "data-type": "float", "nullable": true},
    ]);
    steps.done(table("t", json!({ "columns": columns })));
    let rows = r#"[{"id": 1, "raw": "AAE=", "doc": {"a": [1]}, "real": 1.5}, {"id": 2, "raw": null, "doc": null, "real": 3}]"#;
    assert_eq!(steps.insert("t", rows), Ok(2));
    let stored = r#"[{"id":1,"raw":"0001","doc":"{\"a\":[1]}","real":1.5},{"id":2,"raw":"","doc":null,"real":3.0}]"#;
    assert_eq!(steps.query("SELECT id, hex(raw) AS raw, doc, real FROM t ORDER BY id"), stored);
    assert_eq!(steps.insert("t", "[]"), Ok(0));
    for (rows, part) in [
        ("{}", "not a JSON array of objects"),
        ("[1]", "not a JSON array of objects"),
        ("[", "not a JSON array of objects"),
        ("\u{feff}[]", "not a JSON array of objects"),
        ("[{}]", "row 0 names no column"),
        (r#"[{"id": 3, "colour": 1}]"#, "no column \"colour\""),
        (r#"[{"id": 3}, {"id": 4, "real": 1}]"#, "row 1 does not name the same columns"),
        (r#"[{"id": 3, "raw": "not base64"}]"#, "row 0, column raw"),
        (r#"[{"id": [3]}]"#, "row 0, column id"),
    ] {
        let problem = steps.insert("t", rows).unwrap_err();
        assert_eq!(problem.code, "invalid-rows", "{rows}");
        assert!(problem.detail.contains(part), "{problem}");
    }
    let second = r#"[{"id": 3, "real": 1}, {"real": 1, "id": 4}, {"REAL": 1, "ID": 5}]"#;
    assert_eq!(steps.insert("t", second), Ok(3), "in whatever order and case");
    assert_eq!(steps.execute("DELETE FROM t WHERE id > 2"), Ok(3));
    let twice = steps.insert("t", r#"[{"id": 5}, {"id": 6}, {"id": 1}]"#).unwrap_err();
    assert_eq!(twice.code, "constraint");
    assert_eq!(steps.query("SELECT count(*) AS n FROM t"), r#"[{"n":2}]"#);
}

#[test]
fn no_value_is_lost_or_changed_on_its_way_into_a_column() {
    let mut steps = Steps::new();
    let types =
        ["integer", "bigint", "float", "decimal(6,2)", "boolean", "timestamp", "date", "time", "string(3)", "text", "bytes", "json"];
    let column = |(i, data_type): (usize, &&str)| json!({"name": format!("c{i}"), "data-type": data_type, "nullable": true});
    let id = json!({"name": "id", "data-type": "integer", "nullable": false});
    let columns: Vec<Json> = std::iter::once(id).chain(types.iter().enumerate().map(column)).collect();
    steps.done(table("t", json!({ "columns": columns })));
    let mut try_it = |data_type: &str, value: &str| {
        let column = types.iter().position(|known| *known == data_type).unwrap();
        steps.execute("DELETE FROM t").unwrap();
        steps.insert("t", &format!(r#"[{{"id": 1, "c{column}": {value}}}]"#)).map(|_| {
            let stored = steps.query(&format!("SELECT quote(c{column}) AS v FROM t"));
            serde_json::from_str::<Json>(&stored).unwrap()[0]["v"].as_str().unwrap().to_owned()
        })
    };
    for (data_type, value, stored) in [
        ("integer", "9223372036854775807", "9223372036854775807"),
        ("float", "18446744073709551615", "1.8446744073709552e+19"),
        ("float", "2", "2.0"),
        ("decimal(6,2)", "\"1.10\"", "'1.10'"),
        ("decimal(6,2)", "\"1.5\"", "'1.50'"),
        ("decimal(6,2)", "7", "'7.00'"),
        ("boolean", "true", "1"),
        ("boolean", "0", "0"),
        ("timestamp", "\"2026-11-22T10:09:32+02:00\"", "'2026-11-22 08:09:32.000'"),
        ("timestamp", "\"2026-11-22 08:09:32.120\"", "'2026-11-22 08:09:32.120'"),
        ("timestamp", "\"2026-11-22 08:09:32\"", "'2026-11-22 08:09:32.000'"),
        ("date", "\"2024-02-29\"", "'2024-02-29'"),
        ("time", "\"08:09:32\"", "'08:09:32.000'"),
        ("string(3)", "\"äöü\"", "'äöü'"),
        ("bytes", "\"AAE=\"", "X'0001'"),
        ("json", "{\"b\": 1, \"a\": [18446744073709551615]}", "'{\"b\":1,\"a\":[18446744073709551615]}'"),
        ("json", "{\"a\": 1, \"a\": [1.10, 123456789012345678901234567890]}", "'{\"a\":1,\"a\":[1.10,123456789012345678901234567890]}'"),
        ("json", "5", "5"),
        ("json", "\"5\"", "'\"5\"'"),
        ("json", "true", "'true'"),
        ("float", "0.30000000000000004", "0.30000000000000004"),
        ("float", "1.7976931348623157e308", "1.7976931348623157e+308"),
        ("string(3)", "\"\\u00e4\"", "'ä'"),
        ("text", "null", "NULL"),
    ] {
        assert_eq!(try_it(data_type, value).as_deref(), Ok(stored), "{data_type} {value}");
    }
    for (data_type, values) in [
        ("integer", &["18446744073709551615", "1.5", "1e2", "true", "\"abc\"", "\"1\"", "[]"][..]),
        ("bigint", &["9223372036854775808", "1e400", "true"][..]),
        ("float", &["\"1.5\"", "true", "1e400"][..]),
        ("decimal(6,2)", &["1.10", "\"abc\"", "\"1.105\"", "12345", "true"][..]),
        ("boolean", &["\"maybe\"", "7", "0.0", "\"true\""][..]),
        ("timestamp", &["\"yesterday\"", "0", "\"2026-11-22\""][..]),
        ("date", &["\"2023-02-29\"", "20230228"][..]),
        ("time", &["\"8 o'clock\""][..]),
        ("string(3)", &["\"abcd\"", "1", "{}"][..]),
        ("text", &["5", "false", "[1]"][..]),
        ("bytes", &["\"?\"", "1"][..]),
        ("json", &["1e400", "[1e400]", "[\"\\ud800\"]"][..]),
    ] {
        for value in values {
            let problem = try_it(data_type, value).expect_err(value);
            assert_eq!(problem.code, "invalid-rows", "{data_type} {value}");
        }
    }
    for (rows, part) in [
        (r#"[{"id": 1, "ID": 2}]"#, "row 0 names column id twice"),
        (r#"[{"id": 1, "id": 1}]"#, "row 0 names column id twice"),
        (r#"[{"id": 1, "c1": 1}, {"id": 2, "Id": 3}]"#, "row 1 names column Id twice"),
        (r#"[{"id": 1}, {"id": 2}"#, "not a JSON array of objects"),
        (r#"[{"id": 1}] []"#, "not a JSON array of objects"),
    ] {
        let problem = steps.insert("t", rows).unwrap_err();
        assert!(problem.detail.contains(part), "{part:?} is not in: {problem}");
    }
    assert_eq!(steps.execute("DELETE FROM t"), Ok(0), "all or nothing");
}

#[test]
fn a_column_that_was_declared_by_hand_takes_what_its_value_is() {
    let mut steps = Steps::new();
    steps.done(table("t", json!({})));
    steps.by_hand("ALTER TABLE t ADD COLUMN odd DECIMAL_TEXT(2,5)");
    assert_eq!(steps.insert("t", r#"[{"id": 1, "odd": "1.5"}]"#), Ok(1));
}
