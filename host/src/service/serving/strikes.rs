//! Writes that take too long hold up everybody who writes, so a plugin may not try that again and again.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many in [`WINDOW`] close the plugin's handled writes.
const STRIKES: usize = 3;

/// See [`STRIKES`].
const WINDOW: Duration = Duration::from_secs(10);

/// The first pause, and the longest.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// When a plugin's writes took too long.
#[derive(Debug, Default)]
pub(super) struct Strikes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    recent: VecDeque<Instant>,
    pause: Duration,
    until: Option<Instant>,
}

impl Strikes {
    /// A write took too long; answers the pause that follows, if one does.
    pub(super) fn strike(&self, now: Instant) -> Option<Duration> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.recent.retain(|strike| now.saturating_duration_since(*strike) < WINDOW);
        state.recent.push_back(now);
        if state.recent.len() < STRIKES {
            return None;
        }
        state.recent.clear();
        let good = state.until.is_none_or(|until| now > until + WINDOW);
        state.pause = if good { PAUSE.0 } else { (state.pause * 2).min(PAUSE.1) };
        state.until = Some(now + state.pause);
        Some(state.pause)
    }

    /// How long its writes are still not taken.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = state.until?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn three_in_ten_seconds_close_it_and_each_time_for_longer() {
        let (strikes, start) = (Strikes::default(), Instant::now());
        assert_eq!(strikes.strike(start), None);
        assert_eq!(strikes.strike(after(start, 9_000)), None);
        // The first is forgotten by now.
        assert_eq!(strikes.strike(after(start, 10_500)), None);
        assert_eq!(strikes.strike(after(start, 11_000)), Some(Duration::from_secs(1)));
        assert_eq!(strikes.pause(after(start, 11_400)), Some(Duration::from_millis(600)));
        assert_eq!(strikes.pause(after(start, 12_000)), None);
        let mut pauses = Vec::new();
        let mut now = 12_000;
        for _ in 0..7 {
            for _ in 0..3 {
                now += 10;
                pauses.extend(strikes.strike(after(start, now)).map(|pause| pause.as_secs()));
            }
            now += 1_000 * pauses.last().unwrap();
        }
        assert_eq!(pauses, [2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn a_plugin_that_kept_its_time_for_long_begins_anew() {
        let (strikes, start) = (Strikes::default(), Instant::now());
        let three = |from: u64| (0..3).filter_map(|i| strikes.strike(after(start, from + i))).next_back();
        assert_eq!(three(0), Some(Duration::from_secs(1)));
        assert_eq!(three(60_000), Some(Duration::from_secs(1)));
    }
}
