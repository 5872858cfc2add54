//! Who answers which request.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_TYPE, InvalidHeaderValue, LINK, LOCATION};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use ulid::Ulid;

use crate::database::Database;
use crate::problem::Problem;
use crate::user::{NewUser, Patch, User};
use crate::writer::{Change, Writer};

struct Service {
    database: Database,
    writer: Writer,
}

type Shared = State<Arc<Service>>;
type Answer = Result<Response, Problem>;

pub(crate) fn router(database: Database, writer: Writer) -> Router {
    Router::new()
        .route("/api/v1/users", get(list).post(create))
        .route("/api/v1/users/{id}", get(one).put(replace).patch(update).delete(remove))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this path"))
        .with_state(Arc::new(Service { database, writer }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    #[serde(default = "default_limit")]
    limit: u16,
    /// The place after which the list goes on, as `Link` has it.
    #[serde(default)]
    cursor: i64,
}

fn default_limit() -> u16 {
    100
}

async fn list(State(service): Shared, part: Result<Query<Part>, QueryRejection>) -> Answer {
    let invalid = |detail| Problem::new(StatusCode::BAD_REQUEST, "invalid-query", detail);
    let Query(Part { limit, cursor }) = part.map_err(|rejection| invalid(rejection.body_text()))?;
    if !(1..=1000).contains(&limit) {
        return Err(invalid("limit must be a whole number from 1 to 1000".to_owned()));
    }
    let (users, next) = service.database.users(cursor, limit)?;
    let link = next.map(|next| (LINK, format!("</api/v1/users?limit={limit}&cursor={next}>; rel=\"next\"")));
    answer(StatusCode::OK, users, link)
}

async fn one(State(service): Shared, id: Result<Path<String>, PathRejection>) -> Answer {
    let user = service.database.user(parse(id)?)?.ok_or_else(Problem::not_found)?;
    answer(StatusCode::OK, user, None)
}

async fn create(State(service): Shared, headers: HeaderMap, body: Bytes) -> Answer {
    let NewUser { id, email, name, is_active, tags, .. } = read(&headers, &body)?;
    let id = id.unwrap_or_else(Ulid::generate).to_string();
    let (created_at, updated_at) = (Cow::Borrowed(""), Cow::Borrowed(""));
    let user = User { id: id.into(), created_at, updated_at, tags: Cow::Owned(tags), email: email.into(), name: name.into(), is_active };
    let user = service.writer.run(Change::Create(user)).await?.ok_or_else(Problem::not_found)?;
    json(StatusCode::CREATED, &user, Some((LOCATION, format!("/api/v1/users/{}", user.id))))
}

async fn replace(state: Shared, id: Result<Path<String>, PathRejection>, headers: HeaderMap, body: Bytes) -> Answer {
    change(state, id, Patch::replacing(read(&headers, &body)?)).await
}

async fn update(state: Shared, id: Result<Path<String>, PathRejection>, headers: HeaderMap, body: Bytes) -> Answer {
    change(state, id, read(&headers, &body)?).await
}

async fn change(State(service): Shared, id: Result<Path<String>, PathRejection>, patch: Patch) -> Answer {
    let change = Change::Update(parse(id)?.to_string(), patch);
    let user = service.writer.run(change).await?.ok_or_else(Problem::not_found)?;
    json(StatusCode::OK, &user, None)
}

async fn remove(State(service): Shared, id: Result<Path<String>, PathRejection>) -> Answer {
    service.writer.run(Change::Delete(parse(id)?.to_string())).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn parse(id: Result<Path<String>, PathRejection>) -> Result<Ulid, Problem> {
    let invalid = || Problem::new(StatusCode::BAD_REQUEST, "invalid-ulid", "the id in the path must be a ULID");
    id.ok().and_then(|Path(id)| Ulid::from_string(&id).ok()).ok_or_else(invalid)
}

/// Reads a body. Without a type it counts as JSON.
fn read<'a, T: Deserialize<'a>>(headers: &HeaderMap, body: &'a [u8]) -> Result<T, Problem> {
    let is_json = |text: &str| {
        let media_type = text.split(';').next().unwrap_or_default().trim();
        ["application/json", "application/merge-patch+json"].iter().any(|known| known.eq_ignore_ascii_case(media_type))
    };
    match headers.get(CONTENT_TYPE) {
        Some(value) if !value.to_str().is_ok_and(is_json) => {
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "the body must be JSON"))
        }
        _ => serde_json::from_slice(body).map_err(|error| Problem::of_body(&error)),
    }
}

fn json(status: StatusCode, user: &User<'_>, further: Option<(HeaderName, String)>) -> Answer {
    answer(status, serde_json::to_vec(user)?, further)
}

fn answer(status: StatusCode, body: Vec<u8>, further: Option<(HeaderName, String)>) -> Answer {
    let mut response = (status, [(CONTENT_TYPE, "application/json")], body).into_response();
    if let Some((name, value)) = further {
        let value = value.try_into().map_err(|error: InvalidHeaderValue| Problem::internal(&error))?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}
