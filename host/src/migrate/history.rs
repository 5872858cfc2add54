//! What `history`, `current`, `heads` and `show` say: pure data, and its text.
//!
//! # Source
//! The shapes are Alembic's, with revisions written `plugin@revision`.

use serde::{Serialize, Serializer};

use crate::model::Node;
use crate::model::text::plain;

use super::applied::Applied;
use super::error::PlanError;
use super::graph::Graph;
use super::plan::Step;
use super::resolve::Landing;
use super::target::{Point, Target};

/// A revision and where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The revision.
    #[serde(rename = "revision")]
    pub node: Node,
    /// Its parents; none starts from base.
    pub parents: Vec<Node>,
    /// Revisions of other plugins that it depends on.
    pub depends_on: Vec<Node>,
    /// Revisions that name it as parent.
    pub children: Vec<Node>,
    /// As the plugin wrote it; the texts below escape it, whoever prints it otherwise must, too.
    pub message: String,
    /// When it was written; RFC 3339 in JSON.
    #[serde(serialize_with = "rfc3339")]
    pub created: chrono::DateTime<chrono::Utc>,
    /// Why there is no way back, if there is none.
    pub irreversible: Option<String>,
    /// No revision's parent.
    pub head: bool,
    /// Applied.
    pub applied: bool,
    /// Applied, and none of its children is: here its plugin stands.
    pub current: bool,
    /// The parent of several.
    pub branchpoint: bool,
    /// With several parents.
    pub mergepoint: bool,
    /// The loaded file has it.
    pub loaded: bool,
}

fn rfc3339<S: Serializer>(time: &chrono::DateTime<chrono::Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
}

/// All revisions, newest first: what is still to be applied, the last of the plan first, then what is, the last applied first.
pub fn history(graph: &Graph, applied: &Applied) -> Vec<Entry> {
    graph.order.iter().rev().map(|&vertex| entry(graph, applied, vertex)).collect()
}

/// Where every plugin stands, in the order of their names; also what other plugins depend on.
pub fn current(graph: &Graph, applied: &Applied) -> Vec<Entry> {
    let vertices = (0..graph.vertices.len()).filter(|&vertex| applied.is_head(graph, vertex));
    vertices.map(|vertex| entry(graph, applied, vertex)).collect()
}

/// Every plugin's revisions that are no revision's parent, in the order of their names.
pub fn heads(graph: &Graph, applied: &Applied) -> Vec<Entry> {
    let vertices = graph.members().flat_map(|(_, member)| member.heads.iter().copied());
    vertices.map(|vertex| entry(graph, applied, vertex)).collect()
}

/// The revision that a target names; `head` and `heads` name every head, of the plugin or branch before the `@` where there is one.
///
/// # Errors
/// There is no such revision or plugin, or several; base and what is counted from the database's state name no revision.
pub fn show(graph: &Graph, applied: &Applied, target: &Target) -> Result<Vec<Entry>, PlanError> {
    Ok(named(graph, target)?.into_iter().map(|vertex| entry(graph, applied, vertex)).collect())
}

/// The vertices that a target names by themselves.
pub(super) fn named(graph: &Graph, target: &Target) -> Result<Vec<usize>, PlanError> {
    let scope = &graph.scope(target)?;
    let unknown = || Err(graph.unknown_revision(scope, &target.to_string()));
    match &target.point {
        Point::Head | Point::Heads => Ok(graph.heads_of(scope)),
        Point::Revision(id) => Ok(vec![graph.find(scope, id)?]),
        Point::Relative { from: Some(anchor), steps } => match graph.walk(target, scope, anchor, *steps, &|_| true)? {
            Landing::On(vertex) => Ok(vec![vertex]),
            Landing::Below(_) => unknown(),
        },
        Point::Base | Point::Relative { from: None, .. } => unknown(),
    }
}

