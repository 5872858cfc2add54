//! Which path below `/api/v1/` leads to which endpoint.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;

use crate::model::manifest::{self, RESERVED_PATHS};
use crate::service::serving::{Endpoint, Operation, RouteEndpoint};

/// The endpoints cannot be served together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Two plugins want to answer the same.
    #[error("{method} /api/v1/{path} is claimed by {first} and by {second}; one of them must choose another")]
    SameRoute {
        /// The method.
        method: String,
        /// The path.
        path: String,
        /// `plugin.collection` or `plugin.route`.
        first: String,
        /// `plugin.route`.
        second: String,
    },
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

/// What a path leads to, in whole.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    /// What the host serves there.
    pub(super) place: Option<Place>,
    /// What plugins answer there.
    pub(super) routes: Arc<[Arc<RouteEndpoint>]>,
    /// What the path's captures caught, percent-encoded, in the order of the path.
    pub(super) caught: Vec<String>,
}

impl Spot {
    /// The route that answers a method.
    pub(super) fn route(&self, method: &Method) -> Option<&Arc<RouteEndpoint>> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.routes.iter().find(|endpoint| endpoint.route.method.as_str() == method.as_str())
    }

    /// The methods that work here, in the order in which they are named to clients.
    pub(super) fn methods(&self) -> Vec<Method> {
        let mut methods: Vec<Method> = self.place.iter().flat_map(|place| place.methods()).map(|(method, _)| method).collect();
        for endpoint in &*self.routes {
            let own: &[Method] = match endpoint.route.method {
                manifest::Method::Get => &[Method::GET, Method::HEAD],
                manifest::Method::Post => &[Method::POST],
                manifest::Method::Put => &[Method::PUT],
                manifest::Method::Patch => &[Method::PATCH],
                manifest::Method::Delete => &[Method::DELETE],
            };
            methods.extend(own.iter().filter(|method| !methods.contains(method)).cloned().collect::<Vec<_>>());
        }
        methods
    }
}

/// What stands at one shape of path.
#[derive(Debug, Clone, Default)]
struct Node {
    /// A collection, and whether it is one row of it.
    rows: Option<(Arc<Endpoint>, bool)>,
    routes: Vec<Arc<RouteEndpoint>>,
}

/// The same, for many readers.
#[derive(Debug)]
struct Standing {
    rows: Option<(Arc<Endpoint>, bool)>,
    routes: Arc<[Arc<RouteEndpoint>]>,
}

/// The table of paths.
#[derive(Debug, Default)]
pub(super) struct Table {
    nodes: matchit::Router<Standing>,
}

impl Table {
    /// Makes the table of these endpoints and routes.
    pub(super) fn build(endpoints: &[Arc<Endpoint>], routes: &[Arc<RouteEndpoint>]) -> Result<Self, TableError> {
        let mut nodes: BTreeMap<String, Node> = BTreeMap::new();
        for endpoint in endpoints {
            let path = endpoint.collection.path.as_str();
            if RESERVED_PATHS.contains(&path) {
                return Err(TableError::Reserved { path: path.to_owned(), claimant: title(endpoint) });
            }
            for (shape, row) in [(path.to_owned(), false), (format!("{path}/{{}}"), true)] {
                if let Some((first, _)) = nodes.entry(shape).or_default().rows.replace((Arc::clone(endpoint), row)) {
                    return Err(TableError::Twice { path: path.to_owned(), first: title(&first), second: title(endpoint) });
                }
            }
        }
        for endpoint in routes {
            let (route, second) = (&endpoint.route, format!("{}.{}", endpoint.plugin, endpoint.route.name));
            if RESERVED_PATHS.contains(&route.path.as_str()) {
                return Err(TableError::Reserved { path: route.path.clone(), claimant: second });
            }
            let node = nodes.entry(route.shape()).or_default();
            let taken = node.routes.iter().find(|other| other.route.method == route.method);
            let taken = taken.map(|other| format!("{}.{}", other.plugin, other.route.name));
            let of_rows = node.rows.as_ref().filter(|(rows, row)| {
                let place = if *row { Place::Row(Arc::clone(rows), String::new()) } else { Place::Collection(Arc::clone(rows)) };
                place.methods().iter().any(|(method, _)| method.as_str() == route.method.as_str())
            });
            if let Some(first) = taken.or_else(|| of_rows.map(|(rows, _)| title(rows))) {
                let (method, path) = (route.method.to_string(), route.path.clone());
                return Err(TableError::SameRoute { method, path, first, second });
            }
            node.routes.push(Arc::clone(endpoint));
        }
        Self::of(nodes)
    }

    fn of(nodes: BTreeMap<String, Node>) -> Result<Self, TableError> {
        let mut table = matchit::Router::new();
        for (shape, node) in nodes {
            let claimant = node.rows.as_ref().map(|(endpoint, _)| title(endpoint));
            let claimant = claimant.or_else(|| node.routes.first().map(|route| format!("{}.{}", route.plugin, route.route.name)));
            let mut number = 0;
            let segments: Vec<String> = shape
                .split('/')
                .map(|segment| match segment {
                    "{}" => {
                        number += 1;
                        format!("{{{number}}}")
                    }
                    literal => literal.to_owned(),
                })
                .collect();
            table
                .insert(segments.join("/"), Standing { rows: node.rows, routes: node.routes.into() })
                .map_err(|error| TableError::Unusable { path: shape, claimant: claimant.unwrap_or_default(), reason: error.to_string() })?;
        }
        Ok(Self { nodes: table })
    }

    /// What a path leads to, given without `/api/v1/` and percent-encoded. One slash at the end changes nothing.
    pub(super) fn find(&self, path: &str) -> Result<Spot, Nowhere> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let last = path.rsplit('/').next().unwrap_or_default();
        // A key that begins with `$` is written `%24…`.
        let is_operation = last.starts_with('$');
        let found = self.nodes.at(path).ok().map(|found| {
            let caught: Vec<String> = found.params.iter().map(|(_, value)| value.to_owned()).collect();
            let Standing { rows, routes } = found.value;
            let place = rows.as_ref().filter(|_| !is_operation).map(|(endpoint, row)| match row {
                true => Place::Row(Arc::clone(endpoint), caught.last().cloned().unwrap_or_default()),
                false => Place::Collection(Arc::clone(endpoint)),
            });
            // What was caught whole is no operation's name.
            let literal = !is_operation || routes.iter().any(|endpoint| endpoint.route.path.ends_with(last));
            Spot { place, routes: if literal { Arc::clone(routes) } else { [].into() }, caught }
        });
        let of_host = || is_operation.then(|| self.operation(path, last)).flatten();
        let found = found.filter(|spot| !spot.methods().is_empty());
        let found = found.or_else(|| Some(Spot { place: Some(of_host()?), routes: [].into(), caught: Vec::new() }));
        found.ok_or_else(|| if is_operation { Nowhere::UnknownOperation(last.to_owned()) } else { Nowhere::NotFound })
    }

    /// A `$operation` that the host answers, on a collection that has it.
    fn operation(&self, path: &str, name: &str) -> Option<Place> {
        let collection = path.strip_suffix(name)?.strip_suffix('/')?;
        let Some((endpoint, false)) = &self.nodes.at(collection).ok()?.value.rows else { return None };
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
