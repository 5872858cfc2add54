//! Counts what one store takes: linear memory and documents out of one purse, and the size of tables.

use wasmtime::ResourceLimiter;

use super::error::{LimitReached, Limited};
use super::limits::Limits;

/// The purse of one store. Growing past it ends the guest with the reason, instead of an answer that few allocators survive and none
/// explains.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: usize,
    memory: usize,
    documents: usize,
    table_elements: usize,
    counts: Counts,
}

/// How many of each a store may hold; the pool enforces the same, instances on demand do not.
#[derive(Debug)]
struct Counts {
    instances: u32,
    memories: u32,
    tables: u32,
}

impl Limiter {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            limit: limits.memory_bytes,
            memory: 0,
            documents: 0,
            table_elements: limits.table_elements,
            counts: Counts { instances: limits.core_instances, memories: limits.memories, tables: limits.tables },
        }
    }

    /// Whether so many bytes more would fit.
    pub(super) fn has_room_for(&self, bytes: usize) -> Result<(), LimitReached> {
        if bytes > self.room() { Err(self.full()) } else { Ok(()) }
    }

    /// How many bytes more would fit.
    pub(super) fn room(&self) -> usize {
        self.limit.saturating_sub(self.memory.saturating_add(self.documents))
    }

    /// Whether there is at least as much room as was taken.
    pub(super) fn is_half_empty(&self) -> bool {
        self.room() >= self.limit / 2
    }

    /// That there is no more room.
    pub(super) fn full(&self) -> LimitReached {
        LimitReached { which: Limited::Memory, limit: self.limit as u64 }
    }

    /// Charges a document.
    pub(super) fn take_document(&mut self, bytes: usize) -> Result<(), LimitReached> {
        self.has_room_for(bytes)?;
        self.documents += bytes;
        Ok(())
    }

    /// Gives a document's bytes back.
    pub(super) fn give_document(&mut self, bytes: usize) {
        self.documents = self.documents.saturating_sub(bytes);
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        self.has_room_for(growth)?;
        self.memory += growth;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        // Either past the guest's own declared maximum or past what the operating system gives: both end the call.
        Err(error)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.table_elements {
            return Err(LimitReached { which: Limited::TableElements, limit: self.table_elements as u64 }.into());
        }
        Ok(true)
    }

    fn table_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(error)
    }

    fn instances(&self) -> usize {
        self.counts.instances as usize
    }

    fn memories(&self) -> usize {
        self.counts.memories as usize
    }

    fn tables(&self) -> usize {
        self.counts.tables as usize
    }
}
