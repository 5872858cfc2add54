//! What a plugin's objects are after its first revisions, after the next, and so on; and which of these stages a database is at.
//!
//! Pure once the stages are made. A stage is a set of revisions with all that they stand on: where a history has branches, each branch alone
//! is one, too. Everything counts that has a name which any stage has, and every index and trigger of such a table, whoever made it; what else
//! is in the database is nobody's business.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::migrate::dialect::{Dialect as _, SQLITE};
use crate::migrate::difference::{Difference, Fact, Facts, differences};
use crate::model::{Manifest, Name, Node, ObjectKind, PluginName, RevisionId};
use crate::service::load::{Plugin, PluginSet};
use crate::service::prove::{self, History, Orders, Unproven};
use crate::service::settings::Settings;
use crate::store::StoredObject;

/// A plugin whose tables are there.
#[derive(Debug, Serialize)]
pub struct Match {
    /// The newest revisions of the stage; those that they stand on are meant with them.
    pub revisions: Vec<Node>,
    /// Whether the other program's version names them. Otherwise the tables alone decided.
    pub named: bool,
    /// Later revisions that leave the same: whether what they do to rows was done, no schema tells.
    pub same: Vec<Node>,
    /// All revisions of the stage.
    #[serde(skip)]
    pub(super) all: Vec<Node>,
}

/// A plugin whose tables are there and otherwise.
#[derive(Debug, Serialize)]
pub struct Mismatch {
    /// The newest revisions of the stage that was compared: the one that the version names, or else the nearest.
    pub revisions: Vec<Node>,
    /// Whether the other program's version names them.
    pub named: bool,
    /// What they leave and what is not there at all, by kind and name.
    pub absent: Vec<String>,
    /// `-` is what they leave, `+` what is there.
    pub differences: Vec<Difference>,
    /// The newest revisions of another stage, which does leave what is there.
    pub instead: Vec<Node>,
}

impl Mismatch {
    /// Whether a whole table is not there: such a database is not one that should be recorded as it is.
    pub fn lacks_a_table(&self) -> bool {
        self.absent.iter().any(|object| object.starts_with(ObjectKind::Table.word()))
    }
}

/// What there is of a plugin.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Nothing.
    Absent,
    /// What some of its revisions leave.
    Fits(Match),
    /// Something else.
    Differs(Mismatch),
}

/// All stages of a plugin, the one with the fewest revisions first.
#[derive(Debug)]
pub(super) struct Stages {
    plugin: PluginName,
    all: Vec<Stage>,
    /// The revisions of the stage that the other program's version names.
    named: Option<Vec<RevisionId>>,
    /// Of everything that any stage has; triggers have names of their own.
    names: BTreeSet<(bool, String)>,
}

#[derive(Debug)]
struct Stage {
    /// Parents first.
    revisions: Vec<RevisionId>,
    /// Those of them that none of the others stands on.
    heads: Vec<RevisionId>,
    /// What they leave.
    facts: Facts,
}

impl Stages {
    /// Replays a plugin's revisions.
    ///
    /// # Errors
    /// One does not run.
    pub(super) fn of(settings: &Settings, set: &PluginSet, plugin: &Plugin, versions: &BTreeSet<String>) -> Result<Self, Unproven> {
        let Manifest { name, revisions, .. } = &plugin.manifest;
        let orders = Orders::of(None);
        let up_to = |ids: &[&RevisionId]| {
            let history = orders.anew_to(set, ids.iter().map(|id| Node::new(name.clone(), (*id).clone())))?;
            stages(settings, set, plugin, &history)
        };
        let mut all = stages(settings, set, plugin, &orders.anew(set, plugin)?)?;
        let ends = ends(&plugin.manifest);
        if ends.len() > 1 {
            for end in ends {
                add(&mut all, up_to(&[end])?);
            }
        }
        let told: Vec<&RevisionId> = revisions.iter().map(|revision| &revision.id).filter(|id| versions.contains(id.as_str())).collect();
        let mut named = None;
        if !told.is_empty()
            && let Some(stage) = up_to(&told)?.pop()
        {
            named = Some(stage.revisions.clone());
            add(&mut all, vec![stage]);
        }
        all.sort_by_key(|stage| stage.revisions.len());
        let names = all.iter().flat_map(|stage| stage.facts.keys()).map(|(kind, name)| key(*kind, name.as_str())).collect();
        Ok(Self { plugin: name.clone(), all, named, names })
    }

