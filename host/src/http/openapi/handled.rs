//! What a plugin answers itself: routes, and what it says of operations that it handles.

use std::collections::BTreeMap;

use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder, ResponsesBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{ContentBuilder, RefOr, Required};

use super::declared::Declared;
use super::names::Names;
use super::problem;
use crate::http::body;
use crate::model::manifest::{self, Details, Method, ParameterPlace, capture, shape};
use crate::service::serving::RouteEndpoint;

/// What else can become of an operation that a plugin answers: it broke off, had to wait, or took too long.
const OF_PLUGINS: [u16; 3] = [502, 503, 504];

/// The description of one handled operation or route, in the making.
pub(super) struct Described<'a> {
    plugin: &'a str,
    /// What its schemas are called after.
    words: String,
    details: &'a Details,
    declared: &'a mut Declared,
    names: &'a mut Names,
}

impl<'a> Described<'a> {
    pub(super) fn new(plugin: &'a str, words: String, details: &'a Details, declared: &'a mut Declared, names: &'a mut Names) -> Self {
        Self { plugin, words, details, declared, names }
    }

    /// The body, if the plugin says anything of it.
    pub(super) fn request(&mut self, method: &axum::http::Method) -> Option<RequestBody> {
        let Details { request_schema, request_media_type, .. } = self.details;
        let schema = request_schema.as_ref().map(|schema| self.component("Request", schema));
        if schema.is_none() && request_media_type.is_none() {
            return None;
        }
        let media_types: Vec<&str> =
            request_media_type.as_deref().map_or_else(|| body::accepted(method).to_vec(), |media_type| vec![media_type]);
        let content = || ContentBuilder::new().schema(schema.clone()).build();
        let body = RequestBodyBuilder::new().required(Some(if request_schema.is_some() { Required::True } else { Required::False }));
        Some(media_types.iter().fold(body, |body, media_type| body.content(*media_type, content())).build())
    }

    /// All answers: that of success, unless the plugin says another the `standard` one of a collection's operation; the further ones;
    /// and those that the host gives.
    pub(super) fn responses(&mut self, standard: Option<(u16, Response)>, errors: &[u16]) -> ResponsesBuilder {
        let details = self.details;
        let status = details.status.or(standard.as_ref().map(|(status, _)| *status)).unwrap_or(200);
        let success = match (&details.response_schema, standard) {
            (Some(schema), _) => {
                let content = ContentBuilder::new().schema(Some(self.component("Response", schema))).build();
                problem::with_id(ResponseBuilder::new().description("It is done.")).content("application/json", content).build()
            }
            (None, Some((_, standard))) if status != 204 => standard,
            _ => problem::with_id(ResponseBuilder::new().description("It is done.")).build(),
        };
        let errors: Vec<u16> = errors.iter().copied().filter(|status| !OF_PLUGINS.contains(status)).chain(OF_PLUGINS).collect();
        let responses = problem::errors(ResponsesBuilder::new().response(status.to_string(), success), &errors);
        details.answers.iter().fold(responses, |responses, answer| responses.response(answer.status.to_string(), self.answer(answer)))
    }

    fn answer(&mut self, answer: &manifest::Answer) -> Response {
        let response = problem::with_id(ResponseBuilder::new().description(&answer.description));
        match &answer.schema {
            Some(schema) => {
                let schema = self.component(&format!("Answer{}", answer.status), schema);
                response.content("application/json", ContentBuilder::new().schema(Some(schema)).build()).build()
            }
            None if answer.status >= 400 => response.content("application/problem+json", problem::content()).build(),
            None => response.build(),
        }
    }

    /// The declared parameters; `renamed` says what a path parameter is called in the description.
    pub(super) fn parameters(&mut self, renamed: &BTreeMap<&str, &str>) -> Vec<Parameter> {
        let describe = |declared: &manifest::Parameter| {
            let place = match declared.place {
                ParameterPlace::Query => ParameterIn::Query,
                ParameterPlace::Path => ParameterIn::Path,
                ParameterPlace::Header => ParameterIn::Header,
            };
            let name = renamed.get(declared.name.as_str()).copied().filter(|_| declared.place == ParameterPlace::Path);
            let schema = self.declared.inline(self.plugin, &format!("{} {}", self.words, declared.name), &declared.schema, self.names);
            ParameterBuilder::new()
                .name(name.unwrap_or(&declared.name))
                .parameter_in(place)
                .required(if declared.required { Required::True } else { Required::False })
                .schema(Some(schema))
                .description(declared.description.as_deref())
                .build()
        };
        self.details.parameters.iter().map(describe).collect()
    }

    fn component(&mut self, what: &str, schema: &crate::model::JsonSchema) -> RefOr<Schema> {
        self.declared.component(self.plugin, &format!("{} {what}", self.words), schema, self.names)
    }
}

/// A route's path and what is described at it. `templates` has the paths so far by their shape: a description may name what stands in one
/// place of a path only once.
pub(super) fn route(
    endpoint: &RouteEndpoint,
    templates: &mut BTreeMap<String, String>,
    declared: &mut Declared,
    names: &mut Names,
) -> (String, PathItem) {
    let RouteEndpoint { plugin, route, .. } = endpoint;
    let own = format!("/api/v1/{}", route.path);
    let template = templates.entry(shape(&own)).or_insert(own).clone();
    let renamed: BTreeMap<&str, &str> = route.captures().zip(template.split('/').filter_map(capture)).collect();
    let id = names.route(plugin.as_str(), &route.name);
    let details = &route.details;
    let mut described = Described::new(plugin.as_str(), route.name.clone(), details, declared, names);

    let operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(details.summary.clone().unwrap_or_else(|| route.name.clone())))
        .description(details.description.clone())
        .tag(plugin.as_str())
        .request_body(described.request(&axum_method(route.method)))
        .responses(described.responses(None, errors(route.method)).build());
    let mut parameters = described.parameters(&renamed);
    let is_declared = |name: &str| details.parameters.iter().any(|known| known.place == ParameterPlace::Path && known.name == name);
    parameters.extend(route.captures().filter(|name| !is_declared(name)).map(|name| text_in_path(renamed.get(name).unwrap_or(&name))));
    let operation = parameters.into_iter().fold(operation, OperationBuilder::parameter);
    (template, PathItem::new(http_method(route.method), operation))
}

fn text_in_path(name: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(Type::String);
    ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).required(Required::True).schema(Some(text)).build()
}

/// What the host may answer in the plugin's place, or for it.
fn errors(method: Method) -> &'static [u16] {
    match method {
        Method::Get => &[400, 404],
        Method::Delete => &[400, 404, 409, 507],
        Method::Post | Method::Put | Method::Patch => &[400, 404, 408, 409, 413, 415, 422, 507],
    }
}

fn http_method(method: Method) -> HttpMethod {
    match method {
        Method::Get => HttpMethod::Get,
        Method::Post => HttpMethod::Post,
        Method::Put => HttpMethod::Put,
        Method::Patch => HttpMethod::Patch,
        Method::Delete => HttpMethod::Delete,
    }
}

fn axum_method(method: Method) -> axum::http::Method {
    match method {
        Method::Get => axum::http::Method::GET,
        Method::Post => axum::http::Method::POST,
        Method::Put => axum::http::Method::PUT,
        Method::Patch => axum::http::Method::PATCH,
        Method::Delete => axum::http::Method::DELETE,
    }
}
