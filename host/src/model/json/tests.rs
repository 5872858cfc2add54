//! The scanner against examples, and against `serde_json`.

use proptest::prelude::*;

use super::*;

fn checked_and_compacted(text: &str) -> Option<String> {
    let mut out = Vec::new();
    append_compact(text.as_bytes(), &mut out).then(|| String::from_utf8(out).unwrap())
}

#[test]
fn members_come_as_written() {
    let Top::Members(members) = read(br#" {"a": 12345678901234567890123, "b\n": [1, {"c": "d"}], "a": null} "#).unwrap() else {
        panic!("not an object")
    };
    assert_eq!(members[0].value, Json::Number("12345678901234567890123"));
    assert_eq!(members[1].name, "b\n");
    assert_eq!(members[1].value, Json::Array(r#"[1, {"c": "d"}]"#));
    assert_eq!((&*members[2].name, &members[2].value), ("a", &Json::Null));
}

#[test]
fn numbers_out_of_range_are_found_with_their_place() {
    let Top::Members(members) = read(br#"{"a": 1e400, "b": {"x/y": [0, -1e999]}, "c": 1e300}"#).unwrap() else { panic!("not an object") };
    assert_eq!(members[0].infinite, [""]);
    assert_eq!(members[1].infinite, ["/x~1y/1"]);
    assert!(members[2].infinite.is_empty());
}

#[test]
fn of_many_numbers_out_of_range_some_are_told() {
    let body = format!(r#"{{"a": {{"{}": [{}0]}}}}"#, "n".repeat(100_000), "1e999,".repeat(10_000));
    let Top::Members(members) = read(body.as_bytes()).unwrap() else { panic!("not an object") };
    assert_eq!(members[0].infinite.len(), 100);
    assert!(members[0].infinite.iter().all(|pointer| pointer.len() < 300), "none is written out in full");
}

#[test]
fn what_is_not_json_says_where() {
    let error = read(b"{\n  \"a\": tru}").unwrap_err();
    assert_eq!((error.line, error.column), (2, 8));
    for bad in [
        "",
        "{",
        "{\"a\"}",
        "[1,]",
        "{\"a\":1,}",
        "01",
        "1.",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"\u{1}\"",
        "nul",
        "1 2",
        "\u{feff}1",
        "'a'",
        "+1",
        ".5",
        "NaN",
    ] {
        assert!(read(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(read(b"\"\xff\"").is_err());
}

#[test]
fn depth_is_bounded() {
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert!(read(nested(128).as_bytes()).is_ok());
    assert!(read(nested(129).as_bytes()).unwrap_err().reason.contains("128"));
    assert!(read("[".repeat(1_000_000).as_bytes()).is_err());
}

#[test]
fn spaces_go_but_not_from_strings() {
    assert_eq!(checked_and_compacted("{ \"a b\" : [ 1.10 , \"x \\\" y\" ] }\n").unwrap(), "{\"a b\":[1.10,\"x \\\" y\"]}");
    assert_eq!(checked_and_compacted("{broken"), None);
}

/// Text that is almost JSON: the characters that matter, in any order.
fn almost_json() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("{"),
        Just("}"),
        Just("["),
        Just("]"),
        Just(","),
        Just(":"),
        Just("\"a\""),
        Just("\"\\u00e9\""),
        Just("\"\\ud83d\\ude00\""),
        Just("\"\\udc00\""),
        Just("\""),
        Just("\\"),
        Just("1"),
        Just("-"),
        Just("0"),
        Just("."),
        Just("e"),
        Just("E+1"),
        Just("true"),
        Just("null"),
        Just(" "),
        Just("\n"),
        Just("é"),
        Just("\"\\q\"")
    ];
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".*".prop_map(|s: String| s.into()),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::vec((".*", inner), 0..6).prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_verdict_is_serde_jsons(text in almost_json()) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        prop_assert_eq!(read(text.as_bytes()).is_ok(), theirs.is_ok(), "{}", text);
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = read(&bytes);
        let _ = append_compact(&bytes, &mut Vec::new());
    }

    #[test]
    fn compact_text_means_the_same(value in any_json()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(checked_and_compacted(&pretty).unwrap(), serde_json::to_string(&value).unwrap());
    }
}
