//! From a function to a handler.

use std::marker::PhantomData;

use super::argument::{Call, FromRequest, Request};
use super::declared::Declaration;
use super::response::{IntoResponse, Response};
use crate::error::Result;

/// A function that can answer requests. `A` is how the compiler tells functions of different arguments apart.
#[diagnostic::on_unimplemented(
    message = "this function cannot answer requests",
    label = "is no handler",
    note = "a handler takes up to four arguments, each one of Body<T>, Path<T>, Query<T>, Document, Option<Document>; the first may be &Request",
    note = "and answers Body<T>, Document, Created, NoContent or Response, or a tenon_sdk::Result of one",
    note = "T needs #[tenon_sdk::data], or Deserialize, Serialize and JsonSchema"
)]
pub trait Handler<A> {
    /// Reads the arguments and runs the function.
    ///
    /// # Errors
    /// An argument that cannot be read, or what the function says.
    fn call(self, call: &Call<'_>) -> Result<Response>;

    /// Says what the function takes and answers.
    fn declare(declaration: &mut Declaration);
}

/// Stands for the arguments of a function whose first is the [`Request`].
#[derive(Debug)]
pub struct WithRequest<A>(PhantomData<A>);

macro_rules! handlers {
    ($(($($argument:ident),*))*) => { $(
        impl<F, R, $($argument),*> Handler<($($argument,)*)> for F
        where
            F: FnOnce($($argument),*) -> R,
            R: IntoResponse,
            $($argument: FromRequest,)*
        {
            fn call(self, _call: &Call<'_>) -> Result<Response> {
                self($($argument::from_request(_call)?),*).into_response()
            }

            fn declare(declaration: &mut Declaration) {
                $($argument::declare(declaration);)*
                R::declare(declaration);
            }
        }

        impl<F, R, $($argument),*> Handler<WithRequest<($($argument,)*)>> for F
        where
            F: FnOnce(&Request, $($argument),*) -> R,
            R: IntoResponse,
            $($argument: FromRequest,)*
        {
            fn call(self, call: &Call<'_>) -> Result<Response> {
                self(call.request(), $($argument::from_request(call)?),*).into_response()
            }

            fn declare(declaration: &mut Declaration) {
                $($argument::declare(declaration);)*
                R::declare(declaration);
            }
        }
    )* };
}

handlers! { () (A) (A, B) (A, B, C) (A, B, C, D) }
