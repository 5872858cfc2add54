//! What does not fit in what a plugin answers itself.

use std::collections::BTreeMap;

use super::{Collection, CollectionOperation, Details, Handled, Manifest, Method, ParameterPlace, RESERVED_PATHS, Route, capture, shape};
use crate::model::attribute::Mistake;

/// What the host itself answers below a collection.
const RESERVED_OPERATIONS: [&str; 5] = ["$schema", "$stats", "$batch", "$import", "$export"];

/// Longest path of a route, in bytes.
const MOST_PATH_BYTES: usize = 200;

impl Collection {
    /// The methods and path shapes that it answers: `GET orders`, `GET orders/{}`.
    pub fn claims(&self) -> impl Iterator<Item = (Method, String)> {
        self.operations.iter().map(|operation| {
            let (method, row) = match operation {
                CollectionOperation::List => (Method::Get, ""),
                CollectionOperation::Create => (Method::Post, ""),
                CollectionOperation::Get => (Method::Get, "/{}"),
                CollectionOperation::Replace => (Method::Put, "/{}"),
                CollectionOperation::Update => (Method::Patch, "/{}"),
                CollectionOperation::Delete => (Method::Delete, "/{}"),
            };
            (method, format!("{}{row}", self.path))
        })
    }
}

impl Manifest {
    /// The methods and path shapes that the plugin answers, and what by: `collection orders`, `route order-invoices`.
    pub fn claims(&self) -> impl Iterator<Item = ((Method, String), String)> {
        let of_collection = |collection: &'_ Collection| {
            let title = format!("collection {}", collection.name);
            let claims: Vec<_> = collection.claims().map(|claim| (claim, title.clone())).collect();
            claims
        };
        let of_route = |route: &Route| ((route.method, route.shape()), format!("route {}", route.name));
        self.collections.iter().flat_map(of_collection).chain(self.routes.iter().map(of_route))
    }

    pub(super) fn endpoint_mistakes(&self, found: &mut Vec<Mistake>) {
        self.handled.iter().for_each(|handled| self.handled_mistakes(handled, found));
        self.routes.iter().for_each(|route| self.route_mistakes(route, found));
        let mut claimed: BTreeMap<(Method, String), String> = BTreeMap::new();
        for (claim, title) in self.claims() {
            if let Some(first) = claimed.get(&claim) {
                let (method, shape) = &claim;
                // Two collections with one path have been told of their path.
                if title.starts_with("route") {
                    found.push(Mistake::new(&title, format!("{method} /api/v1/{shape} is what {first} answers; choose another path")));
                }
                continue;
            }
            claimed.insert(claim, title);
        }
    }

    fn handled_mistakes(&self, handled: &Handled, found: &mut Vec<Mistake>) {
        let subject = format!("handled operation {}", handled.name());
        let collection = self.collections.iter().find(|collection| collection.name == handled.collection);
        match collection {
            None => found.push(Mistake::new(&subject, format!("this plugin declares no collection {:?}", handled.collection))),
            Some(collection) if !collection.operations.contains(&handled.operation) => {
                let reason =
                    format!("collection {} does not offer {}; name it in its `operations`", collection.name, handled.operation.name());
                found.push(Mistake::new(&subject, reason));
            }
            Some(_) => {}
        }
        let details = &handled.details;
        if details.parameters.iter().any(|parameter| parameter.place == ParameterPlace::Path) {
            found.push(Mistake::new(
                &subject,
                "its path is the collection's, which knows its parameters; declare only query and header parameters",
            ));
        }
        details_mistakes(&subject, details, handled.operation.has_body(), found);
    }

    fn route_mistakes(&self, route: &Route, found: &mut Vec<Mistake>) {
        let subject = format!("route {}", route.name);
        let mut wrong = |reason: String| found.push(Mistake::new(&subject, reason));
        let operation = route.name.rsplit_once('.').filter(|(_, operation)| operation.parse::<CollectionOperation>().is_ok());
        if operation.is_some_and(|(collection, _)| self.collections.iter().any(|known| known.name == collection)) {
            wrong("is what an operation of that collection is called; choose another name".to_owned());
        }
        if route.method == Method::Get && route.writes {
            wrong("a GET never writes: leave out `writes`, or choose another method".to_owned());
        }
        if let Some(reason) = path_mistake(&route.path) {
            wrong(reason);
        }
        let captures: Vec<&str> = route.captures().collect();
        for (position, name) in captures.iter().enumerate() {
            if captures[..position].contains(name) {
                wrong(format!("its path has {{{name}}} twice"));
            }
        }
        for parameter in route.details.parameters.iter().filter(|parameter| parameter.place == ParameterPlace::Path) {
            if !captures.contains(&parameter.name.as_str()) {
                wrong(format!("has the path parameter {}, and its path {:?} has no {{{}}}", parameter.name, route.path, parameter.name));
            }
        }
        details_mistakes(&subject, &route.details, route.method.has_body(), found);
    }
}

