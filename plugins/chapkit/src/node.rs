//! An artifact in its tree, as `$tree` and `$expand` show it: the row, what its level is called, and its children.

use chapkit_tables::Artifact;
use tenon_sdk::{Record, data, host, serde_json};

/// The setting that names all levels together.
pub(crate) const HIERARCHY: &str = "hierarchy";
/// The setting that names each level.
pub(crate) const LABELS: &str = "level-labels";

/// An artifact in its tree. For the description only: what is answered is put together from the rows as the host writes them.
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

    /// Begins a node: the row, a JSON object with at least one member, without its closing brace, and all but the children's value.
    fn begin(&self, row: &str, level: i64, out: &mut String) {
        let name = self.name.as_ref().map_or_else(|| "null".to_owned(), |name| text(name));
        out.push_str(row.trim_end().strip_suffix('}').unwrap_or(row));
        out.push_str(&format!(r#","level_label":{},"hierarchy":{name},"children":"#, text(&self.label(level))));
    }

    /// One node without its children.
    pub(crate) fn alone(&self, row: &str, level: i64) -> String {
        let mut out = String::with_capacity(row.len() + 128);
        self.begin(row, level, &mut out);
        out.push_str("null}");
        out
    }

    /// A tree, from its nodes in the order in which they are written: each before its children, and these before its next sibling.
    /// `depth` counts from the first node. Nesting takes no stack.
    pub(crate) fn nest<'a>(&self, nodes: impl IntoIterator<Item = Nested<'a>>, bytes: usize) -> String {
        let mut out = String::with_capacity(bytes);
        let mut open = 0;
        for Nested { row, level, depth } in nodes {
            if depth < open {
                out.push_str(&"]}".repeat(open - depth));
                out.push(',');
            }
            self.begin(row, level, &mut out);
            out.push('[');
            open = depth + 1;
        }
        out.push_str(&"]}".repeat(open));
        out
    }
}

/// A node of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nested<'a> {
    pub(crate) row: &'a str,
    pub(crate) level: i64,
    pub(crate) depth: usize,
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_sdk::{Json, json};

    #[test]
    fn nodes_nest_as_deep_as_they_say() {
        let hierarchy = Hierarchy { name: Some("a \"name\"".to_owned()), labels: vec!["model".to_owned(), String::new()] };
        let node = |row, level, depth| Nested { row, level, depth };
        let nodes = [node(r#"{"id":1}"#, 0, 0), node(r#"{"id":2}"#, 1, 1), node(r#"{"id":3}"#, 2, 2), node(r#"{"id":4}"#, 1, 1)];
        let made: Json = serde_json::from_str(&hierarchy.nest(nodes, 0)).expect("it is JSON");
        let told = |id: i64, label: &str, children: Json| json!({ "id": id, "level_label": label, "hierarchy": "a \"name\"", "children": children });
        let third = told(3, "level_2", json!([]));
        let expected = told(1, "model", json!([told(2, "level_1", json!([third])), told(4, "level_1", json!([]))]));
        assert_eq!(made, expected);
        let alone: Json = serde_json::from_str(&Hierarchy::default().alone(r#"{"id":5}"#, 7)).expect("it is JSON");
        assert_eq!(alone, json!({ "id": 5, "level_label": "level_7", "hierarchy": null, "children": null }));
    }
}
