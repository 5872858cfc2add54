//! What a plugin says of an operation that it answers: by its handler's types, and by hand.

use schemars::JsonSchema;

use super::handler::Handler;
use super::method::Method;
use super::schema;
use crate::bindings::tenon::plugin::declare;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::value::{Value, attribute};

/// An operation that was just named, about which more can be said. The host is told when this is dropped.
///
/// While a request is answered there is nothing to say, and every method does nothing.
#[derive(Debug)]
pub struct Declared<'n>(Option<Operation<'n>>);

type Tell = fn(&str, Option<(Method, &str)>, &[Attribute]);

#[derive(Debug)]
struct Operation<'n> {
    name: &'n str,
    route: Option<(Method, &'n str)>,
    tell: Tell,
    declaration: Declaration,
}

impl<'n> Declared<'n> {
    pub(super) fn nothing() -> Self {
        Self(None)
    }

    pub(super) fn new(name: &'n str, route: Option<(Method, &'n str)>, tell: Tell) -> Self {
        let declaration = Declaration::of(route.map_or("", |(_, path)| path));
        Self(Some(Operation { name, route, tell, declaration }))
    }

    pub(super) fn by<A, H: Handler<A>>(&mut self) {
        if let Some(operation) = &mut self.0 {
            H::declare(&mut operation.declaration);
        }
    }

    /// One line for OpenAPI.
    pub fn summary(self, summary: &str) -> Self {
        self.attribute("summary", summary)
    }

    /// More than one line.
    pub fn description(self, description: &str) -> Self {
        self.attribute("description", description)
    }

    /// Whether a route may write. Until it says otherwise every method but GET may; a GET never does.
    pub fn writes(self, writes: bool) -> Self {
        self.attribute("writes", writes)
    }

    /// The status of success, where the handler's type does not say it.
    pub fn status(self, status: u16) -> Self {
        self.attribute("status", status)
    }

    /// What the body of a request is, if it is not JSON: `text/csv`.
    pub fn request_media_type(self, media_type: &str) -> Self {
        self.attribute("request-media-type", media_type)
    }

    /// What the answer's body looks like, where the handler's type does not say it: `on.route(..).answers::<Vec<Invoice>>()`.
    pub fn answers<T: JsonSchema>(self) -> Self {
        self.say(|declaration| declaration.answers::<T>())
    }

    /// A further answer that the operation gives, e.g. `answer(404, "There is no such order")`.
    pub fn answer(self, status: u16, description: &str) -> Self {
        self.say(|declaration| {
            declaration.answers.push((status, description.to_owned()));
            declaration.tell_answers = Some(tell_answers);
        })
    }

    /// Any attribute of the contract by its key.
    pub fn attribute(self, key: &str, value: impl Into<Value>) -> Self {
        self.say(|declaration| declaration.attribute(key, value))
    }

    fn say(mut self, what: impl FnOnce(&mut Declaration)) -> Self {
        if let Some(operation) = &mut self.0 {
            what(&mut operation.declaration);
        }
        self
    }
}

impl Drop for Declared<'_> {
    fn drop(&mut self) {
        let Some(Operation { name, route, tell, declaration }) = self.0.take() else { return };
        tell(name, route, &declaration.attributes);
        if let Some(tell) = declaration.tell_parameters {
            tell(name, &declaration.parameters);
        }
        if let Some(tell) = declaration.tell_answers {
            tell(name, &declaration.answers);
        }
    }
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the query string.
    Query,
    /// In the path.
    Path,
    /// In a header; its name is lower case.
    Header,
}

impl Place {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Path => "path",
            Self::Header => "header",
        }
    }
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) schema: String,
    pub(super) required: bool,
    pub(super) description: Option<String>,
}

/// What is collected about one operation until the host is told.
///
/// The functions that tell it are kept as pointers, set by whoever adds something: a plugin without parameters does not import the
/// function that declares one.
#[derive(Debug, Default)]
pub struct Declaration {
    template: String,
    attributes: Vec<Attribute>,
    parameters: Vec<Parameter>,
    answers: Vec<(u16, String)>,
    tell_parameters: Option<fn(&str, &[Parameter])>,
    tell_answers: Option<fn(&str, &[(u16, String)])>,
}

impl Declaration {
    pub(super) fn of(template: &str) -> Self {
        Self { template: template.to_owned(), ..Self::default() }
    }

    /// The path of the route, `/orders/{id}/invoices`; empty for an operation of a collection.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The body of a request is JSON of this type.
    pub fn takes<T: JsonSchema>(&mut self) {
        self.attribute("request-schema", schema::text(&schema::read_as::<T>()));
    }

    /// The body of the answer is JSON of this type.
    pub fn answers<T: JsonSchema>(&mut self) {
        self.attribute("response-schema", schema::text(&schema::written_as::<T>()));
    }

    /// A parameter of this type. An undeclared query parameter is answered 400.
    pub fn parameter<T: JsonSchema>(&mut self, place: Place, name: &str, required: bool, description: &str) {
        let schema = schema::text(&schema::without_null(schema::read_as::<T>()));
        self.add(Parameter { place, name: name.to_owned(), schema, required, description: Some(description.to_owned()) });
    }

    /// Any attribute of the contract by its key; what was said before is replaced.
    pub fn attribute(&mut self, key: &str, value: impl Into<Value>) {
        self.attributes.retain(|attribute| attribute.key != key);
        self.attributes.push(attribute(key, value));
    }

    #[cfg(test)]
    pub(super) fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    #[cfg(test)]
    pub(super) fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    pub(super) fn add(&mut self, parameter: Parameter) {
        self.parameters.push(parameter);
        self.tell_parameters = Some(tell_parameters);
    }
}

fn tell_parameters(operation: &str, parameters: &[Parameter]) {
    for Parameter { place, name, schema, required, description } in parameters {
        let mut attributes = vec![attribute("required", *required)];
        attributes.extend(description.as_deref().filter(|text| !text.is_empty()).map(|text| attribute("description", text)));
        declare::parameter(operation, place.as_str(), name, schema, &attributes);
    }
}

fn tell_answers(operation: &str, answers: &[(u16, String)]) {
    answers.iter().for_each(|(status, description)| declare::answer(operation, *status, description, ""));
}
