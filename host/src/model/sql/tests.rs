//! What the tests of SQL text share, here and in the rooms: hostile texts, all kinds of values, and what SQLite makes of them.

use proptest::prelude::*;
use rusqlite::types::Value as Stored;

use crate::model::Value;

/// Text made of the pieces that lexers trip over.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "'", "\"", "`", "[", "]", "(", ")", "-", "--", "/*", "*/", "/*/", ";", "\0", "\n", " ", "$a(", "@a", ":", "::", "#", "?", "?1",
        "x'", "1", "a", "1)", "(1", "AS b, ", ",", "é", "\u{1}", "\u{b}", "\\", "0x", "1e", "_", ".", "||", "->", "<>", "!", "SELECT ",
        "FROM ", "NULL ", "OR ", "ROLLBACK", "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Lists of expressions that SQLite takes, made of its oddest tokens.
pub(crate) fn odd() -> impl Strategy<Value = String> {
    let operand = prop::sample::select(vec![
        "1",
        "1.",
        ".5",
        "1.5e-3",
        "1e+5",
        "0x1F",
        "1_000",
        "'a'",
        "'it''s -- ;'",
        "''",
        "x'00'",
        "X''",
        "NULL",
        "?",
        "?1",
        ":a",
        "@a::b",
        "#a",
        "$a(')",
        "$a::b(;\"/*)",
        "(1)",
        "current_date",
    ]);
    let space = || prop::sample::select(vec!["", "", " ", "\t", "\n", " \u{b}", "\u{feff}", "/**/", "/*/ ' */", "--'\n"]);
    let operator = prop::sample::select(vec![
        ",",
        "+",
        "-",
        "*",
        "/",
        "||",
        "<>",
        "->>",
        "<<",
        " AND ",
        " IS\u{feff}NOT ",
        " AS \"b;c\",",
        " AS [d'],",
    ]);
    let more = (space(), operator, space(), operand.clone()).prop_map(|(a, b, c, d)| [a, b, c, d].concat());
    (operand, prop::collection::vec(more, 0..6)).prop_map(|(first, more)| first.to_owned() + &more.concat())
}

/// Any value that SQLite can hold.
pub(crate) fn values() -> impl Strategy<Value = Value> {
    let money = (any::<i32>(), 0..6_i32).prop_map(|(digits, places)| f64::from(digits) / 10_f64.powi(places));
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        prop_oneof![any::<i64>(), -9..9_i64, Just(i64::MIN), Just(i64::MAX)].prop_map(Value::Integer),
        prop_oneof![any::<f64>(), any::<u64>().prop_map(f64::from_bits), money]
            .prop_filter("SQLite has no NaN", |n| !n.is_nan())
            .prop_map(Value::Real),
        "['\"\0\r\n;?a-é-]{0,8}|.{0,8}".prop_map(Value::Text),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
    ]
}

/// The value as SQLite holds it.
pub(crate) fn stored(value: &Value) -> Stored {
    match value {
        Value::Null => Stored::Null,
        Value::Boolean(flag) => Stored::Integer((*flag).into()),
        Value::Integer(number) => Stored::Integer(*number),
        Value::Real(number) => Stored::Real(*number),
        Value::Text(text) => Stored::Text(text.clone()),
        Value::Bytes(bytes) => Stored::Blob(bytes.clone()),
    }
}

/// Equal, reals bit for bit (SQLite itself makes -0.0 to 0.0).
pub(crate) fn same(a: &Stored, b: &Stored) -> bool {
    match (a, b) {
        (Stored::Real(a), Stored::Real(b)) => a.to_bits() == b.to_bits() || (*a == 0.0 && *b == 0.0),
        _ => a == b,
    }
}
