//! Schema operations: who may create, change and drop what.

use super::{Executor, RECORD, WrittenOperation};
use crate::migrate::backend::{Backend, Object, ObjectKind};
use crate::migrate::canonical::canonical_text;
use crate::model::schema::IndexKey;
use crate::model::schema::Timing;
use crate::model::{Change, ForeignKey, Index, Name, Operation, Problem, Table, Trigger, View};

impl<B: Backend> Executor<B> {
    /// Carries out one schema operation.
    ///
    /// # Errors
    /// `not-owner` when the object is somebody else's, `exists`, `missing`, `not-granted`, `in-use`, `invalid-operation`, and `refused`
    /// with the database's own reason. Nothing was changed then.
    pub fn apply(&mut self, operation: Operation) -> Result<(), Problem> {
        let weigh = || RECORD + canonical_text(std::slice::from_ref(&operation)).len();
        let weight = if self.recorded.is_some() { weigh() } else { 0 };
        self.require_room(weight)?;
        let took_effect = self.atomically(|executor| executor.change(&operation))?;
        if took_effect {
            self.note_made(&operation);
            self.record(weight, || operation);
        } else {
            self.pass_over(weight, operation);
        }
        Ok(())
    }

    /// The same; answers how it was written out, if it took effect and operations are.
    ///
    /// # Errors
    /// As [`Executor::apply`].
    pub fn apply_written(&mut self, operation: Operation) -> Result<Option<WrittenOperation>, Problem> {
        let before = self.written.len();
        self.apply(operation)?;
        Ok(self.written.get(before).cloned())
    }

    /// Keeps what the step made itself, and still has.
    fn note_made(&mut self, operation: &Operation) {
        match operation {
            Operation::CreateTable { table, .. } => _ = self.made.insert(table.name.clone()),
            Operation::DropTable { name, .. } => _ = self.made.remove(name),
            Operation::RenameTable { name, to } if self.made.remove(name) => _ = self.made.insert(to.clone()),
            _ => {}
        }
    }

    /// Answers whether anything was changed.
    fn change(&mut self, operation: &Operation) -> Result<bool, Problem> {
        self.before(operation)?;
        match operation {
            Operation::CreateTable { table, if_not_exists } => self.create_table(table, *if_not_exists, operation),
            Operation::DropTable { name, if_exists, detach } => self.drop_table(name, *if_exists, *detach, operation),
            Operation::RenameTable { name, to } => self.rename_table(name, to, operation),
            Operation::AddColumn { table, column, if_not_exists } => {
                let (column, if_not_exists) = (column.clone(), *if_not_exists);
                self.alter_table(operation, table, &[Change::AddColumn { column, position: None, if_not_exists }], false)
            }
            Operation::DropColumn { table, name, if_exists } => {
                self.alter_table(operation, table, &[Change::DropColumn { name: name.clone(), if_exists: *if_exists }], false)
            }
            Operation::RenameColumn { table, name, to } => {
                self.alter_table(operation, table, &[Change::RenameColumn { name: name.clone(), to: to.clone() }], false)
            }
            Operation::AlterTable { table, changes, rebuild } => self.alter_table(operation, table, changes, *rebuild),
            Operation::CreateIndex { table, index, if_not_exists } => self.create_index(table, index, *if_not_exists, operation),
            Operation::DropIndex { name, if_exists } => self.drop_object(ObjectKind::Index, name, *if_exists, operation),
            Operation::CreateView { view, if_not_exists } => self.create_view(view, *if_not_exists, operation),
            Operation::DropView { name, if_exists } => self.drop_object(ObjectKind::View, name, *if_exists, operation),
            Operation::CreateTrigger { trigger, if_not_exists } => self.create_trigger(trigger, *if_not_exists, operation),
            Operation::DropTrigger { name, if_exists } => self.drop_object(ObjectKind::Trigger, name, *if_exists, operation),
            Operation::Execute { .. } | Operation::InsertRows { .. } => {
                Err(Problem::new(500, "internal", "a data operation was sent as a schema operation"))
            }
        }
    }

    fn create_table(&mut self, table: &Table, if_not_exists: bool, operation: &Operation) -> Result<bool, Problem> {
        if !self.is_free(ObjectKind::Table, &table.name, if_not_exists)? {
            return Ok(false);
        }
        for index in &table.indexes {
            self.is_free(ObjectKind::Index, &index.name, false)?;
        }
        for key in &table.foreign_keys {
            self.require_reference(&table.name, key)?;
        }
        self.run(operation)?;
        self.own(ObjectKind::Table, &table.name, &table.name)?;
        for index in &table.indexes {
            self.own(ObjectKind::Index, &index.name, &table.name)?;
        }
        self.touched.insert(table.name.clone());
        self.require_nobody_waited(table)?;
        self.check_table(table)?;
        Ok(true)
    }

