//! From what a person wrote to a revision of the graph.

use std::ops::Range;

use strsim::damerau_levenshtein;

use crate::model::{Node, PluginName, RevisionId};

use super::error::PlanError;
use super::graph::{Graph, Member};
use super::target::{Anchor, Point, Target};

/// Names further apart than this are not each other's misspelling.
const NEAR: usize = 2;

/// Which revisions a walk may step on.
pub(super) type Allowed<'a> = &'a dyn Fn(usize) -> bool;

/// What a target can mean: revisions of all plugins, of one, or of a branch of one.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    /// The plugin, where it is one.
    pub(super) plugin: Option<&'a PluginName>,
    vertices: Range<usize>,
    branch: Option<Branch<'a>>,
}

/// A branch: what is of one line with the revision that has its label, those before it and those after it.
#[derive(Debug)]
struct Branch<'a> {
    /// As it was written.
    label: &'a PluginName,
    /// By vertex.
    line: Vec<bool>,
}

impl<'a> Scope<'a> {
    /// A plugin.
    pub(super) fn of(plugin: &'a PluginName, member: &Member) -> Self {
        Self { plugin: Some(plugin), vertices: member.vertices.clone(), branch: None }
    }

    pub(super) fn has(&self, vertex: usize) -> bool {
        self.vertices.contains(&vertex) && self.branch.as_ref().is_none_or(|branch| branch.line[vertex])
    }

    fn vertices(&self) -> impl Iterator<Item = usize> {
        self.vertices.clone().filter(|&vertex| self.has(vertex))
    }
}

impl Graph {
    /// What is meant by the part of the target before the `@`: a plugin, or else the branch of a label.
    pub(super) fn scope<'a>(&'a self, target: &'a Target) -> Result<Scope<'a>, PlanError> {
        let Some(name) = &target.plugin else { return Ok(Scope { plugin: None, vertices: 0..self.vertices.len(), branch: None }) };
        let labelled = || (0..self.vertices.len()).filter(|&v| self.is_labelled(v, name.as_str())).collect::<Vec<_>>();
        let (plugin, branch) = match self.member(name).map_or_else(labelled, |_| Vec::new())[..] {
            [] => (name, None),
            [vertex] => (&self.node(vertex).plugin, Some(Branch { label: name, line: self.line(vertex) })),
            ref several => return Err(PlanError::AmbiguousRevision { text: name.to_string(), candidates: self.named(several) }),
        };
        // What lies below a branch is no point of its own.
        if branch.is_some() && target.point == Point::Base {
            return Err(PlanError::BaseOfBranch { label: name.clone(), plugin: plugin.clone() });
        }
        Ok(Scope { branch, ..Scope::of(plugin, self.require_plugin(plugin)?) })
    }

    /// What comes before a revision or after it by parents, and itself.
    fn line(&self, vertex: usize) -> Vec<bool> {
        let before = self.reached(vec![vertex], |v| self.vertices[v].parents.clone());
        let after = self.reached(vec![vertex], |v| self.vertices[v].children.clone());
        before.into_iter().zip(after).map(|(before, after)| before || after).collect()
    }

    /// The plugin of that name, loaded or in the ledger.
    pub(super) fn require_plugin(&self, plugin: &PluginName) -> Result<&Member, PlanError> {
        self.member(plugin).ok_or_else(|| {
            let known: Vec<PluginName> = self.plugins().cloned().collect();
            let distance = |name: &&PluginName| damerau_levenshtein(name.as_str(), plugin.as_str());
            let near = known.iter().min_by_key(distance).filter(|name| distance(name) <= NEAR).cloned();
            PlanError::UnknownPlugin { plugin: plugin.clone(), known, near }
        })
    }

    /// The revision of that id, or of that label, or the only one whose id begins so.
    ///
    /// An id that the plugin has is meant, even if it is not of the branch and another one there begins so.
    pub(super) fn find(&self, scope: &Scope<'_>, text: &str) -> Result<usize, PlanError> {
        let id = |v: &usize| self.node(*v).revision.as_str();
        let mut found: Vec<usize> = scope.vertices.clone().filter(|v| id(v) == text).collect();
        if found.is_empty() {
            found = scope.vertices.clone().filter(|&v| self.is_labelled(v, text)).collect();
        }
        if found.is_empty() {
            found = scope.vertices().filter(|v| id(v).starts_with(text)).collect();
        }
        found.retain(|&v| scope.has(v));
        match found[..] {
            [vertex] => Ok(vertex),
            [] => Err(self.nothing_found(scope, text)),
            _ => Err(PlanError::AmbiguousRevision { text: text.to_owned(), candidates: self.named(&found) }),
        }
    }

    fn is_labelled(&self, vertex: usize, label: &str) -> bool {
        self.vertices[vertex].facts.labels.iter().any(|known| known.as_str() == label)
    }

