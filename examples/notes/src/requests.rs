//! What the plugin answers itself.

use tenon_sdk::{Body, Created, Document, Path, Problem, Query, Reason, Result, Ulid, data, database, host, json, log, params, records};

/// What is said of a new note. It begins undone and unpinned.
#[data]
pub(crate) struct NewNote {
    /// What it is found by, if the client chooses that.
    id: Option<Ulid>,
    /// What it is about.
    title: String,
    /// What it says.
    body: Option<String>,
    /// Labels.
    #[serde(default)]
    tags: Vec<String>,
}

/// Makes a note. Spaces around its title are left out.
pub(crate) fn create(Body(new): Body<NewNote>) -> Result<Created> {
    let title = title(&new.title)?;
    records::create("notes", &json!({ "id": new.id, "title": title, "body": new.body, "tags": new.tags })).map(Created)
}

/// A title without the spaces around it.
fn title(given: &str) -> Result<&str> {
    let title = given.trim();
    if title.is_empty() {
        return Err(Problem::validation([Reason::body("/title", "blank", "must have more than spaces")]));
    }
    Ok(title)
}

/// Pins a note, if there is room at the top.
pub(crate) fn pin(Path(id): Path<Ulid>) -> Result<Document> {
    let most = host::setting_as("most-pinned")?.unwrap_or(3);
    let others: i64 = database::value("SELECT count(*) FROM notes WHERE pinned AND id <> ?", params![&id])?.unwrap_or_default();
    if others >= most {
        return Err(Problem::new(409, "too-many-pinned", format!("{most} notes are pinned; unpin one first")));
    }
    log::info(format!("pinning {id}"));
    records::update("notes", &id, &json!({ "pinned": true }))
}

/// Which notes are counted.
#[data]
pub(crate) struct Filter {
    /// Only those whose title has this in it.
    about: Option<String>,
}

/// How many notes there are.
#[data]
pub(crate) struct Summary {
    /// That are not dealt with.
    open: i64,
    /// That are.
    done: i64,
}

/// Counts the notes.
pub(crate) fn summary(Query(filter): Query<Filter>) -> Result<Body<Summary>> {
    let sql = "SELECT count(*) FILTER (WHERE NOT done), count(*) FILTER (WHERE done) FROM notes WHERE instr(title, ?) > 0";
    let row = database::row::<(i64, i64)>(sql, params![filter.about.unwrap_or_default()])?;
    let (open, done) = row.ok_or_else(|| Problem::internal("counting gave no row"))?;
    Ok(Body(Summary { open, done }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_more_than_spaces() {
        assert_eq!(title(" milk "), Ok("milk"));
        assert_eq!(title(" ").unwrap_err().errors[0].at, "/title");
    }
}
