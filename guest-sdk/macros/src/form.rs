//! Texts that have a form: single values as a database keeps them, and lines for a person.
//!
//! # Source
//! The forms are those in which the host's record engine stores what a client sends (`host/src/model/scalar.rs`). A default is put
//! into the table as it is written, so one in another spelling would be equal to nothing.

use crate::date;

/// A ULID: 26 characters of Crockford's base 32 (no I, L, O, U), upper case, the first at most 7.
pub(crate) fn is_ulid(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'));
    text.len() == 26 && text.bytes().all(digit) && text.as_bytes()[0] <= b'7'
}

/// A UUID: 36 characters, lower case with hyphens.
pub(crate) fn is_uuid(text: &str) -> bool {
    let good = |(i, b): (usize, u8)| match i {
        8 | 13 | 18 | 23 => b == b'-',
        _ => b.is_ascii_digit() || matches!(b, b'a'..=b'f'),
    };
    text.len() == 36 && text.bytes().enumerate().all(good)
}

/// A moment in UTC: `2025-10-24 15:00:00.000`, or without milliseconds, as SQLite's own clock writes it.
pub(crate) fn is_timestamp(text: &str) -> bool {
    text.split_once(' ').is_some_and(|(date, time)| date::is_date(date) && is_clock(time))
}

/// A time of day: `15:00:00.000`.
pub(crate) fn is_time(text: &str) -> bool {
    text.contains('.') && is_clock(text)
}

/// A time of day, with milliseconds or without.
fn is_clock(text: &str) -> bool {
    let (time, fraction) = text.split_once('.').unwrap_or((text, "000"));
    date::is_time(time) && fraction.len() == 3 && fraction.bytes().all(|b| b.is_ascii_digit())
}

/// A number with at most so many digits in all, exactly so many after the point, no needless zeros before it, and one zero.
pub(crate) fn is_decimal(text: &str, precision: usize, scale: usize) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return false,
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let shaped = !whole.is_empty() && digits(whole) && digits(fraction) && fraction.len() == scale;
    let is_bare = whole == "0" || (!whole.starts_with('0') && whole.len() <= precision - scale);
    let is_minus_zero = text.starts_with('-') && whole == "0" && fraction.bytes().all(|b| b == b'0');
    shaped && is_bare && !is_minus_zero
}

/// A JSON value and nothing else.
pub(crate) fn is_json(text: &str) -> bool {
    json(text.trim_start_matches(BLANK), 0).is_some_and(|rest| rest.trim_start_matches(BLANK).is_empty())
}

const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

/// Arrays and objects in each other, as many as the host reads in a body (`MAX_DEPTH` of `host/src/model/json/mod.rs`).
const DEEPEST: usize = 128;

/// What follows one value.
fn json(text: &str, depth: usize) -> Option<&str> {
    if let Some(rest) = ["null", "true", "false"].iter().find_map(|word| text.strip_prefix(word)) {
        return Some(rest);
    }
    match text.chars().next()? {
        '"' => string(text),
        '[' if depth < DEEPEST => list(&text[1..], ']', |item| json(item, depth + 1)),
        '{' if depth < DEEPEST => list(&text[1..], '}', |member| {
            let value = string(member)?.trim_start_matches(BLANK).strip_prefix(':')?;
            json(value.trim_start_matches(BLANK), depth + 1)
        }),
        _ => number(text),
    }
}

/// What follows a list of items up to and with `close`.
fn list(text: &str, close: char, item: impl Fn(&str) -> Option<&str>) -> Option<&str> {
    let mut rest = text.trim_start_matches(BLANK);
    if let Some(rest) = rest.strip_prefix(close) {
        return Some(rest);
    }
    loop {
        rest = item(rest)?.trim_start_matches(BLANK);
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start_matches(BLANK),
            None => return rest.strip_prefix(close),
        }
    }
}

fn string(text: &str) -> Option<&str> {
    let mut rest = text.strip_prefix('"')?;
    loop {
        let end = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ')?;
        let (found, after) = (rest.as_bytes()[end], &rest[end + 1..]);
        rest = match (found, after.as_bytes().first()) {
            (b'"', _) => return Some(after),
            (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => &after[1..],
            (b'\\', Some(b'u')) if after.get(1..5)?.bytes().all(|b| b.is_ascii_hexdigit()) => &after[5..],
            _ => return None,
        };
    }
}

fn number(text: &str) -> Option<&str> {
    let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let text = text.strip_prefix('-').unwrap_or(text);
    let whole = digits(text);
    if whole == 0 || (whole > 1 && text.starts_with('0')) {
        return None;
    }
    let mut rest = &text[whole..];
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = Some(digits(fraction)).filter(|n| *n > 0).map(|n| &fraction[n..])?;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        rest = Some(digits(exponent)).filter(|n| *n > 0).map(|n| &exponent[n..])?;
    }
    Some(rest)
}

