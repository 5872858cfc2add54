//! What the database holds, and what the host writes down of it: owners, the ledger, the archive, what was accepted.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;

use super::Live;
use crate::migrate::{Object, ObjectKind};
use crate::model::{ContentHash, Name, Node, PluginName, StoredName};
use crate::service::error::ServiceError;
use crate::service::load::{Plugin, PluginSet};
use crate::service::owner_changes::OwnerChanges;
use crate::service::settings::Settings;
use crate::store::accepted::{self, Accepted};
use crate::store::ledger::{self, Entry, Sequence};
use crate::store::{AlembicVersions, LivePart, Soundness, StorageError, StoredObject, archive};

/// What the host wrote down in a database.
#[derive(Debug)]
pub(in crate::service) struct Books {
    /// Whom the database knows as an object's owner.
    pub owners: BTreeMap<Name, PluginName>,
    /// The ledger, in order of application.
    pub entries: Vec<(Sequence, Entry)>,
}

impl Live {
    /// Reads what the host wrote down.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub(in crate::service) fn books(&self) -> Result<Books, StorageError> {
        Ok(Books { owners: self.owners()?, entries: self.ledger()? })
    }

    /// What tells one state of the ledger and the schema from another.
    ///
    /// # Errors
    /// Only faults.
    pub(in crate::service) fn mark(&self) -> Result<ledger::Mark, StorageError> {
        ledger::mark(&self.database)
    }

    /// A number that changes with everything that is made, altered or dropped.
    ///
    /// # Errors
    /// Only faults.
    pub(in crate::service) fn schema_version(&self) -> Result<i64, StorageError> {
        self.database.schema_version()
    }

    /// Whom the database knows as an object's owner.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn owners(&self) -> Result<BTreeMap<Name, PluginName>, StorageError> {
        let owned = self.database.all_objects()?.into_iter();
        Ok(owned.filter_map(|object| object.owner.map(|owner| (object.name, owner))).collect())
    }

    /// The tables that are there and that plugins own.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn tables(&self) -> Result<BTreeMap<Name, PluginName>, StorageError> {
        let tables = self.database.owned_tables()?.into_iter();
        Ok(tables.filter_map(|table| table.owner.map(|owner| (table.name, owner))).collect())
    }

    /// All objects that plugins own, in the order in which they were recorded.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn objects(&self) -> Result<Vec<Object>, StorageError> {
        self.database.all_objects()
    }

    /// The object of that name, whatever its kind and whoever made it.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn any_object(&self, name: &Name) -> Result<Option<Object>, StorageError> {
        self.database.object(name)
    }

    /// The texts of a plugin's objects.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn texts_of(&self, plugin: &PluginName) -> Result<Vec<(Object, String)>, StorageError> {
        self.database.texts_of(plugin)
    }

    /// The indexes and triggers of a table, however they are called.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn parts_of(&self, table: &Name) -> Result<Vec<LivePart>, StorageError> {
        self.database.parts_of(table)
    }

    /// The other tables with a foreign key to `table`, however they are called; once for each key.
    ///
    /// # Errors
    /// Only faults.
    pub fn tables_with_keys_to(&self, table: &Name) -> Result<Vec<StoredName>, StorageError> {
        Ok(self.database.keys_to(table)?.into_iter().map(|(child, _)| child).collect())
    }

    /// How owners changed since this was last asked.
    pub(in crate::service) fn take_owner_changes(&mut self) -> OwnerChanges {
        self.owners.take()
    }

    /// The ledger, in order of application.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn ledger(&self) -> Result<Vec<(Sequence, Entry)>, StorageError> {
        ledger::entries(&self.database)
    }

    /// What the applied revisions of a plugin did, as canonical text, in order of application.
    ///
    /// # Errors
    /// Only faults.
    pub fn operations_of(&self, plugin: &PluginName) -> Result<Vec<String>, StorageError> {
        ledger::operations(&self.database, plugin)
    }

    /// Records that a revision is applied; `up` is what it did, as canonical text.
    ///
    /// # Errors
    /// It is recorded already.
    pub fn record(&mut self, entry: &Entry, up: &str) -> Result<Sequence, StorageError> {
        self.ledger_changed = true;
        ledger::record(&mut self.database, entry, up)
    }

    /// Removes a revision from the ledger.
    ///
    /// # Errors
    /// Only faults.
    pub fn forget(&mut self, node: &Node) -> Result<bool, StorageError> {
        self.ledger_changed = true;
        ledger::remove(&mut self.database, node)
    }

    /// An applied revision counts from now on as what another component would do.
    ///
    /// # Errors
    /// Only faults.
    pub fn replace_entry(&mut self, entry: &Entry, up: &str) -> Result<(), StorageError> {
        self.ledger_changed = true;
        ledger::replace(&mut self.database, entry, up)
    }

    /// What was accepted although no revision leaves it so.
    ///
    /// # Errors
    /// Faults, and rows that cannot be.
    pub fn accepted(&self) -> Result<Vec<Accepted>, StorageError> {
        accepted::all(&self.database)
    }

    /// Accepts an object as it is.
    ///
    /// # Errors
    /// Only faults.
    pub fn accept(&mut self, accepted: &Accepted) -> Result<(), StorageError> {
        accepted::accept(&mut self.database, accepted, Utc::now())
    }

    /// Forgets what was accepted of an object.
    ///
    /// # Errors
    /// Only faults.
    pub fn forget_accepted(&mut self, kind: ObjectKind, name: &Name) -> Result<(), StorageError> {
        accepted::forget(&mut self.database, kind, name)
    }

    /// The text of an object; none when it is not there.
    ///
    /// # Errors
    /// Only faults.
    pub fn text_of(&self, kind: ObjectKind, name: &Name) -> Result<Option<String>, StorageError> {
        self.database.text_of(kind, name)
    }

    /// Archives a plugin's component, if it is not there.
    ///
    /// # Errors
    /// Its file was replaced since it was loaded, or cannot be read any more.
    pub fn archive(&mut self, plugin: &Plugin) -> Result<(), ServiceError> {
        if self.archived.insert(plugin.hash()) && !archive::contains(&self.database, &plugin.hash())? {
            archive::put(&mut self.database, &plugin.manifest.name, &plugin.manifest.version, Utc::now(), &plugin.wasm()?)?;
        }
        Ok(())
    }

    /// Archives the components that the ledger names, that are missing, and that the folder has: those of a script, that is.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub fn archive_missing(&mut self, set: &PluginSet) -> Result<(), ServiceError> {
        let missing = archive::missing(&self.database)?;
        let there: Vec<&Plugin> = set.plugins.values().filter(|plugin| missing.contains(&plugin.hash())).collect();
        if there.is_empty() {
            return Ok(());
        }
        self.begin()?;
        let result = there.into_iter().try_for_each(|plugin| self.archive(plugin)).and_then(|()| Ok(self.commit()?));
        self.end_quietly(result)
    }

    /// Takes the components out of the archive by which nothing is applied any more.
    ///
    /// # Errors
    /// The database cannot be written to.
    pub fn prune_archive(&mut self) -> Result<(), ServiceError> {
        self.begin()?;
        let result = archive::prune(&mut self.database).and_then(|_| self.commit());
        Ok(self.end_quietly(result)?)
    }

    /// Copies the database to a file that is not there yet, while others go on using it.
    ///
    /// # Errors
    /// The file is there, or cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<(), StorageError> {
        self.database.copy_to(path)
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// There is no such table.
    pub fn count_rows(&self, table: &Name) -> Result<u64, StorageError> {
        self.database.count_rows(table.as_str())
    }

    /// How large the database is, in bytes.
    ///
    /// # Errors
    /// Only faults.
    pub fn bytes(&self) -> Result<u64, StorageError> {
        self.database.bytes()
    }

    /// The text of every object but the host's own, by `kind name`.
    ///
    /// # Errors
    /// Only faults.
    pub fn texts(&self) -> Result<BTreeMap<String, String>, StorageError> {
        self.database.texts()
    }

    /// All objects but the host's own, whoever made them.
    ///
    /// # Errors
    /// Only faults.
    pub fn stored_objects(&self) -> Result<Vec<StoredObject>, StorageError> {
        self.database.stored_objects()
    }

    /// What Alembic wrote down here.
    ///
    /// # Errors
    /// Only faults.
    pub fn alembic_versions(&self) -> Result<AlembicVersions, StorageError> {
        self.database.alembic_versions()
    }

    /// The same tables, indexes, views and triggers in memory, with their owners and without a row. What cannot be made there is left out:
    /// what another program did with functions or modules of its own.
    ///
    /// # Errors
    /// The database cannot be read, or memory runs out.
    pub(in crate::service) fn without_rows(&self, settings: &Settings) -> Result<Self, StorageError> {
        let mut copy = Self::in_memory(settings)?;
        for text in self.database.schema_texts()? {
            if let Err(error) = copy.database.run(&text) {
                tracing::debug!(%error, text, "left out of the copy of the schema");
            }
        }
        for Object { kind, name, table, owner } in self.objects()? {
            if let Some(owner) = owner {
                copy.database.own(&owner, kind, &name, &table)?;
            }
        }
        Ok(copy)
    }

    /// How many rows each table has but the host's own.
    ///
    /// # Errors
    /// Only faults.
    pub fn rows_of_all(&self) -> Result<BTreeMap<String, u64>, StorageError> {
        self.database.rows_of_all()
    }

    /// That nothing is wrong with the whole file.
    ///
    /// # Errors
    /// Something is.
    pub fn require_whole_file(&self) -> Result<(), StorageError> {
        match &self.database.unsound(Soundness::Full)?[..] {
            [] => Ok(()),
            said => Err(StorageError::Damaged { what: "the file".to_owned(), reason: said.join("; ") }),
        }
    }

    /// An archived component.
    ///
    /// # Errors
    /// The row does not hold what its hash says.
    pub fn archived(&self, hash: ContentHash) -> Result<Option<Vec<u8>>, StorageError> {
        archive::get(&self.database, &hash)
    }
}
