//! What a plugin says of itself: the [`Plugin`] trait, and the [`Manifest`] through which it speaks.
//!
//! Every method of the manifest calls the host at once, so that a plugin's component imports what its author uses and nothing more:
//! a host that is older than the SDK can then run it. The host collects all mistakes and reports them together.

use crate::bindings::tenon::plugin::declare;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::entity::Entity;
use crate::handlers::Handlers;
use crate::migrations::{Downgrade, Migration, Migrations};
use crate::table::{Table, Trigger, View};
use crate::value::{Value, attribute};

/// A plugin. One type of a crate implements this, and [`plugin!`](crate::plugin) exports it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a plugin",
    note = "write: impl tenon_sdk::Plugin for {Self} {{ const MIGRATIONS: Migrations = tenon_sdk::migrations!(); fn describe(manifest: &Manifest) {{ .. }} }}"
)]
pub trait Plugin {
    /// The plugin's history; usually `tenon_sdk::migrations!()`. Left out, the plugin has none.
    const MIGRATIONS: Migrations = &[];

    /// Says what the plugin owns, needs and exposes. Runs once per load, under a short deadline; nothing but the manifest and the log
    /// can be used here.
    fn describe(manifest: &Manifest);

    /// Names the operations that the plugin answers itself, with their handlers; see [`handlers`](crate::handlers). Left out, there are
    /// none. Runs while the plugin describes itself, and at every request that the plugin answers: it does nothing but name them.
    fn handlers(on: &mut Handlers<'_>) {
        _ = on;
    }
}

/// What a plugin says of itself.
#[derive(Debug)]
pub struct Manifest(pub(crate) ());

/// A right on an object of a required plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// SELECT.
    Read,
    /// A foreign key may point to it. The plugin's rows can then hold back, or follow, the owner's deletes.
    Reference,
}

/// What can be done to a collection over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionOperation {
    /// GET of the collection.
    List,
    /// GET of a row.
    Get,
    /// POST.
    Create,
    /// PUT.
    Replace,
    /// PATCH.
    Update,
    /// DELETE.
    Delete,
}

impl CollectionOperation {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::List, Self::Get, Self::Create, Self::Replace, Self::Update, Self::Delete];

    fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Manifest {
    /// Another plugin must be there, in one of these versions: `requires("shop", "^1")`.
    pub fn requires(&self, plugin: &str, versions: &str) -> &Self {
        declare::requires(plugin, versions);
        self
    }

    /// Asks the operator for a right on an object of a required plugin. `why` is shown to the operator.
    pub fn wants(&self, right: Right, object: &str, why: &str) -> &Self {
        let right = match right {
            Right::Read => "read",
            Right::Reference => "reference",
        };
        declare::wants(right, object, why);
        self
    }

    /// A setting that the operator may give; [`host::setting`](crate::host::setting) reads it in a handler.
    pub fn setting(&self, setting: Setting) -> &Self {
        declare::setting(&setting.key, &setting.data_type, &setting.attributes);
        self
    }

    /// The table of this entity is what the head revision leaves.
    pub fn entity<E: Entity>(&self) -> &Self {
        self.table(&E::table())
    }

    /// This table is what the head revision leaves.
    pub fn table(&self, table: &Table) -> &Self {
        declare::owns_table(&table.0);
        self
    }

    /// This view is what the head revision leaves.
    pub fn view(&self, view: &View) -> &Self {
        declare::owns_view(&view.0);
        self
    }

    /// This trigger is what the head revision leaves.
    pub fn trigger(&self, trigger: &Trigger) -> &Self {
        declare::owns_trigger(&trigger.0);
        self
    }

    /// Exposes an entity's table over HTTP: `collection::<User>("users")`, or a [`Collection`] that says more.
    pub fn collection<E: Entity>(&self, collection: impl Into<Collection>) -> &Self {
        self.collection_of(E::TABLE, collection)
    }

    /// Exposes a table by its name.
    pub fn collection_of(&self, table: &str, collection: impl Into<Collection>) -> &Self {
        let Collection { name, path, operations, attributes } = collection.into();
        let path = path.unwrap_or_else(|| name.clone());
        declare::collection(&name, table, &path, &operations, &attributes);
        self
    }

    /// Says who may see or set one column through one collection.
    pub fn field(&self, collection: &str, column: &str, access: Access) -> &Self {
        declare::field(collection, column, &[attribute(access.as_str(), true)]);
        self
    }

    pub(crate) fn revision(&self, migration: &Migration) {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let labels = migration.labels.iter().map(|&label| attribute("label", label));
        let run_before = migration.run_before.iter().map(|&node| attribute("run-before", node));
        let mut attributes: Vec<Attribute> = labels.chain(run_before).collect();
        if let Downgrade::Irreversible(why) = migration.downgrade {
            attributes.push(attribute("irreversible", why));
        }
        let Migration { id, message, created, down, depends_on, .. } = *migration;
        declare::revision(id, &owned(down), &owned(depends_on), message, created, &attributes);
    }
}

