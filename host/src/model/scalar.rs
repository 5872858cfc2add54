//! The text forms of single values: what a client or a plugin may write, and the one form in which it is stored.
//!
//! Two spellings of one value become one, so that equality, unique indexes and filters mean the value and not its spelling.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Timelike, Utc};

/// A ULID in upper case, if it is one: 26 characters of Crockford's base 32 (no I, L, O, U), the first at most 7.
pub fn ulid(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_uppercase() && !matches!(b, b'I' | b'L' | b'O' | b'U'));
    (upper.len() == 26 && upper.bytes().all(digit) && upper.as_bytes()[0] <= b'7').then_some(upper)
}

/// A UUID in lower case with hyphens, if it is one.
pub fn uuid(text: &str) -> Option<String> {
    let hyphen = |i: usize| matches!(i, 8 | 13 | 18 | 23);
    let good = |(i, b): (usize, u8)| if hyphen(i) { b == b'-' } else { b.is_ascii_hexdigit() };
    (text.len() == 36 && text.bytes().enumerate().all(good)).then(|| text.to_ascii_lowercase())
}

/// Why a number is not an integer that can be stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotInteger {
    /// It has a fraction.
    Fraction,
    /// It does not fit into 64 bits.
    Range,
}

/// The integer that a JSON number is, exactly: `5`, `5.0`, `0.5e1`; never by way of a double.
pub fn integer(number: &str) -> Result<i64, NotInteger> {
    if let Ok(n) = number.parse() {
        return Ok(n);
    }
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let fraction = fraction.trim_end_matches('0');
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        return Ok(0);
    }
    // An exponent that does not fit is either a tiny fraction or far out of range.
    let exponent: i64 = exponent.parse().map_err(|_| if exponent.starts_with('-') { NotInteger::Fraction } else { NotInteger::Range })?;
    let shift = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
    if shift >= 0 {
        if shift > 19 {
            return Err(NotInteger::Range);
        }
        let zeros = usize::try_from(shift).unwrap_or(usize::MAX);
        return format!("{sign}{significant}{}", "0".repeat(zeros)).parse().map_err(|_| NotInteger::Range);
    }
    let cut = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
    if cut >= significant.len() || significant.as_bytes()[significant.len() - cut..].iter().any(|b| *b != b'0') {
        return Err(NotInteger::Fraction);
    }
    format!("{sign}{}", &significant[..significant.len() - cut]).parse().map_err(|_| NotInteger::Range)
}

/// The double that a JSON number is, if it is finite. There is one zero.
pub fn real(number: &str) -> Option<f64> {
    let value: f64 = number.parse().ok()?;
    // Adding zero turns -0.0 into 0.0, which is what SQLite would give back.
    value.is_finite().then_some(value + 0.0)
}

/// Why a text is not a decimal of a given size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotDecimal {
    /// It is not `-123.45`.
    Form,
    /// It has too many digits.
    Digits,
}

/// A decimal with exactly `scale` digits after the point and no needless zeros before it.
pub fn decimal(text: &str, precision: u8, scale: u8) -> Result<String, NotDecimal> {
    let (sign, unsigned) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((_, "")) => return Err(NotDecimal::Form),
        Some(parts) => parts,
        None => (unsigned, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(NotDecimal::Form);
    }
    let (precision, scale) = (usize::from(precision), usize::from(scale));
    let most = if precision == scale { usize::from(whole == "0") } else { precision - scale };
    if whole.len() > most || fraction.len() > scale {
        return Err(NotDecimal::Digits);
    }
    let whole = whole.trim_start_matches('0');
    let sign = if whole.is_empty() && fraction.bytes().all(|b| b == b'0') { "" } else { sign };
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction:0<scale$}") })
}

/// A moment as RFC 3339 writes it, in the form in which it is stored: UTC, `YYYY-MM-DD HH:MM:SS.mmm`. What is finer is cut off.
pub fn timestamp(text: &str) -> Option<String> {
    // Seconds and fraction go up to 23:59:60 in chrono; a stored time that SQLite cannot read back is worth less than a refusal.
    let moment = DateTime::parse_from_rfc3339(text).ok().filter(|m| m.nanosecond() < 1_000_000_000)?;
    stored_moment(moment.with_timezone(&Utc))
}

/// Milliseconds since the Unix epoch in the form in which moments are stored.
pub fn stored_now(now_ms: i64) -> Option<String> {
    stored_moment(DateTime::from_timestamp_millis(now_ms)?)
}

/// A moment as RFC 3339 writes it or as it is stored, with or without milliseconds; in the stored form.
pub fn moment(text: &str) -> Option<String> {
    let stored = |format| (matches!(text.len(), 19 | 23)).then(|| NaiveDateTime::parse_from_str(text, format).ok()).flatten();
    let read = || stored("%Y-%m-%d %H:%M:%S%.f").filter(|moment| moment.nanosecond() < 1_000_000_000);
    timestamp(text).or_else(|| stored_moment(read()?.and_utc()))
}

fn stored_moment(moment: DateTime<Utc>) -> Option<String> {
    let text = moment.format("%Y-%m-%d %H:%M:%S%.3f").to_string();
    // Years before 0 and after 9999 take more than four characters.
    (text.len() == 23).then_some(text)
}

/// A date, `YYYY-MM-DD`.
pub fn date(text: &str) -> Option<String> {
    let shaped = text.len() == 10 && text.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    (shaped && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()).then(|| text.to_owned())
}

