//! How much memory a plugin's statement may take.
//!
//! SQLite has one limit for all connections of the process, and whoever asks next when it is reached fails, guilty or not. So its
//! allocator is wrapped: while a thread compiles or runs a plugin's statement, what SQLite asks for on this thread is counted, and refused
//! once it is too much. SQLite then ends that statement with SQLITE_NOMEM and gives everything back; nobody else notices. (Some functions
//! of JSON give it back at once and tell only at the end of the rows.)
//!
//! It bounds what nothing else does: `json_group_array` over rows without end, hundreds of long values in one row, and compiling
//! `SELECT a + a AS a FROM (SELECT a + a AS a FROM (…))`, which doubles with every level, half a kilobyte of text for 8 seconds and
//! a gigabyte. Sorting and temporary tables do not count much: they go to temporary files.
#![allow(unsafe_code, reason = "SQLite's allocator is a table of C functions, and rusqlite has no name for it")]

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::sync::OnceLock;

use rusqlite::ffi;

/// Bytes that compiling one text may take: 100 times what the longest of the ordinary kind takes.
pub(super) const COMPILING: i64 = 32 * 1024 * 1024;

/// Bytes that running one statement may take: 64 values of the greatest length, which are several copies of each in a row.
pub(super) const RUNNING: i64 = 64 * 1024 * 1024;

/// No budget.
const UNLIMITED: i64 = i64::MAX;

thread_local! {
    /// How many bytes SQLite may still take on this thread. Needs no destructor, so it is there as long as the thread is.
    static LEFT: Cell<i64> = const { Cell::new(UNLIMITED) };
}

/// A budget for what SQLite does on this thread, until it is dropped. Budgets do not nest: the inner one holds alone.
pub(super) struct Budget {
    before: i64,
}

impl Budget {
    pub(super) fn enter(bytes: i64) -> Self {
        Self { before: LEFT.replace(bytes) }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        LEFT.set(self.before);
    }
}

/// SQLite's own allocator, which ours asks.
struct Original {
    malloc: unsafe extern "C" fn(c_int) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void),
    realloc: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
    size: unsafe extern "C" fn(*mut c_void) -> c_int,
}

static ORIGINAL: OnceLock<Original> = OnceLock::new();

/// Wraps the allocator, once in a process, before its first connection.
pub(super) fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        if let Err(code) = wrap() {
            tracing::error!(code, "SQLite was in use before its memory could be counted: statements of plugins may take any amount of it");
        }
    });
}

/// # Errors
/// SQLite's code, `SQLITE_MISUSE` when it was initialised already. Then nothing has changed.
fn wrap() -> Result<(), c_int> {
    let mut methods = ffi::sqlite3_mem_methods {
        xMalloc: None,
        xFree: None,
        xRealloc: None,
        xSize: None,
        xRoundup: None,
        xInit: None,
        xShutdown: None,
        pAppData: std::ptr::null_mut(),
    };
    // SAFETY: SQLite writes its own table into `methods`, which outlives the call, or answers an error if it is in use already.
    let code = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_GETMALLOC, &raw mut methods) };
    if code != ffi::SQLITE_OK {
        return Err(code);
    }
    let (Some(malloc), Some(free), Some(realloc), Some(size)) = (methods.xMalloc, methods.xFree, methods.xRealloc, methods.xSize) else {
        return Err(ffi::SQLITE_ERROR);
    };
    ORIGINAL.get_or_init(|| Original { malloc, free, realloc, size });
    methods.xMalloc = Some(counted_malloc);
    methods.xFree = Some(counted_free);
    methods.xRealloc = Some(counted_realloc);
    // SAFETY: SQLite copies the table. Its functions have the types that it wants and live as long as the program; those that are not
    // replaced are its own; ORIGINAL is set, and what ours hand out and take back comes from it.
    let code = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const methods) };
    if code == ffi::SQLITE_OK { Ok(()) } else { Err(code) }
}

unsafe extern "C" fn counted_malloc(bytes: c_int) -> *mut c_void {
    let Some(original) = ORIGINAL.get() else { return std::ptr::null_mut() };
    if !fits(bytes.into()) {
        return std::ptr::null_mut();
    }
    // SAFETY: what SQLite asks of us, we ask of its own allocator.
    let memory = unsafe { (original.malloc)(bytes) };
    if !memory.is_null() {
        take(bytes.into());
    }
    memory
}

unsafe extern "C" fn counted_free(memory: *mut c_void) {
    let Some(original) = ORIGINAL.get() else { return };
    if LEFT.get() != UNLIMITED && !memory.is_null() {
        // SAFETY: SQLite gives back what it got from `counted_malloc` or `counted_realloc`, which got it from the original.
        take(-i64::from(unsafe { (original.size)(memory) }));
    }
    // SAFETY: as above.
    unsafe { (original.free)(memory) }
}

unsafe extern "C" fn counted_realloc(memory: *mut c_void, bytes: c_int) -> *mut c_void {
    let Some(original) = ORIGINAL.get() else { return std::ptr::null_mut() };
    // SAFETY: as in `counted_free`; SQLite never gives null here.
    let more = if LEFT.get() == UNLIMITED { 0 } else { i64::from(bytes) - i64::from(unsafe { (original.size)(memory) }) };
    if !fits(more) {
        return std::ptr::null_mut();
    }
    // SAFETY: as in `counted_free`. When it answers null, the old memory is still SQLite's.
    let moved = unsafe { (original.realloc)(memory, bytes) };
    if !moved.is_null() {
        take(more);
    }
    moved
}

fn fits(bytes: i64) -> bool {
    bytes <= LEFT.get()
}

fn take(bytes: i64) {
    if LEFT.get() != UNLIMITED {
        LEFT.set(LEFT.get() - bytes);
    }
}
