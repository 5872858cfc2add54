//! What a plugin says of itself, collected call by call and checked as a whole.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use semver::{Version, VersionReq};
use serde::Serialize;

mod endpoint;
mod endpoint_mistakes;
mod mistakes;
mod setting;

pub use self::endpoint::{Answer, Details, Handled, Method, Parameter, ParameterPlace, Route, capture, shape};
pub use self::endpoint_mistakes::is_within;
pub use self::setting::Setting;
use super::name::{Label, Name, Node, PluginName, RevisionId};
use super::schema::{Table, Trigger, View};

/// Another plugin that must be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// The plugin.
    pub plugin: PluginName,
    /// The versions that will do.
    pub versions: VersionReq,
}

/// One node of a plugin's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its id.
    pub id: RevisionId,
    /// Parents within the plugin: none starts from base, two or more is a merge.
    pub down: Vec<RevisionId>,
    /// Revisions of required plugins that must be applied first.
    pub depends_on: Vec<Node>,
    /// One line for a person.
    pub message: String,
    /// When it was written; also the clock of the step.
    pub created: chrono::DateTime<chrono::Utc>,
    /// Why there is no way back, if there is none.
    pub irreversible: Option<String>,
    /// Names that a target may use for it.
    pub labels: Vec<Label>,
    /// Revisions of other plugins that come after it where both are still to be applied.
    pub run_before: Vec<Node>,
}

/// A right that a plugin asks for on an object of a required plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Want {
    /// `read` or `reference`.
    pub right: Right,
    /// The table or view.
    pub object: Name,
    /// The plugin's reason, shown to the operator.
    pub why: String,
}

/// What can be granted on an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// SELECT.
    Read,
    /// A foreign key may point to it.
    Reference,
}

/// What can be done to a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
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
    /// All of them, in the order of the enum.
    pub const ALL: [Self; 6] = [Self::List, Self::Get, Self::Create, Self::Replace, Self::Update, Self::Delete];

    /// Its name in the contract.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Whether a request for it has a body that anybody reads.
    pub fn has_body(self) -> bool {
        matches!(self, Self::Create | Self::Replace | Self::Update)
    }
}

impl std::str::FromStr for CollectionOperation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|operation| operation.name() == text);
        found.ok_or_else(|| format!("unknown operation {text:?}; known are list, get, create, replace, update, delete"))
    }
}

/// Access to one column through one collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Field {
    /// The column.
    pub column: Name,
    /// A value in a body is accepted and ignored.
    pub read_only: bool,
    /// Never shown.
    pub write_only: bool,
    /// Neither shown nor accepted.
    pub hidden: bool,
    /// Given once, on creation.
    pub immutable: bool,
    /// For OpenAPI.
    pub comment: Option<String>,
}

/// Paths below `/api/v1/` that the host itself answers.
pub const RESERVED_PATHS: [&str; 1] = ["info"];

/// A table or view exposed over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Collection {
    /// What `records` and `handlers` call it.
    pub name: String,
    /// The table or view.
    pub table: Name,
    /// Below `/api/v1/`, without slashes at its ends.
    pub path: String,
    /// In the order of the enum, without repetition.
    pub operations: Vec<CollectionOperation>,
    /// The key columns, in the order they are written in a path.
    pub key: Vec<Name>,
    /// Default sort; insertion order when empty. `true` is descending.
    pub order: Vec<(Name, bool)>,
    /// For OpenAPI.
    pub summary: Option<String>,
    /// Columns with a rule of their own.
    pub fields: Vec<Field>,
}

/// Everything a plugin says of itself, checked: names are unique, what refers refers to something.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The plugin's name.
    pub name: PluginName,
    /// Its version.
    pub version: Version,
    /// One line for a person.
    pub description: Option<String>,
    /// Where to read more.
    pub homepage: Option<String>,
    /// SPDX expression.
    pub license: Option<String>,
    /// In order of declaration.
    pub requires: Vec<Requirement>,
    /// In order of declaration.
    pub wants: Vec<Want>,
    /// The tables that the head revision must produce.
    pub tables: Vec<Table>,
    /// The views that the head revision must produce.
    pub views: Vec<View>,
    /// The triggers that the head revision must produce.
    pub triggers: Vec<Trigger>,
    /// In order of declaration.
    pub revisions: Vec<Revision>,
    /// In order of declaration.
    pub collections: Vec<Collection>,
    /// Operations of its collections that it answers itself, in order of declaration.
    pub handled: Vec<Handled>,
    /// Further endpoints that it answers, in order of declaration.
    pub routes: Vec<Route>,
    /// What an operator may set, in order of declaration.
    pub settings: Vec<Setting>,
    /// See [`Manifest::declared_names`].
    pub names: OnceLock<Arc<BTreeSet<Name>>>,
    /// Where each revision stands among `revisions`; see [`Manifest::revision`].
    pub places: OnceLock<Arc<HashMap<RevisionId, usize>>>,
}

impl Manifest {
    /// The names of its tables and views. Worked out once: every step of a long history asks.
    pub fn declared_names(&self) -> Arc<BTreeSet<Name>> {
        let tables = self.tables.iter().map(|table| table.name.clone());
        let names = || Arc::new(tables.chain(self.views.iter().map(|view| view.name.clone())).collect());
        Arc::clone(self.names.get_or_init(names))
    }

    /// The revision of that id.
    pub fn revision(&self, id: &RevisionId) -> Option<&Revision> {
        let places = || Arc::new(self.revisions.iter().map(|revision| revision.id.clone()).zip(0..).collect());
        self.places.get_or_init(places).get(id).and_then(|place| self.revisions.get(*place))
    }

    /// The declared table of that name.
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|table| &table.name == name)
    }

    /// The names that it declares as its own, with the word for what each is: its tables, their indexes, its views and triggers.
    pub fn objects(&self) -> impl Iterator<Item = (&'static str, &Name)> {
        let tables = self.tables.iter().map(|table| ("table", &table.name));
        let indexes = self.tables.iter().flat_map(|table| table.indexes.iter().map(|index| ("index", &index.name)));
        let views = self.views.iter().map(|view| ("view", &view.name));
        tables.chain(indexes).chain(views).chain(self.triggers.iter().map(|trigger| ("trigger", &trigger.name)))
    }

    /// The ids that are no revision's parent, in order of declaration.
    pub fn heads(&self) -> Vec<&RevisionId> {
        let is_parent = |id: &RevisionId| self.revisions.iter().any(|revision| revision.down.contains(id));
        self.revisions.iter().map(|revision| &revision.id).filter(|id| !is_parent(id)).collect()
    }
}

#[cfg(test)]
impl Manifest {
    /// One that declares nothing.
    pub(crate) fn bare(name: &str) -> Self {
        Self {
            name: name.parse().expect("a plugin's name"),
            version: Version::new(1, 0, 0),
            description: None,
            homepage: None,
            license: None,
            requires: Vec::new(),
            wants: Vec::new(),
            tables: Vec::new(),
            views: Vec::new(),
            triggers: Vec::new(),
            revisions: Vec::new(),
            collections: Vec::new(),
            handled: Vec::new(),
            routes: Vec::new(),
            settings: Vec::new(),
            names: OnceLock::new(),
            places: OnceLock::new(),
        }
    }
}
