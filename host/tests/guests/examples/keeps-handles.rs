//! Keeps what it was given over the end of its call, and uses it in the next. `POST keeps-handles/{what}` keeps the document of its body, one
//! that it made, the number of a document that it lets go, or that of the request, and reads with it at once; `GET keeps-handles/{what}`
//! reads with what was kept, or with a number that it makes up (`forged?number=N`). `text` is no handle: memory of its own. It logs each
//! attempt, for most end it.

#![allow(unsafe_code, reason = "a hostile plugin does not keep to the rules of its bindings")]

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tenon_sdk::{Document, Handlers, Manifest, Method, Path, Plugin, Problem, Query, Result, data, handlers::Request, log};

struct Guest;

/// A document that is not let go.
static DOCUMENT: Mutex<Option<Document>> = Mutex::new(None);
/// The number of what was let go; no handle has the number 0.
static NUMBER: AtomicU32 = AtomicU32::new(0);
static TEXT: Mutex<String> = Mutex::new(String::new());

/// A number that is made up; and what shows whose request is read.
#[data]
struct Asked {
    number: Option<u32>,
    card: Option<String>,
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep(request: &Request, Path(what): Path<String>, Query(_): Query<Asked>) -> Result<Document> {
    let body = request.body().ok_or_else(|| Problem::bad_request("the body is empty"))?;
    match what.as_str() {
        "document" => *lock(&DOCUMENT) = Some(body),
        "made" => *lock(&DOCUMENT) = Some(Document::new("text/plain", &body.read())),
        "number" => {
            NUMBER.store(body.handle(), Ordering::Relaxed);
            // Read while it is there: `body` is let go when this function ends.
            return attempt(&what);
        }
        "request" => NUMBER.store(request.handle(), Ordering::Relaxed),
        "text" => *lock(&TEXT) = String::from_utf8_lossy(&body.read()).into_owned(),
        _ => return Err(Problem::not_found("nothing like it can be kept")),
    }
    attempt(&what)
}

fn read(Path(what): Path<String>, Query(asked): Query<Asked>) -> Result<Document> {
    match (what.as_str(), asked.number) {
        ("forged", Some(number)) => Ok(text(&of_number(number))),
        _ => attempt(&what),
    }
}

/// What can be read with what was kept.
fn attempt(what: &str) -> Result<Document> {
    let number = NUMBER.load(Ordering::Relaxed);
    let read = match what {
        "document" | "made" => lock(&DOCUMENT).as_ref().map(|document| {
            log::info(format!("reads number {}", document.handle()));
            document.read()
        }),
        "number" => (number != 0).then(|| of_number(number)),
        "request" => (number != 0).then(|| {
            log::info(format!("reads number {number}"));
            // SAFETY: as in `of_number`.
            let request = ManuallyDrop::new(unsafe { Request::from_handle(number) });
            request.query().into_bytes()
        }),
        "text" => Some(lock(&TEXT).clone().into_bytes()).filter(|kept| !kept.is_empty()),
        _ => return Err(Problem::not_found("nothing like it can be kept")),
    };
    Ok(text(&read.unwrap_or_else(|| b"nothing was kept".to_vec())))
}

/// The content of a document of that number, whoever's it is. It is not let go, for it may be somebody's.
fn of_number(number: u32) -> Vec<u8> {
    log::info(format!("reads number {number}"));
    // SAFETY: a number is all that a handle is; the host decides whether there is one of that number.
    let document = ManuallyDrop::new(unsafe { Document::from_handle(number) });
    document.read()
}

fn text(bytes: &[u8]) -> Document {
    Document::new("text/plain", bytes)
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("keep", Method::Post, "/keeps-handles/{what}", keep).writes(false);
        on.route("read", Method::Get, "/keeps-handles/{what}", read);
    }
}

tenon_sdk::plugin!(Guest, name = "keeps-handles");
