//! The middle and the ends of a few numbers.

use serde::Serialize;

/// Of several measurements of one thing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl Spread {
    /// None of nothing.
    pub(super) fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        let middle = numbers.len() / 2;
        let median = match numbers.len() {
            0 => return None,
            length if length % 2 == 1 => numbers[middle],
            _ => f64::midpoint(numbers[middle - 1], numbers[middle]),
        };
        Some(Self { median, least: *numbers.first()?, most: *numbers.last()? })
    }
}

/// The median, and in brackets the least and the most.
pub(super) fn spread(numbers: impl IntoIterator<Item = f64>, digits: usize) -> String {
    Spread::of(numbers).map_or_else(
        || "–".to_owned(),
        |Spread { median, least, most }| match least < most {
            true => format!("{median:.digits$} ({least:.digits$}–{most:.digits$})"),
            false => format!("{median:.digits$}"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, least: 1.0, most: 3.0 }));
        assert_eq!(Spread::of([4.0, 1.0]), Some(Spread { median: 2.5, least: 1.0, most: 4.0 }));
        assert_eq!(Spread::of([]), None);
    }
}
