//! What can be asked of a collection.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::Method;
use serde_json::json;
use utoipa::openapi::link::LinkBuilder;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathItemBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Required};

use super::declared::Declared;
use super::handled;
use super::names::Names;
use super::problem::{errors, header, with_id};
use super::schema::{self, Side, named};
use crate::http::body;
use crate::http::table::{Action, Place, key_name, verb};
use crate::model::manifest::Details;
use crate::model::problem::pointer_step;
use crate::service::serving::{Collection, DEFAULT_LIMIT, Endpoint, Field, MAX_LIMIT, MAX_PAGE, Operation, RESERVED, cursor_pattern};

/// What one collection adds to the description.
pub(super) struct Described {
    /// By name.
    pub(super) schemas: Vec<(String, Schema)>,
    /// By path.
    pub(super) paths: Vec<(String, PathItem)>,
}

/// The names that a collection's operations refer to.
struct Words {
    row: String,
    page: String,
    create: String,
    replace: String,
    patch: String,
    ids: Vec<(Action, String)>,
}

impl Words {
    fn id(&self, action: Action) -> Option<&str> {
        self.ids.iter().find(|(known, _)| *known == action).map(|(_, id)| id.as_str())
    }
}

/// Describes one collection.
pub(super) fn describe(endpoint: &Arc<Endpoint>, declared: &mut Declared, names: &mut Names) -> Described {
    let collection = &endpoint.collection;
    let (plugin, name) = (collection.plugin.as_str(), collection.name.as_str());
    let row = names.schema(plugin, name);
    let actions = collection.operations.iter().map(|operation| Action::Rows(*operation)).chain([Action::Schema, Action::Stats]);
    let ids = actions.map(|action| (action, names.operation(plugin, name, action.name()))).collect();
    // What a PUT must say is what a POST must say, unless the path or the row itself already says some of it.
    let replaced = |field: &Field| field.is_required() && !field.key && !field.write_only && !field.immutable;
    let same = collection.fields.iter().all(|field| field.is_required() == replaced(field));
    let create = format!("{row}Create");
    let replace = if same && collection.allows(Operation::Create) { create.clone() } else { format!("{row}Replace") };
    let words = Words { page: format!("{row}Page"), patch: format!("{row}Patch"), row, create, replace, ids };

    let mut schemas = vec![(words.row.clone(), schema::row(collection))];
    if collection.allows(Operation::List) {
        schemas.push((words.page.clone(), page(&words)));
    }
    if collection.allows(Operation::Create) {
        schemas.push((words.create.clone(), schema::body(collection, Side::Input, Field::is_required)));
    }
    if collection.allows(Operation::Replace) && words.replace != words.create {
        schemas.push((words.replace.clone(), schema::body(collection, Side::Input, replaced)));
    }
    if collection.allows(Operation::Update) {
        schemas.push((words.patch.clone(), schema::body(collection, Side::Patch, |_| false)));
    }
    let places = [
        Place::Collection(Arc::clone(endpoint)),
        Place::Row(Arc::clone(endpoint), String::new()),
        Place::Schema(Arc::clone(endpoint)),
        Place::Stats(Arc::clone(endpoint)),
    ];
    let described = places.iter().map(|place| (place.template(), place.methods()));
    let described = described.filter(|(_, methods)| !methods.is_empty());
    let paths = described.map(|(path, methods)| (path, item(endpoint, &words, &methods, declared, names))).collect();
    Described { schemas, paths }
}

fn item(endpoint: &Endpoint, words: &Words, methods: &[(Method, Action)], declared: &mut Declared, names: &mut Names) -> PathItem {
    let described = methods.iter().filter_map(|(method, action)| Some((http_method(method)?, *action)));
    let mut operation = |action| match action {
        Action::Rows(done) => operation(endpoint, words, done, declared, names),
        Action::Schema | Action::Stats => about(endpoint, words, action),
    };
    described.fold(PathItemBuilder::new(), |item, (method, action)| item.operation(method, operation(action))).build()
}

/// What is asked of a collection itself, not of its rows.
fn about(endpoint: &Endpoint, words: &Words, action: Action) -> OperationBuilder {
    let name = endpoint.collection.name.as_str();
    let object = || ObjectBuilder::new().schema_type(Type::Object);
    let (summary, description, media_type, schema, statuses): (_, _, _, _, &[u16]) = match action {
        Action::Stats => {
            let total = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
            let schema = object().property("total", total).required("total");
            let description = "Counts all rows, which takes the longer the more there are.";
            (format!("Count {name}"), description, "application/json", schema, &[400, 503])
        }
        Action::Schema | Action::Rows(_) => {
            let description = "JSON Schema 2020-12 of a row as answers show it.";
            (format!("What one of {name} looks like"), description, "application/schema+json", object(), &[400])
        }
    };
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let answer = with_id(ResponseBuilder::new().description(description)).content(media_type, content);
    let responses = errors(ResponsesBuilder::new().response("200", answer), statuses);
    OperationBuilder::new()
        .operation_id(words.id(action))
        .summary(Some(summary))
        .description(Some(description))
        .tag(endpoint.collection.plugin.as_str())
        .responses(responses.build())
}