/// Who may see or set a column through a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A value in a body is accepted and ignored. [`records::forward_computed`](crate::records::forward_computed) gives one.
    ReadOnly,
    /// Never shown.
    WriteOnly,
    /// Neither shown nor accepted. [`records::forward_computed`](crate::records::forward_computed) gives it a value.
    Hidden,
    /// Given once, on creation.
    Immutable,
}

impl Access {
    fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::WriteOnly => "write-only",
            Self::Hidden => "hidden",
            Self::Immutable => "immutable",
        }
    }
}

/// How a table is exposed over HTTP. Until it says otherwise: below its name, with all operations.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    name: String,
    path: Option<String>,
    operations: Vec<String>,
    attributes: Vec<Attribute>,
}

impl Collection {
    /// A collection of that name, at the path of that name.
    pub fn new(name: &str) -> Self {
        let operations = CollectionOperation::ALL.iter().map(|operation| operation.as_str().to_owned()).collect();
        Self { name: name.to_owned(), path: None, operations, attributes: Vec::new() }
    }

    /// Where it stands, below `/api/v1/`.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        self.path = Some(path.to_owned());
        self
    }

    /// The operations that it has, and no others.
    #[must_use]
    pub fn only(mut self, operations: impl IntoIterator<Item = CollectionOperation>) -> Self {
        self.operations = operations.into_iter().map(|operation| operation.as_str().to_owned()).collect();
        self
    }

    /// The columns that a path names a row by, in this order; until then the primary key.
    #[must_use]
    pub fn key<'a>(self, columns: impl IntoIterator<Item = &'a str>) -> Self {
        columns.into_iter().fold(self, |collection, column| collection.attribute("key", column))
    }

    /// How a list is sorted that does not ask: `-created_at`, or `name,-id`.
    #[must_use]
    pub fn order(self, order: &str) -> Self {
        self.attribute("order", order)
    }

    /// One line for OpenAPI.
    #[must_use]
    pub fn summary(self, summary: &str) -> Self {
        self.attribute("summary", summary)
    }

    /// Any attribute of the contract by its key.
    #[must_use]
    pub fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.attributes.push(attribute(key, value));
        self
    }
}

impl From<&str> for Collection {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// A setting that the operator may give; see [`Manifest::setting`].
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    key: String,
    data_type: String,
    attributes: Vec<Attribute>,
}

impl Setting {
    /// A setting of a column type of the contract, e.g. `text`.
    pub fn new(key: &str, data_type: &str) -> Self {
        Self { key: key.to_owned(), data_type: data_type.to_owned(), attributes: Vec::new() }
    }

    /// What holds when the operator gives none.
    #[must_use]
    pub fn default(self, value: impl Into<Value>) -> Self {
        self.attribute("default", value)
    }

    /// The plugin cannot do without.
    #[must_use]
    pub fn required(self) -> Self {
        self.attribute("required", true)
    }

    /// Never shown.
    #[must_use]
    pub fn secret(self) -> Self {
        self.attribute("secret", true)
    }

    /// A sentence for the operator.
    #[must_use]
    pub fn comment(self, comment: &str) -> Self {
        self.attribute("comment", comment)
    }

    fn attribute(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.attributes.push(attribute(key, value));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_stands_below_its_name_with_all_operations_until_it_says_otherwise() {
        let collection = Collection::from("users");
        assert_eq!(collection.path, None);
        assert_eq!(collection.operations, ["list", "get", "create", "replace", "update", "delete"]);
        let narrow = collection.path("people").only([CollectionOperation::List, CollectionOperation::Get]);
        assert_eq!((narrow.path.as_deref(), narrow.operations.join(" ").as_str()), (Some("people"), "list get"));
    }
}
