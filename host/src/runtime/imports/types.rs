//! `types`: the methods of `document` and `request`.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use wasmtime::component::Resource;

use crate::runtime::bindings::tenon::plugin::schema;
use crate::runtime::bindings::tenon::plugin::types::{Host, HostDocument, HostRequest};
use crate::runtime::documents::Document;
use crate::runtime::error::Stop;
use crate::runtime::request::{About, Incoming};
use crate::runtime::state::HostState;

/// A handle to the request in hand. What it says is in the call's [`Incoming`]; the handle's number says of which call it is.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Request;

impl Host for HostState {}

/// Holds records only.
impl schema::Host for HostState {}

impl HostDocument for HostState {
    fn new(&mut self, media_type: String, content: Vec<u8>) -> wasmtime::Result<Resource<Document>> {
        let document = Document { media_type: Cow::Owned(media_type), content: Some(content.into()), about: About::default() };
        Ok(self.documents.add(document, &mut self.limiter)?)
    }

    fn media_type(&mut self, document: Resource<Document>) -> wasmtime::Result<String> {
        Ok(self.documents.get(&document)?.media_type.clone().into_owned())
    }

    fn size(&mut self, document: Resource<Document>) -> wasmtime::Result<u64> {
        Ok(self.content(&document)?.len() as u64)
    }

    fn read(&mut self, document: Resource<Document>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.content(&document)?.to_vec())
    }

    fn slice(&mut self, document: Resource<Document>, offset: u64, length: u32) -> wasmtime::Result<Vec<u8>> {
        let content = self.content(&document)?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(content.len());
        let end = start.saturating_add(length as usize).min(content.len());
        Ok(content[start..end].to_vec())
    }

    fn about(&mut self, document: Resource<Document>, key: String) -> wasmtime::Result<Option<String>> {
        let about = &self.documents.get(&document)?.about;
        Ok(match key.as_str() {
            "rows" => about.rows.map(|rows| rows.to_string()),
            "total" => about.total.map(|total| total.to_string()),
            "next" => about.next.clone(),
            "location" => about.location.clone(),
            _ => None,
        })
    }

    fn drop(&mut self, document: Resource<Document>) -> wasmtime::Result<()> {
        self.documents.remove(&document, &mut self.limiter)?;
        Ok(())
    }
}

impl HostState {
    /// The request behind a handle.
    fn incoming(&mut self, handle: &Resource<Request>) -> Result<&Incoming, Stop> {
        let task = self.request_task("request")?;
        if task.number == handle.rep() {
            Ok(&task.incoming)
        } else {
            Err(Stop::Misuse("the plugin used a request of a call that is over".to_owned()))
        }
    }
}

impl HostRequest for HostState {
    fn method(&mut self, request: Resource<Request>) -> wasmtime::Result<String> {
        Ok(self.incoming(&request)?.method.clone())
    }

    fn path(&mut self, request: Resource<Request>) -> wasmtime::Result<String> {
        Ok(self.incoming(&request)?.path.clone())
    }

    fn param(&mut self, request: Resource<Request>, name: String) -> wasmtime::Result<Option<String>> {
        let params = &self.incoming(&request)?.params;
        Ok(params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    fn arguments(&mut self, request: Resource<Request>, name: String) -> wasmtime::Result<Vec<String>> {
        Ok(values_of(&self.incoming(&request)?.query, &name))
    }

    fn query(&mut self, request: Resource<Request>) -> wasmtime::Result<String> {
        Ok(self.incoming(&request)?.query.clone())
    }

    fn header(&mut self, request: Resource<Request>, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.incoming(&request)?.headers.header(&name))
    }

    fn body(&mut self, request: Resource<Request>) -> wasmtime::Result<Option<Resource<Document>>> {
        let incoming = self.incoming(&request)?;
        if incoming.body.is_empty() {
            return Ok(None);
        }
        let document =
            Document { media_type: Cow::Owned(incoming.media_type.clone()), content: Some(incoming.body.clone()), about: About::default() };
        Ok(Some(self.documents.add(document, &mut self.limiter)?))
    }

    fn drop(&mut self, _: Resource<Request>) -> wasmtime::Result<()> {
        // It is lent, never given: a guest's handle to it ends with the call.
        Ok(())
    }
}

/// The decoded values of a parameter of a query string, in order. What is no UTF-8 is replaced.
fn values_of(query: &str, name: &str) -> Vec<String> {
    let decoded = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.filter(|(key, _)| decoded(key) == name).map(|(_, value)| decoded(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_be_given_several_times_and_in_any_spelling() {
        assert_eq!(values_of("a=1&b=2&a=%C3%A9+x&%61=&c", "a"), ["1", "\u{e9} x", ""]);
        assert_eq!(values_of("a=1&c", "c"), [""]);
        assert!(values_of("", "a").is_empty());
    }
}
