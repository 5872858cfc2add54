//! How much of a request is read, and how long it may take: each with its reason. They are in `docs/http.md` too.

use std::time::Duration;

use axum::http::{HeaderMap, Uri};

use super::error::Refusal;

/// Bytes of a body, unless the operator says otherwise. Rows are small; what needs more belongs in several requests.
pub(super) const BODY_BYTES: usize = 1 << 20;

/// How long a body may take to arrive.
pub(super) const BODY_TIME: Duration = Duration::from_secs(30);

/// Bytes of a path with its query string: a filter on every column fits several times.
pub(super) const URL_BYTES: usize = 8 << 10;

/// Bytes of a path that is longer than that, where an answer or the log has to name it.
pub(super) const NAMED_BYTES: usize = 200;

/// Bytes of all headers together, names and values: room for the tokens and cookies that proxies pass on.
pub(super) const HEADER_BYTES: usize = 16 << 10;

/// Headers.
pub(super) const HEADERS: usize = 100;

/// Bytes of a request's head that are parsed at all. What is larger than the limits above but not than this is refused with a problem;
/// beyond, the parser answers 431 by itself.
pub(super) const PARSED_BYTES: usize = 64 << 10;

/// Headers that are parsed at all.
pub(super) const PARSED_HEADERS: usize = 2 * HEADERS;

/// Refuses a head that is too large.
///
/// # Errors
/// 414, 431.
pub(super) fn check_head(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    let url = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if url > URL_BYTES {
        return Err(Refusal::url_too_long(URL_BYTES));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if headers.len() > HEADERS || bytes > HEADER_BYTES {
        return Err(Refusal::headers_too_large(HEADERS, HEADER_BYTES));
    }
    Ok(())
}
