//! What is said of one operation.

use schemars::JsonSchema;

use super::schema;
use crate::bindings::tenon::plugin::declare;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::value::{Value, attribute};

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

/// A parameter of the query string, the path or the header.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) place: Place,
    pub(super) name: String,
    /// JSON Schema text.
    pub(super) schema: String,
    pub(super) required: bool,
    pub(super) description: Option<String>,
}

/// A further answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    description: String,
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
    answers: Vec<Answer>,
    tell_parameters: Option<fn(&str, &[Parameter])>,
    tell_answers: Option<fn(&str, &[Answer])>,
}

impl Declaration {
    pub(super) fn of(template: &str) -> Self {
        Self { template: template.to_owned(), ..Self::default() }
    }

    /// The path of the route, `/orders/{id}/invoices`; empty for an operation of a collection.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The body of a request is JSON of this type, without members that it does not name.
    pub fn takes<T: JsonSchema>(&mut self) {
        self.attribute("request-schema", schema::text(&schema::strict(schema::read_as::<T>())));
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

    /// A further answer that the operation gives.
    pub fn answer(&mut self, status: u16, description: &str) {
        self.answers.push(Answer { status, description: description.to_owned() });
        self.tell_answers = Some(tell_answers);
    }

    /// Tells the host what goes beyond attributes, once the operation itself is declared.
    pub(super) fn tell(&self, operation: &str) {
        if let Some(tell) = self.tell_parameters {
            tell(operation, &self.parameters);
        }
        if let Some(tell) = self.tell_answers {
            tell(operation, &self.answers);
        }
    }

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

fn tell_answers(operation: &str, answers: &[Answer]) {
    answers.iter().for_each(|answer| declare::answer(operation, answer.status, &answer.description, ""));
}
