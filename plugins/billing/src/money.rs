//! Amounts, counted in cents.

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cents(pub(crate) i64);

/// More than any invoice: what a column `decimal(12,2)` holds.
const MOST: i64 = 999_999_999_999;

impl Cents {
    /// Of an order's total, which is a float: to the nearest cent, and no more than an invoice can hold.
    pub(crate) fn of_total(total: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, reason = "a total out of range is cut at the bounds, and one that is no number is 0")]
        Self(((total * 100.0).round() as i64).clamp(0, MOST))
    }

    /// Reads `12`, `12.5` or `-12.50`; none if it is no amount of at most ten digits and two places.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, places) = digits.split_once('.').map_or((digits, "00"), |(whole, places)| (whole, places));
        let plain = |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole, 10) || !plain(places, 2) {
            return None;
        }
        let cents: i64 = format!("{whole}{places:0<2}").parse().ok()?;
        Some(Self(sign * cents))
    }

    /// As a column of decimals has it: `12.50`.
    pub(crate) fn decimal(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        format!("{sign}{}.{:02}", self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_to_the_cent() {
        for (text, cents) in [("12", 1200), ("12.5", 1250), ("0.05", 5), ("-0.05", -5), ("9999999999.99", MOST)] {
            assert_eq!(Cents::read(text), Some(Cents(cents)), "{text}");
            assert_eq!(Cents::read(&Cents(cents).decimal()), Some(Cents(cents)), "{text}");
        }
        for text in ["", "-", ".5", "5.", "1.234", "1e3", "+1", "--1", " 1", "12345678901", "१"] {
            assert_eq!(Cents::read(text), None, "{text}");
        }
        assert_eq!([19.99, 0.1 + 0.2, -1.0, f64::NAN, f64::INFINITY].map(Cents::of_total), [1999, 30, 0, 0, MOST].map(Cents));
    }
}
