//! From a function to a handler.

use std::marker::PhantomData;

use super::argument::{Call, FromRequest, Request};
use super::declaration::Declaration;
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

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::field::{Decimal, Ulid};
    use crate::value::Value;
    use crate::{Body, Created, Document, NoContent, Path, Query, data};

    #[data]
    struct New {
        /// How much.
        amount: Decimal,
        note: Option<String>,
    }

    #[data]
    struct Filter {
        least: Option<i64>,
    }

    fn make(Path(_): Path<(Ulid, u32)>, Query(_): Query<Filter>, Body(new): Body<New>) -> Result<Created<Body<New>>> {
        Ok(Created(Body(new)))
    }

    fn look(request: &Request, body: Option<Document>) -> NoContent {
        assert!(body.is_some() || request.query().is_empty());
        NoContent
    }

    fn declared<A, H: Handler<A>>(_: H, path: &str) -> Declaration {
        let mut declaration = Declaration::of(path);
        H::declare(&mut declaration);
        declaration
    }

    fn said(declaration: &Declaration, key: &str) -> Option<Value> {
        declaration.attributes().iter().find(|attribute| attribute.key == key).map(|attribute| attribute.value.clone())
    }

    fn schema(declaration: &Declaration, key: &str) -> Json {
        let Some(Value::Text(text)) = said(declaration, key) else { panic!("{key} is not said") };
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_handlers_types_say_what_it_takes_and_answers() {
        let declaration = declared(make, "/orders/{order}/lines/{line}");
        let amount = json!({ "description": "How much.", "type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$" });
        let note = json!({ "type": ["string", "null"] });
        let taken = json!({
            "title": "New", "type": "object", "additionalProperties": false,
            "properties": { "amount": amount, "note": note }, "required": ["amount"]
        });
        assert_eq!(schema(&declaration, "request-schema"), taken);
        assert_eq!(schema(&declaration, "response-schema")["required"], json!(["amount", "note"]));
        assert_eq!(said(&declaration, "status"), Some(Value::Integer(201)));
        let parameters: Vec<_> = declaration.parameters().iter().map(|p| (p.place.as_str(), p.name.as_str(), p.required)).collect();
        assert_eq!(parameters, [("path", "order", true), ("path", "line", true), ("query", "least", false)]);
        assert!(declaration.parameters()[1].schema.contains("uint32"), "{declaration:?}");
    }

    #[test]
    fn what_is_handed_through_says_nothing() {
        let declaration = declared(look, "");
        let keys: Vec<&str> = declaration.attributes().iter().map(|attribute| attribute.key.as_str()).collect();
        assert_eq!((keys, declaration.parameters().len()), (vec!["status"], 0));
        // A collection's own path is the host's to describe.
        assert!(declared(|Path(id): Path<Ulid>| Body(id), "").parameters().is_empty());
    }
}
