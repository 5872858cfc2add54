//! A line of the file: both are asked, each is held to its model, and a difference to a rule.

use std::collections::BTreeMap;

use super::Why;
use super::alembic::Alembic;
use super::case::{Answer, Case, Drawn};
use super::history::{History, Set};
use super::planner::{Planner, Split, is_refused};
use super::rules::{Difference, Rule};
use super::target::{Direction, Target};
use super::tenon::Tenon;

/// What came of all lines.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) graphs: usize,
    pub(crate) databases: usize,
    /// Asked of both.
    pub(crate) questions: usize,
    /// The same answer, the order with it.
    pub(crate) alike: usize,
    /// The same steps in another order, where there are several.
    pub(crate) reordered: usize,
    pub(crate) rules: BTreeMap<Rule, usize>,
    /// What no rule explains, each with a line to run again.
    pub(crate) unexplained: Vec<String>,
}

impl Tally {
    fn count(&mut self, rule: Rule) {
        *self.rules.entry(rule).or_default() += 1;
    }
}

/// Compares what a line says.
pub(crate) fn compare(line: &str, tally: &mut Tally) {
    let case = Case::read(line);
    tally.graphs += 1;
    let again = |what: String, question: Option<(usize, usize)>| format!("{what}\n  {}", shortened(line, question));
    if case.spoilt.is_some() {
        tally.questions += 1;
        match spoilt(&case) {
            Ok(None) => tally.alike += 1,
            Ok(Some(rule)) => tally.count(rule),
            Err(what) => tally.unexplained.push(again(what, None)),
        }
        return;
    }
    let history = History::of(&case.revisions);
    if let Err(what) = ends(&case, &history) {
        tally.unexplained.push(again(what, None));
    }
    for (place, state) in case.states.iter().enumerate() {
        let ledger: Vec<usize> = state.applied.iter().map(|id| history.with_id(id).unwrap()).collect();
        let database = Database { history: &history, ledger: &ledger };
        tally.databases += 1;
        for split in [Split::OnePlugin, Split::PluginForEachTree] {
            let plugins = split.plugins(&history);
            if split == Split::PluginForEachTree && plugins.iter().all(|&plugin| plugin == plugins[0]) {
                continue;
            }
            let planner = Planner::new(&case.revisions, &history, &plugins, &ledger);
            for (number, (direction, target, answer)) in state.asked.iter().enumerate() {
                tally.questions += 1;
                match database.ask(&planner, &plugins, *direction, target, answer) {
                    Ok(Compared::Alike) => tally.alike += 1,
                    Ok(Compared::Reordered) => tally.reordered += 1,
                    Ok(Compared::Differs(rule)) => tally.count(rule),
                    Err(what) => {
                        let what = format!("{direction:?} {target}, {split:?}: {what}");
                        tally.unexplained.push(again(what, Some((place, number))));
                    }
                }
            }
        }
    }
}

/// The line with only this question.
fn shortened(line: &str, question: Option<(usize, usize)>) -> String {
    let mut json: serde_json::Value = serde_json::from_str(line).unwrap();
    if let Some((place, number)) = question {
        let mut state = json["states"][place].take();
        state["asked"] = serde_json::json!([state["asked"][number].take()]);
        json["states"] = serde_json::json!([state]);
    }
    json.to_string()
}

enum Compared {
    Alike,
    Reordered,
    Differs(Rule),
}

/// A graph, and what is applied of it.
struct Database<'a> {
    history: &'a History,
    ledger: &'a [usize],
}

