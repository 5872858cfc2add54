//! Which path below `/api/v1/` leads to which endpoint.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::Method;

use crate::model::manifest::RESERVED_PATHS;
use crate::service::serving::{Endpoint, Operation};

/// The endpoints cannot be served together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Two collections want one path.
    #[error("path /api/v1/{path} is claimed by {first} and by {second}; one of them must choose another")]
    Twice {
        /// The path.
        path: String,
        /// `plugin.collection`.
        first: String,
        /// `plugin.collection`.
        second: String,
    },
    /// A collection wants a path of the host's.
    #[error("path /api/v1/{path} of {claimant} is the host's own; choose another")]
    Reserved {
        /// The path.
        path: String,
        /// `plugin.collection`.
        claimant: String,
    },
    /// A path is none.
    #[error("path {path:?} of {claimant} cannot be served: {reason}")]
    Unusable {
        /// The path.
        path: String,
        /// `plugin.collection`.
        claimant: String,
        /// Why.
        reason: String,
    },
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Place {
    /// A collection as a whole.
    Collection(Arc<Endpoint>),
    /// One row of it; the key is as it stands in the path, percent-encoded.
    Row(Arc<Endpoint>, String),
    /// What its rows look like.
    Schema(Arc<Endpoint>),
    /// What is known of it as a whole.
    Stats(Arc<Endpoint>),
}

/// What can be asked at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// An operation on rows.
    Rows(Operation),
    /// The JSON Schema of a row.
    Schema,
    /// The number of rows.
    Stats,
}

impl Action {
    /// Its name, as the contract has it for operations.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Rows(operation) => verb(operation),
            Self::Schema => "schema",
            Self::Stats => "stats",
        }
    }
}

/// The operation's name in the contract.
pub(super) fn verb(operation: Operation) -> &'static str {
    match operation {
        Operation::List => "list",
        Operation::Get => "get",
        Operation::Create => "create",
        Operation::Replace => "replace",
        Operation::Update => "update",
        Operation::Delete => "delete",
    }
}

/// Why a path leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Nowhere {
    /// Nothing is there.
    NotFound,
    /// An operation, written with `$`, that does not exist.
    UnknownOperation(String),
}

impl Place {
    pub(super) fn endpoint(&self) -> &Arc<Endpoint> {
        match self {
            Self::Collection(endpoint) | Self::Row(endpoint, _) | Self::Schema(endpoint) | Self::Stats(endpoint) => endpoint,
        }
    }

    /// The path with the key's name instead of the key, for logs.
    pub(super) fn template(&self) -> String {
        match self {
            Self::Collection(endpoint) => format!("/api/v1/{}", endpoint.collection.path),
            Self::Row(endpoint, _) => format!("/api/v1/{}/{{{}}}", endpoint.collection.path, key_name(endpoint)),
            Self::Schema(endpoint) => format!("/api/v1/{}/$schema", endpoint.collection.path),
            Self::Stats(endpoint) => format!("/api/v1/{}/$stats", endpoint.collection.path),
        }
    }

    /// The methods that work here and what they do, in the order in which they are named to clients.
    pub(super) fn methods(&self) -> Vec<(Method, Action)> {
        let all: &[(Method, Operation)] = match self {
            // Of use to who may read, and no secret to them.
            Self::Schema(endpoint) => return read_only(endpoint, &[Operation::List, Operation::Get], Action::Schema),
            Self::Stats(endpoint) => return read_only(endpoint, &[Operation::List], Action::Stats),
            Self::Collection(_) => &[(Method::GET, Operation::List), (Method::HEAD, Operation::List), (Method::POST, Operation::Create)],
            Self::Row(..) => &[
                (Method::GET, Operation::Get),
                (Method::HEAD, Operation::Get),
                (Method::PUT, Operation::Replace),
                (Method::PATCH, Operation::Update),
                (Method::DELETE, Operation::Delete),
            ],
        };
        let allowed = all.iter().filter(|(_, operation)| self.endpoint().collection.allows(*operation));
        allowed.map(|(method, operation)| (method.clone(), Action::Rows(*operation))).collect()
    }
}

/// GET and HEAD, where the collection has one of these operations.
fn read_only(endpoint: &Endpoint, one_of: &[Operation], action: Action) -> Vec<(Method, Action)> {
    let allowed = one_of.iter().any(|operation| endpoint.collection.allows(*operation));
    if allowed { vec![(Method::GET, action), (Method::HEAD, action)] } else { Vec::new() }
}

/// What the key is called in a path: its column, or `key` where there are several.
pub(super) fn key_name(endpoint: &Endpoint) -> &str {
    let mut fields = endpoint.collection.key_fields();
    match (fields.next(), fields.next()) {
        (Some(only), None) => only.name.as_str(),
        _ => "key",
    }
}

/// The table of paths.
#[derive(Debug, Default)]
pub(super) struct Table {
    routes: matchit::Router<(Arc<Endpoint>, bool)>,
}

impl Table {
    /// Makes the table of these endpoints.
    pub(super) fn build(endpoints: &[Arc<Endpoint>]) -> Result<Self, TableError> {
        let mut routes = matchit::Router::new();
        let mut claims: HashMap<&str, &Arc<Endpoint>> = HashMap::new();
        for endpoint in endpoints {
            let path = endpoint.collection.path.as_str();
            if RESERVED_PATHS.contains(&path) {
                return Err(TableError::Reserved { path: path.to_owned(), claimant: title(endpoint) });
            }
            if let Some(first) = claims.insert(path, endpoint) {
                return Err(TableError::Twice { path: path.to_owned(), first: title(first), second: title(endpoint) });
            }
            for (pattern, row) in [(path.to_owned(), false), (format!("{path}/{{key}}"), true)] {
                routes.insert(pattern, (Arc::clone(endpoint), row)).map_err(|error| TableError::Unusable {
                    path: path.to_owned(),
                    claimant: title(endpoint),
                    reason: error.to_string(),
                })?;
            }
        }
        Ok(Self { routes })
    }

    /// What a path leads to, given without `/api/v1/` and percent-encoded. One slash at the end changes nothing.
    pub(super) fn find(&self, path: &str) -> Result<Place, Nowhere> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let last = path.rsplit('/').next().unwrap_or_default();
        // A key that begins with `$` is written `%24…`.
        if last.starts_with('$') {
            return self.operation(path, last).ok_or_else(|| Nowhere::UnknownOperation(last.to_owned()));
        }
        let found = self.routes.at(path).map_err(|_| Nowhere::NotFound)?;
        let place = match (found.value, found.params.get("key")) {
            ((endpoint, true), Some(key)) => Place::Row(Arc::clone(endpoint), key.to_owned()),
            ((endpoint, _), _) => Place::Collection(Arc::clone(endpoint)),
        };
        if place.methods().is_empty() { Err(Nowhere::NotFound) } else { Ok(place) }
    }

    /// A `$operation` that the host answers, on a collection that has it.
    fn operation(&self, path: &str, name: &str) -> Option<Place> {
        let collection = path.strip_suffix(name)?.strip_suffix('/')?;
        let (endpoint, false) = self.routes.at(collection).ok()?.value else { return None };
        let place = match name {
            "$schema" => Place::Schema(Arc::clone(endpoint)),
            "$stats" => Place::Stats(Arc::clone(endpoint)),
            _ => return None,
        };
        (!place.methods().is_empty()).then_some(place)
    }
}

fn title(endpoint: &Endpoint) -> String {
    format!("{}.{}", endpoint.collection.plugin, endpoint.collection.name)
}
