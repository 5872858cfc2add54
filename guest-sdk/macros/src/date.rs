//! Moments, days and times of day, as a file name and as RFC 3339 write them.

/// `20251024`, `1500` as `2025-10-24T15:00:00Z`; nothing where there is no such moment.
pub(crate) fn of_file_name(date: &str, time: &str) -> Option<String> {
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(date, 8) || !digits(time, 4) {
        return None;
    }
    let moment = format!("{}-{}-{}T{}:{}:00Z", &date[..4], &date[4..6], &date[6..], &time[..2], &time[2..]);
    is_rfc3339(&moment).then_some(moment)
}

/// Whether the text is a moment in RFC 3339: `2025-10-24T15:00:00Z`, with a fraction or an offset where it has one.
pub(crate) fn is_rfc3339(text: &str) -> bool {
    let Some((date, rest)) = text.split_once('T') else { return false };
    let Some(rest) = rest.strip_suffix('Z').or_else(|| without_offset(rest)) else { return false };
    let (time, fraction) = rest.split_once('.').unwrap_or((rest, "0"));
    let fraction = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|b| b.is_ascii_digit());
    fraction && is_date(date) && is_time(time)
}

/// Whether the text is a day: `2025-10-24`.
pub(crate) fn is_date(text: &str) -> bool {
    matches!(numbers(text, '-', &[4, 2, 2]).as_deref(), Some([year, month, day]) if (1..=days(*year, *month)).contains(day))
}

/// Whether the text is a time of day: `15:00:00`.
pub(crate) fn is_time(text: &str) -> bool {
    matches!(numbers(text, ':', &[2, 2, 2]).as_deref(), Some([hour, minute, second]) if *hour < 24 && *minute < 60 && *second < 60)
}

/// Whether a moment in RFC 3339 lies in a year in which a revision can have been created.
///
/// # Source
/// The host's `declare.revision`: ULIDs count from 1970. It counts the year in UTC, and so knows better in the last hours of a year.
pub(crate) fn is_after_1970(moment: &str) -> bool {
    moment.get(..4).is_some_and(|year| year >= "1970")
}

fn without_offset(text: &str) -> Option<&str> {
    let (time, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let offset = offset.strip_prefix(['+', '-'])?;
    matches!(numbers(offset, ':', &[2, 2])?[..], [hours, minutes] if hours < 24 && minutes < 60).then_some(time)
}

fn numbers(text: &str, separator: char, lengths: &[usize]) -> Option<Vec<u32>> {
    let parts: Vec<&str> = text.split(separator).collect();
    let right = parts.len() == lengths.len() && parts.iter().zip(lengths).all(|(part, length)| part.len() == *length);
    let number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten();
    if right { parts.iter().map(number).collect() } else { None }
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_gives_a_moment_or_nothing() {
        assert_eq!(of_file_name("20251024", "1500").as_deref(), Some("2025-10-24T15:00:00Z"));
        for (date, time) in [("20251324", "1500"), ("20250229", "1500"), ("20251024", "2500"), ("2025102", "1500"), ("2025102x", "1500")] {
            assert_eq!(of_file_name(date, time), None, "{date} {time}");
        }
    }

    #[test]
    fn moments_are_rfc_3339() {
        for good in ["2025-10-24T15:00:00Z", "2024-02-29T00:00:00.123Z", "2025-10-24T15:00:00+02:00"] {
            assert!(is_rfc3339(good), "{good}");
        }
        for bad in ["", "2025-10-24", "2025-10-24 15:00:00", "2025-10-24T15:00:00", "2025-02-29T00:00:00Z", "2025-10-24T15:00:00.Z", "é"] {
            assert!(!is_rfc3339(bad), "{bad}");
        }
    }
}
