//! What a step leaves. While it runs it may take things apart in any order; when it ends, every foreign key leads to a key and every
//! view can be read.
//!
//! A reference to a name outlives the table: SQLite keeps a view over a table that is gone, and a foreign key to it, and hands them to
//! whoever takes the name next. A view that cannot be read stops everybody's `ALTER TABLE`, and a foreign key that does not fit
//! everybody's `DELETE` from the table that it points to, so it is never the step's own business alone.

use std::collections::{BTreeMap, BTreeSet};

use super::Executor;
use crate::migrate::backend::{Backend, BackendError, ObjectKind};
use crate::model::{Name, Operation, Problem, Table};

/// What has to be looked at when the step ends.
#[derive(Debug, Default)]
pub(super) struct Loose {
    /// Names of the plugin's own tables, there or gone, whose foreign keys, on either side, may not fit.
    tables: BTreeSet<Name>,
    /// Names of its own tables that were dropped although rows referred to them.
    pub(super) detached: BTreeSet<Name>,
    /// Tables of its own with new expressions, into which no row was inserted yet.
    pub(super) untried: BTreeSet<Name>,
    /// The views that could not be read, and the tables whose triggers did not fit, before the step first did something that can break one.
    /// They are not its fault.
    broken_before: Option<BTreeMap<(ObjectKind, String), String>>,
}

impl<B: Backend> Executor<B> {
    /// Whether the step may end like this; asked once, after its last operation. If not, it is to be rolled back.
    ///
    /// # Errors
    /// `in-use` when something refers to a table or view that is gone, `invalid-operation` when a foreign key does not fit or an
    /// expression stands in the way of every row.
    pub fn settle(&mut self) -> Result<(), Problem> {
        self.require_sound()?;
        for table in std::mem::take(&mut self.loose.tables) {
            self.require_whole(&table)?;
        }
        for table in std::mem::take(&mut self.loose.detached) {
            self.require_found_again(&table)?;
        }
        for table in std::mem::take(&mut self.loose.untried) {
            if self.is_table(&table)? {
                self.require_insertable(&table)?;
            }
        }
        match self.loose.broken_before.take() {
            Some(before) => self.require_nothing_more_broken(&before),
            None => Ok(()),
        }
    }

    /// To be called before an operation.
    pub(super) fn before(&mut self, operation: &Operation) -> Result<(), Problem> {
        let may_break = match operation {
            Operation::DropTable { .. }
            | Operation::RenameTable { .. }
            | Operation::AddColumn { .. }
            | Operation::DropColumn { .. }
            | Operation::RenameColumn { .. }
            | Operation::AlterTable { .. }
            | Operation::DropView { .. } => true,
            Operation::CreateTable { .. }
            | Operation::CreateIndex { .. }
            | Operation::DropIndex { .. }
            | Operation::CreateView { .. }
            | Operation::CreateTrigger { .. }
            | Operation::DropTrigger { .. }
            | Operation::Execute { .. }
            | Operation::InsertRows { .. } => false,
        };
        if may_break && self.loose.broken_before.is_none() {
            let broken = self.backend.broken();
            self.loose.broken_before = Some(self.sort(broken)?);
        }
        Ok(())
    }

    /// The foreign keys from and to a table of the plugin's own are looked at when the step ends.
    pub(super) fn loosen(&mut self, table: &Name) {
        self.loose.tables.insert(table.clone());
    }

    /// A table of the plugin's own has another name.
    pub(super) fn loosen_renamed(&mut self, name: &Name, to: &Name) {
        self.loosen(to);
        if self.loose.untried.remove(name) {
            self.loose.untried.insert(to.clone());
        }
    }

