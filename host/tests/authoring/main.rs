//! `tenon revision` and `tenon merge`, in a crate as `tenon new` writes it: what is written compiles, does what the model says, and is undone.
//!
//! A build costs seconds: what can be seen without one is among the service's own tests, or has a program in cargo's place (`pretended.rs`).

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod another_crate;
mod author;
#[cfg(unix)]
mod pretended;
mod random;
mod seed;
#[path = "../support/mod.rs"]
mod support;
mod vocabulary;

use author::Author;
use support::{TestHost, rows};

#[test]
fn what_a_model_gains_is_written_applied_and_undone_and_then_there_is_nothing_to_write() {
    let author = Author::new();
    author.model("    pub body: Option<String>,\n", "    pub body: Option<String>,\n    pub phone: Option<String>,\n");
    let said = author.autogenerate("add phone to note").done().err_has(&["Detected added column notes.phone."]);
    let files = author.files();
    let file = files.last().unwrap();
    assert!(file.to_str().unwrap().ends_with("_add_phone_to_note.rs"), "{file:?}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), said.out);
    let first = Author::id_of(&files[0]);
    let expected = format!(
        "//! add phone to note\n\nuse tenon_sdk::{{Column, Operations, Result, revision}};\n\nrevision! {{ down = [\"{first}\"] }}\n\n\
         pub fn upgrade(op: &Operations) -> Result<()> {{\n    op.add_column(\"notes\", &Column::string(\"phone\"))\n}}\n\n\
         pub fn downgrade(op: &Operations) -> Result<()> {{\n    op.drop_column(\"notes\", \"phone\")\n}}\n"
    );
    assert_eq!(said.out, expected);
    author.host.run("upgrade head").done();
    assert!(author.columns().contains(&"phone".to_owned()));
    author.autogenerate("nothing").done().silent().err_has(&["Nothing to write"]);
    assert_eq!(author.files(), files);
    std::fs::rename(author.host.path("plugins/notes.wasm"), author.host.path("plugins/mine.wasm")).unwrap();
    author.revision(&["-m", "under whatever name its file has"]).done().err_has(&["built plugins/mine.wasm"]);
    assert!(!author.host.path("plugins/notes.wasm").exists());
    author.host.run("upgrade head").done();
    author.host.run("downgrade -1").done();
    author.host.run("downgrade -1").done();
    assert!(!author.columns().contains(&"phone".to_owned()));
}

/// Renamed, made to refuse NULL, given a default, dropped, added, with a table, indexes, a key and constraints.
#[test]
fn rows_live_through_whatever_becomes_of_a_model_and_back() {
    let author = Author::new();
    author.revision(&["-m", "as it is"]).done();
    author.host.run("upgrade head").done();
    let fill = "INSERT INTO notes (id, title, body, done) VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'one', 'text', 1), ('01ARZ3NDEKTSV4RRFFQ69G5FAW', 'two', 'more', 0)";
    author.host.database().execute_batch(fill).unwrap();
    let before = rows(&author.host.database(), "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'tenon%' ORDER BY name");
    author.model("#[entity(table = \"notes\")]", "#[entity(table = \"notes\", unique(columns = [\"heading\", \"rank\"]))]");
    author.model(
        "    #[entity(index)]\n    pub title: String,\n",
        "    #[entity(index, renamed_from = \"title\")]\n    pub heading: String,\n",
    );
    author.model("    pub body: Option<String>,\n", "    #[entity(default = \"none\")]\n    pub body: String,\n");
    author.model("    #[entity(default = false)]\n    pub done: bool,\n", "    #[entity(default = 3)]\n    pub rank: i64,\n");
    author.model(
        "struct NotesPlugin;",
        "#[derive(Entity)]\n#[entity(table = \"comments\")]\npub struct Comment {\n    #[entity(references = \"notes.id\", on_delete = \"cascade\", index)]\n    pub note_id: tenon_sdk::Ulid,\n    pub text: String,\n}\n\nstruct NotesPlugin;",
    );
    author.model("manifest.entity::<Row>()", "manifest.entity::<Comment>();\n        manifest.entity::<Row>()");
    author
        .autogenerate("rework")
        .done()
        .err_has(&["Detected renamed column notes.title to heading.", "column notes.done goes, with its values"]);
    author.host.run("upgrade head").refused().err_has(&["drop column notes.done", "--allow-destructive"]);
    author.host.run("upgrade head --allow-destructive").done();
    let after = rows(&author.host.database(), "SELECT heading, body, rank FROM notes ORDER BY id");
    assert_eq!(after, ["one|text|3", "two|more|3"]);
    author.autogenerate("nothing").done().err_has(&["Nothing to write"]);
    author.host.run("downgrade -1").done();
    let back = rows(&author.host.database(), "SELECT title, body, done FROM notes ORDER BY id");
    assert_eq!(back, ["one|text|0", "two|more|0"], "what was dropped is not known any more");
    assert_eq!(
        rows(&author.host.database(), "SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'tenon%'"),
        [before.len().to_string()]
    );
}

#[test]
fn what_may_be_a_rename_is_written_only_when_somebody_says_that_it_is_none() {
    let author = Author::new();
    author.model("    pub body: Option<String>,\n", "    pub text: Option<String>,\n");
    let files = author.files();
    author.autogenerate("rename").refused().silent().err_has(&[
        "notes.body goes and notes.text",
        "renamed_from = \"body\"",
        "give --accept-drop-add=notes.body:text, or --accept-drop-add for all",
    ]);
    let said = author.revision(&["--autogenerate", "-m", "rename", "--json"]).refused();
    let pairs = serde_json::json!([{ "kind": "column", "table": "notes", "removed": "body", "added": "text" }]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&said.out).unwrap(), serde_json::json!({ "look_alikes": pairs }));
    let other = author.revision(&["--autogenerate", "--accept-drop-add=notes.title:text", "-m", "another text"]).refused().silent();
    other.err_has(&["--accept-drop-add=notes.title:text is no drop and add", "there are notes.body:text"]);
    assert_eq!(author.files(), files);
    assert!(!author.host.path("plugins/notes.wasm").exists());
    let said = author.revision(&["--autogenerate", "--accept-drop-add=notes.body:text", "-m", "another text"]).done();
    assert!(said.out.contains("Change::drop_column(\"body\")"), "{}", said.out);
    author.model("    pub text: Option<String>,\n", "    #[entity(renamed_from = \"text\")]\n    pub body: Option<String>,\n");
    let said = author.autogenerate("back to its name").done();
    assert!(said.out.contains("op.rename_column(\"notes\", \"text\", \"body\")"), "{}", said.out);
    author.host.run("upgrade head --allow-destructive").done();
}