    /// Whether no revision leaves anything: there is nothing to find of it then.
    pub(super) fn are_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// What there is of the plugin among these objects. The stage that the version names has to be there; without one, the first that is.
    pub(super) fn compare(&self, objects: &[StoredObject]) -> Verdict {
        let found = self.found(objects);
        let named = self.named.as_ref().and_then(|named| self.all.iter().find(|stage| stage.revisions == *named));
        if found.is_empty() && named.is_none_or(|stage| stage.facts.is_empty()) {
            return Verdict::Absent;
        }
        let first = self.all.iter().find(|stage| found.is_left_by(stage));
        if let Some(stage) = named.map_or(first, |stage| found.is_left_by(stage).then_some(stage)) {
            return Verdict::Fits(self.matched(stage, named.is_some(), &found));
        }
        let nearest = || self.all.iter().rev().min_by_key(|stage| lines(&found.differs_from(stage)));
        let Some(stage) = named.or_else(nearest) else { return Verdict::Absent };
        let (absent, differences) = found.differs_from(stage).into_iter().partition(|difference| found.lacks(stage, difference));
        Verdict::Differs(Mismatch {
            revisions: self.nodes(&stage.heads),
            named: named.is_some(),
            absent: Vec::from_iter(absent).into_iter().map(|difference: Difference| difference.object).collect(),
            differences,
            instead: first.map(|stage| self.nodes(&stage.heads)).unwrap_or_default(),
        })
    }

    fn matched(&self, stage: &Stage, named: bool, found: &Found) -> Match {
        // What the version does not name was not done.
        let others = self.all.iter().filter(|other| !named && found.is_left_by(other)).flat_map(|other| &other.revisions);
        let mut same: Vec<RevisionId> = Vec::new();
        for id in others {
            if !stage.revisions.contains(id) && !same.contains(id) {
                same.push(id.clone());
            }
        }
        Match { revisions: self.nodes(&stage.heads), named, same: self.nodes(&same), all: self.nodes(&stage.revisions) }
    }

    fn nodes(&self, ids: &[RevisionId]) -> Vec<Node> {
        ids.iter().map(|id| Node::new(self.plugin.clone(), id.clone())).collect()
    }

    fn found(&self, objects: &[StoredObject]) -> Found {
        let mut found = Found::default();
        for object in objects {
            let is_part = matches!(object.kind, ObjectKind::Index | ObjectKind::Trigger)
                && self.names.contains(&key(ObjectKind::Table, object.table.as_str()));
            if is_part || self.names.contains(&key(object.kind, object.name.as_str())) {
                found.add(object);
            }
        }
        found
    }
}

/// What is there, of what a plugin's could be.
#[derive(Debug, Default)]
struct Found {
    facts: Facts,
    /// What no revision can leave: it has a name that no plugin could have given it.
    odd: Vec<Difference>,
}

impl Found {
    fn add(&mut self, object: &StoredObject) {
        let facts = SQLITE.facts(&object.text).unwrap_or_else(|error| {
            // It is there, and it is told why nothing more is known of it.
            vec![Fact { key: String::new(), name: None, shown: format!("what cannot be compared: {error}") }]
        });
        match object.name.as_str().parse::<Name>() {
            Ok(name) => _ = self.facts.insert((object.kind, name), facts),
            Err(_) => self.odd.push(Difference {
                object: format!("{} {}", object.kind, object.name),
                missing: Vec::new(),
                surplus: facts.into_iter().map(|fact| fact.shown).collect(),
            }),
        }
    }

    fn is_empty(&self) -> bool {
        self.facts.is_empty() && self.odd.is_empty()
    }

    fn is_left_by(&self, stage: &Stage) -> bool {
        self.differs_from(stage).is_empty()
    }

    /// Whether nothing of that kind and name is there.
    fn lacks(&self, stage: &Stage, difference: &Difference) -> bool {
        let is_it = |(kind, name): &&(ObjectKind, Name)| format!("{kind} {name}") == difference.object;
        stage.facts.keys().any(|object| is_it(&object)) && !self.facts.keys().any(|object| is_it(&object))
    }

    fn differs_from(&self, stage: &Stage) -> Vec<Difference> {
        let mut differences = differences(&stage.facts, &self.facts);
        differences.extend(self.odd.iter().cloned());
        differences
    }
}

/// The stages on the way along a history.
fn stages(settings: &Settings, set: &PluginSet, plugin: &Plugin, history: &History<'_>) -> Result<Vec<Stage>, Unproven> {
    let mut revisions: Vec<RevisionId> = Vec::new();
    let stage = |(id, facts)| {
        revisions.push(id);
        Stage { heads: heads(&plugin.manifest, &revisions), revisions: revisions.clone(), facts }
    };
    Ok(prove::states(settings, set, plugin, history)?.into_iter().map(stage).collect())
}

fn add(all: &mut Vec<Stage>, more: Vec<Stage>) {
    for stage in more {
        if !all.iter().any(|other| other.revisions == stage.revisions) {
            all.push(stage);
        }
    }
}

