//! Writing artifacts: as the host does it, with levels that follow.

use tenon_sdk::{Path, Problem, Reason, Response, Result, Ulid, database, json, params, records};

use crate::levels;

/// Why an artifact cannot stand where it was put, for OpenAPI.
pub(crate) const CANNOT_MOVE: &str =
    "There is no such parent, it stands below the artifact itself, the tree would be too deep, or the artifact is linked to a config.";

/// Makes an artifact.
pub(crate) fn create() -> Result<Response> {
    // Where it stands is known once the host has read the body.
    let made = records::forward_computed(&json!({ "level": 0 }))?;
    let place = made.body.as_ref().and_then(|row| Some((row.location()?, row.key()?.into())));
    let (location, id) = place.ok_or_else(|| Problem::internal("the host made an artifact and does not say where"))?;
    if levels::follow(&id)?.changed {
        return Ok(made.body(records::get("artifacts", &id)?).header("location", location));
    }
    Ok(made)
}

/// Replaces or updates an artifact. What stands below it moves with it.
pub(crate) fn change(Path(id): Path<Ulid>) -> Result<Response> {
    let changed = records::forward()?;
    let moved = levels::follow(&id)?;
    if moved.level > 0 && is_linked(&id)? {
        let detail = "the artifact is linked to a config, so it stays a root; unlink it first";
        let reason = Reason::body("/parent_id", "linked", "must be null as long as the artifact is linked");
        return Err(Problem::new(409, "artifact-linked", detail).reason(reason));
    }
    Ok(if moved.changed { changed.body(records::get("artifacts", &id)?) } else { changed })
}

/// Deletes an artifact. Its children become roots: the foreign key takes their parent, and their levels follow.
pub(crate) fn delete(Path(id): Path<Ulid>) -> Result<Response> {
    levels::let_go(&id)?;
    records::forward()
}

fn is_linked(id: &Ulid) -> Result<bool> {
    database::exists("SELECT 1 FROM config_artifacts WHERE artifact_id = ?", params![id])
}