fn http_method(method: &Method) -> Option<HttpMethod> {
    match *method {
        Method::GET => Some(HttpMethod::Get),
        Method::POST => Some(HttpMethod::Post),
        Method::PUT => Some(HttpMethod::Put),
        Method::PATCH => Some(HttpMethod::Patch),
        Method::DELETE => Some(HttpMethod::Delete),
        _ => None,
    }
}

fn operation(endpoint: &Endpoint, words: &Words, done: Operation, declared: &mut Declared, names: &mut Names) -> OperationBuilder {
    let collection = &endpoint.collection;
    let details = endpoint.handlers.get(&done).map(|handler| &handler.details);
    let said = |of: fn(&Details) -> &Option<String>| details.and_then(|details| of(details).clone());
    let operation = OperationBuilder::new()
        .operation_id(words.id(Action::Rows(done)))
        .summary(Some(said(|details| &details.summary).unwrap_or_else(|| summary(collection, done))))
        .description(Some(said(|details| &details.description).unwrap_or_else(|| description(done).to_owned())))
        .tag(collection.plugin.as_str());
    let of = |schema: RefOr<Schema>| ContentBuilder::new().schema(Some(schema)).build();
    let answer = |text: &str| with_id(ResponseBuilder::new().description(text));
    let row = |text: &str| answer(text).content("application/json", of(named(&words.row)));
    let success = match done {
        Operation::List => {
            let link = header("`rel=\"next\"` leads to the next part, as long as there is one.");
            (200, answer("The rows.").content("application/json", of(listing(words))).header("Link", link))
        }
        Operation::Create => (201, created(collection, words, row("The new row."))),
        Operation::Get => (200, row("The row.")),
        Operation::Replace | Operation::Update => (200, row("The row as it is now.")),
        Operation::Delete => (204, answer("The row is gone.")),
    };
    let statuses: &[u16] = match done {
        Operation::List => &[400, 503],
        Operation::Get => &[400, 404, 503],
        Operation::Create => &[400, 408, 409, 413, 415, 422, 503, 507],
        Operation::Replace | Operation::Update => &[400, 404, 408, 409, 413, 415, 422, 503, 507],
        Operation::Delete => &[400, 404, 409, 503, 507],
    };
    let mut parameters = match done {
        Operation::List => list_parameters(collection),
        Operation::Create => Vec::new(),
        _ => vec![key_parameter(endpoint)],
    };
    let (responses, body) = match details {
        None => (errors(ResponsesBuilder::new().response(success.0.to_string(), success.1), statuses), request(words, done)),
        Some(details) => {
            let called = format!("{} {}", collection.name, verb(done));
            let mut described = handled::Described::new(collection.plugin.as_str(), called, details, declared, names);
            for declared in described.parameters(&BTreeMap::new()) {
                parameters.retain(|standard| standard.name != declared.name);
                parameters.push(declared);
            }
            let standard = request(words, done);
            let body = standard.map(|standard| described.request(&body_method(done)).unwrap_or(standard));
            (described.responses(Some((success.0, success.1.build())), statuses), body)
        }
    };
    let operation = operation.responses(responses.build()).request_body(body);
    parameters.into_iter().fold(operation, OperationBuilder::parameter)
}

fn summary(collection: &Collection, done: Operation) -> String {
    let name = collection.name.as_str();
    match done {
        // What the author says is said of the collection as a whole.
        Operation::List => collection.summary.as_ref().map_or_else(|| format!("List {name}"), |summary| format!("List {name}: {summary}")),
        Operation::Get => format!("Read one of {name}"),
        Operation::Create => format!("Add one to {name}"),
        Operation::Replace => format!("Replace one of {name}"),
        Operation::Update => format!("Change one of {name} by a merge patch"),
        Operation::Delete => format!("Delete one of {name}"),
    }
}

fn description(done: Operation) -> &'static str {
    match done {
        Operation::List => {
            "Rows in their order, 100 unless `limit` says otherwise; the header `Link` leads to the next part. With `page` or `size` the \
             answer is an envelope with the total. A column's name as a parameter filters by equality; several must all hold."
        }
        Operation::Get => "Answers the row, or 404.",
        Operation::Create => "A field that is left out gets its default. All that does not fit is said at once.",
        Operation::Replace => {
            "A field that is left out gets its default, or null where that is allowed. A row stays as it is when nothing differs."
        }
        Operation::Update => "A JSON merge patch (RFC 7396): only what is named changes; null clears a field that may be empty.",
        Operation::Delete => "Rows that refer to it go with it, let go of it, or hold it back, as their plugins declared.",
    }
}

