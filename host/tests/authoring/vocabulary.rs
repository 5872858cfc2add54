//! A model with everything: what is written for it compiles and says the same, made and made again.

use std::fs;

use crate::author::Author;
use crate::support::TestHost;

/// Every type, default, clause and kind of object; the tables refer to each other.
const MODEL: &str = r#"
fn everything(manifest: &Manifest) {
    use tenon_sdk::{Check, Column, ForeignKey, Index, ReferenceAction as To, Table, Trigger, Unique, View};
    let order = Table::new("order")
        .column(Column::bigint("group").not_null())
        .column(Column::string("type").not_null().default("it's \"so\" \\ {}\n").collate("NOCASE"))
        .column(Column::new("size", "string(80)"))
        .column(Column::text("null text").default("\u{e9}"))
        .column(Column::integer("least").default(i64::MIN).not_null())
        .column(Column::float("huge").default(1e300).not_null())
        .column(Column::decimal("price", 12, 2).default("-1.50").not_null())
        .column(Column::boolean("match").default(false).not_null())
        .column(Column::timestamp("at").default_expression("CURRENT_TIMESTAMP").not_null())
        .column(Column::date("date"))
        .column(Column::time("time"))
        .column(Column::json("json").default("[\"a\"]").not_null())
        .column(Column::bytes("bytes").default(vec![0_u8, 255]).not_null())
        .column(Column::bytes("none").default(Vec::<u8>::new()).not_null())
        .column(Column::uuid("uuid"))
        .column(Column::new("state", "enum(new,done,\u{e9}t\u{e9})").default("new").not_null())
        .column(Column::text("both").attribute("generated", "type || ' (' || size").attribute("stored", true))
        .column(Column::text("later").attribute("generated", "upper(type)"))
        .column(Column::integer("line"))
        .primary_key(["group"])
        .attribute("autoincrement", true)
        .unique(Unique::on(["group", "least"]).named("uq order"))
        .unique(Unique::on(["type"]))
        .check(Check::new("least <> 'a  b' OR \"match\" IN (0, 1)").named("ck"))
        .check(Check::new("price <> ''"))
        .foreign_key(ForeignKey::new("line", "line", "id").on_delete(To::SetNull).on_update(To::Cascade).deferred().named("fk"))
        .index(Index::on("order", ["type", "date"]))
        .index(Index::new("busy", ["type COLLATE NOCASE DESC", "(lower(size) || ', x') DESC", "date"]).unique().filter("date > '2026'"));
    let line = Table::new("line")
        .column(Column::integer("id").not_null())
        .column(Column::bigint("order").not_null())
        .column(Column::integer("least"))
        .primary_key(["order", "id"])
        .unique(Unique::on(["id"]))
        .attribute("strict", true)
        .attribute("without-rowid", true)
        .foreign_key(ForeignKey::composite(["order", "least"], "order", ["group", "least"]).on_delete(To::Restrict).on_update(To::SetDefault));
    let trigger = Trigger::new("when", "order", "after", "update", ["UPDATE line SET least = CASE id WHEN 1 THEN 2 END WHERE id = new.line", "SELECT RAISE(ABORT, 'END;') WHERE new.type = ''"])
        .attribute("of", "type")
        .attribute("of", "match")
        .attribute("condition", "new.type <> old.type");
    manifest.table(&line).table(&order).trigger(&trigger);
    manifest.view(&View::new("select", "SELECT \"group\" AS g, 'a b' AS t FROM \"order\" WHERE type <> ''"));
}
"#;

const MESSAGE: &str = "it's \"so\" */ {} \\ größe 日本";

#[test]
fn a_model_with_everything_is_written_unwritten_and_written_back() {
    let author = Author::beside(TestHost::new(), "notes");
    author.model("struct NotesPlugin;", &format!("{MODEL}\nstruct NotesPlugin;"));
    author.model("manifest.entity::<Row>()", "everything(manifest);\n        manifest.entity::<Row>()");
    fs::remove_dir_all(author.path("migrations")).unwrap();
    let message = format!("{MESSAGE}{}", " and so on".repeat(50));
    let first = author.autogenerate(&message).done();
    assert!(first.out.starts_with(&format!("//! {message}\n")), "{}", first.out);
    assert!(author.host.run("history").done().out.contains(&message));
    author.host.run("upgrade head").done();
    let schema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'tenon%' AND sql IS NOT NULL ORDER BY type, name";
    let made = author.host.column(schema);
    author.model("everything(manifest);", "let _ = everything;");
    author.autogenerate("all of it goes").done();
    author.host.run("upgrade head --allow-destructive").done();
    assert_eq!(author.host.tables(), ["notes"]);
    author.host.run("downgrade notes@-1").done();
    assert_eq!(author.host.column(schema).len(), made.len());
    author.host.run("downgrade base").done();
    assert_eq!(author.host.tables(), Vec::<String>::new());
}
