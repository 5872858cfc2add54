//! Who owns which table, index, view and trigger: the rows of `tenon_objects`.
//!
//! A database without bookkeeping tables has no owners.

use std::collections::HashMap;

use super::{Database, StorageError};
use crate::model::sql::text_literal;
use crate::model::{Name, Object, ObjectKind, PluginName};

impl Database {
    /// Records that `plugin` owns an object. `table` is the one it belongs to; its own name for a table or view.
    ///
    /// # Errors
    /// [`StorageError::Violation`] when the object has an owner.
    pub fn own(&mut self, plugin: &PluginName, kind: ObjectKind, name: &Name, table: &Name) -> Result<(), StorageError> {
        self.change_owners(
            "INSERT INTO tenon_objects (name, kind, parent, plugin) VALUES (?1, ?2, ?3, ?4)",
            &[name.as_str(), kind.word(), table.as_str(), plugin.as_str()],
        )
    }

    /// Forgets the owner of an object and, for a table, of all that belongs to it.
    ///
    /// # Errors
    /// Only faults; an object without an owner is none.
    pub fn disown(&mut self, name: &Name) -> Result<(), StorageError> {
        self.change_owners("DELETE FROM tenon_objects WHERE name = ?1 OR parent = ?1", &[name.as_str()])
    }

    /// A table has a new name: its owner and those of what belongs to it follow.
    ///
    /// # Errors
    /// [`StorageError::Violation`] when the new name has an owner.
    pub fn rename_owned(&mut self, from: &Name, to: &Name) -> Result<(), StorageError> {
        self.change_owners("UPDATE tenon_objects SET name = ?2 WHERE name = ?1", &[from.as_str(), to.as_str()])?;
        self.change_owners("UPDATE tenon_objects SET parent = ?2 WHERE parent = ?1", &[from.as_str(), to.as_str()])
    }

    fn change_owners(&mut self, sql: &str, params: &[&str]) -> Result<(), StorageError> {
        self.host(|connection| connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(params)))?;
        self.facts_changed();
        Ok(())
    }

    /// All objects of a plugin: tables and views first, then what belongs to them, each by name.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for a row that cannot be.
    pub fn objects_of_plugin(&self, plugin: &PluginName) -> Result<Vec<Object>, StorageError> {
        let sql = "SELECT kind, name, parent, plugin FROM tenon_objects WHERE plugin = ?1 ORDER BY name <> parent, name";
        self.owned(sql, &[plugin.as_str()])
    }

    /// The owned object of that name, and for a table all that belongs to it.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for a row that cannot be.
    pub fn owned_with(&self, name: &Name) -> Result<Vec<Object>, StorageError> {
        self.owned("SELECT kind, name, parent, plugin FROM tenon_objects WHERE name = ?1 OR parent = ?1", &[name.as_str()])
    }

    /// The texts of a plugin's objects, by name. One that is not there has none.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for a row that cannot be.
    pub fn texts_of(&self, plugin: &PluginName) -> Result<Vec<(Object, String)>, StorageError> {
        let sql = "SELECT o.name, sql FROM tenon_objects o JOIN sqlite_schema s ON o.name = s.name AND s.type = kind
                   WHERE plugin = ?1 AND sql IS NOT NULL ORDER BY o.name";
        let rows = self.all(sql, [plugin.as_str()], |row| Ok((row.get(0)?, row.get(1)?)));
        let mut texts: HashMap<String, String> = rows.or_else(|error| error.none_without("tenon_objects"))?.into_iter().collect();
        let texts = self.objects_of_plugin(plugin)?.into_iter().filter_map(|object| {
            let text = texts.remove(object.name.as_str())?;
            Some((object, text))
        });
        Ok(texts.collect())
    }

    /// All objects that have an owner, by name.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for a row that cannot be.
    pub fn all_objects(&self) -> Result<Vec<Object>, StorageError> {
        self.owned("SELECT kind, name, parent, plugin FROM tenon_objects ORDER BY name", &[])
    }

    /// The tables that are there and have an owner, by name.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] for a row that cannot be.
    pub fn owned_tables(&self) -> Result<Vec<Object>, StorageError> {
        let sql = "SELECT kind, o.name, parent, plugin FROM sqlite_schema s JOIN tenon_objects o ON o.name = s.name
                   WHERE s.type = 'table' AND kind = 'table' ORDER BY o.name";
        self.owned(sql, &[])
    }

    fn owned(&self, sql: &str, params: &[&str]) -> Result<Vec<Object>, StorageError> {
        let read = |row: &rusqlite::Row<'_>| {
            let text = |place: usize| Ok::<_, rusqlite::Error>(row.get_ref(place)?.as_str()?);
            Ok(object(text(0)?, text(1)?, text(2)?, text(3)?))
        };
        let rows = self.all(sql, rusqlite::params_from_iter(params), read);
        rows.or_else(|error| error.none_without("tenon_objects"))?.into_iter().collect()
    }
}

fn object(kind: &str, name: &str, table: &str, plugin: &str) -> Result<Object, StorageError> {
    let damaged = |reason: String| StorageError::damaged(format!("tenon_objects, {name:?}"), reason);
    Ok(Object {
        kind: kind.parse().map_err(damaged)?,
        table: table.parse().map_err(|error| damaged(format!("{error}")))?,
        owner: Some(plugin.parse().map_err(|error| damaged(format!("{error}")))?),
        name: name.parse().map_err(|error| damaged(format!("{error}")))?,
    })
}

