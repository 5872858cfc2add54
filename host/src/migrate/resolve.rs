//! From what a person wrote to a revision of the graph.

use strsim::damerau_levenshtein;

use crate::model::{Node, PluginName, RevisionId};

use super::error::PlanError;
use super::graph::{Graph, Member};
use super::target::{Anchor, Point, Target};

/// Names further apart than this are not each other's misspelling.
const NEAR: usize = 2;

/// Which revisions a walk may step on.
pub(super) type Allowed<'a> = &'a dyn Fn(usize) -> bool;

impl Graph {
    /// The plugin of that name, loaded or in the ledger.
    pub(super) fn require_plugin(&self, plugin: &PluginName) -> Result<&Member, PlanError> {
        self.member(plugin).ok_or_else(|| {
            let known: Vec<PluginName> = self.plugins().cloned().collect();
            let distance = |name: &&PluginName| damerau_levenshtein(name.as_str(), plugin.as_str());
            let near = known.iter().min_by_key(distance).filter(|name| distance(name) <= NEAR).cloned();
            PlanError::UnknownPlugin { plugin: plugin.clone(), known, near }
        })
    }

    /// The revision of that id, or the only one whose id begins so.
    pub(super) fn find(&self, plugin: Option<&PluginName>, text: &str) -> Result<usize, PlanError> {
        let range = match plugin {
            Some(plugin) => self.require_plugin(plugin)?.vertices.clone(),
            None => 0..self.vertices.len(),
        };
        let id = |v: &usize| self.node(*v).revision.as_str();
        let mut found: Vec<usize> = range.clone().filter(|v| id(v) == text).collect();
        if found.is_empty() {
            found = range.clone().filter(|&v| self.is_labelled(v, text)).collect();
        }
        if found.is_empty() {
            found = range.filter(|v| id(v).starts_with(text)).collect();
        }
        match found[..] {
            [vertex] => Ok(vertex),
            [] => Err(self.nothing_found(plugin, text)),
            _ => Err(PlanError::AmbiguousRevision { text: text.to_owned(), candidates: self.named(&found) }),
        }
    }

    fn is_labelled(&self, vertex: usize, label: &str) -> bool {
        self.vertices[vertex].facts.labels.iter().any(|known| known.as_str() == label)
    }

    /// A target whose part before the `@` is a label, as one of the label's plugin; every other one as it is. A plugin's name comes first.
    pub(super) fn of_plugin(&self, target: &Target) -> Result<Target, PlanError> {
        let Some(name) = target.plugin.as_ref().filter(|name| self.member(name).is_none()) else { return Ok(target.clone()) };
        let labelled: Vec<usize> = (0..self.vertices.len()).filter(|&v| self.is_labelled(v, name.as_str())).collect();
        let vertex = match labelled[..] {
            [] => return Ok(target.clone()),
            [vertex] => vertex,
            _ => return Err(PlanError::AmbiguousRevision { text: name.to_string(), candidates: self.named(&labelled) }),
        };
        let plugin = self.node(vertex).plugin.clone();
        let point = match &target.point {
            Point::Head | Point::Heads => {
                let above = self.reached(vec![vertex], |v| self.vertices[v].children.clone());
                let heads: Vec<usize> = self.require_plugin(&plugin)?.heads.iter().copied().filter(|&head| above[head]).collect();
                match heads[..] {
                    [head] => Point::Revision(self.node(head).revision.to_string()),
                    _ => return Err(PlanError::ManyHeads { plugin, heads: self.named(&heads) }),
                }
            }
            // What lies below a branch is no point of its own.
            Point::Base => return Ok(target.clone()),
            other => other.clone(),
        };
        Ok(Target::of(plugin, point))
    }

    fn nothing_found(&self, plugin: Option<&PluginName>, text: &str) -> PlanError {
        match text.parse::<PluginName>() {
            Ok(name) if plugin.is_none() && self.member(&name).is_some() => PlanError::PluginNotRevision { plugin: name },
            _ => self.unknown_revision(plugin, text),
        }
    }

    /// Names the revisions that there are, those first whose ids are most alike.
    pub(super) fn unknown_revision(&self, plugin: Option<&PluginName>, text: &str) -> PlanError {
        let range = plugin.and_then(|plugin| self.member(plugin)).map_or(0..self.vertices.len(), |member| member.vertices.clone());
        let mut known = self.named(&range.collect::<Vec<_>>());
        // No id is longer; somebody's argument may be.
        let begin: String = text.chars().take(RevisionId::LONGEST).collect();
        known.sort_by_cached_key(|node| damerau_levenshtein(node.revision.as_str(), &begin));
        PlanError::UnknownRevision { text: text.to_owned(), plugin: plugin.cloned(), known }
    }

    /// A plugin's one head; none for a plugin without revisions.
    pub(super) fn only_head(&self, plugin: &PluginName) -> Result<Option<usize>, PlanError> {
        match self.require_plugin(plugin)?.heads[..] {
            [] => Ok(None),
            [head] => Ok(Some(head)),
            ref heads => Err(PlanError::ManyHeads { plugin: plugin.clone(), heads: self.named(heads) }),
        }
    }

    pub(super) fn named(&self, vertices: &[usize]) -> Vec<Node> {
        vertices.iter().map(|&v| self.node(v).clone()).collect()
    }

    /// Follows a relative target from its anchor, inside one plugin.
    ///
    /// Upwards it steps only on `allowed` revisions; downwards on parents, whichever they are.
    pub(super) fn walk(&self, target: &Target, from: &Anchor, steps: i32, allowed: Allowed<'_>) -> Result<Landing, PlanError> {
        let plugin = target.plugin.as_ref();
        let single = || match (plugin, &self.plugins().collect::<Vec<_>>()[..]) {
            (Some(plugin), _) => Ok(plugin.clone()),
            (None, [only]) => Ok((*only).clone()),
            (None, _) => Err(PlanError::NeedsPlugin { target: target.to_string() }),
        };
        let too_far =
            |found: u32| PlanError::RelativeTooFar { target: target.to_string(), wanted: steps.unsigned_abs().into(), found: found.into() };
        let (mut at, mut taken) = match from {
            Anchor::Revision(id) => (self.find(plugin, id)?, 0),
            Anchor::Head => (self.only_head(&single()?)?.ok_or_else(|| too_far(0))?, 0),
            Anchor::Base if steps < 0 => return Err(too_far(0)),
            Anchor::Base => {
                let vertices = self.require_plugin(&single()?)?.vertices.clone();
                let first = vertices.filter(|&v| self.vertices[v].parents.is_empty() && allowed(v)).collect();
                (self.only(target, None, first)?.ok_or_else(|| too_far(0))?, 1)
            }
        };
        while taken < steps.unsigned_abs() {
            let next = if steps > 0 {
                let children = self.vertices[at].children.iter().copied().filter(|&v| allowed(v)).collect();
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