fn details_mistakes(subject: &str, details: &Details, has_body: bool, found: &mut Vec<Mistake>) {
    if !has_body && (details.request_schema.is_some() || details.request_media_type.is_some()) {
        found.push(Mistake::new(subject, "its requests have no body, so `request-schema` and `request-media-type` say nothing"));
    }
    let is_json = |media_type: &str| media_type == "application/json" || media_type.ends_with("+json");
    if details.request_schema.is_some() && details.request_media_type.as_deref().is_some_and(|media_type| !is_json(media_type)) {
        found.push(Mistake::new(subject, "`request-schema` is of JSON, and `request-media-type` is not"));
    }
    if details.response_schema.is_some() && matches!(details.status, Some(204 | 205)) {
        found.push(Mistake::new(subject, "an answer of its `status` has no body, so `response-schema` says nothing"));
    }
    if details.answers.iter().any(|answer| Some(answer.status) == details.status) {
        found.push(Mistake::new(subject, "the answer of its `status` is declared a second time"));
    }
}

/// Segments of what may stand in a collection's path, names in braces from the second on, and at the end one that begins with `$`.
fn path_mistake(path: &str) -> Option<String> {
    if path.len() > MOST_PATH_BYTES {
        return Some(format!("its path has {} bytes; at most {MOST_PATH_BYTES} are possible", path.len()));
    }
    if RESERVED_PATHS.contains(&path) {
        return Some(format!("/api/v1/{path} is the host's own; choose another path"));
    }
    let segments: Vec<&str> = path.split('/').collect();
    let last = segments.len() - 1;
    for (position, segment) in segments.iter().enumerate() {
        let literal = segment.strip_prefix('$').filter(|_| position == last).unwrap_or(segment);
        let good = match capture(segment) {
            Some(_) if position == 0 => {
                return Some("its path begins with a name in braces, and so claims the paths of all others".to_owned());
            }
            Some(name) => name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) && (1..=63).contains(&name.len()),
            None => is_segment(literal),
        };
        if !good {
            return Some(format!(
                "path {path:?} must be segments of letters, digits, `-`, `_`, `.`, `~`, or names in braces, without slashes at the ends; \
                 only the last may begin with `$`"
            ));
        }
    }
    let operation = segments[last];
    RESERVED_OPERATIONS.contains(&operation).then(|| format!("{operation} is the host's own; choose another path"))
}

/// Whether a segment of a path can be written as it is.
pub(super) fn is_segment(segment: &str) -> bool {
    let plain = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
    plain && !matches!(segment, "" | "." | "..")
}

/// Whether a path lies at or below another, or would for some value of its captures.
pub fn is_within(path: &str, other: &str) -> bool {
    let (path, other) = (shape(path), shape(other));
    let mut segments = path.split('/');
    other.split('/').all(|segment| segments.next().is_some_and(|own| own == segment || own == "{}"))
}
