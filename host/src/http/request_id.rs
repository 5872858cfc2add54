//! The id of a request: the client's own when it is a sane one, else a new one.

use std::sync::Arc;

use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue};
use ulid::Ulid;

/// The header, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken over; enough for any id in use, too short to fill a log with.
const MAX_LENGTH: usize = 128;

/// The id of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(Arc<str>);

impl RequestId {
    /// Takes the client's id, if it can stand in a log and a header; else makes one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let sane = |text: &&str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/+=".contains(&b);
            (1..=MAX_LENGTH).contains(&text.len()) && text.bytes().all(allowed)
        };
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(sane);
        Self(given.map_or_else(|| Ulid::generate().to_string().into(), Arc::from))
    }

    /// The id that the envelope gave the request.
    pub(super) fn given(extensions: &Extensions) -> String {
        extensions.get::<Self>().map(|id| id.as_str().to_owned()).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_bytes(text.as_bytes()).unwrap());
        RequestId::of(&headers).0.to_string()
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_replaced() {
        assert_eq!(of("abc-123"), "abc-123");
        for bad in ["", "a b", "é", "a\"b", &"x".repeat(129)] {
            assert_eq!(of(bad).len(), 26, "{bad}");
        }
    }
}
