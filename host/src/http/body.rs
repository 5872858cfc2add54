//! Reading a body: of a type that is understood, and not too much of it.

use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method};

use super::error::Refusal;
use super::limits::Limits;

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// The media types that a method's body may have.
pub(super) fn accepted(method: &Method) -> &'static [&'static str] {
    if method == Method::PATCH { &[MERGE_PATCH, JSON] } else { &[JSON] }
}

/// Checks the media type: a body without one counts as JSON. Compressed ones are not read.
pub(super) fn check_media_type(method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    check_one_of(method, headers, accepted(method))
}

/// The same for a route that says what it takes; where it says nothing, JSON.
pub(super) fn check_route_media_type(headers: &HeaderMap, declared: Option<&str>) -> Result<(), Refusal> {
    check_one_of(&Method::POST, headers, &[declared.unwrap_or(JSON)])
}

fn check_one_of(method: &Method, headers: &HeaderMap, accepted: &[&str]) -> Result<(), Refusal> {
    let plain = |value: &HeaderValue| value.to_str().is_ok_and(|coding| coding.trim().eq_ignore_ascii_case("identity"));
    if !headers.get_all(CONTENT_ENCODING).iter().all(plain) {
        return Err(Refusal::content_encoding());
    }
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let fits = value.to_str().is_ok_and(|text| {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let utf8 = |parameter: &str| match parameter.split_once('=') {
            Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
                value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            _ => true,
        };
        accepted.iter().any(|known| known.eq_ignore_ascii_case(media_type)) && parts.all(utf8)
    });
    if fits { Ok(()) } else { Err(Refusal::media_type(method, accepted)) }
}

/// Reads a whole body.
///
/// # Errors
/// 400, 408, 413.
pub(super) async fn read(headers: &HeaderMap, body: Body, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let late = |_| Err(Refusal::body_too_slow(limits.body_time.as_secs()));
    tokio::time::timeout(limits.body_time, read_all(headers, body, limits.body_bytes)).await.unwrap_or_else(late)
}

async fn read_all(headers: &HeaderMap, mut body: Body, limit_bytes: usize) -> Result<Vec<u8>, Refusal> {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit_bytes) {
        return Err(Refusal::too_large(limit_bytes));
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(data) = next(&mut body).await {
        let data = data?;
        if bytes.len() + data.len() > limit_bytes {
            return Err(Refusal::too_large(limit_bytes));
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// The next piece of a body; none at its end.
async fn next(body: &mut Body) -> Option<Result<Bytes, Refusal>> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        match frame.map(|frame| frame.into_data()) {
            Err(_) => return Some(Err(Refusal::broken_body())),
            Ok(Ok(data)) => return Some(Ok(data)),
            // Trailers mean nothing here.
            Ok(Err(_)) => {}
        }
    }
}
