//! How a run of migrations is told while it goes on: a line per step, and a bar on a terminal when it takes longer than a second. Elsewhere, in
//! a log say, the copy of a large table has lines of its own instead.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{FormattedDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::output::{Output, is_terminal};
use crate::service::backup::Backup;
use crate::service::upgrade::{Copying, Progress, StepLine};

/// Runs shorter than this show no bar: it would only flicker.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often the line is drawn anew, so that a person sees that the run is alive.
const TICK: Duration = Duration::from_millis(200);

/// How many characters wide the bar is.
const WIDTH: u64 = 24;

/// Where there is no bar, copies of fewer rows than this are not worth a line: they take some 100 ms.
const LARGE: u64 = 100_000;

/// How many lines, at most, tell of one copy.
const LINES: u64 = 10;

/// Tells a run on standard error.
#[derive(Debug)]
pub(super) struct Teller {
    output: Output,
    bar: ProgressBar,
    copying: Arc<Copying>,
}

impl Teller {
    /// Begins to tell.
    pub(super) fn new(output: Output) -> Self {
        let shown = is_terminal() && !output.quiet && !output.json;
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let copying = Arc::new(if shown || output.quiet { Copying::default() } else { in_lines(output) });
        let bar = ProgressBar::with_draw_target(Some(0), target).with_style(style(Arc::clone(&copying)));
        bar.enable_steady_tick(TICK);
        Self { output, bar, copying }
    }
}

/// Tells of a large copy in lines.
fn in_lines(output: Output) -> Copying {
    Copying::telling(move |before, copied, rows| {
        if is_worth_a_line(before, copied, rows) {
            output.note(&format!("Copied {copied} of {rows} rows."));
        }
    })
}

/// Whether a large copy came to another tenth of its rows.
fn is_worth_a_line(before: u64, copied: u64, rows: u64) -> bool {
    let tenth = |copied: u64| u128::from(copied) * u128::from(LINES) / u128::from(rows.max(1));
    rows >= LARGE && tenth(copied) > tenth(before)
}

fn style(copying: Arc<Copying>) -> ProgressStyle {
    let rest = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        if state.elapsed() >= PATIENCE {
            // A write to the bar's own buffer; there is nothing to do about a failure.
            let _ = write!(out, "{}", status(state.pos(), state.len().unwrap_or(0), state.elapsed(), copying.now()));
        }
    };
    ProgressStyle::with_template("{rest}").expect("the template is right").with_key("rest", rest)
}

/// Where a run stands: a bar, as soon as it is known how many steps there are; until then that it is alive.
fn status(done: u64, steps: u64, elapsed: Duration, copying: Option<(u64, u64)>) -> String {
    let time = FormattedDuration(elapsed);
    if steps == 0 {
        let turn = elapsed.as_millis() / TICK.as_millis() % 4;
        let wheel = ['|', '/', '-', '\\'][turn as usize];
        return format!("{wheel} preparing: plugins are loaded, and the database is waited for {time}");
    }
    let full = (done.min(steps) * WIDTH / steps) as usize;
    let copying = match copying {
        None => String::new(),
        Some((copied, rows)) if copied == rows => format!(", copied all {rows} rows, making its indexes and checking it"),
        Some((copied, rows)) => format!(", copied {copied} of {rows} rows"),
    };
    format!("[{}{}] {done}/{steps} {time}{copying}", "#".repeat(full), "-".repeat(WIDTH as usize - full))
}

impl Progress for Teller {
    fn backed_up(&mut self, backup: &Backup) {
        let Backup { path, restore } = backup;
        let word = format!("The database as it was: {}\nTo put it back, with nobody using it: {restore}", path.display());
        self.bar.suspend(|| self.output.word(&word));
    }

    fn begin(&mut self, line: &StepLine, number: usize, total: usize) {
        self.bar.set_length(total as u64);
        self.bar.set_position(number as u64 - 1);
        self.bar.suspend(|| self.output.note(&running(line)));
    }

    fn done(&mut self) {
        self.bar.inc(1);
    }

    fn copying(&self) -> Arc<Copying> {
        Arc::clone(&self.copying)
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `Running upgrade  -> shop@a1b2, Message.`; the side that is base stays empty, as in Alembic's log.
pub(super) fn running(line: &StepLine) -> String {
    let StepLine { direction, revision, parents, message } = line;
    let mut down = String::new();
    for (i, parent) in parents.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = write!(down, "{}{parent}", if i == 0 { "" } else { ", " });
    }
    match *direction {
        "downgrade" => format!("Running downgrade {revision} -> {down}, {message}"),
        direction => format!("Running {direction} {down} -> {revision}, {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_the_run_is_far() {
        let at = |done, steps| status(done, steps, Duration::from_secs(61), None);
        assert_eq!(at(0, 3), "[------------------------] 0/3 00:01:01");
        assert_eq!(at(1, 3), "[########----------------] 1/3 00:01:01");
        assert_eq!(at(3, 3), "[########################] 3/3 00:01:01");
        let copying = |copied| status(1, 3, Duration::from_secs(61), Some((copied, 1_000_000)));
        assert!(copying(430_000).ends_with("1/3 00:01:01, copied 430000 of 1000000 rows"));
        assert!(copying(1_000_000).ends_with("1/3 00:01:01, copied all 1000000 rows, making its indexes and checking it"));
        assert!(at(0, 0).contains("preparing") && at(0, 0).ends_with("00:01:01"));
    }

    #[test]
    fn a_large_copy_has_ten_lines_in_a_log_and_a_small_one_none() {
        let lines = |rows: u64| {
            let pieces = (0..rows).step_by(10_000).map(|before| (before, (before + 10_000).min(rows)));
            pieces.filter(|(before, copied)| is_worth_a_line(*before, *copied, rows)).map(|(_, copied)| copied).collect::<Vec<_>>()
        };
        assert_eq!(lines(LARGE - 1), [0; 0]);
        assert_eq!(lines(1_000_000), (1..=10).map(|tenth| tenth * 100_000).collect::<Vec<_>>());
        assert_eq!(lines(345_678).len(), 10);
    }
}