impl Database<'_> {
    fn ask(&self, planner: &Planner, plugins: &[usize], direction: Direction, text: &str, answer: &Answer) -> Result<Compared, String> {
        let history = self.history;
        let applied: Set = self.ledger.iter().copied().collect();
        let target = Target::read(text);
        let alembic = Alembic { history, applied: &applied };
        let tenon = Tenon { history, ledger: self.ledger, plugins };
        let (says, expected) = (self.numbers(answer), alembic.plan(direction, target));
        let told = expected.clone().map_err(|why| why == Why::Traceback);
        require(says.as_deref().map(to_set).map_err(|&traceback| traceback) == told, || {
            format!("Alembic does not do what is said of it: {answer:?}, not {:?}", self.ids(expected.as_ref()))
        })?;
        let (does, wanted) = (planner.plan(direction, text, false), tenon.plan(direction, target));
        require(does == self.ids(wanted.as_ref()), || {
            format!("the planner does not do what is said of it: {does:?}, not {:?}", self.ids(wanted.as_ref()))
        })?;
        let from_behind = planner.plan_from_behind(direction, text);
        require(does == from_behind, || format!("the order of what is loaded matters: {does:?}, or {from_behind:?}"))?;
        for steps in [says.as_ref().ok(), wanted.as_ref().ok()].into_iter().flatten() {
            let upwards: Vec<usize> = if direction == Direction::Up { steps.clone() } else { steps.iter().rev().copied().collect() };
            require(history.is_order(&upwards), || format!("no order: {steps:?}"))?;
        }
        if let (Ok(says), Ok(wanted)) = (&says, &wanted)
            && to_set(says) == to_set(wanted)
        {
            let upwards: Vec<usize> = if direction == Direction::Up { says.clone() } else { says.iter().rev().copied().collect() };
            let reordered = says != wanted;
            require(!(reordered && history.is_only_order(&upwards)), || "another order where there is only one".to_owned())?;
            return Ok(if reordered { Compared::Reordered } else { Compared::Alike });
        }
        if matches!((&expected, &wanted), (Err(why), Err(_)) if *why != Why::Traceback) {
            return Ok(Compared::Alike);
        }
        let cascade =
            (wanted == Err(Why::Dependents)).then(|| tenon.cascade(target)).transpose().map_err(|why| format!("{why:?} with --cascade"))?;
        if let Some(cascade) = &cascade {
            let does = planner.plan(direction, text, true);
            require(does == self.ids(Ok(cascade)), || format!("with --cascade the planner does {does:?}"))?;
        }
        let tenon_does = wanted.as_deref().map(to_set).map_err(|why| *why);
        let cascade = cascade.as_deref().map(to_set);
        let difference = Difference { direction, target, alembic: expected, tenon: tenon_does, cascade, models: (&alembic, &tenon) };
        difference.rule().map(Compared::Differs).ok_or_else(|| {
            let (alembic, tenon) = (self.ids(difference.alembic.as_ref()), self.ids(wanted.as_ref()));
            format!("no rule: Alembic does {alembic:?}, Tenon {tenon:?}")
        })
    }

    /// Alembic's answer in numbers; an error says whether it is a traceback.
    fn numbers(&self, answer: &Answer) -> Result<Vec<usize>, bool> {
        match answer {
            Answer::Steps(ids) => Ok(ids.iter().map(|id| self.history.with_id(id).unwrap()).collect()),
            Answer::Refused(error) => Err(error.starts_with('!')),
        }
    }

    fn ids<'s>(&self, steps: Result<impl IntoIterator<Item = &'s usize>, &Why>) -> Result<Vec<String>, Why> {
        steps.map(|steps| steps.into_iter().map(|&step| self.history.id(step).to_owned()).collect()).map_err(|why| *why)
    }
}

fn to_set(steps: &[usize]) -> Set {
    steps.iter().copied().collect()
}

fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// Heads and bases are the same for both.
fn ends(case: &Case, history: &History) -> Result<(), String> {
    let ids = |revisions: Set| revisions.into_iter().map(|revision| history.id(revision).to_owned()).collect();
    let (heads, bases) = (Answer::Steps(ids(history.heads())), Answer::Steps(ids(history.bases())));
    require(case.heads == heads && case.bases == bases, || format!("Alembic has other heads and bases than {heads:?}, {bases:?}"))?;
    let of_tenon = super::planner::heads(&case.revisions);
    require(Answer::Steps(of_tenon.clone()) == heads, || format!("Tenon has the heads {of_tenon:?}"))
}

/// A graph that is none: Tenon refuses each, Alembic most.
fn spoilt(case: &Case) -> Result<Option<Rule>, String> {
    require(is_refused(&case.revisions), || "Tenon takes it".to_owned())?;
    let how = case.spoilt.as_deref().unwrap_or_default();
    let (expected, rule) = match how {
        "cycle" | "dependency cycle" if hides_its_circle(&case.revisions) => (Ok(()), Some(Rule::Cycle)),
        "cycle" | "dependency cycle" | "label twice" | "label is id" => (Err(false), None),
        "missing parent" | "missing dependency" => (Err(true), Some(Rule::Traceback)),
        "duplicate" => (Ok(()), Some(Rule::Duplicate)),
        other => return Err(format!("what is {other:?}?")),
    };
    let says = match &case.heads {
        Answer::Steps(_) => Ok(()),
        Answer::Refused(error) => Err(error.starts_with('!')),
    };
    require(says == expected, || format!("{how}: Alembic says {:?}, not {expected:?}", case.heads)).map(|()| rule)
}

/// Alembic finds a circle only if one of it does not lie on a way from a first revision to a last one, by parents or by all that is needed.
fn hides_its_circle(revisions: &[Drawn]) -> bool {
    let by_parents = |revision: &Drawn| revision.parents.clone();
    let by_needs = |revision: &Drawn| [&revision.parents[..], &revision.depends_on].concat();
    let itself = |revision: &Drawn| by_needs(revision).contains(&revision.id);
    let on_ways = |needs: &dyn Fn(&Drawn) -> Vec<String>| {
        let needed: Vec<String> = revisions.iter().flat_map(needs).collect();
        let up = reached(revisions, |one| needs(one).is_empty(), |one, other| needs(one).contains(&other.id));
        let down = reached(revisions, |one| !needed.contains(&one.id), |one, other| needs(other).contains(&one.id));
        up.iter().zip(down).all(|(&up, down)| up && down)
    };
    !revisions.iter().any(itself) && on_ways(&by_parents) && on_ways(&by_needs)
}

/// Which can be reached from where it begins; `next` says whether one comes next to another.
fn reached(revisions: &[Drawn], begins: impl Fn(&Drawn) -> bool, next: impl Fn(&Drawn, &Drawn) -> bool) -> Vec<bool> {
    let mut found: Vec<bool> = revisions.iter().map(begins).collect();
    loop {
        let by = |one: &Drawn| revisions.iter().zip(&found).any(|(other, &found)| found && next(one, other));
        let grown: Vec<bool> = revisions.iter().zip(&found).map(|(one, &found)| found || by(one)).collect();
        if grown == found {
            return found;
        }
        found = grown;
    }
}
