//! The heap of a plugin: first 64 KiB that come with the instance, then what the host lets it grow by, as one piece however often it grows.
//!
//! Most calls of a fresh instance need less than that, and so never grow their memory: growing costs the host system calls and page faults,
//! several times what the rest of such a call costs. The 64 KiB are zeros that no file holds; with a stack of 128 KiB and the plugin's data
//! they make four pages of memory instead of three.
//!
//! This is the only hand-written `unsafe` of the SDK. The feature `allocator` of the crate switches it off, for a plugin that brings its own.
#![allow(unsafe_code, reason = "an allocator hands out raw memory: that is its trade")]

use core::alloc::Layout;
use core::arch::wasm32::memory_grow;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

/// Bytes that come with the instance: one page.
const ARENA: usize = PAGE;
/// The unit in which memory grows.
const PAGE: usize = 1 << 16;
/// More than the allocator's own notes in a piece of memory that it is given.
const OVERHEAD: usize = 64;

#[global_allocator]
static HEAP: TalcSyncCell<Supply, WasmBinning> = TalcSyncCell::new_wasm(Supply { arena: true, end: None });

static MEMORY: Memory = Memory(UnsafeCell::new([MaybeUninit::uninit(); ARENA]));

struct Memory(UnsafeCell<[MaybeUninit<u8>; ARENA]>);

// SAFETY: the only reference to it is the pointer that `Supply` gives to the allocator, once; an instance has one thread.
unsafe impl Sync for Memory {}

/// Where the allocator gets memory.
#[derive(Debug)]
struct Supply {
    /// Whether the arena is still to be given.
    arena: bool,
    /// Where the memory ends that it grew by.
    end: Option<NonNull<u8>>,
}

// SAFETY: it allocates nothing itself.
unsafe impl Source for Supply {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        if std::mem::take(&mut talc.source.arena) {
            // SAFETY: the whole of a static that nobody else reads or writes, given once.
            return unsafe { talc.claim(MEMORY.0.get().cast(), ARENA) }.map(drop).ok_or(());
        }
        let bytes = layout.size().checked_add(layout.align() + OVERHEAD).ok_or(())?;
        let pages = bytes.div_ceil(PAGE);
        let before = memory_grow::<0>(pages);
        if before == usize::MAX {
            return Err(());
        }
        let start = (before * PAGE) as *mut u8;
        // Pieces by themselves never become one again: a list that grows step by step would leave each too small for the next.
        talc.source.end = match talc.source.end {
            // SAFETY: `end` came from the allocator, and the pages after it are ones that the instance did not have before.
            Some(end) if end.as_ptr() == start => Some(unsafe { talc.extend(end, start.wrapping_add(pages * PAGE)) }),
            // SAFETY: pages that the instance did not have before, so that nobody else knows of them.
            _ => Some(unsafe { talc.claim(start, pages * PAGE) }.ok_or(())?),
        };
        Ok(())
    }
}
