//! Which year it is.

const DAY_MS: u64 = 86_400_000;

/// The year, in UTC, of a moment in milliseconds since 1970.
pub(crate) fn of(ms: u64) -> i64 {
    // Counted from March of year 0, a leap day is the last day of its year, and 400 years have 146,097 days.
    let days = ms / DAY_MS + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    // From the 307th day on it is January.
    i64::try_from(400 * era + year + u64::from(of_year >= 306)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_begins_and_ends_on_its_days() {
        for (seconds, year) in [
            (0, 1970),
            (951_782_399, 2000),
            (1_709_251_199, 2024),
            (1_767_225_599, 2025),
            (1_767_225_600, 2026),
            (1_798_761_599, 2026),
            (1_798_761_600, 2027),
            (4_102_444_799, 2099),
            (4_102_444_800, 2100),
        ] {
            assert_eq!(of(seconds * 1000), year, "{seconds}");
        }
    }
}
