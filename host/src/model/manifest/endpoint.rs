//! What a plugin answers itself: operations of its collections, and routes of its own.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::CollectionOperation;
use crate::model::json_schema::JsonSchema;

/// An operation of a collection that the plugin answers: `declare.handles("orders.create", ..)`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Handled {
    /// The collection's name.
    pub collection: String,
    /// What is asked of it.
    pub operation: CollectionOperation,
    /// What is said of it.
    pub details: Details,
}

impl Handled {
    /// What handlers and the log call it: `orders.create`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.collection, self.operation.name())
    }

    /// Whether [`Handled::name`] is this.
    pub fn is(&self, name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(collection, operation)| collection == self.collection && operation == self.operation.name())
    }
}

/// A further endpoint that the plugin answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Route {
    /// What handlers and the log call it. Letters, digits, `-`, `_` and `.`, at most 63.
    pub name: String,
    /// How it is asked.
    pub method: Method,
    /// Below `/api/v1/`, without slashes at its ends: `orders/{id}/invoices`.
    pub path: String,
    /// Whether it runs in a transaction that can write. Never with GET.
    pub writes: bool,
    /// What is said of it.
    pub details: Details,
}

impl Route {
    /// The names in braces, in the order of the path.
    pub fn captures(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').filter_map(capture)
    }

    /// The path with every capture alike, so that two that answer the same requests are equal: `orders/{}/invoices`.
    pub fn shape(&self) -> String {
        shape(&self.path)
    }
}

/// See [`Route::shape`]; also of the paths that a collection has.
pub fn shape(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').map(|segment| capture(segment).map_or(segment, |_| "{}")).collect();
    segments.join("/")
}

/// The name in a segment that takes whatever stands there.
pub fn capture(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// An HTTP method that a route can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads; answers HEAD as well.
    Get,
    /// Does something.
    Post,
    /// Puts something in a place.
    Put,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As a request line has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a request of this method has a body that anybody reads.
    pub fn has_body(self) -> bool {
        matches!(self, Self::Post | Self::Put | Self::Patch)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Method {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];
        all.into_iter()
            .find(|method| method.as_str() == text)
            .ok_or_else(|| format!("unknown method {text:?}; known are GET, POST, PUT, PATCH, DELETE"))
    }
}

/// What is said of a handled operation or a route: for OpenAPI, and to check requests before the plugin sees them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Details {
    /// One line.
    pub summary: Option<String>,
    /// Any number of lines.
    pub description: Option<String>,
    /// What a body must be like. A body is then required.
    pub request_schema: Option<JsonSchema>,
    /// What the answer of success is like.
    pub response_schema: Option<JsonSchema>,
    /// Of the request's body; JSON where none is said.
    pub request_media_type: Option<String>,
    /// Of success; where none is said, that of the standard operation, or 200.
    pub status: Option<u16>,
    /// In order of declaration.
    pub parameters: Vec<Parameter>,
    /// Further answers, in order of declaration.
    pub answers: Vec<Answer>,
}

impl Details {
    /// All schemas in it.
    pub fn schemas(&self) -> impl Iterator<Item = &JsonSchema> {
        let parameters = self.parameters.iter().map(|parameter| &parameter.schema);
        let answers = self.answers.iter().filter_map(|answer| answer.schema.as_ref());
        self.request_schema.iter().chain(&self.response_schema).chain(parameters).chain(answers)
    }
}

/// A parameter of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Where it stands.
    pub place: ParameterPlace,
    /// Its name; a header's in lower case.
    pub name: String,
    /// What its value is like.
    pub schema: JsonSchema,
    /// Whether a request without it is refused. Always so in a path.
    pub required: bool,
    /// For OpenAPI.
    pub description: Option<String>,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterPlace {
    /// `?name=value`.
    Query,
    /// `{name}` of the path.
    Path,
    /// A header.
    Header,
}

impl fmt::Display for ParameterPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Query => "query",
            Self::Path => "path",
            Self::Header => "header",
        })
    }
}

impl FromStr for ParameterPlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "query" => Ok(Self::Query),
            "path" => Ok(Self::Path),
            "header" => Ok(Self::Header),
            _ => Err(format!("unknown place {text:?}; known are query, path, header")),
        }
    }
}

/// A further answer than that of success.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// HTTP status, 200 to 599.
    pub status: u16,
    /// When it is given.
    pub description: String,
    /// What its body is like; none has no body, or is a problem.
    pub schema: Option<JsonSchema>,
}
