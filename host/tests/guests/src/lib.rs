//! What several test guests share. The guests themselves are in `examples/`, one behaviour each; README.md lists them.
#![deny(unsafe_code)]

pub mod script;
pub mod served;
pub mod ways;

use tenon_sdk::{Column, Downgrade, Migration, Operations, Result, Table};

/// When all test revisions were written.
pub const CREATED: &str = "2025-11-01T09:00:00Z";

/// A table of an entity with one column of its own, `note`.
pub fn notes(name: &str) -> Table {
    Table::new(name).column(Column::text("note")).entity_columns()
}

/// A step that does nothing.
pub fn nothing(_: &Operations) -> Result<()> {
    Ok(())
}

/// A revision that starts from base and does nothing either way.
pub const fn empty(id: &'static str) -> Migration {
    Migration::new(id, CREATED, "Nothing.", nothing, Downgrade::By(nothing))
}

/// A revision of the plugin `notes`, which four guests are builds of.
pub mod builds {
    use tenon_sdk::{Column, Downgrade, Migration, Operations, Problem, Result, Table};

    use crate::{CREATED, notes};

    /// Makes `notes`.
    pub const FIRST: Migration = Migration::new("a00000000001", CREATED, "Notes.", create, Downgrade::By(drop_it));

    /// Makes `notes`, and cannot undo it while it has rows, because its author made a mistake.
    pub const FIRST_BROKEN: Migration = Migration::new("a00000000001", CREATED, "Notes.", create, Downgrade::By(drop_if_empty));

    /// The same id as [`FIRST`], but another table.
    pub const FIRST_EDITED: Migration = Migration::new("a00000000001", CREATED, "Notes.", create_more, Downgrade::By(drop_it));

    /// Adds a column to `notes`.
    pub const SECOND: Migration =
        Migration::new("a00000000002", CREATED, "A priority for notes.", add_priority, Downgrade::By(drop_priority))
            .down(&["a00000000001"]);

    /// The same id as [`SECOND`], but it fails while there are rows, because its author made a mistake.
    pub const SECOND_BROKEN: Migration =
        Migration::new("a00000000002", CREATED, "A priority for notes.", add_priority_if_empty, Downgrade::By(drop_priority))
            .down(&["a00000000001"]);

    /// Comes after [`SECOND`], changes nothing, and fails while there are rows.
    pub const THIRD_BROKEN: Migration =
        Migration::new("a00000000003", CREATED, "Nothing.", require_empty, Downgrade::By(crate::nothing)).down(&["a00000000002"]);

    /// `notes` as [`FIRST_EDITED`] makes it.
    pub fn edited() -> Table {
        Table::new("notes").column(Column::text("note")).column(Column::text("more")).entity_columns()
    }

    /// `notes` as [`SECOND`] leaves it.
    pub fn with_priority() -> Table {
        notes("notes").column(Column::integer("priority"))
    }

    fn create(op: &Operations) -> Result<()> {
        op.create_table(&notes("notes"))
    }

    fn create_more(op: &Operations) -> Result<()> {
        op.create_table(&edited())
    }

    fn drop_it(op: &Operations) -> Result<()> {
        op.drop_table("notes")
    }

    fn drop_if_empty(op: &Operations) -> Result<()> {
        match op.row("SELECT 1 FROM notes", &[])? {
            None => op.drop_table("notes"),
            Some(_) => Err(Problem::conflict("this downgrade is broken")),
        }
    }

    fn add_priority(op: &Operations) -> Result<()> {
        op.add_column("notes", &Column::integer("priority"))
    }

    fn add_priority_if_empty(op: &Operations) -> Result<()> {
        add_priority(op)?;
        require_empty(op)
    }

    fn require_empty(op: &Operations) -> Result<()> {
        match op.row("SELECT 1 FROM notes", &[])? {
            None => Ok(()),
            Some(_) => Err(Problem::conflict("this upgrade is broken")),
        }
    }

    fn drop_priority(op: &Operations) -> Result<()> {
        op.drop_column("notes", "priority")
    }
}

/// Revisions of the plugin `chain`, of which eight guests are builds: each makes the table `chain_<id>`.
pub mod chain {
    use tenon_sdk::{Column, Downgrade, Manifest, Migration, Operations, Result, Table, log};

    use crate::{CREATED, notes};