    /// What a step drops on a database with rows, it dropped on an empty one too, where it was seen before the run began. To be asked once
    /// it is known that something is there to be dropped.
    pub(super) fn require_foreseen(&self, operation: &Operation) -> Result<(), Problem> {
        let (Some(drops), Some(table)) = (&self.drops, operation.drops_from()) else { return Ok(()) };
        if self.made.contains(table) || drops.contains(&canonical_text(std::slice::from_ref(operation))) {
            return Ok(());
        }
        let detail = format!(
            "this would {}, which the revision does not do on an empty database; give --allow-destructive if that is meant",
            operation.describe()
        );
        Err(Problem::new(409, "destructive", detail))
    }

    fn drop_table(&mut self, name: &Name, if_exists: bool, detach: bool, operation: &Operation) -> Result<bool, Problem> {
        if !self.require_own(ObjectKind::Table, name, if_exists)? {
            return Ok(false);
        }
        self.require_foreseen(operation)?;
        let references = self.backend.references_to(name);
        let references = self.sort(references)?;
        let used: Vec<String> = references
            .iter()
            .filter(|reference| reference.rows > 0)
            .map(|reference| format!("{} ({}): {} rows", reference.table, reference.columns.join(", "), reference.rows))
            .collect();
        if !used.is_empty() && !detach {
            let detail = format!(
                "table {name} cannot be dropped while rows of other tables refer to it: {}; delete or detach those rows first",
                used.join("; ")
            );
            return Err(Problem::new(409, "in-use", detail));
        }
        if used.is_empty() {
            self.run(operation)?
        } else {
            self.drop_detached(name, operation)?
        }
        let result = self.backend.disown(name);
        self.sort(result)?;
        self.touched.insert(name.clone());
        if !references.is_empty() {
            self.loosen(name);
        }
        Ok(true)
    }

    fn rename_table(&mut self, name: &Name, to: &Name, operation: &Operation) -> Result<bool, Problem> {
        self.require_own(ObjectKind::Table, name, false)?;
        if name != to {
            self.is_free(ObjectKind::Table, to, false)?;
            self.require_free_of_others(to)?;
        }
        self.run(operation)?;
        let result = self.backend.rename(name, to);
        self.sort(result)?;
        self.loosen_renamed(name, to);
        Ok(true)
    }

    fn create_index(&mut self, table: &Name, index: &Index, if_not_exists: bool, operation: &Operation) -> Result<bool, Problem> {
        self.require_own(ObjectKind::Table, table, false)?;
        if !self.is_free(ObjectKind::Index, &index.name, if_not_exists)? {
            return Ok(false);
        }
        for term in &index.terms {
            if let IndexKey::Column(column) = &term.key
                && !self.has_column(table, column)?
            {
                return Err(Problem::new(404, "missing", format!("index {}: table {table} has no column {column}", index.name)));
            }
        }
        self.require_index(table, index)?;
        self.run(operation)?;
        self.own(ObjectKind::Index, &index.name, table)?;
        Ok(true)
    }

    fn create_view(&mut self, view: &View, if_not_exists: bool, operation: &Operation) -> Result<bool, Problem> {
        if !self.is_free(ObjectKind::View, &view.name, if_not_exists)? {
            return Ok(false);
        }
        let footprint = self.footprint(&view.query)?;
        if footprint.target.is_some() || !footprint.others.is_empty() {
            return Err(Problem::new(422, "invalid-operation", format!("view {}: its query must be one SELECT", view.name)));
        }
        self.run(operation)?;
        self.own(ObjectKind::View, &view.name, &view.name)?;
        Ok(true)
    }

    /// A trigger is accepted once the statement that fires it could be compiled as its plugin: what its body reads and writes is asked then.
    fn create_trigger(&mut self, trigger: &Trigger, if_not_exists: bool, operation: &Operation) -> Result<bool, Problem> {
        let kind = if trigger.timing == Timing::InsteadOf { ObjectKind::View } else { ObjectKind::Table };
        self.require_own(kind, &trigger.table, false)?;
        if !self.is_free(ObjectKind::Trigger, &trigger.name, if_not_exists)? {
            return Ok(false);
        }
        self.run(operation)?;
        self.own(ObjectKind::Trigger, &trigger.name, &trigger.table)?;
        let columns = self.backend.columns(&trigger.table);
        let columns: Vec<Name> = self.sort(columns)?.into_iter().filter(|column| !column.generated).map(|column| column.name).collect();
        let fires = self.dialect.fires(trigger, &columns);
        self.require_quick_trigger(trigger, &fires)?;
        Ok(true)
    }

