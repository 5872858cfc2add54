//! Answering requests: collection operations that the plugin *handles*, and routes of its own.
//!
//! ```no_run
//! use tenon_sdk::{Body, Document, Entity, Handlers, Manifest, Method, Path, Plugin, Problem, Query, Result, Ulid, data, database, params};
//!
//! #[data]
//! struct Filter {
//!     /// Only invoices that are this far.
//!     status: Option<String>,
//! }
//!
//! /// What is still owed for an order.
//! #[data]
//! struct Owed {
//!     total: f64,
//! }
//!
//! fn owed(Path(order): Path<Ulid>, Query(filter): Query<Filter>) -> Result<Body<Owed>> {
//!     let status = filter.status.unwrap_or_else(|| "open".to_owned());
//!     let sql = "SELECT sum(amount) FROM invoices WHERE order_id = ? AND status = ?";
//!     let row = database::row::<(Option<f64>,)>(sql, params![order, status])?;
//!     let total = row.and_then(|(total,)| total).ok_or_else(|| Problem::not_found("nothing is owed"))?;
//!     Ok(Body(Owed { total }))
//! }
//!
//! struct Billing;
//!
//! impl Plugin for Billing {
//!     fn describe(manifest: &Manifest) {
//!         // tables and collections
//!     }
//!
//!     fn handlers(on: &mut Handlers<'_>) {
//!         on.route("owed", Method::Get, "/orders/{id}/owed", owed).summary("What is owed for an order").answer(404, "Nothing is owed");
//!         on.forward("invoices.create");
//!     }
//! }
//! # fn main() {}
//! ```
//!
//! # What a handler is
//! A function of up to four arguments that says by their types what it needs: [`Body<T>`](Body), [`Path<T>`](Path), [`Query<T>`](Query),
//! [`Document`](crate::Document), `Option<Document>`, or a type of yours that is [`FromRequest`]. A first argument [`&Request`](Request)
//! is the request itself. It answers a [`Body<T>`](Body), a [`Document`](crate::Document), [`Created`], [`NoContent`] or a [`Response`],
//! or a [`Result`] of one. What OpenAPI says of the operation follows from the same types.
//!
//! # What holds around it
//! A call is one transaction: a problem, a status of 400 or more and a panic undo everything that the handler did. It may be run twice for
//! one request, before anything was committed or answered.

mod argument;
mod body;
mod declaration;
mod declared;
mod handler;
mod method;
mod parameters;
mod response;
mod schema;
mod text;

pub use argument::{Call, FromRequest, Request};
pub use body::Body;
pub use declaration::{Declaration, Place};
pub use declared::Declared;
pub use handler::{Handler, WithRequest};
pub use method::Method;
pub use parameters::{Path, Query};
pub use response::{Created, IntoResponse, NoContent, Response};

use crate::bindings::tenon::plugin::declare;
use crate::error::{Problem, Result};
use crate::records;

/// The operations that a plugin answers itself; see [`Plugin::handlers`](crate::Plugin::handlers).
#[derive(Debug)]
pub struct Handlers<'a>(Purpose<'a>);

/// The same function of the author's says what there is, and finds what is asked for.
#[derive(Debug)]
enum Purpose<'a> {
    Declaring,
    Finding { operation: &'a str, request: &'a Request, answer: Option<Result<Response>> },
}

impl<'a> Handlers<'a> {
    pub(crate) fn declaring() -> Self {
        Self(Purpose::Declaring)
    }

    /// Lets the author's function answer one request.
    pub(crate) fn answer(operation: &'a str, request: &'a Request, handlers: impl FnOnce(&mut Handlers<'_>)) -> Result<Response> {
        let mut on = Handlers(Purpose::Finding { operation, request, answer: None });
        handlers(&mut on);
        match on.0 {
            Purpose::Finding { answer: Some(answer), .. } => answer,
            _ => Err(Problem::internal(format!("{operation}: this plugin has no handler of that name"))),
        }
    }

    /// Answers an operation of a collection: `on.handle("orders.create", create_order)`.
    ///
    /// `list` and `get` run in a read transaction, the others in a write transaction.
    pub fn handle<'n, A, H: Handler<A>>(&mut self, operation: &'n str, handler: H) -> Declared<'n> {
        match &mut self.0 {
            Purpose::Declaring => {
                let mut declared = Declared::new(operation, None, |name, _, attributes| declare::handles(name, attributes));
                declared.by::<A, H>();
                declared
            }
            Purpose::Finding { .. } => {
                self.find(operation, "", handler);
                Declared::nothing()
            }
        }
    }

    /// Leaves a handled operation to the host, which answers as if it were not handled.
    pub fn forward<'n>(&mut self, operation: &'n str) -> Declared<'n> {
        self.handle(operation, records::forward)
    }

    /// Answers requests to a path of its own: `on.route("order-invoices", Method::Get, "/orders/{id}/invoices", order_invoices)`.
    ///
    /// The path stands below `/api/v1`. It may lie below another plugin's collection, if that plugin is required. A GET never writes.
    pub fn route<'n, A, H: Handler<A>>(&mut self, name: &'n str, method: Method, path: &'n str, handler: H) -> Declared<'n> {
        match &mut self.0 {
            Purpose::Declaring => {
                let tell = |name: &str, route: Option<(Method, &str)>, attributes: &[_]| {
                    let (method, path) = route.unwrap_or((Method::Get, ""));
                    declare::route(name, method.as_str(), path, attributes);
                };
                let mut declared = Declared::new(name, Some((method, path)), tell);
                declared.by::<A, H>();
                declared
            }
            Purpose::Finding { .. } => {
                self.find(name, path, handler);
                Declared::nothing()
            }
        }
    }

    fn find<A, H: Handler<A>>(&mut self, name: &str, path: &str, handler: H) {
        if let Purpose::Finding { operation, request, answer } = &mut self.0
            && answer.is_none()
            && *operation == name
        {
            *answer = Some(handler.call(&Call::new(request, path)));
        }
    }
}