    fn nothing_found(&self, scope: &Scope<'_>, text: &str) -> PlanError {
        match text.parse::<PluginName>() {
            Ok(name) if scope.branch.is_none() && scope.plugin.is_none() && self.member(&name).is_some() => {
                PlanError::PluginNotRevision { plugin: name }
            }
            _ => self.unknown_revision(scope, text),
        }
    }

    /// Names the revisions that there are, those first whose ids are most alike.
    pub(super) fn unknown_revision(&self, scope: &Scope<'_>, text: &str) -> PlanError {
        let mut known = self.named(&scope.vertices().collect::<Vec<_>>());
        // No id is longer; somebody's argument may be.
        let begin: String = text.chars().take(RevisionId::LONGEST).collect();
        known.sort_by_cached_key(|node| damerau_levenshtein(node.revision.as_str(), &begin));
        let text = text.to_owned();
        match &scope.branch {
            Some(branch) => PlanError::NotOfBranch { text, label: branch.label.clone(), known },
            None => PlanError::UnknownRevision { text, plugin: scope.plugin.cloned(), known },
        }
    }

    /// The heads of a scope, in the order of their names.
    pub(super) fn heads_of(&self, scope: &Scope<'_>) -> Vec<usize> {
        scope.vertices().filter(|&v| self.vertices[v].children.is_empty()).collect()
    }

    /// The one head of a plugin, or of a branch; none for a plugin without revisions.
    pub(super) fn only_head(&self, scope: &Scope<'_>) -> Result<Option<usize>, PlanError> {
        match self.heads_of(scope)[..] {
            [] => Ok(None),
            [head] => Ok(Some(head)),
            ref heads => {
                let label = scope.branch.as_ref().map(|branch| branch.label.clone());
                Err(PlanError::ManyHeads { plugin: self.node(heads[0]).plugin.clone(), label, heads: self.named(heads) })
            }
        }
    }

    pub(super) fn named(&self, vertices: &[usize]) -> Vec<Node> {
        vertices.iter().map(|&v| self.node(v).clone()).collect()
    }

    /// Follows a relative target from its anchor, inside one plugin.
    ///
    /// Upwards it steps only on `allowed` revisions of the scope; downwards on parents, whichever they are.
    pub(super) fn walk(
        &self,
        target: &Target,
        scope: &Scope<'_>,
        from: &Anchor,
        steps: i32,
        allowed: Allowed<'_>,
    ) -> Result<Landing, PlanError> {
        // `head` and `base` are of a plugin, which need not be said where there is one.
        let require_one = || match (scope.plugin, self.plugins().count()) {
            (Some(_), _) | (None, 1) => Ok(()),
            (None, _) => Err(PlanError::NeedsPlugin { target: target.to_string() }),
        };
        let too_far =
            |found: u32| PlanError::RelativeTooFar { target: target.to_string(), wanted: steps.unsigned_abs().into(), found: found.into() };
        let (mut at, mut taken) = match from {
            Anchor::Revision(id) => (self.find(scope, id)?, 0),
            Anchor::Head => {
                require_one()?;
                (self.only_head(scope)?.ok_or_else(|| too_far(0))?, 0)
            }
            Anchor::Base if steps < 0 => return Err(too_far(0)),
            Anchor::Base => {
                require_one()?;
                let first = scope.vertices().filter(|&v| self.vertices[v].parents.is_empty() && allowed(v)).collect();
                (self.only(target, None, first)?.ok_or_else(|| too_far(0))?, 1)
            }
        };
        while taken < steps.unsigned_abs() {
            let next = if steps > 0 {
                let children = self.vertices[at].children.iter().copied().filter(|&v| scope.has(v) && allowed(v)).collect();
                self.only(target, Some(at), children)?
            } else {
                self.only(target, Some(at), self.vertices[at].parents.clone())?
            };
            taken += 1;
            match next {
                Some(next) => at = next,
                // One step below a first revision is base; a further one is nowhere.
                None if steps < 0 && taken == steps.unsigned_abs() => return Ok(Landing::Below(at)),
                None => return Err(too_far(taken - u32::from(steps > 0))),
            }
        }
        Ok(Landing::On(at))
    }

    fn only(&self, target: &Target, at: Option<usize>, choices: Vec<usize>) -> Result<Option<usize>, PlanError> {
        match (&choices[..], at) {
            ([], _) => Ok(None),
            ([one], _) => Ok(Some(*one)),
            (_, Some(at)) => {
                let (target, at) = (target.to_string(), self.node(at).to_string());
                Err(PlanError::AmbiguousWalk { target, at, choices: self.named(&choices) })
            }
            (_, None) => Err(PlanError::AmbiguousWalk { target: target.to_string(), at: "base".to_owned(), choices: self.named(&choices) }),
        }
    }
}

/// Where a walk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Landing {
    /// On a revision.
    On(usize),
    /// On base, just below this revision.
    Below(usize),
}