/// A time of day, `HH:MM:SS` or `HH:MM:SS.mmm`, stored with milliseconds.
pub fn time(text: &str) -> Option<String> {
    let digit_or = |i: usize, b: u8| match i {
        2 | 5 => b == b':',
        8 => b == b'.',
        _ => b.is_ascii_digit(),
    };
    let shaped = matches!(text.len(), 8 | 10..=12) && text.bytes().enumerate().all(|(i, b)| digit_or(i, b));
    let time = shaped.then(|| NaiveTime::parse_from_str(text, "%H:%M:%S%.f").ok()).flatten()?;
    (time.nanosecond() < 1_000_000_000).then(|| time.format("%H:%M:%S%.3f").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_ulids_become_upper_case() {
        assert_eq!(ulid("01hzy0v3k8q4w9m2n5p7r1s6td").unwrap(), "01HZY0V3K8Q4W9M2N5P7R1S6TD");
        for bad in ["", "zz", "81HZY0V3K8Q4W9M2N5P7R1S6TD", "01HZY0V3K8Q4W9M2N5P7R1S6TI", "01HZERO...", "01HZY0V3K8Q4W9M2N5P7R1S6Té"] {
            assert_eq!(ulid(bad), None, "{bad}");
        }
    }

    #[test]
    fn integers_are_exact() {
        for (text, expected) in [
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("5.0", 5),
            ("-0", 0),
            ("-0.0e9", 0),
            ("1e3", 1000),
            ("0.5e1", 5),
            ("1200e-2", 12),
            ("9007199254740993.0", 9_007_199_254_740_993),
        ] {
            assert_eq!(integer(text), Ok(expected), "{text}");
        }
        for text in ["0.5", "1e-1", "4503599627370496.4", "1.00000000000000000001", "12e-2", "1e-99999999999999999999"] {
            assert_eq!(integer(text), Err(NotInteger::Fraction), "{text}");
        }
        for text in ["9223372036854775808", "1e400", "1e19", "1e99999999999999999999"] {
            assert_eq!(integer(text), Err(NotInteger::Range), "{text}");
        }
    }

    #[test]
    fn decimals_have_one_spelling() {
        for (text, expected) in
            [("12.5", "12.50"), ("0012", "12.00"), ("-0", "0.00"), ("-.0", ""), ("-0.50", "-0.50"), ("9999999999.99", "9999999999.99")]
        {
            assert_eq!(decimal(text, 12, 2).unwrap_or_default(), expected, "{text}");
        }
        assert_eq!(decimal("0.5", 2, 2).unwrap(), "0.50");
        assert_eq!(decimal("1.5", 2, 2), Err(NotDecimal::Digits));
        assert_eq!(decimal("12.500", 12, 2), Err(NotDecimal::Digits));
        assert_eq!(decimal("7", 3, 0).unwrap(), "7");
        assert_eq!(decimal("12.505", 12, 2), Err(NotDecimal::Digits));
        assert_eq!(decimal("99999999999", 12, 2), Err(NotDecimal::Digits));
        for bad in ["", "-", "1.", "1e2", "+1", " 1", "1,5", "٣"] {
            assert_eq!(decimal(bad, 12, 2), Err(NotDecimal::Form), "{bad}");
        }
    }

    #[test]
    fn moments_become_utc_with_milliseconds() {
        assert_eq!(timestamp("2026-11-22T10:09:32+02:00").unwrap(), "2026-11-22 08:09:32.000");
        assert_eq!(timestamp("2026-11-22T08:09:32.123987Z").unwrap(), "2026-11-22 08:09:32.123");
        for bad in ["2026-11-22", "2026-11-22T08:09:32", "2026-02-30T00:00:00Z", "2016-12-31T23:59:60Z", "9999-12-31T23:59:59-01:00", "now"]
        {
            assert_eq!(timestamp(bad), None, "{bad}");
        }
        for (text, stored) in [
            ("2026-11-22T10:09:32+02:00", "2026-11-22 08:09:32.000"),
            ("2026-11-22 08:09:32", "2026-11-22 08:09:32.000"),
            ("2026-11-22 08:09:32.120", "2026-11-22 08:09:32.120"),
        ] {
            assert_eq!(moment(text).unwrap(), stored);
        }
        for bad in ["2026-11-22", "2026-11-22 08:09", "2026-02-30 00:00:00", "2016-12-31 23:59:60", "yesterday", "2026-11-22 8:09:32.00"] {
            assert_eq!(moment(bad), None, "{bad}");
        }
        assert_eq!(stored_now(0).unwrap(), "1970-01-01 00:00:00.000");
        assert_eq!(stored_now(i64::MAX), None);
    }

    #[test]
    fn dates_and_times_must_exist() {
        assert_eq!(date("2024-02-29").unwrap(), "2024-02-29");
        for bad in ["2023-02-29", "2024-2-9", "24-02-29", "2024-02-29T", "2024/02/29"] {
            assert_eq!(date(bad), None, "{bad}");
        }
        assert_eq!(time("08:09:32").unwrap(), "08:09:32.000");
        assert_eq!(time("08:09:32.5").unwrap(), "08:09:32.500");
        for bad in ["24:00:00", "8:09:32", "08:09", "08:09:60", "08:09:32.", "08:09:32.1234"] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }

    #[test]
    fn uuids_are_lower_case_with_hyphens() {
        assert_eq!(uuid("0192F3A4-0000-7000-8000-00000000000A").unwrap(), "0192f3a4-0000-7000-8000-00000000000a");
        assert_eq!(uuid("0192F3A40000700080000000000000000A"), None);
    }

    #[test]
    fn reals_are_finite_and_know_one_zero() {
        assert_eq!(real("1e400"), None);
        assert!(real("-0.0").unwrap().is_sign_positive());
        assert_eq!(real("5"), Some(5.0));
    }
}
