//! What an operation touches, and what it drops.

use crate::migrate::backend::ObjectKind;
use crate::model::{Change, Name, Operation};

/// The objects that an operation names, by what happens to them.
///
/// A table that goes takes its indexes and triggers along; they are not named here. What an `execute` touches is in its SQL, which
/// only the database reads: all three are empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touched {
    /// Not there before.
    pub creates: Vec<(ObjectKind, Name)>,
    /// There before and after, with another shape or other rows.
    pub changes: Vec<(ObjectKind, Name)>,
    /// Not there after.
    pub drops: Vec<(ObjectKind, Name)>,
}

impl Operation {
    /// The objects that it names.
    pub fn touched(&self) -> Touched {
        use ObjectKind::{Index, Table, Trigger, View};
        let none = Touched::default;
        let one = |kind, name: &Name| vec![(kind, name.clone())];
        match self {
            Self::CreateTable { table, .. } => {
                let indexes = table.indexes.iter().map(|index| (Index, index.name.clone()));
                Touched { creates: one(Table, &table.name).into_iter().chain(indexes).collect(), ..none() }
            }
            Self::DropTable { name, .. } => Touched { drops: one(Table, name), ..none() },
            Self::RenameTable { name, to } => Touched { creates: one(Table, to), drops: one(Table, name), ..none() },
            Self::AddColumn { table, .. }
            | Self::AlterTable { table, .. }
            | Self::DropColumn { table, .. }
            | Self::RenameColumn { table, .. }
            | Self::InsertRows { table, .. } => Touched { changes: one(Table, table), ..none() },
            Self::CreateIndex { table, index, .. } => Touched { creates: one(Index, &index.name), changes: one(Table, table), ..none() },
            Self::DropIndex { name, .. } => Touched { drops: one(Index, name), ..none() },
            Self::CreateView { view, .. } => Touched { creates: one(View, &view.name), ..none() },
            Self::DropView { name, .. } => Touched { drops: one(View, name), ..none() },
            Self::CreateTrigger { trigger, .. } => Touched { creates: one(Trigger, &trigger.name), ..none() },
            Self::DropTrigger { name, .. } => Touched { drops: one(Trigger, name), ..none() },
            Self::Execute { .. } => none(),
        }
    }

    /// The table that it drops or drops columns of.
    pub fn drops_from(&self) -> Option<&Name> {
        match self {
            Self::DropTable { name, .. } => Some(name),
            Self::DropColumn { table, .. } => Some(table),
            Self::AlterTable { table, changes, .. } => {
                changes.iter().any(|change| matches!(change, Change::DropColumn { .. })).then_some(table)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::migrate::samples::{every_operation, name};

    use super::*;

    #[test]
    fn a_table_comes_with_its_indexes() {
        let touched = every_operation()[0].touched();
        let expected =
            [(ObjectKind::Table, "artifacts"), (ObjectKind::Index, "ix_artifacts_level"), (ObjectKind::Index, "ix_artifacts_parent_id")];
        assert_eq!(touched.creates, expected.map(|(kind, text)| (kind, name(text))));
    }
}
