//! `types`: the methods of `document` and `request`.

use wasmtime::component::Resource;

use crate::runtime::bindings::tenon::plugin::schema;
use crate::runtime::bindings::tenon::plugin::types::{Host, HostDocument, HostRequest};
use crate::runtime::documents::Document;
use crate::runtime::error::Stop;
use crate::runtime::state::HostState;

/// The request in hand. This version calls no handlers, so there never is one.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub enum Request {}

impl Host for HostState {}

/// Holds records only.
impl schema::Host for HostState {}

impl HostDocument for HostState {
    fn new(&mut self, media_type: String, content: Vec<u8>) -> wasmtime::Result<Resource<Document>> {
        let document = Document { media_type, content: content.into(), rows: None };
        Ok(self.documents.add(document, &mut self.limiter)?)
    }

    fn media_type(&mut self, document: Resource<Document>) -> wasmtime::Result<String> {
        Ok(self.documents.get(&document)?.media_type.clone())
    }

    fn size(&mut self, document: Resource<Document>) -> wasmtime::Result<u64> {
        Ok(self.documents.get(&document)?.content.len() as u64)
    }

    fn read(&mut self, document: Resource<Document>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.documents.get(&document)?.content.to_vec())
    }

    fn slice(&mut self, document: Resource<Document>, offset: u64, length: u32) -> wasmtime::Result<Vec<u8>> {
        let content = &self.documents.get(&document)?.content;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let end = start.saturating_add(length as usize).min(content.len());
        Ok(content[start..end].to_vec())
    }

    fn about(&mut self, document: Resource<Document>, key: String) -> wasmtime::Result<Option<String>> {
        let document = self.documents.get(&document)?;
        Ok(if key == "rows" { document.rows.map(|rows| rows.to_string()) } else { None })
    }

    fn drop(&mut self, document: Resource<Document>) -> wasmtime::Result<()> {
        Ok(self.documents.remove(&document, &mut self.limiter)?)
    }
}

/// A guest can have no handle to a request that was never made; the type check of handles sees to that before these are called.
fn no_request<T>() -> wasmtime::Result<T> {
    Err(Stop::Misuse("there is no request: this version of tenon does not call handlers yet".to_owned()).into())
}

impl HostRequest for HostState {
    fn method(&mut self, _: Resource<Request>) -> wasmtime::Result<String> {
        no_request()
    }

    fn path(&mut self, _: Resource<Request>) -> wasmtime::Result<String> {
        no_request()
    }

    fn param(&mut self, _: Resource<Request>, _: String) -> wasmtime::Result<Option<String>> {
        no_request()
    }

    fn arguments(&mut self, _: Resource<Request>, _: String) -> wasmtime::Result<Vec<String>> {
        no_request()
    }

    fn query(&mut self, _: Resource<Request>) -> wasmtime::Result<String> {
        no_request()
    }

    fn header(&mut self, _: Resource<Request>, _: String) -> wasmtime::Result<Option<String>> {
        no_request()
    }

    fn body(&mut self, _: Resource<Request>) -> wasmtime::Result<Option<Resource<Document>>> {
        no_request()
    }

    fn drop(&mut self, _: Resource<Request>) -> wasmtime::Result<()> {
        no_request()
    }
}
