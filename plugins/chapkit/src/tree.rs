//! Reading artifacts in their tree.

use tenon_sdk::{Document, Path, Problem, Result, Ulid, data, database, params, records, serde_json};

use crate::levels::DEEPEST;
use crate::node::{Hierarchy, Placed, Row};

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
    let keys: Vec<&str> = found.iter().map(|node| node.id.as_str()).collect();
    let rows = records::get_many("artifacts", &keys)?;
    if rows.size() > MOST_BYTES {
        return Err(too_large(&format!("{} MiB", MOST_BYTES >> 20)));
    }
    let rows = rows.read();
    let texts: Vec<Row<'_>> = serde_json::from_slice(&rows)?;
    let nodes: Vec<Placed<'_>> = found.iter().zip(texts).map(|(node, row)| Placed { row, level: node.level, depth: node.depth }).collect();
    let (first, below) = nodes.split_first().ok_or_else(|| no_artifact(&id))?;
    // At once as large as it becomes: there is no room for a copy half as large beside it.
    let mut tree = Vec::with_capacity(rows.len() + 96 * nodes.len());
    serde_json::to_writer(&mut tree, &Hierarchy::of_settings().tree(first, below))?;
    Ok(Document::new("application/json", &tree))
}

/// Shows an artifact with what its level is called.
pub(crate) fn expand(Path(id): Path<Ulid>) -> Result<Document> {
    let level = database::value("SELECT level FROM artifacts WHERE id = ?", params![&id])?.ok_or_else(|| no_artifact(&id))?;
    let row = records::get("artifacts", &id)?.read();
    Document::json(&Hierarchy::of_settings().alone(&serde_json::from_slice(&row)?, level))
}

pub(crate) fn no_artifact(id: &Ulid) -> Problem {
    Problem::not_found(format!("there is no artifact {id}"))
}

fn too_large(most: &str) -> Problem {
    Problem::new(413, "too-large", format!("the tree has more than {most}; ask for one that stands further down"))
}