    /// Makes its table, and drops it again.
    pub const fn link(id: &'static str, down: &'static [&'static str]) -> Migration {
        Migration::new(id, CREATED, "A link.", make, Downgrade::By(take_away)).down(down)
    }

    /// The same id as [`link`], but another table; its downgrade says that it runs.
    pub const fn edited(id: &'static str, down: &'static [&'static str]) -> Migration {
        Migration::new(id, CREATED, "An edited link.", make_more, Downgrade::By(take_away_aloud)).down(down)
    }

    /// Makes what [`link`] makes, for good.
    pub const fn one_way(id: &'static str, down: &'static [&'static str]) -> Migration {
        Migration::new(id, CREATED, "A link.", make, Downgrade::Irreversible("this link stays")).down(down)
    }

    /// Makes what [`edited`] makes, for good.
    pub const fn edited_one_way(id: &'static str, down: &'static [&'static str]) -> Migration {
        Migration::new(id, CREATED, "An edited link.", make_more, Downgrade::Irreversible("the edited link stays")).down(down)
    }

    /// Declares what [`link`] makes.
    pub fn declare(manifest: &Manifest, ids: &[&str]) {
        ids.iter().for_each(|id| _ = manifest.table(&notes(&name(id))));
    }

    /// Declares what [`edited`] makes.
    pub fn declare_edited(manifest: &Manifest, ids: &[&str]) {
        ids.iter().for_each(|id| _ = manifest.table(&with_more(&name(id))));
    }

    fn name(id: &str) -> String {
        format!("chain_{id}")
    }

    fn with_more(name: &str) -> Table {
        notes(name).column(Column::text("more"))
    }

    fn table(op: &Operations) -> String {
        name(op.revision())
    }

    fn make(op: &Operations) -> Result<()> {
        op.create_table(&notes(&table(op)))
    }

    fn make_more(op: &Operations) -> Result<()> {
        op.create_table(&with_more(&table(op)))
    }

    fn take_away(op: &Operations) -> Result<()> {
        op.drop_table(&table(op))
    }

    fn take_away_aloud(op: &Operations) -> Result<()> {
        log::warn("the edited file's downgrade runs");
        take_away(op)
    }
}

/// Revisions of the plugins `ground` and `house`, which requires it, of which five guests are builds: what `h2` reads is called otherwise after
/// `g2`.
pub mod turns {
    use tenon_sdk::{Column, Downgrade, Manifest, Migration, Operations, Result, Right, Table, params};

    use crate::CREATED;

    /// Makes `ground`, with its `soil`.
    pub const G1: Migration = Migration::new("g1", CREATED, "Ground.", make_ground, Downgrade::By(drop_ground));

    /// The soil is earth from now on.
    pub const G2: Migration = Migration::new("g2", CREATED, "Earth.", call_it_earth, Downgrade::By(call_it_soil)).down(&["g1"]);

    /// Makes `house`.
    pub const H1: Migration = Migration::new("h1", CREATED, "A house.", make_house, Downgrade::By(drop_house));

    /// Builds a house on each ground, by its soil.
    pub const H2: Migration = Migration::new("h2", CREATED, "Houses.", build, Downgrade::By(tear_down)).down(&["h1"]);

    /// Houses have rooms.
    pub const H3: Migration = Migration::new("h3", CREATED, "Rooms.", add_rooms, Downgrade::By(drop_rooms)).down(&["h2"]);

    /// Declares the ground.
    pub fn declare_ground(manifest: &Manifest, column: &str) {
        manifest.table(&ground(column));
    }

    /// Declares a house, and what it needs.
    pub fn declare_house(manifest: &Manifest, columns: &[Column]) {
        let house = columns.iter().fold(house(), |house, column| house.column(column.clone()));
        manifest.requires("ground", "^1").wants(Right::Read, "ground", "houses stand on it").table(&house);
    }

    /// What [`H3`] adds.
    pub fn rooms() -> Column {
        Column::integer("rooms")
    }

    fn ground(column: &str) -> Table {
        Table::new("ground").column(Column::text(column)).entity_columns()
    }

    fn house() -> Table {
        Table::new("house").column(Column::text("stands_on")).entity_columns()
    }

    fn make_ground(op: &Operations) -> Result<()> {
        op.create_table(&ground("soil"))
    }

    fn drop_ground(op: &Operations) -> Result<()> {
        op.drop_table("ground")
    }

    fn call_it_earth(op: &Operations) -> Result<()> {
        op.rename_column("ground", "soil", "earth")
    }

    fn call_it_soil(op: &Operations) -> Result<()> {
        op.rename_column("ground", "earth", "soil")
    }

    fn make_house(op: &Operations) -> Result<()> {
        op.create_table(&house())
    }

    fn drop_house(op: &Operations) -> Result<()> {
        op.drop_table("house")
    }

    fn build(op: &Operations) -> Result<()> {
        op.execute("INSERT INTO house (id, stands_on) SELECT id, soil FROM ground", params![]).map(drop)
    }

    fn tear_down(op: &Operations) -> Result<()> {
        op.execute("DELETE FROM house", params![]).map(drop)
    }

    fn add_rooms(op: &Operations) -> Result<()> {
        op.add_column("house", &rooms())
    }

    fn drop_rooms(op: &Operations) -> Result<()> {
        op.drop_column("house", "rooms")
    }
}

/// A plugin of a table, exposed under its name, and a second revision that changes nothing of the schema.
pub mod data_only {
    use tenon_sdk::{Downgrade, Manifest, Migration, Operations, Result};

    use crate::{CREATED, notes, nothing};

    /// Makes the table, with `up`, and drops it, with `down`.
    pub const fn first(up: fn(&Operations) -> Result<()>, down: fn(&Operations) -> Result<()>) -> Migration {
        Migration::new("one", CREATED, "A table.", up, Downgrade::By(down))
    }

    /// Changes nothing.
    pub const SECOND: Migration = Migration::new("two", CREATED, "Nothing.", nothing, Downgrade::By(nothing)).down(&["one"]);

    /// Declares the table and its collection.
    pub fn describe(manifest: &Manifest, table: &str) {
        manifest.table(&notes(table)).collection_of(table, table);
    }
}

/// Parents with a child that goes when its parent does, for guests that delete the parent.
pub mod cascade {
    use tenon_sdk::{Column, Downgrade, ForeignKey, Manifest, Migration, Operations, ReferenceAction, Result, Table, params};

    use crate::{CREATED, notes};

    /// Makes both tables, with a row each.
    pub const START: Migration = Migration::new("start", CREATED, "Parents and children.", create, Downgrade::By(drop_them));

    /// Declares them.
    pub fn declare(manifest: &Manifest) {
        manifest.table(&notes("parents")).table(&children());
    }

    /// Deletes the parent.
    pub fn delete(op: &Operations) -> Result<()> {
        op.execute("DELETE FROM parents", params![])?;
        Ok(())
    }

    fn children() -> Table {
        Table::new("children")
            .column(Column::ulid("parent_id").not_null())
            .entity_columns()
            .foreign_key(ForeignKey::new("parent_id", "parents", "id").on_delete(ReferenceAction::Cascade))
    }

    fn create(op: &Operations) -> Result<()> {
        op.create_table(&notes("parents"))?;
        op.create_table(&children())?;
        op.execute("INSERT INTO parents (id) VALUES (?)", params!["01J00000000000000000000001"])?;
        op.execute(
            "INSERT INTO children (id, parent_id) VALUES (?, ?)",
            params!["01J00000000000000000000002", "01J00000000000000000000001"],
        )?;
        Ok(())
    }

    fn drop_them(op: &Operations) -> Result<()> {
        op.drop_table("children")?;
        op.drop_table("parents")
    }
}

/// Two tables with a key between them that is checked late, for guests that break it.
pub mod late {
    use tenon_sdk::{Column, Downgrade, ForeignKey, Manifest, Migration, Operations, Result, Table};

    use crate::{CREATED, notes};

    /// Makes them.
    pub const START: Migration = Migration::new("start", CREATED, "Two tables.", start, Downgrade::By(end));

    /// Declares them.
    pub fn declare(manifest: &Manifest) {
        manifest.table(&notes("late_parents")).table(&children());
    }

    fn children() -> Table {
        let key = ForeignKey::new("parent_id", "late_parents", "id").deferred();
        Table::new("late_children").column(Column::ulid("parent_id")).entity_columns().foreign_key(key)
    }

    fn start(op: &Operations) -> Result<()> {
        op.create_table(&notes("late_parents"))?;
        op.create_table(&children())
    }

    fn end(op: &Operations) -> Result<()> {
        op.drop_table("late_children")?;
        op.drop_table("late_parents")
    }
}