/// Every revision that several name as their parent, in the order of their names.
pub fn branches(graph: &Graph, applied: &Applied) -> Vec<Entry> {
    let points = (0..graph.vertices.len()).filter(|&vertex| graph.vertices[vertex].children.len() > 1);
    points.map(|vertex| entry(graph, applied, vertex)).collect()
}

/// The heads on which no revision of another plugin depends.
pub fn heads_without_dependents(graph: &Graph, applied: &Applied) -> Vec<Entry> {
    let needed_by = graph.needed_by();
    let heads = graph.members().flat_map(|(_, member)| member.heads.iter().copied());
    heads.filter(|&vertex| needed_by[vertex].is_empty()).map(|vertex| entry(graph, applied, vertex)).collect()
}

/// The revisions that a target means where parents are named: `head` is the one of the plugin or branch, base is none.
///
/// # Errors
/// As for [`show`], and there are several heads where one is meant.
pub fn meant(graph: &Graph, target: &Target) -> Result<Vec<Node>, PlanError> {
    let vertices = match target.point {
        Point::Base => graph.scope(target).map(|_| Vec::new())?,
        Point::Head => graph.only_head(&graph.scope(target)?)?.into_iter().collect(),
        _ => named(graph, target)?,
    };
    Ok(graph.named(&vertices))
}

pub(super) fn entry(graph: &Graph, applied: &Applied, number: usize) -> Entry {
    let vertex = &graph.vertices[number];
    Entry {
        node: vertex.node().clone(),
        parents: graph.named(&vertex.parents),
        depends_on: graph.named(&vertex.depends_on),
        children: graph.named(&vertex.children),
        message: vertex.facts.message.clone(),
        created: vertex.facts.created,
        irreversible: vertex.facts.irreversible.clone(),
        head: vertex.children.is_empty(),
        applied: applied.has(number),
        current: applied.is_head(graph, number),
        branchpoint: vertex.children.len() > 1,
        mergepoint: vertex.parents.len() > 1,
        loaded: vertex.loaded,
    }
}

impl Entry {
    /// A line of `history`: `<base> -> shop@a1b2 (head), message`. `(current)` stands there only where it is asked for.
    pub fn history_line(&self, indicate_current: bool) -> String {
        let depends_on = if self.depends_on.is_empty() { String::new() } else { format!(" ({})", list(&self.depends_on)) };
        let mut line = format!("{}{depends_on} -> {}{}", self.parents_or_base(), self.node, self.flags(indicate_current));
        if !self.message.is_empty() {
            line.push_str(", ");
            line.push_str(&plain(&self.message));
        }
        line
    }

    /// A line of `current` and `heads`: `shop@a1b2 (head)`.
    pub fn short_line(&self) -> String {
        let merge = if self.mergepoint { " (mergepoint)" } else { "" };
        format!("{}{}{merge}", self.node, if self.head { " (head)" } else { "" })
    }

    /// The lines of `branches`: `shop@a (branchpoint)`, and below it what comes after it.
    pub fn branch_lines(&self) -> String {
        let children: String = self.children.iter().map(|child| format!("       -> {child}\n")).collect();
        format!("{}{}\n{children}", self.node, self.flags(false))
    }

    /// The paragraph of `show` and of the verbose forms, with an empty line at its end. `path` is the plugin's file, if it has one.
    pub fn paragraph(&self, path: Option<&str>, indicate_current: bool) -> String {
        let parents = if self.mergepoint { "Merges" } else { "Parent" };
        let mut text = format!("Rev: {}{}\n{parents}: {}\n", self.node, self.flags(indicate_current), self.parents_or_base());
        if !self.depends_on.is_empty() {
            text.push_str(&format!("Also depends on: {}\n", list(&self.depends_on)));
        }
        if self.branchpoint {
            text.push_str(&format!("Branches into: {}\n", list(&self.children)));
        }
        if let Some(reason) = &self.irreversible {
            text.push_str(&format!("Irreversible: {}\n", plain(reason)));
        }
        if let Some(path) = path {
            text.push_str(&format!("Path: {}\n", plain(path)));
        }
        text.push('\n');
        for line in self.message.lines() {
            text.push_str(&format!("    {}\n", plain(line)));
        }
        text + "\n"
    }

