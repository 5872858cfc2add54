//! Keeps what it was given over the end of its call, and uses it in the next: `POST keeps-handles/{what}` keeps the document of its body,
//! the number of one that it let go, or that of the request; `GET keeps-handles/{what}` reads with it, or with a number that it made up
//! (`forged?number=N`).

#![allow(clippy::unwrap_used, reason = "a guest may fail so")]
#![allow(unsafe_code, reason = "a hostile plugin does not keep to the rules of its bindings")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use tenon_sdk::{Document, Handlers, Manifest, Method, NoContent, Path, Plugin, Problem, Query, Result, data, handlers::Request};

struct Guest;

static DOCUMENT: Mutex<Option<Document>> = Mutex::new(None);
static NUMBER: AtomicU32 = AtomicU32::new(0);

#[data]
struct Forged {
    number: Option<u32>,
}

fn keep(request: &Request, Path(what): Path<String>) -> Result<NoContent> {
    let body = request.body().ok_or_else(|| Problem::bad_request("the body is empty"))?;
    match what.as_str() {
        "document" => *DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(body),
        "number" => NUMBER.store(body.handle(), Ordering::Relaxed),
        "request" => NUMBER.store(request.handle(), Ordering::Relaxed),
        _ => return Err(Problem::not_found("nothing like it can be kept")),
    }
    Ok(NoContent)
}

/// A document of that number, whoever's it is.
fn forge(number: u32) -> Document {
    // SAFETY: a number is all that a handle is; the host decides whether there is one of that number.
    unsafe { Document::from_handle(number) }
}

fn read(Path(what): Path<String>, Query(forged): Query<Forged>) -> Result<Document> {
    let kept = || match NUMBER.load(Ordering::Relaxed) {
        0 => Err(Problem::not_found("nothing was kept")),
        number => Ok(number),
    };
    let bytes = match what.as_str() {
        "document" => {
            DOCUMENT.lock().unwrap_or_else(PoisonError::into_inner).as_ref().ok_or_else(|| Problem::not_found("nothing was kept"))?.read()
        }
        "number" => forge(kept()?).read(),
        // SAFETY: as above.
        "request" => unsafe { Request::from_handle(kept()?) }.query().into_bytes(),
        _ => forge(forged.number.unwrap_or_default()).read(),
    };
    Ok(Document::new("text/plain", &bytes))
}

impl Plugin for Guest {
    fn describe(_: &Manifest) {}

    fn handlers(on: &mut Handlers<'_>) {
        on.route("keep", Method::Post, "/keeps-handles/{what}", keep);
        on.route("read", Method::Get, "/keeps-handles/{what}", read);
    }
}

tenon_sdk::plugin!(Guest, name = "keeps-handles");