/// The statement that records an owner, for a script.
pub fn own_script(object: &Object) -> Option<String> {
    let owner = object.owner.as_ref()?;
    let values = [object.name.as_str(), object.kind.word(), object.table.as_str(), owner.as_str()].map(text_literal);
    Some(format!("INSERT INTO tenon_objects (name, kind, parent, plugin) VALUES ({})", values.join(", ")))
}

/// The statement that forgets the owner of an object, for a script.
pub fn disown_script(name: &Name) -> String {
    format!("DELETE FROM tenon_objects WHERE name = {}", text_literal(name.as_str()))
}

/// The owner of the object of that name, if it is of one of these kinds. Names are compared without regard to case.
pub(super) fn owner_of(database: &Database, name: &str, kinds: &[ObjectKind]) -> Result<Option<PluginName>, StorageError> {
    let rows = database.all("SELECT plugin, kind FROM tenon_objects WHERE name = ?1", [name], |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: Vec<(String, String)> = rows.or_else(|error| error.none_without("tenon_objects"))?;
    rows.into_iter()
        .find(|(_, kind)| kinds.iter().any(|wanted| wanted.word() == kind))
        .map(|(plugin, _)| plugin.parse().map_err(|error| StorageError::damaged(format!("the owner of {name:?}"), error)))
        .transpose()
}

/// The names of other plugins' objects that are contained in `text`, perhaps as part of a longer word.
pub(super) fn names_of_others_in(database: &Database, plugin: &PluginName, text: &str) -> Result<Vec<String>, StorageError> {
    let sql = "SELECT name FROM tenon_objects WHERE plugin <> ?1 AND instr(lower(?2), lower(name)) > 0";
    database.all(sql, [plugin.as_str(), text], |row| row.get(0)).or_else(|error| error.none_without("tenon_objects"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::bookkeeping;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn database() -> Database {
        let mut database = Database::in_memory().unwrap();
        bookkeeping::ensure(&mut database).unwrap();
        database
    }

    fn owner(database: &Database, object: &str) -> Option<String> {
        let all = [ObjectKind::Table, ObjectKind::Index, ObjectKind::View, ObjectKind::Trigger];
        owner_of(database, object, &all).unwrap().map(|plugin| plugin.to_string())
    }

    #[test]
    fn an_object_has_one_owner_whatever_the_case_of_its_name() {
        let mut database = database();
        let (shop, core) = ("shop".parse().unwrap(), "core".parse().unwrap());
        database.own(&shop, ObjectKind::Table, &name("Users"), &name("Users")).unwrap();
        assert_eq!(owner(&database, "USERS").as_deref(), Some("shop"));
        let taken = database.own(&core, ObjectKind::View, &name("users"), &name("users"));
        assert!(matches!(taken, Err(StorageError::Violation(_))), "{taken:?}");
    }

    #[test]
    fn what_belongs_to_a_table_follows_it() {
        let mut database = database();
        let shop = "shop".parse().unwrap();
        database.own(&shop, ObjectKind::Table, &name("users"), &name("users")).unwrap();
        database.own(&shop, ObjectKind::Index, &name("ix_users"), &name("users")).unwrap();
        database.rename_owned(&name("users"), &name("people")).unwrap();
        assert_eq!(owner(&database, "users"), None);
        let objects = database.objects_of_plugin(&shop).unwrap();
        let shown: Vec<_> = objects.iter().map(|object| format!("{} {} of {}", object.kind, object.name, object.table)).collect();
        assert_eq!(shown, ["table people of people", "index ix_users of people"]);
        database.disown(&name("PEOPLE")).unwrap();
        assert!(database.objects_of_plugin(&shop).unwrap().is_empty());
    }

    #[test]
    fn owned_tables_are_there_and_are_tables() {
        let mut database = database();
        let shop = "shop".parse().unwrap();
        database.run_script("CREATE TABLE Users (a); CREATE TABLE by_hand (a); CREATE VIEW spy AS SELECT a FROM users").unwrap();
        for table in ["users", "gone", "spy"] {
            let kind = if table == "spy" { ObjectKind::View } else { ObjectKind::Table };
            database.own(&shop, kind, &name(table), &name(table)).unwrap();
        }
        let tables = database.owned_tables().unwrap();
        assert_eq!(tables.iter().map(|table| table.name.as_str()).collect::<Vec<_>>(), ["users"]);
        assert!(Database::in_memory().unwrap().owned_tables().unwrap().is_empty());
    }

    #[test]
    fn a_kind_that_was_not_asked_for_has_no_owner() {
        let mut database = database();
        database.own(&"shop".parse().unwrap(), ObjectKind::Trigger, &name("watch"), &name("users")).unwrap();
        assert_eq!(owner_of(&database, "watch", &[ObjectKind::Table, ObjectKind::View]).unwrap(), None);
    }

    #[test]
    fn a_database_without_bookkeeping_has_no_owners() {
        let database = Database::in_memory().unwrap();
        assert_eq!(owner(&database, "users"), None);
        assert!(database.objects_of_plugin(&"shop".parse().unwrap()).unwrap().is_empty());
    }
}
