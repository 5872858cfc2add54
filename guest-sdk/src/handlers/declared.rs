//! What a plugin says of an operation that it answers: by its handler's types, and by hand.

use schemars::JsonSchema;

use super::declaration::Declaration;
use super::handler::Handler;
use super::method::Method;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::value::Value;

/// An operation that was just named, about which more can be said. The host is told when this is dropped.
///
/// While a request is answered there is nothing to say, and every method does nothing.
#[derive(Debug)]
pub struct Declared<'n>(Option<Operation<'n>>);

/// The function of the contract that declares an operation, kept as a pointer: a plugin without routes does not import the one for routes.
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
        self.say(|declaration| declaration.answer(status, description))
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
        tell(name, route, declaration.attributes());
        declaration.tell(name);
    }
}
