//! What a handler can ask of a request.

use std::ops::Deref;

use super::declaration::Declaration;
use crate::error::Result;

pub use crate::bindings::tenon::plugin::types::Request;

/// A request on its way into a handler, and what the SDK knows of the operation. Dereferences to the [`Request`].
#[derive(Debug)]
pub struct Call<'a> {
    request: &'a Request,
    path: &'a str,
}

impl<'a> Call<'a> {
    pub(super) fn new(request: &'a Request, path: &'a str) -> Self {
        Self { request, path }
    }

    /// The request.
    pub fn request(&self) -> &'a Request {
        self.request
    }

    /// The path of the route as it was declared, `/orders/{id}/invoices`; empty for an operation of a collection.
    pub fn template(&self) -> &'a str {
        self.path
    }
}

impl Deref for Call<'_> {
    type Target = Request;

    fn deref(&self) -> &Request {
        self.request
    }
}

/// A type that a handler can have as an argument.
///
/// A plugin can have its own, e.g. for a header that many of its handlers need:
///
/// ```
/// use tenon_sdk::handlers::{Call, Declaration, FromRequest, Place};
/// use tenon_sdk::{Problem, Result};
///
/// struct Tenant(String);
///
/// impl FromRequest for Tenant {
///     fn from_request(call: &Call<'_>) -> Result<Self> {
///         call.header("x-tenant").map(Tenant).ok_or_else(|| Problem::bad_request("the header x-tenant is missing"))
///     }
///
///     fn declare(declaration: &mut Declaration) {
///         declaration.parameter::<String>(Place::Header, "x-tenant", true, "Whose data");
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "a handler cannot have an argument of the type `{Self}`",
    note = "take it from the request: Body<T>, Path<T>, Query<T>, Document, Option<Document>, or &Request as the first argument"
)]
pub trait FromRequest: Sized {
    /// Reads it from the request in hand.
    ///
    /// # Errors
    /// What is answered instead of calling the handler.
    fn from_request(call: &Call<'_>) -> Result<Self>;

    /// Says what the operation takes by this; called only while the plugin describes itself.
    fn declare(declaration: &mut Declaration) {
        _ = declaration;
    }
}
