//! Errors in the description: one shape, and which statuses an operation can answer.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ComponentsBuilder, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{Content, ContentBuilder, KnownFormat, Ref};

use super::schema::named;

const NAME: &str = "Problem";

/// Every status that an operation answers with an error, with what it means here. A method that a path does not know is 405, and no
/// operation of it.
const MEANINGS: [(u16, &str); 14] = [
    (400, "The request cannot be read: its JSON, its key or its query string."),
    (404, "There is no such row."),
    (408, "The body did not arrive in time."),
    (409, "Other rows stand against it; `constraint` says which kind of rule."),
    (413, "The body is too large."),
    (414, "The path and the query string are too long."),
    (415, "The body is of a type that is not read here."),
    (422, "The body does not fit; `errors` says where and why, all at once."),
    (431, "The headers are too many or too large."),
    (500, "The server failed; its log has the reason under the request id."),
    (502, "The plugin broke off; nothing was changed. The log has the reason under the request id."),
    (503, "The plugin waits for an upgrade of the database, or there is too much to do; `Retry-After` says when to ask again."),
    (504, "The plugin took too long; nothing was changed."),
    (507, "There is no room left where the database lies; nothing was changed."),
];

/// The problem as a schema, and one response per status.
pub(super) fn components(components: ComponentsBuilder) -> ComponentsBuilder {
    let string = || ObjectBuilder::new().schema_type(Type::String);
    let reason = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("pointer", string().description(Some("JSON pointer into the body.")))
        .property("parameter", string().description(Some("Name of a query or path parameter.")))
        .property("code", string())
        .property("detail", string())
        .required("code")
        .required("detail");
    let problem = ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("RFC 9457, with the request's id and every reason at once."))
        .property("type", string().format(Some(SchemaFormat::Custom("uri".to_owned()))))
        .property("title", string())
        .property("status", ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32))))
        .property("detail", string())
        .property("instance", string())
        .property("code", string())
        .property("request_id", string())
        .property("constraint", string().description(Some("With a conflict: which kind of rule.")))
        .property("plugin", string().description(Some("With 503: the plugin that is not ready.")))
        .property("command", string().description(Some("With 503: what an operator runs to make it ready.")))
        .property("errors", ArrayBuilder::new().items(reason));
    let required = ["type", "title", "status", "detail", "instance", "code", "request_id"];
    let problem = required.into_iter().fold(problem, ObjectBuilder::required);
    MEANINGS.iter().fold(components.schema(NAME, problem), |components, (status, meaning)| {
        let mut response = with_id(ResponseBuilder::new().description(*meaning)).content("application/problem+json", content());
        if *status == 503 {
            let seconds = ObjectBuilder::new().schema_type(Type::Integer);
            response = response.header("Retry-After", HeaderBuilder::new().schema(Some(seconds)).description(Some("Seconds.")).build());
        }
        if *status == 415 {
            response = response.header("Accept", header("What is read, where the method is not PATCH."));
            response = response.header("Accept-Encoding", header("`identity`, when the body was compressed."));
            response = response.header("Accept-Patch", header("What is read, where the method is PATCH."));
        }
        components.response(response_name(*status), response.build())
    })
}

/// What a problem looks like.
pub(super) fn content() -> Content {
    ContentBuilder::new().schema(Some(named(NAME))).build()
}

/// Errors that every operation can answer: the head is too large, the server failed.
const ALWAYS: [u16; 3] = [414, 431, 500];

/// Adds these errors to an operation's answers, and those that every operation has.
pub(super) fn errors(responses: ResponsesBuilder, statuses: &[u16]) -> ResponsesBuilder {
    statuses
        .iter()
        .chain(&ALWAYS)
        .fold(responses, |responses, status| responses.response(status.to_string(), Ref::from_response_name(response_name(*status))))
}

/// The header that every answer has.
pub(super) fn with_id(response: ResponseBuilder) -> ResponseBuilder {
    response.header("X-Request-ID", header("The client's own id, or a new one."))
}

pub(super) fn header(description: &str) -> Header {
    HeaderBuilder::new().schema(Some(ObjectBuilder::new().schema_type(Type::String))).description(Some(description)).build()
}

fn response_name(status: u16) -> String {
    format!("Problem{status}")
}