    fn parents_or_base(&self) -> String {
        if self.parents.is_empty() { "<base>".to_owned() } else { list(&self.parents) }
    }

    fn flags(&self, indicate_current: bool) -> String {
        let flags = [
            (self.head, " (head)"),
            (self.current && indicate_current, " (current)"),
            (self.branchpoint, " (branchpoint)"),
            (self.mergepoint, " (mergepoint)"),
        ];
        flags.iter().filter(|(set, _)| *set).map(|(_, word)| *word).collect()
    }
}

impl Graph {
    /// By vertex, what needs it.
    pub(super) fn needed_by(&self) -> Vec<Vec<usize>> {
        let mut needed_by = vec![Vec::new(); self.vertices.len()];
        for (number, vertex) in self.vertices.iter().enumerate() {
            vertex.needs().for_each(|needed| needed_by[needed].push(number));
        }
        needed_by
    }

    /// By vertex, whether it is one of these or can be come to from one.
    pub(super) fn reached(&self, mut from: Vec<usize>, next: impl Fn(usize) -> Vec<usize>) -> Vec<bool> {
        let mut reached = vec![false; self.vertices.len()];
        while let Some(vertex) = from.pop() {
            if !std::mem::replace(&mut reached[vertex], true) {
                from.extend(next(vertex));
            }
        }
        reached
    }

    /// The way of a step: `a, b -> c` up, `c -> a, b` down; nothing stands for base.
    pub fn arrow(&self, step: &Step) -> String {
        let node = step.node();
        let below = self.vertex(node).map(|vertex| list(&self.named(&self.vertices[vertex].parents))).unwrap_or_default();
        match step {
            Step::Upgrade(node) => format!("{below} -> {node}"),
            Step::Downgrade(node) => format!("{node} -> {below}"),
        }
    }

    /// What is said when a step begins: `Running upgrade  -> shop@a1b2, message`.
    pub fn running(&self, step: &Step) -> String {
        let verb = match step {
            Step::Upgrade(_) => "upgrade",
            Step::Downgrade(_) => "downgrade",
        };
        let message = self.facts(step.node()).map(|facts| plain(&facts.message)).filter(|message| !message.is_empty());
        format!("Running {verb} {}{}", self.arrow(step), message.map(|message| format!(", {message}")).unwrap_or_default())
    }
}

