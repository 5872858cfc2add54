//! Which root artifact belongs to which config.

use tenon_sdk::{Body, Document, NoContent, Path, Problem, Query, Reason, Response, Result, Ulid, data, database, params, records};

use crate::levels::DEEPEST;
use crate::tree::no_artifact;

/// Which artifact.
#[data]
pub(crate) struct Named {
    /// The artifact.
    artifact_id: Ulid,
}

/// Links a root artifact to a config.
pub(crate) fn link(Path(config): Path<Ulid>, Body(Named { artifact_id }): Body<Named>) -> Result<NoContent> {
    if !database::exists("SELECT 1 FROM configs WHERE id = ?", params![&config])? {
        return Err(Problem::not_found(format!("there is no config {config}")));
    }
    let sql = "SELECT parent_id, (SELECT config_id FROM config_artifacts WHERE artifact_id = artifacts.id) FROM artifacts WHERE id = ?";
    let artifact = database::row::<(Option<Ulid>, Option<Ulid>)>(sql, params![&artifact_id])?;
    let refused =
        |code, detail: &str, reason, told: &str| Err(Problem::new(409, code, detail).reason(Reason::body("/artifact_id", reason, told)));
    match artifact {
        None => refused("unknown-artifact", "there is no such artifact", "foreign-key", "refers to a row that does not exist"),
        Some((Some(_), _)) => {
            refused("artifact-not-root", "only a root is linked to a config", "root", "must be an artifact without a parent")
        }
        Some((None, Some(_))) => {
            let again =
                refused("already-linked", "the artifact is linked to a config already; unlink it first", "unique", "must be unique");
            again.map_err(|problem| problem.with("constraint", "unique"))
        }
        Some((None, None)) => {
            database::execute("INSERT INTO config_artifacts (config_id, artifact_id) VALUES (?, ?)", params![&config, &artifact_id])?;
            Ok(NoContent)
        }
    }
}

/// Takes an artifact's link, whichever config it leads to; there may be none.
pub(crate) fn unlink(Path(_): Path<Ulid>, Body(Named { artifact_id }): Body<Named>) -> Result<NoContent> {
    database::execute("DELETE FROM config_artifacts WHERE artifact_id = ?", params![&artifact_id])?;
    Ok(NoContent)
}

/// Which part of a list.
#[data]
pub(crate) struct Part {
    /// How many at most.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u16>,
    /// Where to go on: from the header `Link` of the part before.
    cursor: Option<Ulid>,
}

#[data]
struct Linked {
    artifact_id: String,
}

/// Lists the root artifacts of a config, in the order of their ids. A config that is not there has none.
pub(crate) fn artifacts_of(Path(config): Path<Ulid>, Query(Part { limit, cursor }): Query<Part>) -> Result<Response> {
    let limit = limit.unwrap_or(100);
    let sql = "SELECT artifact_id FROM config_artifacts WHERE config_id = ? AND artifact_id > ? ORDER BY artifact_id LIMIT ?";
    let after = cursor.as_ref().map_or("", Ulid::as_str);
    let linked: Vec<Linked> = database::query_as(sql, params![&config, after, i64::from(limit) + 1])?;
    let more = linked.len() > usize::from(limit);
    let keys: Vec<&str> = linked.iter().take(limit.into()).map(|linked| linked.artifact_id.as_str()).collect();
    let response = Response::new(200).body(records::get_many("artifacts", &keys)?);
    match keys.last().filter(|_| more) {
        Some(last) => {
            Ok(response.header("link", format!("</api/v1/configs/{config}/$artifacts?limit={limit}&cursor={last}>; rel=\"next\"")))
        }
        None => Ok(response),
    }
}

/// The config of the root above an artifact. The walk ends beyond the deepest level, whatever the rows say.
const CONFIG_ABOVE: &str = "WITH RECURSIVE above (id, parent_id, height) AS (
        SELECT id, parent_id, 0 FROM artifacts WHERE id = ?1
        UNION ALL
        SELECT parent.id, parent.parent_id, height + 1 FROM above JOIN artifacts AS parent ON parent.id = above.parent_id
        WHERE height <= ?2
    )
    SELECT (SELECT config_id FROM config_artifacts WHERE artifact_id = above.id AND above.parent_id IS NULL)
    FROM above ORDER BY height DESC LIMIT 1";

/// Shows the config that the root above an artifact is linked to.
pub(crate) fn config_of(Path(artifact): Path<Ulid>) -> Result<Document> {
    let config = database::value::<Option<Ulid>>(CONFIG_ABOVE, params![&artifact, DEEPEST])?.ok_or_else(|| no_artifact(&artifact))?;
    let config = config.ok_or_else(|| Problem::new(404, "no-config", format!("no config is linked to artifact {artifact}")))?;
    records::get("configs", config)
}