#[test]
fn a_downgrade_that_rows_may_refuse_says_so_in_its_file_and_writes_nothing_when_they_do() {
    let author = Author::beside(TestHost::new(), "notes");
    std::fs::remove_file(&author.files()[0]).unwrap();
    let fields =
        "    #[entity(unique)]\n    pub code: String,\n    #[entity(references = \"notes.id\")]\n    pub parent: tenon_sdk::Ulid,\n";
    author.model("    pub body: Option<String>,\n", &format!("    pub body: Option<String>,\n{fields}"));
    author.autogenerate("begin").done();
    author.host.run("upgrade head").done();
    let ids = ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW"];
    for id in ids {
        let fill = format!("INSERT INTO notes (id, title, code, parent) VALUES ('{id}', 'x', '{id}', '{id}')");
        author.host.database().execute_batch(&fill).unwrap();
    }
    author.model(fields, "");
    let said = author.autogenerate("less").done().err_has(&["column notes.parent comes back", "the downgrade will be refused"]);
    assert!(said.out.contains("// - column notes.parent comes back and takes no NULL"), "{}", said.out);
    assert!(said.out.contains("set_nullable(\"code\", false).with(\"backfill-expression\", \"'unknown-' || rowid\")"), "{}", said.out);
    author.host.run("upgrade head --allow-destructive").done();
    author.host.run("downgrade -1").refused().err_has(&["column notes.parent takes no NULL", "2 rows", "give a `backfill`"]);
    assert_eq!(rows(&author.host.database(), "SELECT count(*) FROM notes"), ["2"]);
    author.host.database().execute_batch("DELETE FROM notes").unwrap();
    author.host.run("downgrade -1").done();
}

#[test]
fn branches_begin_where_they_are_asked_to_and_come_together_again() {
    let author = Author::new();
    let first = Author::id_of(&author.files()[0]);
    author.revision(&["-m", "one way", "--rev-id", "one"]).done();
    author.revision(&["-m", "another", "--head", &first]).refused().err_has(&["is not a head", "--splice"]);
    author.revision(&["-m", "another", "--head", &first[..6], "--splice", "--rev-id", "other", "--branch-label", "side"]).done();
    author.revision(&["-m", "which?"]).refused().err_has(&["has several heads", "one", "other", "tenon merge"]);
    author.host.run("upgrade head").not_done().err_has(&["one", "other"]);
    let branches = author.host.run("branches").done();
    assert_eq!(branches.out, format!("notes@{first} (branchpoint)\n       -> notes@one\n       -> notes@other\n"));
    author.host.run("upgrade side@head").done();
    assert_eq!(author.host.ledger(), [format!("notes@{first}"), "notes@other".to_owned()]);
    author.host.run("current --check-heads").refused().err_has(&["notes@one is not applied"]);
    author.run(&["merge", "one", "other", "-m", "both", "--plugin", "notes", "--rev-id", "both"]).done();
    author.host.run("upgrade head").done();
    let history = author.host.run("history -r one:").done();
    assert_eq!(history.out.lines().count(), 2, "{}", history.out);
    author.host.run("current --check-heads").done();
}

#[test]
fn what_is_asked_for_wrongly_writes_nothing_and_says_what_to_do() {
    let author = Author::new();
    let files = author.files();
    for (arguments, parts) in [
        (&["-m", " "][..], &["the message is empty"][..]),
        (&["-m", "x", "--rev-id", "a-b"], &["cannot be the id", "letters and digits"]),
        (&["-m", "x", "--head", "zz"], &["can't locate revision identified by 'zz'", &Author::id_of(&files[0])]),
        (&["-m", "x", "--depends-on", "shop@a1"], &["cannot be depended on", "does not require shop"]),
        (&["-m", "x", "--depends-on", "shop"], &["write PLUGIN@REVISION"]),
    ] {
        author.revision(arguments).refused().silent().err_has(parts);
    }
    author.run(&["revision", "-m", "x", "--plugin", "nowhere"]).refused().err_has(&[
        "nowhere is no plugin's crate",
        "there is no such folder",
        "--plugin",
    ]);
    author.model("pub title: String", "pub title: Strin");
    author.autogenerate("x").refused().err_has(&["notes does not build", "Strin"]);
    assert_eq!(author.files(), files);
    assert!(!author.host.path("plugins/notes.wasm").exists());
}
