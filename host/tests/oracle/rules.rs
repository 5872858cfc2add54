//! The differences, by name. `docs/decisions/0030-where-the-planner-differs-from-alembic.md` says why each is wanted.

use super::Why;
use super::alembic::Alembic;
use super::history::Set;
use super::target::{Direction, From, Point, Target};
use super::tenon::Tenon;

/// A question that was not answered alike.
#[derive(Debug)]
pub(crate) struct Difference<'a> {
    pub(crate) direction: Direction,
    pub(crate) target: Target<'a>,
    pub(crate) alembic: Result<Set, Why>,
    pub(crate) tenon: Result<Set, Why>,
    /// What a downgrade would undo that takes with it what stands on that.
    pub(crate) cascade: Option<Set>,
    pub(crate) models: (&'a Alembic<'a>, &'a Tenon<'a>),
}

macro_rules! rules {
    ($($name:ident $words:literal)*) => {
        /// Why the two differ.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Rule { $($name),* }

        impl Rule {
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// As the page calls it.
            pub(crate) fn words(self) -> &'static str {
                match self { $(Self::$name => $words),* }
            }
        }
    };
}

rules! {
    Cycle "a circle with a way in and a way out"
    Duplicate "one id twice"
    Traceback "a traceback"
    UpgradeToBase "upgrade to base"
    DowngradeToHead "downgrade to head"
    Passed "upgrade to what is behind"
    Dependents "what stands elsewhere on what is undone"
    EffectiveHead "downgrade to where its line stands"
    BaseOfBranch "base of a branch"
    NoLabel "a branch that is no label"
    ShortId "the beginning of a short id"
    LabelsBeginning "the beginning of a label"
    HeadOfEach "head of each plugin"
    Overlap "heads of a branch of which one needs another"
    OutsideTheBranch "a revision outside of the branch"
    OfAnotherPlugin "an id that another plugin has"
    BranchAbove "down to where a branch begins, or above"
    BelowABase "from a revision down to base"
    ForkNotTaken "a fork with one way applied"
    FromSeveral "+N from several places"
    AtAFork "+N at a fork"
    BeyondTheLine "+N beyond the end of a line"
    AlongTheLine "+N along a line"
    DownAtAMerge "-N at a merge"
    DownBeyondTheLine "-N beyond the beginning of a line"
    DownFromNowhere "-N of a branch that stands at none or several"
    DownFromAbove "-N of a branch that divides below"
    DownAlongTheLine "-N along a line"
}

impl Difference<'_> {
    /// The rule that says so, if there is one.
    pub(crate) fn rule(&self) -> Option<Rule> {
        use Direction::{Down, Up};
        let here = matches!(self.target.point, Point::Counted(From::Here, _));
        Some(match (self.direction, self.target.point, &self.alembic, &self.tenon) {
            (_, _, Err(Why::Traceback), Err(_)) => Rule::Traceback,
            (_, _, Err(_), Err(_)) => return None,
            (Up, Point::Base, Ok(none), Err(_)) if none.is_empty() => Rule::UpgradeToBase,
            (Down, Point::Head | Point::Heads, Ok(none), Err(_)) if none.is_empty() => Rule::DowngradeToHead,
            (Up, _, Ok(none), Err(Why::Passed)) if none.is_empty() => Rule::Passed,
            (Down, Point::Base, Ok(_), Err(Why::BaseOfBranch)) => Rule::BaseOfBranch,
            (_, _, Ok(_), Err(Why::NoBranch | Why::NoTarget)) => Rule::NoLabel,
            (Up, Point::Head, Err(Why::ManyHeads), Ok(_)) if self.target.branch.is_none() => Rule::HeadOfEach,
            (Up, Point::Heads, Err(Why::Overlap), Ok(_)) => Rule::Overlap,
            _ if self.is_read_differently().is_some() => self.is_read_differently()?,
            (Down, _, Ok(undone), Err(Why::Dependents)) if self.cascade.as_ref() == Some(undone) => Rule::Dependents,
            (Down, _, Err(Why::NotThere), Ok(none)) if none.is_empty() => Rule::EffectiveHead,
            (Up, _, Err(Why::SeveralPlaces), Ok(_)) if here => Rule::FromSeveral,
            (Up, _, Err(Why::Fork), Ok(_)) if here => Rule::AtAFork,
            (Up, _, Err(Why::TooFar), Ok(_)) if here => Rule::BeyondTheLine,
            (Up, _, Ok(_), Ok(_)) if here => Rule::AlongTheLine,
            (Down, _, Err(Why::Fork), _) if here => Rule::DownAtAMerge,
            (Down, _, Err(Why::TooFar), _) if here => Rule::DownBeyondTheLine,
            (Down, _, Err(Why::Traceback), Ok(_)) if here => Rule::DownFromNowhere,
            (Down, _, Err(Why::NotOfBranch), Ok(_)) if here => Rule::DownFromAbove,
            (Down, _, Ok(_), Ok(_) | Err(Why::Dependents)) if here => Rule::DownAlongTheLine,
            (Down, _, Err(Why::NotOfBranch), Ok(_)) => Rule::BranchAbove,
            (Down, Point::Counted(_, steps), Ok(undone), Ok(_) | Err(Why::Dependents | Why::NotThere))
                if steps < 0 && self.is_base(undone) =>
            {
                Rule::BelowABase
            }
            (Down, Point::Counted(_, steps), Err(Why::Fork), Ok(_)) if steps > 0 => Rule::ForkNotTaken,
            _ => return None,
        })
    }

    /// Whether this is what Alembic would undo down to base.
    fn is_base(&self, undone: &Set) -> bool {
        let base = Target { point: Point::Base, ..self.target };
        self.models.0.plan(Direction::Down, base).as_ref() == Ok(undone)
    }

    /// What stands where an id can is another revision for each of them, or none for one.
    fn is_read_differently(&self) -> Option<Rule> {
        let (alembic, tenon) = self.models;
        let history = alembic.history;
        let text = self.target.point.id()?;
        let scope = tenon.scope(self.target).ok()?;
        // Alembic asks for the branch in an upgrade only, and not where it is to walk upwards.
        let asks = self.direction == Direction::Up && !matches!(self.target.point, Point::Counted(_, steps) if steps > 0)
            || matches!(self.target.point, Point::Counted(_, steps) if steps < 0);
        let read = alembic.revision(text, self.target.branch.filter(|_| asks));
        let found = tenon.find(text, &scope);
        if read == found {
            return None;
        }
        if let Some(revision) = history.with_id(text).or_else(|| history.labelled(text)) {
            return match (scope.plugin.contains(&revision), found) {
                (false, Ok(_)) => Some(Rule::OfAnotherPlugin),
                _ => (!asks && !scope.line.contains(&revision)).then_some(Rule::OutsideTheBranch),
            };
        }
        let all = history.all();
        let begins_as_label = all.iter().any(|&v| history.labels(v).iter().any(|label| label.len() > 3 && label.starts_with(text)));
        let begins_as_short = scope.line.iter().any(|&v| history.id(v).len() <= 3 && history.id(v).starts_with(text));
        match (begins_as_label, begins_as_short) {
            (true, _) => Some(Rule::LabelsBeginning),
            (_, true) => Some(Rule::ShortId),
            _ => (!asks && scope.line != all).then_some(Rule::OutsideTheBranch),
        }
    }
}
