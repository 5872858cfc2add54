//! Values as SQL text that gives back exactly the same value, in this SQLite and in older ones.

use crate::model::Value;

/// Doubles count whole numbers up to here without a gap.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// An expression that gives this value; compound ones are in parentheses.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Real(number) if number.is_finite() => exact_real(*number),
        _ => constant(value),
    }
}

/// As [`literal`], but a real is always a plain number: a column default must be one, for ALTER TABLE takes no other.
pub fn constant(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(flag) => u8::from(*flag).to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => plain_real(*number),
        Value::Text(text) => text_literal(text),
        Value::Bytes(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            format!("X'{digits}'")
        }
    }
}

/// SQLite has no NaN: what it stores in its place is NULL. An infinity is what overflows.
fn plain_real(number: f64) -> String {
    match number {
        _ if number.is_nan() => "NULL".to_owned(),
        _ if number == f64::INFINITY => "9e999".to_owned(),
        _ if number == f64::NEG_INFINITY => "-9e999".to_owned(),
        _ => format!("{number:?}"),
    }
}

/// A finite real as SQLite versions without a correctly rounding reader still read it.
///
/// SQLite 3.40 reads about one decimal fraction in 5,000 one bit wrong (`2309.409312` is one; measured). It is exact on whole
/// numbers, on short binary fractions, and in a division or multiplication of two exact numbers, which IEEE 754 rounds correctly.
fn exact_real(number: f64) -> String {
    let is_whole = number.fract() == 0.0 && number.abs() < EXACT;
    let is_short_fraction = (number * 64.0).fract() == 0.0 && number.abs() < 67_108_864.0;
    if is_whole || is_short_fraction {
        return plain_real(number);
    }
    as_decimal_quotient(number).unwrap_or_else(|| as_binary_product(number))
}

/// `19.99` as `(1999.0/100.0)`, where both are exact.
fn as_decimal_quotient(number: f64) -> Option<String> {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e')?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let places = i32::try_from(fraction.len()).ok()? - exponent.parse::<i32>().ok()?;
    let mantissa: f64 = format!("{whole}{fraction}").parse().ok()?;
    let power: f64 = format!("1e{places}").parse().ok()?;
    // 10^22 is the largest power of ten that a double holds exactly.
    ((1..=22).contains(&places) && mantissa.abs() < EXACT).then(|| format!("({mantissa:?}/{}.0)", power as u128))
}

/// Any other: 53 bits, times or divided by powers of two, in steps that a double holds.
fn as_binary_product(number: f64) -> String {
    const STEP: i32 = 52;
    let bits = number.to_bits();
    let (field, fraction) = (((bits >> 52) & 0x7ff) as i32, bits & ((1 << 52) - 1));
    let (mantissa, mut exponent) = if field == 0 { (fraction, -1074) } else { (fraction | (1 << 52), field - 1075) };
    let sign = if number.is_sign_negative() { "-" } else { "" };
    let mut text = format!("({sign}{mantissa}.0");
    while exponent != 0 {
        let step = exponent.clamp(-STEP, STEP);
        let operator = if step > 0 { '*' } else { '/' };
        text.push_str(&format!("{operator}{}.0", 1_u64 << step.unsigned_abs()));
        exponent -= step;
    }
    text + ")"
}

/// A text. NUL would end the statement, and a script's reader may drop CR: both are made by `char`.
pub fn text_literal(text: &str) -> String {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    for c in text.chars() {
        match c {
            '\0' | '\r' => {
                if !plain.is_empty() {
                    pieces.push(format!("'{}'", std::mem::take(&mut plain)));
                }
                pieces.push(format!("char({})", u32::from(c)));
            }
            '\'' => plain.push_str("''"),
            _ => plain.push(c),
        }
    }
    if pieces.is_empty() {
        return format!("'{plain}'");
    }
    if !plain.is_empty() {
        pieces.push(format!("'{plain}'"));
    }
    joined(pieces)
}

/// A chain is as deep as it is long, and SQLite takes a depth of 1,000: a long one becomes a chain of chains.
fn joined(mut pieces: Vec<String>) -> String {
    const LONGEST: usize = 100;
    while pieces.len() > LONGEST {
        pieces = pieces.chunks(LONGEST).map(|chain| format!("({})", chain.join("||"))).collect();
    }
    format!("({})", pieces.join("||"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rusqlite::Connection;
    use rusqlite::types::Value as Stored;

    use super::*;
    use crate::model::sql::tests::{same, stored, values};

    fn read(text: &str) -> Stored {
        Connection::open_in_memory().unwrap().query_row(&format!("SELECT {text}"), [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn values_are_written_as_people_would() {
        for (value, expected) in [
            (Value::Null, "NULL"),
            (Value::Boolean(true), "1"),
            ((-1).into(), "-1"),
            (Value::Real(0.5), "0.5"),
            (Value::Real(1e15), "1000000000000000.0"),
            (Value::Real(19.99), "(1999.0/100.0)"),
            (Value::Real(-0.1), "(-1.0/10.0)"),
            (Value::Real(f64::NAN), "NULL"),
            (Value::Real(f64::NEG_INFINITY), "-9e999"),
            ("it's".into(), "'it''s'"),
            ("".into(), "''"),
            ("a\0b".into(), "('a'||char(0)||'b')"),
            ("\r".into(), "(char(13))"),
            (Value::Bytes(vec![0, 0xab]), "X'00AB'"),
        ] {
            assert_eq!(literal(&value), expected);
        }
        assert_eq!(constant(&Value::Real(19.99)), "19.99");
    }

    #[test]
    fn a_text_of_many_lines_is_not_too_deep() {
        let text = "line\r\n".repeat(30_000);
        assert_eq!(read(&text_literal(&text)), Stored::Text(text));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn a_literal_reads_back_as_the_value(value in values()) {
            for text in [literal(&value), constant(&value)] {
                let back = read(&text);
                prop_assert!(same(&back, &stored(&value)), "{} gave {:?}", text, back);
            }
        }
    }
}
