//! What `history -r` shows: the part of a history between two ends.

use super::applied::Applied;
use super::error::PlanError;
use super::graph::Graph;
use super::history::{Entry, entry, named};
use super::target::{Point, Target};

/// An end of a range of [`between`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Where every plugin stands; one of which nothing is applied stands at base.
    Current,
    /// What a target names; base is below everything. `-2` is counted from the upper end, `+2` from the lower one.
    At(Target),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Current => f.write_str("current"),
            Self::At(target) => target.fmt(f),
        }
    }
}

/// Vertices from which a walk begins.
struct Start {
    on: Vec<usize>,
    /// Below these; the first step leads onto them.
    below: Vec<usize>,
}

/// The revisions of [`history`](super::history::history) that lie on a way from one end to the other, both with them; an end that is not said
/// bounds nothing.
///
/// # Errors
/// As for [`show`](super::history::show); [`PlanError::NoWay`] where the lower end is not below the upper one.
pub fn between(graph: &Graph, applied: &Applied, from: Option<&End>, to: Option<&End>) -> Result<Vec<Entry>, PlanError> {
    let range = Range { graph, applied, needed_by: graph.needed_by() };
    let inside = match (counted(from), counted(to)) {
        (Some((target, steps)), _) if steps < 0 => range.last(target, steps, to)?,
        (_, Some((target, steps))) if steps > 0 => range.first(target, steps, from)?,
        _ => range.require_way(from, to)?,
    };
    let inside = graph.order.iter().rev().filter(|&&vertex| inside[vertex]);
    Ok(inside.map(|&vertex| entry(graph, applied, vertex)).collect())
}

/// How far an end is from the other one, where it says so.
fn counted(end: Option<&End>) -> Option<(&Target, i32)> {
    match end {
        Some(End::At(target @ Target { point: Point::Relative { from: None, steps }, .. })) => Some((target, *steps)),
        _ => None,
    }
}

struct Range<'a> {
    graph: &'a Graph,
    applied: &'a Applied,
    needed_by: Vec<Vec<usize>>,
}

