//! How far below its root an artifact stands, kept true whenever something moves.

use tenon_sdk::{Problem, Reason, Result, Ulid, database, host, params};

/// The deepest level. Nobody reads deeper trees: a level of `$tree` nests twice, and e.g. Python's reader of JSON gives up at a nesting
/// of about 1,000.
pub(crate) const DEEPEST: i64 = 400;

/// How many ancestors an artifact has, whether it is one of them itself, and which level is stored. Ends one step beyond the deepest level,
/// whatever the rows say.
const PLACE: &str = "WITH RECURSIVE above (id, parent_id, height) AS (
        SELECT id, parent_id, 0 FROM artifacts WHERE id = ?1
        UNION ALL
        SELECT parent.id, parent.parent_id, height + 1 FROM above JOIN artifacts AS parent ON parent.id = above.parent_id
        WHERE parent.id <> ?1 AND height <= ?2
    )
    SELECT max(height), max(coalesce(parent_id = ?1, 0)), (SELECT level FROM artifacts WHERE id = ?1) FROM above HAVING count(*) > 0";

/// Where an artifact stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) level: i64,
    /// Whether its stored level was another.
    pub(crate) changed: bool,
}

/// Brings the levels of an artifact, and of all below it, in line with the parent that it has now.
///
/// # Errors
/// 409 `artifact-cycle`, `tree-too-deep`.
pub(crate) fn follow(id: &Ulid) -> Result<Place> {
    let place = database::row::<(i64, bool, i64)>(PLACE, params![id, DEEPEST])?;
    let (level, is_cycle, stored) = place.ok_or_else(|| Problem::internal("an artifact that was written is not there"))?;
    if is_cycle {
        let reason = Reason::body("/parent_id", "cycle", "must be neither the artifact itself nor one that stands below it");
        return Err(Problem::new(409, "artifact-cycle", "an artifact cannot stand below itself").reason(reason));
    }
    let changed = level != stored;
    if level > DEEPEST {
        return Err(too_deep());
    }
    if changed {
        set(Below::Itself(id), level)?;
    }
    Ok(Place { level, changed })
}

/// Makes the levels of what stands below an artifact those that they have once it is gone.
pub(crate) fn let_go(id: &Ulid) -> Result<()> {
    set(Below::Children(id), 0)
}

/// Where levels are set from.
enum Below<'a> {
    Itself(&'a Ulid),
    Children(&'a Ulid),
}

/// Gives these artifacts a level, and those below them the levels that follow. A row whose level becomes another was updated now.
fn set(from: Below<'_>, level: i64) -> Result<()> {
    let (column, id) = match from {
        Below::Itself(id) => ("id", id),
        Below::Children(id) => ("parent_id", id),
    };
    // Not a cycle, or it would have been found; one that was in the database before ends at the deepest level.
    let below = format!(
        "WITH RECURSIVE below (id, level) AS (
            SELECT id, ?2 FROM artifacts WHERE {column} = ?1
            UNION ALL
            SELECT child.id, below.level + 1 FROM below JOIN artifacts AS child ON child.parent_id = below.id WHERE below.level <= ?3
        )"
    );
    let deepest = database::value::<Option<i64>>(&format!("{below} SELECT max(level) FROM below"), params![id, level, DEEPEST])?;
    if deepest.flatten() > Some(DEEPEST) {
        return Err(too_deep());
    }
    let update = "UPDATE artifacts SET level = below.level, updated_at = strftime('%Y-%m-%d %H:%M:%f', ?4 / 1000.0, 'unixepoch')
        FROM below WHERE artifacts.id = below.id AND artifacts.level <> below.level";
    let now = i64::try_from(host::now_ms()).unwrap_or(i64::MAX);
    database::execute(&format!("{below} {update}"), params![id, level, DEEPEST, now])?;
    Ok(())
}

fn too_deep() -> Problem {
    let reason = Reason::body("/parent_id", "depth", format!("must leave nothing deeper than level {DEEPEST}"));
    Problem::new(409, "tree-too-deep", format!("artifacts stand no deeper than level {DEEPEST}")).reason(reason)
}