    fn drop_object(&mut self, kind: ObjectKind, name: &Name, if_exists: bool, operation: &Operation) -> Result<bool, Problem> {
        if !self.require_own(kind, name, if_exists)? {
            return Ok(false);
        }
        if kind == ObjectKind::Index
            && let Some(index) = self.object(name)?
        {
            // It may have been what made a foreign key's columns unique.
            self.loosen(&index.table);
        }
        self.run(operation)?;
        let result = self.backend.disown(name);
        self.sort(result)?;
        Ok(true)
    }

    fn own(&mut self, kind: ObjectKind, name: &Name, table: &Name) -> Result<(), Problem> {
        let result = self.backend.own(&self.permissions.plugin, kind, name, table);
        self.sort(result)
    }

    fn has_column(&mut self, table: &Name, column: &Name) -> Result<bool, Problem> {
        let columns = self.backend.columns(table);
        Ok(self.sort(columns)?.iter().any(|c| &c.name == column))
    }

    /// True when nothing has that name and the plugin may make something of it; false when it may stay because it is the plugin's own of the same kind and `if_not_exists`.
    fn is_free(&mut self, kind: ObjectKind, name: &Name, if_not_exists: bool) -> Result<bool, Problem> {
        if matches!(kind, ObjectKind::Table | ObjectKind::View) {
            name.require_table_name().map_err(|error| Problem::new(422, "invalid-operation", error.to_string()))?;
        }
        let Some(object) = self.object(name)? else { return self.permissions.require_prefix(kind, name).map(|()| true) };
        let plugin = &self.permissions.plugin;
        match &object.owner {
            Some(owner) if owner == plugin && object.kind == kind && if_not_exists => Ok(false),
            Some(owner) if owner == plugin => Err(Problem::new(409, "exists", format!("{} {name} is already there", object.kind.word()))),
            _ => Err(not_owner(&object, &format!("plugin {plugin} cannot create a {} of that name", kind.word()))),
        }
    }

    /// True when the object is there and the plugin's own; false when it is not there and need not be.
    pub(super) fn require_own(&mut self, kind: ObjectKind, name: &Name, may_be_missing: bool) -> Result<bool, Problem> {
        let missing = |executor: &Self| match may_be_missing {
            true => Ok(false),
            false => Err(Problem::new(404, "missing", format!("plugin {} has no {} {name}", executor.permissions.plugin, kind.word()))),
        };
        if kind == ObjectKind::Table && self.made.contains(name) {
            return Ok(true);
        }
        let Some(object) = self.object(name)? else { return missing(self) };
        let plugin = &self.permissions.plugin;
        if object.owner.as_ref() != Some(plugin) {
            return Err(not_owner(&object, &format!("plugin {plugin} cannot change it")));
        }
        if object.kind != kind {
            return Err(Problem::new(409, "missing", format!("{name} is a {}, not a {}", object.kind.word(), kind.word())));
        }
        Ok(true)
    }

    pub(super) fn require_reference(&mut self, table: &Name, key: &ForeignKey) -> Result<(), Problem> {
        let target = &key.target_table;
        if target == table {
            return Ok(());
        }
        let subject = format!("table {table}, foreign key ({})", key.columns.iter().map(Name::as_str).collect::<Vec<_>>().join(", "));
        let found = self.object(target)?;
        let plugin = &self.permissions.plugin;
        match found {
            None if self.permissions.declared.contains(target) => Ok(()),
            None => Err(Problem::new(404, "missing", format!("{subject}: there is no table {target}"))),
            Some(object) if object.kind != ObjectKind::Table => {
                Err(Problem::new(422, "invalid-operation", format!("{subject}: {target} is a {}, not a table", object.kind.word())))
            }
            Some(object) if object.owner.as_ref() == Some(plugin) => Ok(()),
            Some(Object { owner: Some(owner), .. }) => self.permissions.require_reference(&subject, target, &owner),
            Some(object) => Err(not_owner(&object, &format!("plugin {plugin} cannot refer to it"))),
        }
    }
}

fn not_owner(object: &Object, what: &str) -> Problem {
    let Object { kind, name, owner, .. } = object;
    let detail = match owner {
        Some(owner) => format!("{} {name} is owned by plugin {owner}; {what}", kind.word()),
        None => format!("{} {name} was not made by a plugin and has no owner; {what}", kind.word()),
    };
    Problem::new(403, "not-owner", detail)
}
