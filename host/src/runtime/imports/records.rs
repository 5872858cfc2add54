//! `records`: the record engine, for handlers.

use wasmtime::component::Resource;

use crate::model::{Attribute, Problem, Value};
use crate::runtime::bindings::tenon::plugin::records::Host;
use crate::runtime::bindings::tenon::plugin::types::{Attribute as WitAttribute, Problem as WitProblem, Response};
use crate::runtime::documents::Document;
use crate::runtime::request::{Found, Refused, RequestContext};
use crate::runtime::state::HostState;

use super::values::attributes;

type Answer<T> = wasmtime::Result<Result<T, WitProblem>>;

impl HostState {
    /// Asks the request's context; the problem is for the guest.
    pub(super) fn ask_for<T>(&mut self, function: &str, question: impl FnOnce(&mut dyn RequestContext) -> Result<T, Refused>) -> Answer<T> {
        Ok(self.ask_request(function, question)?.map_err(WitProblem::from))
    }

    /// Hands what was found to the guest. What has no room is something that a guest can handle, unlike a document of its own.
    pub(super) fn hand(&mut self, found: Found) -> Answer<Resource<Document>> {
        let document = Document::json(found);
        if let Err(limit) = document.fits(&self.limiter) {
            return Ok(Err(too_large(limit.limit).into()));
        }
        Ok(Ok(self.documents.add(document, &mut self.limiter)?))
    }

    fn found(
        &mut self,
        function: &str,
        question: impl FnOnce(&mut dyn RequestContext) -> Result<Found, Refused>,
    ) -> Answer<Resource<Document>> {
        match self.ask_for(function, question)? {
            Ok(found) => self.hand(found),
            Err(problem) => Ok(Err(problem)),
        }
    }

    fn forwarded(&mut self, function: &str, body: Option<Resource<Document>>, computed: Option<Resource<Document>>) -> Answer<Response> {
        self.request_task(function)?;
        let body = body.map(|body| self.content(&body)).transpose()?;
        let computed = computed.map(|computed| self.content(&computed)).transpose()?;
        let forwarded = match self.ask_for(function, |context| context.forward(body, computed))? {
            Ok(forwarded) => forwarded,
            Err(problem) => return Ok(Err(problem)),
        };
        let body = match forwarded.body.map(|found| self.hand(found)).transpose()? {
            Some(Err(problem)) => return Ok(Err(problem)),
            Some(Ok(document)) => Some(document),
            None => None,
        };
        Ok(Ok(Response { status: forwarded.status, headers: Vec::new(), body }))
    }

    /// A function that takes a document.
    fn with_body(
        &mut self,
        function: &str,
        body: &Resource<Document>,
        question: impl FnOnce(&mut dyn RequestContext, &[u8]) -> Result<Found, Refused>,
    ) -> Answer<Resource<Document>> {
        self.request_task(function)?;
        let content = self.content(body)?;
        self.found(function, |context| question(context, &content))
    }
}

/// 413: the plugin has no room for it.
pub(super) fn too_large(limit: u64) -> Problem {
    Problem::new(413, "too-large", format!("the rows do not fit into the plugin's memory of {limit} bytes; ask for fewer at a time"))
}

/// Refuses options that the host does not know; it is never that one is ignored.
fn require_known(function: &str, options: Vec<WitAttribute>) -> Result<(), Refused> {
    match attributes(options).first() {
        None => Ok(()),
        Some(Attribute { key, value: Value::Text(_) }) if key == "if-match" => {
            Err(Problem::not_yet(&format!("the option `if-match` of records.{function}")).into())
        }
        Some(Attribute { key, .. }) => {
            let key = crate::model::text::printable(key, 40);
            Err(Problem::new(422, "unknown-option", format!("records.{function} has no option {key:?}; known is `if-match`")).into())
        }
    }
}

impl Host for HostState {
    fn forward(&mut self, body: Option<Resource<Document>>) -> Answer<Response> {
        self.forwarded("records.forward", body, None)
    }

    fn forward_computed(&mut self, body: Option<Resource<Document>>, computed: Resource<Document>) -> Answer<Response> {
        self.forwarded("records.forward-computed", body, Some(computed))
    }

    fn list(&mut self, collection: String, query: String) -> Answer<Resource<Document>> {
        self.found("records.list", |context| context.list(&collection, &query))
    }

    fn get(&mut self, collection: String, key: String) -> Answer<Resource<Document>> {
        self.found("records.get", |context| context.get(&collection, &key))
    }

    fn get_many(&mut self, collection: String, keys: Vec<String>) -> Answer<Resource<Document>> {
        self.found("records.get-many", |context| context.get_many(&collection, &keys))
    }

    fn create(&mut self, collection: String, body: Resource<Document>) -> Answer<Resource<Document>> {
        self.with_body("records.create", &body, |context, body| context.create(&collection, body))
    }

    fn replace(
        &mut self,
        collection: String,
        key: String,
        body: Resource<Document>,
        options: Vec<WitAttribute>,
    ) -> Answer<Resource<Document>> {
        self.with_body("records.replace", &body, |context, body| {
            require_known("replace", options)?;
            context.replace(&collection, &key, body)
        })
    }

    fn update(
        &mut self,
        collection: String,
        key: String,
        patch: Resource<Document>,
        options: Vec<WitAttribute>,
    ) -> Answer<Resource<Document>> {
        self.with_body("records.update", &patch, |context, patch| {
            require_known("update", options)?;
            context.update(&collection, &key, patch)
        })
    }

    fn delete(&mut self, collection: String, key: String, options: Vec<WitAttribute>) -> Answer<()> {
        self.ask_for("records.delete", |context| {
            require_known("delete", options)?;
            context.delete(&collection, &key)
        })
    }
}
