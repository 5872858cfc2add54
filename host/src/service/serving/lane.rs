//! Where a handler's reads run: where they are asked for as long as they are quick, elsewhere when they are not.
//!
//! A thread that takes requests can afford a read of some microseconds, and nothing that lasts. So a handler runs there under a small
//! budget ([`INLINE`], of processor time: a thread that others push aside is not late) and only as long as it keeps far below it; one that
//! lately took longer runs among those that take long ([`SHARED`]). One that overruns either is run again on threads that get only what
//! the others leave of the machine, and stays there for a second, the next time for two, up to a minute; its plugin may do so ten times,
//! and once more each second. See `docs/decisions/0021-lanes-for-handlers.md`.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a read may run where it is asked for.
pub(super) const INLINE: Duration = Duration::from_millis(2);

/// How long a read may run on a thread that reads of the host's own use as well.
pub(super) const SHARED: Duration = Duration::from_millis(20);

/// A read that took longer than this lately does not run where it is asked for.
const QUICK: Duration = Duration::from_micros(300);

/// Overruns that a plugin has before it is kept away from the fast lane.
const CREDIT: f64 = 10.0;

/// The first rest, and the longest.
const REST: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Where a read runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Route {
    /// On the thread that asks.
    Inline,
    /// On a thread for reads that take long.
    Shared,
    /// On a thread that gets what the others leave.
    Last,
}

/// What is known of one handler.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// How long it takes, in microseconds: what about half of the last calls were below. A thread that others push aside for a moment
    /// makes one call long, and no median.
    recent: AtomicU32,
    rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
struct Rest {
    until: Option<Instant>,
    length: Duration,
}

impl Lane {
    /// Where the next read runs.
    pub(super) fn route(&self, credit: &Credit) -> Route {
        let now = Instant::now();
        if self.rest_of().until.is_some_and(|until| now < until) || !credit.is_good(now) {
            Route::Last
        } else if self.recent() > QUICK {
            Route::Shared
        } else {
            Route::Inline
        }
    }

    /// How long it took lately.
    pub(super) fn recent(&self) -> Duration {
        Duration::from_micros(self.recent.load(Ordering::Relaxed).into())
    }

    /// Takes a call into account that ran to its end.
    pub(super) fn took(&self, time: Duration) {
        let time = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let recent = self.recent.load(Ordering::Relaxed);
        let step = (recent / 8).max(8);
        let next = if time > recent { recent.saturating_add(step).min(time) } else { recent.saturating_sub(step).max(time) };
        // Two at once may count as one; it is an estimate.
        self.recent.store(next, Ordering::Relaxed);
    }

    /// It overran its time: it rests, each time longer. One that kept its time for as long as it last rested begins anew. Calls that ran
    /// side by side when the first of them overran count as one.
    pub(super) fn rest(&self, now: Instant) {
        let mut rest = self.rest_of();
        if rest.until.is_some_and(|until| now < until) {
            return;
        }
        let good = rest.until.is_none_or(|until| now > until + rest.length);
        rest.length = if good { REST.0 } else { (rest.length * 2).min(REST.1) };
        rest.until = Some(now + rest.length);
    }

    fn rest_of(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How often a plugin may still overrun; what was spent comes back, one a second.
#[derive(Debug)]
pub(super) struct Credit(Mutex<(f64, Instant)>);

impl Default for Credit {
    fn default() -> Self {
        Self(Mutex::new((CREDIT, Instant::now())))
    }
}

impl Credit {
    fn at(&self, now: Instant) -> MutexGuard<'_, (f64, Instant)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(state.1);
        *state = ((state.0 + passed.as_secs_f64()).min(CREDIT), now);
        state
    }

    fn is_good(&self, now: Instant) -> bool {
        self.at(now).0 >= 1.0
    }

    pub(super) fn spend(&self) {
        let mut state = self.at(Instant::now());
        state.0 = (state.0 - 1.0).max(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_one_stays_and_one_that_gets_slow_moves_over() {
        let (lane, credit) = (Lane::default(), Credit::default());
        assert_eq!(lane.route(&credit), Route::Inline);
        for _ in 0..30 {
            lane.took(Duration::from_micros(900));
        }
        assert_eq!(lane.route(&credit), Route::Shared);
        for _ in 0..30 {
            lane.took(Duration::from_micros(20));
        }
        assert_eq!(lane.route(&credit), Route::Inline);
        assert_eq!(lane.recent(), Duration::from_micros(20));
    }

    #[test]
    fn a_call_in_ten_that_took_long_for_no_fault_of_its_own_moves_nobody() {
        let (lane, credit) = (Lane::default(), Credit::default());
        for number in 0..1000 {
            lane.took(Duration::from_micros(if number % 10 == 0 { 9_000 } else { 40 }));
            assert_eq!(lane.route(&credit), Route::Inline, "{:?}", lane.recent());
        }
    }

    #[test]
    fn each_overrun_in_a_row_doubles_the_rest_up_to_a_minute() {
        let lane = Lane::default();
        let (mut lengths, mut now) = (Vec::new(), Instant::now());
        for _ in 0..9 {
            lane.rest(now);
            // Another that ran beside it.
            lane.rest(now);
            lengths.push(lane.rest_of().length.as_secs());
            now += lane.rest_of().length;
        }
        assert_eq!(lengths, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(lane.route(&Credit::default()), Route::Last);
    }

    #[test]
    fn a_plugin_without_credit_is_kept_away_whichever_of_its_handlers_spent_it() {
        let credit = Credit::default();
        for _ in 0..9 {
            credit.spend();
        }
        assert_eq!(Lane::default().route(&credit), Route::Inline);
        credit.spend();
        assert_eq!(Lane::default().route(&credit), Route::Last);
    }
}
