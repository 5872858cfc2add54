//! Bytes that stay in the host while a plugin holds a handle to them.
//!
//! A handle's number is never given out twice within a store, unlike those of `wasmtime::component::ResourceTable`: there, a guest that
//! keeps a handle over the end of its call can read what a later call put in its place (reproduced). Here the old handle is dead.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use wasmtime::component::Resource;

use super::error::{LimitReached, Stop};
use super::limiter::Limiter;
use super::request::{About, Found};

/// A document: immutable bytes with a media type.
#[derive(Debug, Clone)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Document {
    /// As given by whoever made it.
    pub(super) media_type: Cow<'static, str>,
    /// The content, shared; none for a list that is too large to be kept, as long as nobody looks into it.
    pub(super) content: Option<Bytes>,
    /// What the host knows about it.
    pub(super) about: About,
}

/// The documents of one store.
#[derive(Debug, Default)]
pub(super) struct Documents {
    live: BTreeMap<u32, Document>,
    next: u32,
}

impl Documents {
    /// Takes a document in and charges its bytes to the call's memory.
    pub(super) fn add(&mut self, document: Document, limiter: &mut Limiter) -> Result<Resource<Document>, Stop> {
        limiter.take_document(document.weight()).map_err(Stop::Limit)?;
        let number = self.next;
        self.next = number
            .checked_add(1)
            .ok_or_else(|| Stop::Misuse("the plugin made more documents in one call than can be numbered".to_owned()))?;
        self.live.insert(number, document);
        Ok(Resource::new_own(number))
    }

    /// The document behind a handle.
    pub(super) fn get(&self, handle: &Resource<Document>) -> Result<&Document, Stop> {
        self.live.get(&handle.rep()).ok_or_else(dead)
    }

    /// Lets a document go and gives its bytes back.
    pub(super) fn remove(&mut self, handle: &Resource<Document>, limiter: &mut Limiter) -> Result<Document, Stop> {
        let document = self.live.remove(&handle.rep()).ok_or_else(dead)?;
        limiter.give_document(document.weight());
        Ok(document)
    }

    /// Gives a document the content that it lacked.
    pub(super) fn fill(&mut self, handle: &Resource<Document>, content: Bytes, limiter: &mut Limiter) -> Result<(), Stop> {
        limiter.take_document(content.len()).map_err(Stop::Limit)?;
        let document = self.live.get_mut(&handle.rep()).ok_or_else(dead)?;
        document.content = Some(content);
        Ok(())
    }

    /// Ends a call: all that is left of it goes. Answers whether anything was.
    pub(super) fn clear(&mut self, limiter: &mut Limiter) -> bool {
        let left = !self.live.is_empty();
        for (_, document) in std::mem::take(&mut self.live) {
            limiter.give_document(document.weight());
        }
        left
    }
}

impl Document {
    /// JSON of the host's.
    pub(super) fn json(found: Found) -> Self {
        Self { media_type: Cow::Borrowed("application/json"), content: found.body, about: found.about }
    }

    /// Whether it would fit into the call's memory.
    pub(super) fn fits(&self, limiter: &Limiter) -> Result<(), LimitReached> {
        limiter.has_room_for(self.weight())
    }

    fn weight(&self) -> usize {
        self.content.as_ref().map_or(0, Bytes::len).saturating_add(self.media_type.len())
    }
}

fn dead() -> Stop {
    Stop::Misuse("the plugin used a document of a call that is over".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::error::Limited;
    use crate::runtime::limits::Limits;

    fn purse(memory_bytes: usize) -> Limiter {
        Limiter::new(&Limits { memory_bytes, ..Limits::default() })
    }

    fn document(bytes: usize) -> Document {
        Document { media_type: Cow::Borrowed(""), content: Some(vec![0; bytes].into()), about: About::default() }
    }

    #[test]
    fn a_number_is_never_given_out_twice() {
        let (mut documents, mut limiter) = (Documents::default(), purse(100));
        let first = documents.add(document(1), &mut limiter).unwrap();
        let number = first.rep();
        documents.remove(&first, &mut limiter).unwrap();
        let second = documents.add(document(1), &mut limiter).unwrap();
        assert_ne!(second.rep(), number);
        let kept = Resource::<Document>::new_own(number);
        assert!(documents.get(&kept).is_err());
        assert!(documents.remove(&kept, &mut limiter).is_err());
    }

    #[test]
    fn live_bytes_count_and_dropped_ones_come_back() {
        let (mut documents, mut limiter) = (Documents::default(), purse(100));
        let first = documents.add(document(60), &mut limiter).unwrap();
        assert!(matches!(documents.add(document(60), &mut limiter), Err(Stop::Limit(LimitReached { which: Limited::Memory, limit: 100 }))));
        documents.remove(&first, &mut limiter).unwrap();
        assert!(documents.add(document(100), &mut limiter).is_ok());
    }
}