fn body_method(done: Operation) -> Method {
    match done {
        Operation::Replace => Method::PUT,
        Operation::Update => Method::PATCH,
        Operation::Create | Operation::List | Operation::Get | Operation::Delete => Method::POST,
    }
}

fn request(words: &Words, done: Operation) -> Option<RequestBody> {
    let name = match done {
        Operation::Create => &words.create,
        Operation::Replace => &words.replace,
        Operation::Update => &words.patch,
        Operation::List | Operation::Get | Operation::Delete => return None,
    };
    let method = body_method(done);
    let content = || ContentBuilder::new().schema(Some(named(name))).build();
    let body = RequestBodyBuilder::new().required(Some(Required::True));
    Some(body::accepted(&method).iter().fold(body, |body, media_type| body.content(*media_type, content())).build())
}

/// A bare array, or the envelope when `page` or `size` is given.
fn listing(words: &Words) -> RefOr<Schema> {
    let rows = ArrayBuilder::new().items(named(&words.row));
    let either = OneOfBuilder::new().item(rows).item(named(&words.page)).build();
    RefOr::T(Schema::OneOf(either))
}

/// The envelope.
fn page(words: &Words) -> Schema {
    let rows = ArrayBuilder::new().items(named(&words.row));
    let count = || ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let page = ObjectBuilder::new().schema_type(Type::Object).property("items", rows);
    let page = ["total", "page", "size", "pages"].into_iter().fold(page, |page, name| page.property(name, count()));
    ["items", "total", "page", "size", "pages"].into_iter().fold(page, ObjectBuilder::required).build().into()
}

/// 201 says where the row is, and what can be done with it there.
fn created(collection: &Collection, words: &Words, answer: ResponseBuilder) -> ResponseBuilder {
    let answer = answer.header("Location", header("Where the row is."));
    let mut key = collection.key_fields().map(|field| field.name.as_str());
    // A link's expression takes one value; it cannot join several into a key.
    let (Some(column), None) = (key.next(), key.next()) else { return answer };
    let pointer = pointer_step(column);
    [Operation::Get, Operation::Replace, Operation::Update, Operation::Delete].into_iter().fold(answer, |answer, done| {
        match words.id(Action::Rows(done)) {
            Some(id) => {
                let link = LinkBuilder::new().operation_id(id).parameter(column, json!(format!("$response.body#/{pointer}")));
                answer.link(verb(done), link.build())
            }
            None => answer,
        }
    })
}

fn key_parameter(endpoint: &Endpoint) -> Parameter {
    let name = key_name(endpoint);
    let mut fields = endpoint.collection.key_fields();
    let (schema, description) = match (fields.next(), fields.next()) {
        (Some(only), None) => (schema::column(only, Side::Parameter), "What identifies the row.".to_owned()),
        _ => {
            let names: Vec<_> = endpoint.collection.key_fields().map(|field| field.name.as_str()).collect();
            (
                ObjectBuilder::new().schema_type(Type::String).into(),
                format!("{} in this order, joined by commas, each percent-encoded.", names.join(", ")),
            )
        }
    };
    let parameter = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True);
    parameter.schema(Some(schema)).description(Some(description)).build()
}

fn list_parameters(collection: &Collection) -> Vec<Parameter> {
    let number = |most: u64| {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(most))
    };
    let cursor = ObjectBuilder::new().schema_type(Type::String).pattern(Some(cursor_pattern(collection)));
    let parameter = |name: &str, schema: RefOr<Schema>, description: String| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .schema(Some(schema))
            .description(Some(description))
            .build()
    };
    let default = usize::try_from(DEFAULT_LIMIT).unwrap_or(usize::MAX);
    let mut parameters = vec![
        parameter("limit", number(MAX_LIMIT).default(Some(json!(default))).into(), "At most so many rows.".to_owned()),
        parameter("cursor", cursor.into(), "Only rows behind this place: where the last part ended, from its `Link` header.".to_owned()),
        parameter("page", number(MAX_PAGE).into(), "Asks for the envelope with the total.".to_owned()),
        parameter("size", number(MAX_LIMIT).into(), "Rows on a page, `limit` at the most.".to_owned()),
    ];
    let filters = collection.fields.iter().filter(|field| field.is_filterable() && !RESERVED.contains(&field.name.as_str()));
    parameters.extend(filters.map(|field| {
        let schema = schema::column(field, Side::Parameter);
        parameter(field.name.as_str(), schema, format!("Only rows whose {} is this.", field.name))
    }));
    parameters
}
