//! Changes tables with every function that the SDK has for it, one revision for each, and back again.

use tenon_sdk::{
    Change, Check, Collection, Column, Downgrade, ForeignKey, Manifest, Migration, Migrations, Operations, Plugin, ReferenceAction, Result,
    Step, Table, Trigger, Unique, Value,
};
use tenon_test_guests::CREATED;

fn items() -> Table {
    Table::new("items")
        .column(Column::integer("id").not_null())
        .column(Column::string("code"))
        .column(Column::integer("amount").default(1))
        .primary_key(["id"])
}

fn trigger() -> Trigger {
    let body = ["INSERT INTO item_log VALUES (new.id, 'changed')"];
    Trigger::new("tr_items", "items", "after", "update", body).attribute("of", "amount")
}

fn log() -> Table {
    Table::new("item_log").column(Column::integer("item")).column(Column::text("what"))
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&items())?;
    op.create_table(&log())?;
    op.execute("INSERT INTO items (id, code, amount) VALUES (?, ?, NULL), (?, NULL, ?)", &[1.into(), "one".into(), 2.into(), 20.into()])?;
    Ok(())
}

fn drop_both(op: &Operations) -> Result<()> {
    op.drop_table("item_log")?;
    op.drop_table("items")
}

fn parent() -> ForeignKey {
    ForeignKey::new("item", "items", "id").on_delete(ReferenceAction::Cascade)
}

const fn step(id: &'static str, down: &'static [&'static str], upgrade: Step, downgrade: Step) -> Migration {
    Migration::new(id, CREATED, "A change.", upgrade, Downgrade::By(downgrade)).down(down)
}

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[
        Migration::new("start", CREATED, "Two tables.", create, Downgrade::By(drop_both)),
        step(
            "nullable",
            &["start"],
            |op| op.option("backfill", 7).set_nullable("items", "amount", false),
            |op| {
                op.set_nullable("items", "amount", true)?;
                op.execute("UPDATE items SET amount = NULL WHERE id = 1", &[]).map(drop)
            },
        ),
        step("default", &["nullable"], |op| op.set_default("items", "code", "none"), |op| op.drop_default("items", "code")),
        step(
            "expression",
            &["default"],
            |op| op.set_default_expression("items", "amount", "1 + 1"),
            |op| op.set_default("items", "amount", 1),
        ),
        step(
            "type",
            &["expression"],
            |op| op.option("using", "amount * 1.5").set_type("items", "amount", "float"),
            |op| op.option("using", "CAST(amount / 1.5 AS INTEGER)").set_type("items", "amount", "integer"),
        ),
        step(
            "unique",
            &["type"],
            |op| {
                op.if_exists().drop_constraint("items", "uq_code")?;
                op.add_unique("items", &Unique::on(["code"]).named("uq_code"))?;
                op.if_not_exists().add_unique("items", &Unique::on(["code"]).named("uq_code"))?;
                op.if_not_exists().add_unique("items", &Unique::on(["code"]))
            },
            |op| {
                op.if_exists().drop_constraint("items", "uq_code")?;
                op.if_exists().drop_unnamed_unique("items", ["code"])
            },
        ),
        step(
            "check",
            &["unique"],
            |op| {
                op.add_check("items", &Check::new("amount > 0"))?;
                op.if_not_exists().add_check("items", &Check::new("AMOUNT>0"))
            },
            |op| {
                op.drop_unnamed_check("items", "amount > 0")?;
                op.if_exists().drop_unnamed_check("items", "amount > 0")
            },
        ),
        step(
            "key",
            &["check"],
            |op| {
                op.add_foreign_key("item_log", &parent())?;
                op.if_not_exists().add_foreign_key("item_log", &parent())
            },
            |op| {
                op.drop_unnamed_foreign_key("item_log", ["item"])?;
                op.if_exists().drop_unnamed_foreign_key("item_log", ["item"])
            },
        ),
        step("trigger", &["key"], |op| op.create_trigger(&trigger()), |op| op.drop_trigger("tr_items")),
        step(
            "several",
            &["trigger"],
            |op| {
                let label =
                    Change::new("add-column", "label").with("data-type", "string").with("nullable", true).with("position", "after id");
                op.option("rebuild", true).alter_table("items", [label, Change::new("rename-column", "code").with("to", "name")])
            },
            |op| op.alter_table("items", [Change::new("drop-column", "label"), Change::new("rename-column", "name").with("to", "code")]),
        ),
        step(
            "computed",
            &["several"],
            |op| {
                let doubled = Column::float("doubled").attribute("generated", "amount * 2").attribute("stored", Value::Boolean(true));
                op.add_column("items", &doubled)?;
                op.if_not_exists().option("rebuild", true).add_column("items", &doubled.attribute("position", "first"))
            },
            |op| {
                op.drop_column("items", "doubled")?;
                op.if_exists().option("rebuild", true).drop_column("items", "doubled")
            },
        ),
    ];

    fn describe(manifest: &Manifest) {
        let label = Column::string("label");
        let amount = Column::float("amount").not_null().default_expression("1 + 1");
        let doubled = Column::float("doubled").attribute("generated", "amount * 2").attribute("stored", Value::Boolean(true));
        let items = Table::new("items").column(Column::integer("id").not_null()).column(label);
        let items = items.column(Column::string("name").default("none")).column(amount).column(doubled).primary_key(["id"]);
        manifest.table(&items.unique(Unique::on(["name"]).named("uq_code")).check(Check::new("amount > 0")));
        manifest.table(&log().foreign_key(parent())).trigger(&trigger());
        manifest.collection_of("items", Collection::new("items").key(["id"]));
    }
}

tenon_sdk::plugin!(Guest, name = "changes");