/// One line for a person that is not empty, or what is wrong with it.
pub(crate) fn one_line(text: &str) -> Result<(), String> {
    match text.chars().find(|c| is_harmful(*c)) {
        Some(c) => Err(format!("must be one line of plain text, without {c:?}")),
        None if text.trim().is_empty() => Err("is empty: say it in one line".to_owned()),
        None => Ok(()),
    }
}

/// Whether a terminal or an editor does something with the character instead of showing it, or shows nothing at all. The two joiners
/// (U+200C, U+200D) are not among them: some scripts cannot be written without.
///
/// # Source
/// The host's `model/text.rs`.
pub(crate) fn is_harmful(c: char) -> bool {
    let steers = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}');
    let hides = matches!(c, '\u{200b}' | '\u{2060}'..='\u{2065}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
    c.is_control() || steers || hides
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_form_in_which_they_are_stored() {
        assert!(is_ulid("01HZY0V3K8Q4W9M2N5P7R1S6TD"));
        for bad in ["hello", "01hzy0v3k8q4w9m2n5p7r1s6td", "81HZY0V3K8Q4W9M2N5P7R1S6TD", "01HZY0V3K8Q4W9M2N5P7R1S6TI"] {
            assert!(!is_ulid(bad), "{bad}");
        }
        assert!(is_uuid("0192f3a4-0000-7000-8000-00000000000a"));
        for bad in ["hello", "0192F3A4-0000-7000-8000-00000000000A", "0192f3a400007000800000000000000000aa"] {
            assert!(!is_uuid(bad), "{bad}");
        }
        for good in ["2025-10-24 15:00:00", "2025-10-24 15:00:00.123"] {
            assert!(is_timestamp(good), "{good}");
        }
        for bad in ["soon", "2025-10-24T15:00:00Z", "2025-02-29 00:00:00", "2025-10-24 15:00:00.1", "2025-10-24"] {
            assert!(!is_timestamp(bad), "{bad}");
        }
        assert!(is_time("15:00:00.000") && !is_time("15:00:00") && !is_time("24:00:00.000") && !is_time("15:00"));
    }

    #[test]
    fn decimals_have_one_spelling() {
        for good in ["0.00", "-12.50", "99.99", "-0.50"] {
            assert!(is_decimal(good, 4, 2), "{good}");
        }
        for bad in ["abc", "", "-", "1.", ".5", "123.00", "1.234", "1e1", "+1", "0", "12.5", "0012.50", "01.00", "-0.00"] {
            assert!(!is_decimal(bad, 4, 2), "{bad}");
        }
        assert!(is_decimal("0.50", 2, 2) && !is_decimal("1.50", 2, 2) && is_decimal("7", 3, 0));
    }

    #[test]
    fn json_is_json() {
        for good in ["null", "[]", " {} ", "-0.5e+3", r#""a\n\u00e9""#, r#"{"a": [1, {"b": true}], "c" : null}"#, "\"größe\""] {
            assert!(is_json(good), "{good}");
        }
        for bad in ["", "nil", "[1,]", "{a: 1}", "{\"a\"}", "01", "1.", "1e", "\"a", r#""\x""#, "\"a\nb\"", "[] []", "'a'", "nullx"] {
            assert!(!is_json(bad), "{bad}");
        }
        assert!(!is_json(&"[".repeat(100_000)));
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_json(&nested(128)) && !is_json(&nested(129)));
    }

    #[test]
    fn a_line_is_one_line() {
        assert!(one_line("Größe.").is_ok() && one_line("a\u{200d}b").is_ok());
        for bad in ["", "  ", "a\nb", "a\tb", "a\u{202e}b", "a\u{61c}b", "a\u{200b}b", "a\u{2060}b", "a\u{206a}b", "a\u{e0041}b"] {
            assert!(one_line(bad).is_err(), "{bad:?}");
        }
    }
}
