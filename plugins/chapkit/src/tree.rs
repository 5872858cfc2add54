//! Reading artifacts in their tree.

use tenon_sdk::serde_json::{self, value::RawValue};
use tenon_sdk::{Document, Path, Problem, Result, Ulid, data, database, params, records};

use crate::levels::DEEPEST;
use crate::node::{Hierarchy, Nested};

/// Most artifacts in one tree that is shown.
const MOST_NODES: usize = 10_000;

/// Most bytes of rows in one tree that is shown: they lie in the memory of a call twice, and in the answer twice again.
const MOST_BYTES: u64 = 8 << 20;

/// Each before its children, and these before its next sibling: what was found last is taken up first. One node more than is shown, and
/// one level more, so that neither is left out without a word.
const BELOW: &str = "WITH RECURSIVE below (id, level, depth, place) AS (
        SELECT id, level, 0, rowid FROM artifacts WHERE id = ?1
        UNION ALL
        SELECT child.id, child.level, depth + 1, child.rowid FROM below JOIN artifacts AS child ON child.parent_id = below.id
        WHERE depth <= ?2
        ORDER BY 3 DESC, 4
        LIMIT ?3
    )
    SELECT id, level, depth FROM below";

#[data]
struct Found {
    id: String,
    level: i64,
    depth: usize,
}

/// Shows an artifact with all that stands below it.
pub(crate) fn tree(Path(id): Path<Ulid>) -> Result<Document> {
    let most = i64::try_from(MOST_NODES).unwrap_or(i64::MAX);
    let found: Vec<Found> = database::query_as(BELOW, params![&id, DEEPEST, most + 1])?;
    if found.is_empty() {
        return Err(no_artifact(&id));
    }
    if found.len() > MOST_NODES {
        return Err(too_large(&format!("{MOST_NODES} artifacts")));
    }
    if found.iter().any(|node| i64::try_from(node.depth).unwrap_or(i64::MAX) > DEEPEST) {
        return Err(too_large(&format!("{DEEPEST} levels")));
    }
    let keys: Vec<String> = found.iter().map(|node| node.id.clone()).collect();
    let rows = records::get_many("artifacts", &keys)?;
    if rows.size() > MOST_BYTES {
        return Err(too_large(&format!("{} MiB", MOST_BYTES >> 20)));
    }
    let rows = rows.read();
    let texts: Vec<&RawValue> = serde_json::from_slice(&rows)?;
    let nodes = found.iter().zip(texts).map(|(node, row)| Nested { row: row.get(), level: node.level, depth: node.depth });
    let tree = Hierarchy::of_settings().nest(nodes, rows.len() + 96 * keys.len());
    Ok(Document::new("application/json", tree.as_bytes()))
}

/// Shows an artifact with what its level is called.
pub(crate) fn expand(Path(id): Path<Ulid>) -> Result<Document> {
    let level = database::row::<(i64,)>("SELECT level FROM artifacts WHERE id = ?", params![&id])?;
    let (level,) = level.ok_or_else(|| no_artifact(&id))?;
    let row = String::from_utf8(records::get("artifacts", &id)?.read()).map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Document::new("application/json", Hierarchy::of_settings().alone(&row, level).as_bytes()))
}

pub(crate) fn no_artifact(id: &Ulid) -> Problem {
    Problem::not_found(format!("there is no artifact {id}"))
}

fn too_large(most: &str) -> Problem {
    Problem::new(413, "too-large", format!("the tree has more than {most}; ask for one that stands further down"))
}
