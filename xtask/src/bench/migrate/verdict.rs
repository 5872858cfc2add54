//! What is aimed at, and whether it was met.

use super::contestant::Who;
use super::interrupt::Interruption;
use super::process::Took;
use super::rebuild::Rebuilds;
use super::revisions::{Revisions, Run};
use super::simulate::Simulation;
use crate::bench::statistics::{Spread, spread};
use crate::bench::verdict::Verdict;

/// The longest that a command may take that finds nothing to do, in milliseconds.
const QUICK_MS: f64 = 50.0;

impl Revisions {
    /// The runs of one contestant.
    pub(super) fn of(&self, who: Who) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.who == who)
    }

    /// How many times as much one takes as another, for each round.
    pub(super) fn ratios(&self, who: Who, other: Who, number: fn(&Took) -> f64) -> impl Iterator<Item = f64> {
        let of_round = move |round| self.of(other).find(move |run| run.round == round);
        self.of(who).filter_map(move |run| Some(number(&run.took) / number(&of_round(run.round)?.took)))
    }

    /// The commands that found nothing to do, in order.
    pub(super) fn commands(&self) -> Vec<&'static str> {
        let mut commands: Vec<&str> = Vec::new();
        for quick in &self.quick {
            if !commands.contains(&quick.command) {
                commands.push(quick.command);
            }
        }
        commands
    }
}

/// Of the long history.
pub(super) fn of_revisions(measured: &Revisions) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut ratio = |aim: &str, who, other, meets: fn(f64) -> bool| {
        let ratios: Vec<f64> = measured.ratios(who, other, |took| took.seconds).collect();
        if let Some(Spread { median, .. }) = Spread::of(ratios.iter().copied()) {
            verdicts.push(Verdict { aim: aim.to_owned(), found: format!("{} times", spread(ratios, 2)), met: meets(median) });
        }
    };
    ratio("at most 1.3 times as long as rusqlite by hand with the same settings", Who::TenonWarm, Who::Native, |ratio| ratio <= 1.3);
    ratio("the same, and the plugin has to be compiled first", Who::TenonCold, Who::Native, |ratio| ratio <= 1.3);
    ratio("Alembic takes at least 5 times as long, both FULL", Who::Alembic, Who::TenonWarm, |ratio| ratio >= 5.0);
    ratio(
        "Alembic takes at least 15 times as long; it in WAL with NORMAL, Tenon with FULL, which it has no setting to change (by hand, all in \
         one transaction: see below)",
        Who::AlembicNormal,
        Who::TenonWarm,
        |ratio| ratio >= 15.0,
    );
    for command in measured.commands().into_iter().filter(|command| command.starts_with("tenon")) {
        let times: Vec<f64> =
            measured.quick.iter().filter(|quick| quick.command == command).map(|quick| quick.took.seconds * 1e3).collect();
        let met = Spread::of(times.iter().copied()).is_some_and(|spread| spread.median < QUICK_MS);
        let aim = format!("`{command}` over {} applied revisions in less than 50 ms", measured.revisions);
        verdicts.push(Verdict { aim, found: format!("{} ms", spread(times, 1)), met });
    }
    verdicts
}

/// Of a table that is copied.
pub(super) fn of_rebuilds(measured: &Rebuilds) -> Vec<Verdict> {
    let ratios: Vec<f64> = measured.pairs.iter().map(|pair| pair.tenon.seconds / pair.native.seconds).collect();
    let met = Spread::of(ratios.iter().copied()).is_some_and(|spread| spread.median <= 1.2);
    let copy = Verdict {
        aim: format!("the copy of {} rows with three indexes in at most 1.2 times as long as by hand", measured.rows),
        found: format!("{} times", spread(ratios, 2)),
        met,
    };
    let (found, met) = match &measured.interruption {
        Interruption::TooLate => ("it came too late".to_owned(), false),
        Interruption::Undone { copied, rows, .. } => (format!("pressed at {copied} of {rows} rows; the same"), true),
    };
    let aim = "the progress bar is shown, and Ctrl-C in the midst of a copy leaves what `.dump` prints as it was".to_owned();
    vec![copy, Verdict { aim, found, met }]
}

/// Of a simulation; it would have ended the run otherwise.
pub(super) fn of_simulation(measured: &Simulation) -> Verdict {
    Verdict {
        aim: "`--simulate` on a large database leaves every byte of it".to_owned(),
        found: format!("{} MB, the same", measured.bytes / 1_000_000),
        met: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(round: u32, who: Who, seconds: f64) -> Run {
        Run { round, who, took: Took { seconds, cpu_seconds: seconds } }
    }

    /// The machine was half as fast in the second round, and nothing else differed: the ratio shows it.
    #[test]
    fn an_aim_is_held_against_the_median_of_the_rounds_ratios() {
        let runs = [(Who::Native, 1.0), (Who::TenonWarm, 1.2), (Who::Alembic, 5.0)];
        let slow = runs.map(|(who, seconds)| run(2, who, 2.0 * seconds));
        let runs = runs.map(|(who, seconds)| run(1, who, seconds)).into_iter().chain(slow).collect();
        let verdicts = of_revisions(&Revisions { revisions: 9, runs, ..Revisions::default() });
        let said: Vec<(&str, bool)> = verdicts.iter().map(|verdict| (verdict.found.as_str(), verdict.met)).collect();
        assert_eq!(said, [("1.20 times", true), ("4.17 times", false)]);
    }
}
