//! Plugin `keeper`, which has one of everything: tables with rows, a foreign key that cascades, rules, indexes, a trigger, a view. What a
//! neighbour's revision must not touch.

use tenon_sdk::{
    Check, Column, Downgrade, ForeignKey, Index, Manifest, Migration, Migrations, Operations, Plugin, ReferenceAction, Result, Table,
    Trigger, Unique, View,
};
use tenon_test_guests::CREATED;

fn accounts() -> Table {
    Table::new("accounts")
        .column(Column::integer("id").not_null())
        .column(Column::string("name").not_null())
        .column(Column::integer("balance").default(0))
        .primary_key(["id"])
        .unique(Unique::on(["name"]).named("uq_accounts"))
        .check(Check::new("balance >= 0"))
        .index(Index::new("ix_accounts", ["balance"]).filter("balance > 0"))
}

fn entries() -> Table {
    Table::new("entries")
        .column(Column::integer("id").not_null())
        .column(Column::integer("account"))
        .primary_key(["id"])
        .foreign_key(ForeignKey::new("account", "accounts", "id").on_delete(ReferenceAction::Cascade))
}

fn audit() -> Table {
    Table::new("audit").column(Column::integer("account")).column(Column::string("what"))
}

fn view() -> View {
    View::new("totals", "SELECT count(*) AS n, sum(balance) AS balance FROM accounts")
}

fn trigger() -> Trigger {
    Trigger::new("tr_accounts", "accounts", "after", "update", ["INSERT INTO audit VALUES (new.id, 'changed')"])
}

fn create(op: &Operations) -> Result<()> {
    op.create_table(&accounts())?;
    op.create_table(&entries())?;
    op.create_table(&audit())?;
    op.create_view(&view())?;
    op.create_trigger(&trigger())?;
    op.execute("INSERT INTO accounts VALUES (1, 'one', 10), (2, 'two', 20)", &[])?;
    op.execute("INSERT INTO entries VALUES (1, 1), (2, 1), (3, 2)", &[])?;
    Ok(())
}

fn drop_all(op: &Operations) -> Result<()> {
    op.drop_trigger("tr_accounts")?;
    op.drop_view("totals")?;
    ["audit", "entries", "accounts"].into_iter().try_for_each(|table| op.drop_table(table))
}

struct Guest;

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("k1", CREATED, "One of everything.", create, Downgrade::By(drop_all))];

    fn describe(manifest: &Manifest) {
        manifest.table(&accounts()).table(&entries()).table(&audit()).view(&view()).trigger(&trigger());
    }
}

tenon_sdk::plugin!(Guest, name = "keeper");
