//! Requests that a plugin answers itself.

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap, HeaderName, PROXY_AUTHORIZATION};
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::http::request_id::RequestId;
use crate::service::serving::{Headers, Incoming, PREFIX};

/// What a handler may know of a request. `params` are what the path's captures caught, percent-encoded.
pub(super) fn incoming(parts: Parts, params: Vec<(String, String)>, body: Vec<u8>) -> Incoming {
    let decoded = |text: String| percent_decode_str(&text).decode_utf8_lossy().into_owned();
    let path = parts.uri.path().strip_prefix(PREFIX.trim_end_matches('/')).unwrap_or_default();
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    Incoming {
        id: parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default(),
        method: parts.method.as_str().to_owned(),
        path: path.to_owned(),
        params: params.into_iter().map(|(name, value)| (name, decoded(value))).collect(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        media_type: media_type.unwrap_or("application/json").to_owned(),
        body: body.into(),
        headers: Box::new(Shown(parts.headers)),
    }
}

/// The headers of a request, but for those by which a caller is known.
#[derive(Debug)]
struct Shown(HeaderMap);

/// Never shown to a plugin: with them it could act as the caller.
const SECRET: [HeaderName; 4] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE, HeaderName::from_static("x-api-key")];

impl Headers for Shown {
    fn header(&self, name: &str) -> Option<String> {
        if SECRET.iter().any(|secret| secret.as_str().eq_ignore_ascii_case(name)) {
            return None;
        }
        let values: Vec<_> = self.0.get_all(HeaderName::from_bytes(name.as_bytes()).ok()?).iter().collect();
        if values.is_empty() {
            return None;
        }
        Some(values.iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_by_which_a_caller_is_known_are_never_shown() {
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "x-api-key", "proxy-authorization", "accept", "x-many"] {
            headers.insert(HeaderName::from_static(name), "a".parse().unwrap());
        }
        headers.append("x-many", "b".parse().unwrap());
        let shown = Shown(headers);
        for name in ["authorization", "Authorization", "COOKIE", "x-api-key", "proxy-authorization", "host", "no header", ""] {
            assert_eq!(shown.header(name), None, "{name}");
        }
        assert_eq!(shown.header("accept").as_deref(), Some("a"));
        assert_eq!(shown.header("X-Many").as_deref(), Some("a, b"));
    }
}
