//! What a plugin says of itself, collected call by call and checked as a whole.

use semver::{Version, VersionReq};
use serde::Serialize;

use super::attribute::Mistake;
use super::name::{Name, Node, PluginName, RevisionId};
use super::schema::{Table, View};

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

impl std::str::FromStr for CollectionOperation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "list" => Ok(Self::List),
            "get" => Ok(Self::Get),
            "create" => Ok(Self::Create),
            "replace" => Ok(Self::Replace),
            "update" => Ok(Self::Update),
            "delete" => Ok(Self::Delete),
            _ => Err(format!("unknown operation {text:?}; known are list, get, create, replace, update, delete")),
        }
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
    /// In order of declaration.
    pub revisions: Vec<Revision>,
    /// In order of declaration.
    pub collections: Vec<Collection>,
}

impl Manifest {
    /// The revision of that id.
    pub fn revision(&self, id: &RevisionId) -> Option<&Revision> {
        self.revisions.iter().find(|revision| &revision.id == id)
    }

    /// The declared table of that name.
    pub fn table(&self, name: &Name) -> Option<&Table> {
        self.tables.iter().find(|table| &table.name == name)
    }

    /// The names that it declares as its own, with the word for what each is: its tables, their indexes, its views.
    pub fn objects(&self) -> impl Iterator<Item = (&'static str, &Name)> {
        let tables = self.tables.iter().map(|table| ("table", &table.name));
        let indexes = self.tables.iter().flat_map(|table| table.indexes.iter().map(|index| ("index", &index.name)));
        tables.chain(indexes).chain(self.views.iter().map(|view| ("view", &view.name)))
    }

    /// The ids that are no revision's parent, in order of declaration.
    pub fn heads(&self) -> Vec<&RevisionId> {
        let is_parent = |id: &RevisionId| self.revisions.iter().any(|revision| revision.down.contains(id));
        self.revisions.iter().map(|revision| &revision.id).filter(|id| !is_parent(id)).collect()
    }

    /// Finds what does not fit together, all of it at once.
    ///
    /// # Shape
    /// Empty when the manifest agrees with itself. Parents that do not exist and cycles are the graph's business, because
    /// they concern all plugins together.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut found = Vec::new();
        let mut twice = |kind: &str, names: Vec<String>| {
            for (i, name) in names.iter().enumerate() {
                if names[..i].contains(name) {
                    found.push(Mistake::new(format!("{kind} {name}"), "is declared twice"));
                }
            }
        };
        twice("requirement", self.requires.iter().map(|r| r.plugin.to_string()).collect());
        let objects = self.tables.iter().map(|t| t.name.as_str()).chain(self.views.iter().map(|v| v.name.as_str()));
        twice("object", objects.map(str::to_ascii_lowercase).collect());
        twice("revision", self.revisions.iter().map(|r| r.id.to_string()).collect());
        twice("collection", self.collections.iter().map(|c| c.name.clone()).collect());
        twice("path", self.collections.iter().map(|c| c.path.clone()).collect());
        if self.requires.iter().any(|r| r.plugin == self.name) {
            found.push(Mistake::new(format!("requirement {}", self.name), "a plugin cannot require itself"));
        }
        for revision in &self.revisions {
            for node in &revision.depends_on {
                if node.plugin == self.name {
                    found.push(Mistake::new(
                        format!("revision {}", revision.id),
                        format!("depends-on {node} is of the same plugin: write it as a parent in `down`"),
                    ));
                } else if !self.requires.iter().any(|r| r.plugin == node.plugin) {
                    found.push(Mistake::new(
                        format!("revision {}", revision.id),
                        format!("depends on {node}, but the plugin does not require {}", node.plugin),
                    ));
                }
            }
        }
        self.collections.iter().for_each(|collection| self.collection_mistakes(collection, &mut found));
        found
    }

    fn collection_mistakes(&self, collection: &Collection, found: &mut Vec<Mistake>) {
        let subject = format!("collection {}", collection.name);
        if let Some(table) = self.table(&collection.table) {
            let mentioned = collection.key.iter().chain(collection.order.iter().map(|(column, _)| column));
            for column in mentioned.chain(collection.fields.iter().map(|field| &field.column)) {
                if table.column(column).is_none() {
                    found.push(Mistake::new(&subject, format!("table {} has no column {column}", table.name)));
                }
            }
            if collection.key.is_empty() {
                found.push(Mistake::new(&subject, format!("table {} has no primary key; say which column is the `key`", table.name)));
            }
        } else if self.views.iter().any(|view| view.name == collection.table) {
            // A view's columns have no declared types; the record engine needs them.
            found.push(Mistake::new(&subject, "a collection over a view is not yet supported by this version of tenon"));
        } else {
            found.push(Mistake::new(&subject, format!("table {} is not declared by this plugin", collection.table)));
        }
        if RESERVED_PATHS.contains(&collection.path.as_str()) {
            found.push(Mistake::new(&subject, format!("/api/v1/{} is the host's own; choose another path", collection.path)));
        }
        let segments: Vec<&str> = collection.path.split('/').collect();
        let good = |s: &&str| {
            !s.is_empty()
                && !s.starts_with('$')
                && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
                && *s != "."
                && *s != ".."
        };
        if !segments.iter().all(good) {
            found.push(Mistake::new(
                &subject,
                format!("path {:?} must be segments of letters, digits, `-`, `_`, `.`, `~` without slashes at the ends", collection.path),
            ));
        }
    }
}