    /// A table was made: nobody else's foreign key may have waited for its name.
    pub(super) fn require_nobody_waited(&mut self, table: &Table) -> Result<(), Problem> {
        let linked = match self.backend.linked_to(&table.name) {
            // One of its own keys leads to a table that is yet to be made. That leaves the long way.
            Err(BackendError::Refused(_)) => None,
            other => Some(self.sort(other)?),
        };
        let own_target = |name: &String| table.foreign_keys.iter().any(|key| &key.target_table == name.as_str());
        let is_referred_to = linked.is_none_or(|linked| !linked.iter().all(own_target));
        if is_referred_to {
            self.require_free_of_others(&table.name)?;
        }
        if is_referred_to || !table.foreign_keys.is_empty() {
            self.loosen(&table.name);
        }
        Ok(())
    }

    /// Refuses a name for a table that another plugin's foreign key points to, unless this very step took a table away from it. Keys of
    /// tables that no plugin owns are the operator's, who may have the plugin make the table for them.
    pub(super) fn require_free_of_others(&mut self, name: &Name) -> Result<(), Problem> {
        if self.loose.tables.contains(name) {
            return Ok(());
        }
        let references = self.backend.references_to(name);
        for reference in self.sort(references)? {
            let owner = self.object(&reference.table)?.and_then(|object| object.owner);
            if let Some(owner) = owner.filter(|owner| *owner != self.permissions.plugin) {
                let detail = format!(
                    "no table can be called {name} while table {} of plugin {owner} has a foreign key to that name",
                    reference.table
                );
                return Err(Problem::new(409, "in-use", detail));
            }
        }
        Ok(())
    }

    /// Rows that referred to a table which was taken from under them, whoever's they are, refer to rows of the one that has its name now.
    fn require_found_again(&mut self, name: &Name) -> Result<(), Problem> {
        let references = self.backend.references_to(name);
        let references = self.sort(references)?;
        references.into_iter().try_for_each(|reference| self.require_references(&reference.table))
    }

    fn is_table(&mut self, name: &Name) -> Result<bool, Problem> {
        Ok(self.object(name)?.is_some_and(|object| object.kind == ObjectKind::Table))
    }

    fn require_whole(&mut self, name: &Name) -> Result<(), Problem> {
        if self.is_table(name)? {
            return match self.backend.linked_to(name) {
                Err(BackendError::Refused(why)) => {
                    let rule = "a foreign key must lead to a table that is there when the step ends, and to its primary key or to columns \
                                that are unique together";
                    Err(Problem::new(422, "invalid-operation", format!("table {name}: {rule}: {why}")))
                }
                other => self.sort(other).map(drop),
            };
        }
        let references = self.backend.references_to(name);
        let mut users = Vec::new();
        for reference in self.sort(references)? {
            let owner = self.owner(reference.table.as_str())?;
            users.push(format!("{} ({}) {owner}", reference.table, reference.columns.join(", ")));
        }
        if users.is_empty() {
            return Ok(());
        }
        let detail =
            format!("table {name} cannot be gone while foreign keys point to it: {}; those tables must go first", users.join("; "));
        Err(Problem::new(409, "in-use", detail))
    }

    fn require_nothing_more_broken(&mut self, before: &BTreeMap<(ObjectKind, String), String>) -> Result<(), Problem> {
        let now = self.backend.broken();
        let now = self.sort(now)?;
        let Some(((kind, name), why)) = now.iter().find(|(object, _)| !before.contains_key(*object)) else { return Ok(()) };
        let owner = self.owner(name)?;
        let detail = match kind {
            ObjectKind::View => format!("after this step view {name} {owner} could not be read any more: {why}; drop the view first"),
            _ => format!("after this step table {name} {owner} could not be written to any more: {why}; drop its trigger first"),
        };
        Err(Problem::new(409, "in-use", detail))
    }

    /// Whose an object is, for a message.
    fn owner(&mut self, name: &str) -> Result<String, Problem> {
        let object = match name.parse() {
            Ok(name) => self.object(&name)?,
            Err(_) => None,
        };
        let owner = object.and_then(|object| object.owner);
        Ok(owner.map_or_else(|| "that no plugin owns".to_owned(), |plugin| format!("of plugin {plugin}")))
    }
}
