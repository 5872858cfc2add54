//! Tasks: rows that say what could be run. Nothing here runs them.

use tenon_sdk::{Column, Entity, Json, Operations, Result, Table};

/// Something that could be run.
#[derive(Debug, Entity)]
#[entity(table = "tasks")]
pub struct Task {
    /// A command line, or the name of a function.
    #[entity(type = "text")]
    pub command: String,
    /// `shell` or `python`.
    #[entity(type = "text", default = "shell", one_of = ["shell", "python"])]
    pub task_type: String,
    /// What it is run with.
    pub parameters: Option<Json>,
    /// Whether it may be run.
    #[entity(default = true)]
    pub enabled: bool,
}

fn table() -> Table {
    Table::new("tasks")
        .column(Column::text("command").not_null())
        .column(Column::text("task_type").not_null().default("shell"))
        .column(Column::json("parameters"))
        .column(Column::boolean("enabled").not_null().default(true))
        .entity_columns()
}

/// Creates `tasks`.
pub fn create_tasks_table(op: &Operations) -> Result<()> {
    op.create_table(&table())
}

/// Drops `tasks`.
pub fn drop_tasks_table(op: &Operations) -> Result<()> {
    op.drop_table("tasks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_helper_makes_what_the_entity_declares() {
        assert_eq!(table().stored(), Task::table().stored());
    }
}
