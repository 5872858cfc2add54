//! Tries to know in one call what it was told in another. `POST remembers` keeps its body in a static and fills 8 MiB with it;
//! `GET remembers?text=TEXT` says what the static holds and how often the text stands anywhere in its memory; `GET remembers/dice` says
//! what the host gave it by chance. Its revision keeps what it was given by chance in a migration.

#![allow(clippy::unwrap_used, reason = "a guest may fail so")]
#![allow(unsafe_code, reason = "a hostile plugin reads all of its memory")]

use std::hint::black_box;
use std::sync::{Mutex, PoisonError};

use tenon_sdk::{
    Body, Document, Downgrade, Handlers, Manifest, Method, Migration, Migrations, NoContent, Operations, Plugin, Query, Result, data, host,
    params,
};
use tenon_test_guests::{CREATED, notes};

struct Guest;

static TOLD: Mutex<String> = Mutex::new(String::new());

/// What it is asked for.
#[data]
struct Asked {
    text: String,
}

/// What it found.
#[data]
struct Found {
    told: String,
    places: u32,
    pages: u32,
}

/// What the host gave by chance.
#[data]
struct Dice {
    random: String,
    ids: Vec<String>,
}

fn tell(body: Document) -> NoContent {
    let bytes = body.read();
    *TOLD.lock().unwrap_or_else(PoisonError::into_inner) = String::from_utf8_lossy(&bytes).into_owned();
    let mut filled = bytes.repeat((8 << 20) / bytes.len());
    black_box(&mut filled);
    // Once kept and once let go: an allocator forgets nothing that it is given back.
    std::mem::forget(filled.clone());
    NoContent
}

/// What comes before is the request in hand; it is in memory, of course, so that it is counted until it was overwritten.
#[cfg(target_family = "wasm")]
fn places(text: &[u8]) -> (u32, u32) {
    let pages = core::arch::wasm32::memory_size(0);
    let mut places = 0;
    // From the second byte on: the address 0 is no place that a reference may have.
    for start in 1..pages * 65_536 - text.len() {
        // SAFETY: it is inside the memory, and nobody else runs.
        let equal = (0..text.len()).all(|i| unsafe { *black_box((start + i) as *const u8) } == text[i]);
        places += u32::from(equal);
    }
    (places, u32::try_from(pages).unwrap_or(0))
}

#[cfg(not(target_family = "wasm"))]
fn places(_: &[u8]) -> (u32, u32) {
    (0, 0)
}

fn look(Query(asked): Query<Asked>) -> Body<Found> {
    let (places, pages) = places(asked.text.as_bytes());
    Body(Found { told: TOLD.lock().unwrap_or_else(PoisonError::into_inner).clone(), places, pages })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn dice() -> Body<Dice> {
    Body(Dice { random: hex(&host::random(16)), ids: (0..3).map(|_| host::new_id().to_string()).collect() })
}

fn make(op: &Operations) -> Result<()> {
    op.create_table(&notes("remembered"))?;
    op.execute("INSERT INTO remembered (id, note) VALUES (?, ?)", params![host::new_id(), hex(&host::random(16))])?;
    Ok(())
}

fn drop(op: &Operations) -> Result<()> {
    op.drop_table("remembered")
}

impl Plugin for Guest {
    const MIGRATIONS: Migrations = &[Migration::new("remembered", CREATED, "A row by chance.", make, Downgrade::By(drop))];

    fn describe(manifest: &Manifest) {
        manifest.table(&notes("remembered"));
    }

    fn handlers(on: &mut Handlers<'_>) {
        on.route("tell", Method::Post, "/remembers", tell).writes(false);
        on.route("look", Method::Get, "/remembers", look);
        on.route("dice", Method::Get, "/remembers/dice", dice);
    }
}

tenon_sdk::plugin!(Guest, name = "remembers");
