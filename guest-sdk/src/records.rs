//! The host's record engine on the plugin's own collections, inside the transaction of the call in hand.
//!
//! The same validation, filters, paging and preconditions as the standard endpoints. No handler is run by these, and each call succeeds
//! wholly or changes nothing. Only in a handler; at any other time a trap.
//!
//! ```no_run
//! # fn pay(number: &str) -> tenon_sdk::Result<()> {
//! use tenon_sdk::{Document, Problem, json, records};
//!
//! let open = records::list("invoices", "status=open&limit=10")?;
//! let rows: Vec<tenon_sdk::Json> = open.parse()?;
//! let made: Document = records::create("invoices", &json!({ "number": number, "amount": "12.50" }))?;
//! records::update("invoices", "01K9ZZZZZZZZZZZZZZZZZZZZZZ", &json!({ "status": "paid" }))?;
//! # Ok(())
//! # }
//! ```
//!
//! A body is anything that serialises to JSON, or a [`Document`], which is handed on without being read.

use serde::Serialize;

use crate::bindings::tenon::plugin::records as host;
use crate::bindings::tenon::plugin::types::Attribute;
use crate::document::Document;
use crate::error::Result;
use crate::handlers::Response;
use crate::value::attribute;

/// What can be a body: a [`Document`], or anything that serialises to JSON.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a body",
    note = "give a tenon_sdk::Document, or a value that implements Serialize: write #[tenon_sdk::data] on its struct"
)]
pub trait Content {
    /// Lends the document to a call.
    ///
    /// # Errors
    /// The value has no JSON form, or what the call says.
    fn lend<R>(&self, call: impl FnOnce(&Document) -> Result<R>) -> Result<R>;
}

impl Content for Document {
    fn lend<R>(&self, call: impl FnOnce(&Document) -> Result<R>) -> Result<R> {
        call(self)
    }
}

impl<T: Serialize + ?Sized> Content for T {
    fn lend<R>(&self, call: impl FnOnce(&Document) -> Result<R>) -> Result<R> {
        call(&Document::json(self)?)
    }
}

/// What the host itself would answer to the collection operation in hand: same parameters, preconditions, status and headers.
pub fn forward() -> Result<Response> {
    Ok(host::forward(None)?)
}

/// The same, as if the client had sent this body.
pub fn forward_with(body: &(impl Content + ?Sized)) -> Result<Response> {
    body.lend(|body| Ok(host::forward(Some(body))?))
}

/// The same as [`forward`] to a create, replace or update, with columns that no client can give, because they are read-only or hidden:
/// `forward_computed(&json!({ "level": 2 }))`. The client's body is neither copied nor read.
pub fn forward_computed(computed: &(impl Content + ?Sized)) -> Result<Response> {
    computed.lend(|computed| Ok(host::forward_computed(None, computed)?))
}

/// Rows of a collection: `list("orders", "status=paid&limit=50")`. [`Document::rows`], [`Document::total`] and [`Document::next`] say more.
pub fn list(collection: &str, query: &str) -> Result<Document> {
    Ok(host::list(collection, query)?)
}

/// A query string of these names and values, encoded: text from outside cannot become another parameter.
///
/// ```
/// use tenon_sdk::records;
///
/// assert_eq!(records::query([("status", "paid"), ("name", "a&b = c")]), "status=paid&name=a%26b%20%3D%20c");
/// ```
pub fn query<'a>(parameters: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = String::new();
    for (name, value) in parameters {
        if !query.is_empty() {
            query.push('&');
        }
        encode(name, &mut query);
        query.push('=');
        encode(value, &mut query);
    }
    query
}

/// Percent-encodes everything that RFC 3986 does not leave to anybody.
fn encode(text: &str, query: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            query.push(char::from(byte));
        } else {
            let digit = |four: u8| char::from(b"0123456789ABCDEF"[usize::from(four)]);
            query.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// One row, by its key.
pub fn get(collection: &str, key: impl AsRef<str>) -> Result<Document> {
    Ok(host::get(collection, key.as_ref())?)
}

/// The rows with these keys as one JSON array, in the order of the keys. A key without a row is the problem that [`get`] answers.
pub fn get_many(collection: &str, keys: &[impl AsRef<str>]) -> Result<Document> {
    let keys: Vec<String> = keys.iter().map(|key| key.as_ref().to_owned()).collect();
    Ok(host::get_many(collection, &keys)?)
}

/// Makes a row; answers it.
pub fn create(collection: &str, body: &(impl Content + ?Sized)) -> Result<Document> {
    body.lend(|body| Ok(host::create(collection, body)?))
}

/// Puts a row in the place of another; answers it.
pub fn replace(collection: &str, key: impl AsRef<str>, body: &(impl Content + ?Sized)) -> Result<Document> {
    body.lend(|body| Ok(host::replace(collection, key.as_ref(), body, &[])?))
}

/// Changes what a JSON merge patch (RFC 7396) names; answers the row.
pub fn update(collection: &str, key: impl AsRef<str>, patch: &(impl Content + ?Sized)) -> Result<Document> {
    patch.lend(|patch| Ok(host::update(collection, key.as_ref(), patch, &[])?))
}

/// Removes a row.
pub fn delete(collection: &str, key: impl AsRef<str>) -> Result<()> {
    Ok(host::delete(collection, key.as_ref(), &[])?)
}

/// The next call changes the row only if this is its etag; if not, it answers a problem (412). Not yet supported by tenon 0.1.0, which
/// answers the problem `not-yet-supported`.
#[must_use = "a precondition does nothing until a call follows"]
pub fn if_match(etag: &str) -> IfMatch {
    IfMatch([attribute("if-match", etag)])
}

/// A call with a precondition; see [`if_match`].
#[derive(Debug)]
pub struct IfMatch([Attribute; 1]);

impl IfMatch {
    /// Puts a row in the place of another; answers it.
    pub fn replace(&self, collection: &str, key: impl AsRef<str>, body: &(impl Content + ?Sized)) -> Result<Document> {
        body.lend(|body| Ok(host::replace(collection, key.as_ref(), body, &self.0)?))
    }

    /// Changes what a JSON merge patch names; answers the row.
    pub fn update(&self, collection: &str, key: impl AsRef<str>, patch: &(impl Content + ?Sized)) -> Result<Document> {
        patch.lend(|patch| Ok(host::update(collection, key.as_ref(), patch, &self.0)?))
    }

    /// Removes a row.
    pub fn delete(&self, collection: &str, key: impl AsRef<str>) -> Result<()> {
        Ok(host::delete(collection, key.as_ref(), &self.0)?)
    }
}
