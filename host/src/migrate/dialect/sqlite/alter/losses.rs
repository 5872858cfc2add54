//! Values that would not be there any more in the copy, and no column goes with them.

use crate::model::Change;

use super::super::stored::Rule;
use super::Planner;

impl Planner<'_> {
    /// What `using` must not do unless somebody says that it may: make NULL of what is not. To be called when all changes are planned.
    pub(super) fn find_losses(&mut self, changes: &[Change]) {
        for change in changes {
            let Change::SetType { name, using: Some(_), .. } = change else { continue };
            let Ok((place, column)) = self.column(name) else { continue };
            let nullable = changes.iter().find_map(|change| match change {
                Change::SetNullable { name: other, nullable, .. } if other == name => Some(*nullable),
                _ => None,
            });
            // Where no NULL may be, the copy fails by itself.
            let takes_null = nullable.unwrap_or_else(|| column.rule(|rule| *rule == Rule::NotNull).is_none());
            if let Some(value) = self.copied[place].as_ref().filter(|_| takes_null) {
                self.plan.losses.push(self.conditions.emptied(name, value));
            }
        }
    }
}
