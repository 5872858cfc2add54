//! An artifact in its tree, as `$tree` and `$expand` show it: the row, what its level is called, and its children.

use std::fmt;

use chapkit_tables::Artifact;
use tenon_sdk::serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use tenon_sdk::serde::ser::{Serialize, SerializeMap, Serializer};
use tenon_sdk::serde_json::value::RawValue;
use tenon_sdk::{Record, data, host};

/// The setting that names all levels together.
pub(crate) const HIERARCHY: &str = "hierarchy";
/// The setting that names each level.
pub(crate) const LABELS: &str = "level-labels";

/// An artifact in its tree. For the description only: what is answered is [`Shown`], around a row that nobody reads.
#[data]
#[schemars(rename = "ArtifactNode")]
pub(crate) struct Node {
    #[serde(flatten)]
    artifact: Record<Artifact>,
    /// What its level is called; `level_2` where nobody gave it a name.
    level_label: String,
    /// What the levels are together, if that has a name.
    hierarchy: Option<String>,
    /// What stands below it, in the order of insertion; null where it was not asked for.
    children: Option<Vec<Node>>,
}

/// What levels are called.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hierarchy {
    name: Option<String>,
    labels: Vec<String>,
}

impl Hierarchy {
    /// As the operator set it.
    pub(crate) fn of_settings() -> Self {
        let labels = host::setting(LABELS).unwrap_or_default();
        let labels = labels.split(',').map(|label| label.trim().to_owned()).collect();
        Self { name: host::setting(HIERARCHY), labels }
    }

    fn label(&self, level: i64) -> String {
        let given = usize::try_from(level).ok().and_then(|level| self.labels.get(level)).filter(|label| !label.is_empty());
        given.cloned().unwrap_or_else(|| format!("level_{level}"))
    }

    /// One node without its children.
    pub(crate) fn alone<'a>(&'a self, row: &'a Row<'a>, level: i64) -> Shown<'a> {
        Shown { row, level_label: self.label(level), hierarchy: self.name.as_deref(), children: None }
    }

    /// A node with all that stands below it: these follow it, each before its children, and these before its next sibling.
    pub(crate) fn tree<'a>(&'a self, node: &'a Placed<'a>, below: &'a [Placed<'a>]) -> Shown<'a> {
        let children = Children { hierarchy: self, nodes: below, depth: node.depth + 1 };
        Shown { children: Some(children), ..self.alone(&node.row, node.level) }
    }
}

/// A row as the host writes it: its members in their order, their values letter for letter.
#[derive(Debug)]
pub(crate) struct Row<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Row<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Row<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Row<'de>, A::Error> {
                let mut row = Vec::new();
                while let Some(member) = members.next_entry()? {
                    row.push(member);
                }
                Ok(Row(row))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A row and where it stands; `depth` counts from the node that is asked for.
#[derive(Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) row: Row<'a>,
    pub(crate) level: i64,
    pub(crate) depth: usize,
}

/// What is answered: a [`Node`] around a row that is not read.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    row: &'a Row<'a>,
    level_label: String,
    hierarchy: Option<&'a str>,
    children: Option<Children<'a>>,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut node = serializer.serialize_map(None)?;
        for (name, value) in &self.row.0 {
            node.serialize_entry(name, value)?;
        }
        node.serialize_entry("level_label", &self.level_label)?;
        node.serialize_entry("hierarchy", &self.hierarchy)?;
        node.serialize_entry("children", &self.children)?;
        node.end()
    }
}

/// Nodes of one depth, each followed by what stands below it. Writing them takes stack for each level: of the plugin's, the deepest tree that
/// is shown takes less than a third.
#[derive(Debug)]
struct Children<'a> {
    hierarchy: &'a Hierarchy,
    nodes: &'a [Placed<'a>],
    depth: usize,
}

impl Serialize for Children<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let each = self.nodes.chunk_by(|_, next| next.depth > self.depth);
        serializer.collect_seq(each.filter_map(|nodes| nodes.split_first()).map(|(node, below)| self.hierarchy.tree(node, below)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_sdk::{Json, json, serde_json};

    fn node(row: &str, level: i64, depth: usize) -> Placed<'_> {
        Placed { row: serde_json::from_str(row).expect("it is a row"), level, depth }
    }

    #[test]
    fn nodes_nest_as_deep_as_they_say() {
        let hierarchy = Hierarchy { name: Some("a \"b\"".to_owned()), labels: vec!["model".to_owned(), String::new()] };
        let nodes = [node(r#"{"id":1}"#, 0, 0), node(r#"{"id":2}"#, 1, 1), node(r#"{"id":3}"#, 2, 2), node(r#"{"id":4}"#, 1, 1)];
        let made = serde_json::to_value(hierarchy.tree(&nodes[0], &nodes[1..])).expect("it is JSON");
        let told =
            |id: i64, label: &str, children: Json| json!({ "id": id, "level_label": label, "hierarchy": "a \"b\"", "children": children });
        let third = told(3, "level_2", json!([]));
        let expected = told(1, "model", json!([told(2, "level_1", json!([third])), told(4, "level_1", json!([]))]));
        assert_eq!(made, expected);
    }

    #[test]
    fn a_row_is_handed_on_letter_for_letter() {
        let text = r#"{"id":"5","data":{"a":1.10, "b":[12345678901234567890123]},"level":7}"#;
        let shown = serde_json::to_string(&Hierarchy::default().alone(&node(text, 7, 0).row, 7)).expect("it is JSON");
        let (members, _) = text.rsplit_once('}').expect("it ends");
        assert_eq!(shown, format!(r#"{members},"level_label":"level_7","hierarchy":null,"children":null}}"#));
        for other in ["[]", "1", r#"{"id":1"#] {
            assert!(serde_json::from_str::<Row<'_>>(other).is_err(), "{other}");
        }
    }
}
