//! Two authors and three books.

use tenon_sdk::{Operations, Problem, Result, json, params, revision};

revision! { down = ["d00000000001"] }

const AUTHORS: [(&str, &str); 2] = [("01J0000000000000000000000A", "Ada"), ("01J0000000000000000000000B", "Brontë")];

pub fn upgrade(op: &Operations) -> Result<()> {
    let inserted = op.insert_rows("authors", &AUTHORS.map(|(id, note)| json!({"id": id, "note": note})))?;
    if inserted != 2 && !op.offline() {
        return Err(Problem::internal(format!("two authors were given, {inserted} were inserted")));
    }
    for (id, author, title) in [
        ("01J00000000000000000000001", AUTHORS[0].0, "Notes"),
        ("01J00000000000000000000002", AUTHORS[1].0, "Villette"),
        ("01J00000000000000000000003", AUTHORS[1].0, "Shirley's"),
    ] {
        op.execute("INSERT INTO books (id, author_id, title) VALUES (?, ?, ?)", params![id, author, title])?;
    }
    Ok(())
}

pub fn downgrade(op: &Operations) -> Result<()> {
    op.touches("books")?;
    op.execute("DELETE FROM authors WHERE note IN (?, ?)", params![AUTHORS[0].1, AUTHORS[1].1])?;
    Ok(())
}