fn list(nodes: &[Node]) -> String {
    nodes.iter().map(Node::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, node, rev};
    use super::*;

    fn world() -> World {
        let shop = [rev("shop", "a", []), rev("shop", "b", ["a"]), rev("shop", "c", ["a"]), rev("shop", "d", ["b", "c"])];
        let mut billing = rev("billing", "x", []).depends(["shop@b"]).irreversible("mails were sent");
        billing.message = "Bills\nfor \u{1b}[31mall\n".to_owned();
        World::new(shop.into_iter().chain([billing]), "shop@a shop@b billing@x")
    }

    fn lines(entries: &[Entry], line: impl Fn(&Entry) -> String) -> Vec<String> {
        entries.iter().map(line).collect()
    }

    #[test]
    fn history_is_newest_first_with_its_forks_and_merges() {
        let World { graph, applied, .. } = world();
        let told = lines(&history(&graph, &applied), |entry| entry.history_line(true));
        let expected = [
            "shop@b, shop@c -> shop@d (head) (mergepoint), d",
            "shop@a -> shop@c, c",
            "<base> (shop@b) -> billing@x (head) (current), Bills\\nfor \\u{1b}[31mall\\n",
            "shop@a -> shop@b (current), b",
            "<base> -> shop@a (branchpoint), a",
        ];
        assert_eq!(told, expected);
        assert!(!lines(&history(&graph, &applied), |entry| entry.history_line(false)).concat().contains("(current)"));
    }

    #[test]
    fn the_line_of_the_seed_is_as_the_seed_prints_it() {
        let mut first = rev("shop", "a1b2c3d4e5f6", []);
        first.message = "Initial custom tables using helper pattern.".to_owned();
        let World { graph, applied, .. } = World::new([first], "shop@a1b2c3d4e5f6");
        let entry = &history(&graph, &applied)[0];
        assert_eq!(entry.history_line(false), "<base> -> shop@a1b2c3d4e5f6 (head), Initial custom tables using helper pattern.");
        assert_eq!(entry.short_line(), "shop@a1b2c3d4e5f6 (head)");
        let step = Step::Upgrade(node("shop@a1b2c3d4e5f6"));
        assert_eq!(graph.running(&step), "Running upgrade  -> shop@a1b2c3d4e5f6, Initial custom tables using helper pattern.");
        let step = Step::Downgrade(node("shop@a1b2c3d4e5f6"));
        assert_eq!(graph.running(&step), "Running downgrade shop@a1b2c3d4e5f6 -> , Initial custom tables using helper pattern.");
        assert_eq!(
            entry.paragraph(Some("plugins/shop.wasm"), false),
            "Rev: shop@a1b2c3d4e5f6 (head)\nParent: <base>\nPath: plugins/shop.wasm\n\n    Initial custom tables using helper pattern.\n\n"
        );
    }

    #[test]
    fn current_is_every_plugins_applied_head_also_when_others_depend_on_it() {
        let World { graph, applied, .. } = world();
        assert_eq!(lines(&current(&graph, &applied), Entry::short_line), ["billing@x (head)", "shop@b"]);
        assert_eq!(lines(&heads(&graph, &applied), Entry::short_line), ["billing@x (head)", "shop@d (head) (mergepoint)"]);
    }

    #[test]
    fn one_revision_is_shown_with_all_that_is_known() {
        let World { graph, applied, .. } = world();
        let shown = |target: &str| show(&graph, &applied, &target.parse().unwrap());
        assert_eq!(
            shown("x").unwrap()[0].paragraph(None, true),
            "Rev: billing@x (head) (current)\nParent: <base>\nAlso depends on: shop@b\nIrreversible: mails were sent\n\n    Bills\n    for \\u{1b}[31mall\n\n"
        );
        assert_eq!(
            shown("shop@a").unwrap()[0].paragraph(None, false),
            "Rev: shop@a (branchpoint)\nParent: <base>\nBranches into: shop@b, shop@c\n\n    a\n\n"
        );
        assert!(shown("d").unwrap()[0].paragraph(None, false).starts_with("Rev: shop@d (head) (mergepoint)\nMerges: shop@b, shop@c\n"));
        assert_eq!(shown("heads").unwrap().len(), 2);
        assert_eq!(shown("b-1").unwrap()[0].node, node("shop@a"));
        for nothing in ["base", "+1", "a-1", "zz"] {
            assert!(matches!(shown(nothing), Err(PlanError::UnknownRevision { .. })), "{nothing}");
        }
    }

    #[test]
    fn branches_and_heads_that_nobody_needs() {
        let World { graph, applied, .. } = world();
        assert_eq!(lines(&branches(&graph, &applied), Entry::branch_lines), ["shop@a (branchpoint)\n       -> shop@b\n       -> shop@c\n"]);
        let World { graph, applied, .. } = World::new([rev("shop", "a", []), rev("billing", "x", []).depends(["shop@a"])], "");
        assert_eq!(lines(&heads_without_dependents(&graph, &applied), Entry::short_line), ["billing@x (head)"]);
    }

    #[test]
    fn the_json_names_revisions_whole() {
        let World { graph, applied, .. } = world();
        let json = serde_json::to_value(&current(&graph, &applied)[0]).unwrap();
        assert_eq!(json["revision"], "billing@x");
        assert_eq!(json["depends_on"], serde_json::json!(["shop@b"]));
        assert_eq!(json["created"], "1970-01-01T00:00:00Z");
        assert_eq!((&json["head"], &json["current"]), (&true.into(), &true.into()));
    }
}