impl Range<'_> {
    fn vertices(&self) -> std::ops::Range<usize> {
        0..self.graph.vertices.len()
    }

    /// Whether nothing lies below an end.
    fn is_base(&self, end: &End) -> bool {
        match end {
            End::At(target) => target.point == Point::Base,
            End::Current => self.applied.is_empty(),
        }
    }

    /// By vertex, whether it lies between the ends.
    fn inside(&self, from: Option<&End>, to: Option<&End>) -> Result<Vec<bool>, PlanError> {
        let above = match from {
            None => vec![true; self.graph.vertices.len()],
            Some(end) => {
                let Start { on, below } = self.start(end)?;
                self.graph.reached([on, below].concat(), |vertex| self.needed_by[vertex].clone())
            }
        };
        let below = match to {
            None => vec![true; self.graph.vertices.len()],
            Some(end) => self.graph.reached(self.start(end)?.on, |vertex| self.graph.vertices[vertex].needs().collect()),
        };
        Ok(above.into_iter().zip(below).map(|(above, below)| above && below).collect())
    }

    /// The same, where it is something.
    fn require_way(&self, from: Option<&End>, to: Option<&End>) -> Result<Vec<bool>, PlanError> {
        let inside = self.inside(from, to)?;
        if let (Some(from), Some(to)) = (from, to)
            && !inside.contains(&true)
            && !self.is_base(from)
        {
            let turned = self.inside(Some(to), Some(from)).is_ok_and(|turned| turned.contains(&true));
            return Err(PlanError::NoWay { from: from.to_string(), to: to.to_string(), turned });
        }
        Ok(inside)
    }

    fn start(&self, end: &End) -> Result<Start, PlanError> {
        let scope = match end {
            End::Current => {
                let on: Vec<usize> = self.vertices().filter(|&vertex| self.applied.is_head(self.graph, vertex)).collect();
                let stands = |vertex: usize| on.iter().any(|&it| self.graph.node(it).plugin == self.graph.node(vertex).plugin);
                let below = self.roots().filter(|&vertex| !stands(vertex)).collect();
                return Ok(Start { on, below });
            }
            End::At(target) if target.point == Point::Base => self.graph.scope(target)?,
            End::At(target) => return Ok(Start { on: named(self.graph, target)?, below: Vec::new() }),
        };
        Ok(Start { on: Vec::new(), below: self.roots().filter(|&vertex| scope.has(vertex)).collect() })
    }

    /// The first revisions.
    fn roots(&self) -> impl Iterator<Item = usize> {
        self.vertices().filter(|&vertex| self.graph.vertices[vertex].parents.is_empty())
    }

    /// What is at most so many steps below the upper end.
    fn last(&self, target: &Target, steps: i32, to: Option<&End>) -> Result<Vec<bool>, PlanError> {
        let on = match to {
            Some(end) => self.start(end)?.on,
            None => self.vertices().filter(|&vertex| self.graph.vertices[vertex].children.is_empty()).collect(),
        };
        self.within(target, on, steps.unsigned_abs(), |vertex| &self.graph.vertices[vertex].parents)
    }

    /// What is at most so many steps above the lower end.
    fn first(&self, target: &Target, steps: i32, from: Option<&End>) -> Result<Vec<bool>, PlanError> {
        let children = |vertex: usize| &self.graph.vertices[vertex].children;
        let Start { on, below } = match from {
            Some(end) => self.start(end)?,
            None => Start { on: Vec::new(), below: self.roots().collect() },
        };
        let from_below = self.within(target, below, steps.unsigned_abs() - 1, children)?;
        let from_on = self.within(target, on, steps.unsigned_abs(), children)?;
        Ok(from_on.into_iter().zip(from_below).map(|(one, other)| one || other).collect())
    }

    /// By vertex, whether it is at most so many steps away and of the target's plugin or branch.
    fn within<'a>(
        &self,
        target: &Target,
        start: Vec<usize>,
        steps: u32,
        next: impl Fn(usize) -> &'a Vec<usize>,
    ) -> Result<Vec<bool>, PlanError> {
        let scope = self.graph.scope(target)?;
        let mut reached = vec![false; self.graph.vertices.len()];
        let mut at = start;
        for step in 0..=steps {
            at.retain(|&vertex| scope.has(vertex) && !std::mem::replace(&mut reached[vertex], true));
            if at.is_empty() || step == steps {
                break;
            }
            at = at.iter().flat_map(|&vertex| next(vertex)).copied().collect();
        }
        Ok(reached)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, rev};
    use super::*;

    #[test]
    fn a_range_has_both_ends_and_what_lies_between_them() {
        let World { graph, applied, .. } = world();
        let end = |text: &str| match text {
            "" => None,
            "current" => Some(End::Current),
            target => Some(End::At(target.parse().unwrap())),
        };
        let told = |from: &str, to: &str| {
            let entries = between(&graph, &applied, end(from).as_ref(), end(to).as_ref()).unwrap();
            entries.iter().map(|entry| entry.node.revision.to_string()).collect::<String>()
        };
        for (from, to, expected) in [
            ("b", "d", "db"),
            ("b", "", "dxb"),
            ("", "b", "ba"),
            ("b", "x", "xb"),
            ("base", "c", "ca"),
            ("current", "", "dxb"),
            ("", "heads", "dcxba"),
            ("", "", "dcxba"),
        ] {
            assert_eq!(told(from, to), expected, "{from}:{to}");
        }
    }

    fn world() -> World {
        let shop = [rev("shop", "a", []), rev("shop", "b", ["a"]), rev("shop", "c", ["a"]), rev("shop", "d", ["b", "c"])];
        World::new(shop.into_iter().chain([rev("billing", "x", []).depends(["shop@b"])]), "shop@a shop@b billing@x")
    }

    #[test]
    fn where_nothing_lies_between_it_is_said_whether_the_ends_are_turned() {
        let World { graph, applied, .. } = world();
        let told =
            |from: &str, to: &str| between(&graph, &applied, Some(&End::At(from.parse().unwrap())), Some(&End::At(to.parse().unwrap())));
        assert!(matches!(told("c", "x"), Err(PlanError::NoWay { turned: false, .. })));
        assert!(matches!(told("d", "a"), Err(PlanError::NoWay { turned: true, .. })));
        assert!(matches!(told("a", "base"), Err(PlanError::NoWay { .. })));
        assert!(told("base", "base").unwrap().is_empty());
    }
}
