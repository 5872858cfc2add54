//! What an operation touches, whether it can be undone, and what it costs.

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

    /// Whether another operation undoes it that can be told from this one alone. What drops something does not say what was there.
    pub fn reversible(&self) -> bool {
        match self {
            Self::CreateTable { if_not_exists, .. }
            | Self::AddColumn { if_not_exists, .. }
            | Self::CreateIndex { if_not_exists, .. }
            // Where it did nothing, undoing it would drop what it did not make.
            | Self::CreateTrigger { if_not_exists, .. }
            | Self::CreateView { if_not_exists, .. } => !if_not_exists,
            Self::AlterTable { changes, .. } => changes.iter().all(reverses),
            Self::RenameTable { .. } | Self::RenameColumn { .. } => true,
            Self::DropTable { .. } | Self::DropColumn { .. } | Self::DropIndex { .. } | Self::DropView { .. } | Self::DropTrigger { .. } => false,
            Self::Execute { .. } | Self::InsertRows { .. } => false,
        }
    }

    /// Whether rows or cells may be gone after it.
    pub fn loses_data(&self) -> bool {
        match self {
            Self::DropTable { .. } | Self::DropColumn { .. } => true,
            Self::AlterTable { changes, .. } => changes.iter().any(loses),
            // An INSERT, too, may replace rows.
            Self::Execute { .. } => true,
            Self::CreateTable { .. } | Self::RenameTable { .. } | Self::AddColumn { .. } | Self::RenameColumn { .. } => false,
            Self::CreateIndex { .. } | Self::DropIndex { .. } | Self::CreateView { .. } | Self::DropView { .. } => false,
            Self::CreateTrigger { .. } | Self::DropTrigger { .. } | Self::InsertRows { .. } => false,
        }
    }
}

/// Whether another change undoes it that can be told from this one alone.
fn reverses(change: &Change) -> bool {
    match change {
        Change::AddColumn { .. } | Change::RenameColumn { .. } => true,
        Change::AddForeignKey { .. } | Change::AddUnique { .. } | Change::AddCheck { .. } => true,
        Change::DropColumn { .. } | Change::DropConstraint { .. } => false,
        // What was there before is not said.
        Change::SetType { .. } | Change::SetNullable { .. } | Change::SetDefault { .. } | Change::SetPrimaryKey { .. } => false,
    }
}

/// Whether values may be gone after it.
fn loses(change: &Change) -> bool {
    match change {
        Change::DropColumn { .. } => true,
        Change::SetType { using, .. } => using.is_some(),
        Change::AddColumn { .. } | Change::RenameColumn { .. } | Change::SetNullable { .. } | Change::SetDefault { .. } => false,
        Change::AddForeignKey { .. } | Change::AddUnique { .. } | Change::AddCheck { .. } | Change::SetPrimaryKey { .. } => false,
        Change::DropConstraint { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::migrate::samples::{every_operation, name};

    use super::*;

    #[test]
    fn what_drops_is_not_reversible_and_what_creates_is() {
        for operation in every_operation() {
            let Touched { creates, drops, .. } = operation.touched();
            let renames = matches!(operation, Operation::RenameTable { .. });
            if operation.reversible() && !renames {
                assert!(drops.is_empty(), "{operation:?}");
            }
            if !drops.is_empty() && !renames {
                assert!(creates.is_empty() && !operation.reversible(), "{operation:?}");
            }
            assert!(!operation.reversible() || !operation.loses_data(), "{operation:?}");
        }
    }

    #[test]
    fn a_table_comes_with_its_indexes() {
        let touched = every_operation()[0].touched();
        let expected =
            [(ObjectKind::Table, "artifacts"), (ObjectKind::Index, "ix_artifacts_level"), (ObjectKind::Index, "ix_artifacts_parent_id")];
        assert_eq!(touched.creates, expected.map(|(kind, text)| (kind, name(text))));
    }
}