/// The revisions at which a branch of the history ends: in nothing, or in a merge. One alone where there are no branches.
fn ends(manifest: &Manifest) -> Vec<&RevisionId> {
    let goes_on = |id: &RevisionId| manifest.revisions.iter().any(|child| child.down.len() == 1 && child.down[0] == *id);
    manifest.revisions.iter().map(|revision| &revision.id).filter(|id| !goes_on(id)).collect()
}

/// Those of some revisions that none of the others stands on.
fn heads(manifest: &Manifest, of: &[RevisionId]) -> Vec<RevisionId> {
    let parents: BTreeSet<&RevisionId> = of.iter().filter_map(|id| manifest.revision(id)).flat_map(|revision| &revision.down).collect();
    of.iter().filter(|id| !parents.contains(id)).cloned().collect()
}

/// How an object's name is compared: SQLite lets a trigger be called as a table is.
fn key(kind: ObjectKind, name: &str) -> (bool, String) {
    (kind == ObjectKind::Trigger, name.to_ascii_lowercase())
}

/// How much a person would have to read.
fn lines(differences: &[Difference]) -> usize {
    differences.iter().map(|difference| difference.missing.len() + difference.surplus.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind, name and text.
    type Text = (ObjectKind, &'static str, &'static str);

    const A: Text = (ObjectKind::Table, "a", "CREATE TABLE a (x TEXT)");
    const B: Text = (ObjectKind::Table, "b", "CREATE TABLE b (x TEXT)");

    fn objects(of: &[Text]) -> Vec<StoredObject> {
        let object =
            |(kind, name, text): &Text| StoredObject { kind: *kind, name: (*name).into(), table: (*name).into(), text: (*text).to_owned() };
        of.iter().map(object).collect()
    }

    /// A history in a row, of which each revision leaves these.
    fn history(each: &[(&str, &[Text])], named: Option<usize>) -> Stages {
        let ids: Vec<RevisionId> = each.iter().map(|(id, _)| id.parse().unwrap()).collect();
        let facts = |(kind, name, text): &Text| ((*kind, name.parse().unwrap()), SQLITE.facts(text).unwrap());
        let stage = |at: usize| Stage {
            revisions: ids[..=at].to_vec(),
            heads: vec![ids[at].clone()],
            facts: each[at].1.iter().map(facts).collect(),
        };
        let all: Vec<Stage> = (0..each.len()).map(stage).collect();
        let names = all.iter().flat_map(|stage| stage.facts.keys()).map(|(kind, name)| key(*kind, name.as_str())).collect();
        Stages { plugin: "mine".parse().unwrap(), named: named.map(|at| all[at].revisions.clone()), all, names }
    }

    #[test]
    fn the_first_that_fits_is_it_and_what_a_later_one_makes_counts() {
        let mine = history(&[("r0", &[]), ("r1", &[A]), ("r2", &[A]), ("r3", &[A, B])], None);
        let Verdict::Fits(found) = mine.compare(&objects(&[A])) else { panic!("it fits") };
        assert_eq!((found.revisions, found.same), (vec!["mine@r1".parse().unwrap()], vec!["mine@r2".parse().unwrap()]));
        let Verdict::Fits(found) = mine.compare(&objects(&[A, B])) else { panic!("it fits") };
        assert_eq!((found.revisions, found.same.len()), (vec!["mine@r3".parse().unwrap()], 0));
        let Verdict::Differs(found) = mine.compare(&objects(&[B])) else { panic!("a is not there") };
        assert_eq!(found.revisions, ["mine@r3".parse().unwrap()]);
        assert!(matches!(mine.compare(&objects(&[(ObjectKind::Table, "c", "CREATE TABLE c (x")])), Verdict::Absent));
    }

    #[test]
    fn what_is_named_has_to_be_there_if_it_leaves_anything() {
        let each: [(&str, &[_]); 2] = [("r0", &[]), ("r1", &[A])];
        assert!(matches!(history(&each, Some(0)).compare(&[]), Verdict::Absent));
        let Verdict::Differs(found) = history(&each, Some(1)).compare(&[]) else { panic!("a is not there") };
        assert_eq!((&found.absent[..], found.differences.len()), (&["table a".to_owned()][..], 0));
        let Verdict::Differs(found) = history(&each, Some(0)).compare(&objects(&[A])) else { panic!("a is there") };
        assert_eq!(found.instead, ["mine@r1".parse().unwrap()]);
    }

    #[test]
    fn a_text_that_cannot_be_read_is_a_difference_that_says_why() {
        let found = history(&[("r1", &[A])], None).compare(&objects(&[(ObjectKind::Table, "A", "CREATE TABLE a (x TEXT")]));
        let Verdict::Differs(found) = found else { panic!("it cannot be compared") };
        assert!(found.differences[0].surplus[0].starts_with("what cannot be compared: its stored text has "), "{found:?}");
        assert_eq!(found.differences[0].missing, ["x TEXT"]);
    }
}
