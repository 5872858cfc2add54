//! Every title is written with its author's name, as far as rows can be read.

use tenon_sdk::{Json, Operations, Problem, Result, Value, params, revision};

revision! { down = ["d00000000002"] }

pub fn upgrade(op: &Operations) -> Result<()> {
    if op.offline() {
        return Ok(());
    }
    let authors: Vec<Json> = op.query("SELECT id, note FROM authors ORDER BY id", params![])?;
    for author in &authors {
        let (Some(id), Some(note)) = (author["id"].as_str(), author["note"].as_str()) else { continue };
        op.execute("UPDATE books SET title = title || ' by ' || ? WHERE author_id = ?", params![note, id])?;
    }
    match op.row("SELECT count(*), NULL FROM books WHERE title LIKE ?", params!["% by %"])?.as_deref() {
        Some([Value::Integer(3), Value::Null]) => Ok(()),
        other => Err(Problem::internal(format!("three titles were expected, and found was {other:?}"))),
    }
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.execute("UPDATE books SET title = substr(title, 1, instr(title, ' by ') - 1) WHERE title LIKE '% by %'", params![])?;
    Ok(())
}
