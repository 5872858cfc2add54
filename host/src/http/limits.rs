//! How much of a request is read, and how long it may take: each with its reason. What a client can notice is in `docs/operating.md` too.

use std::time::Duration;

use axum::http::{HeaderMap, Uri};

use super::error::Refusal;

/// How much of a request is read. The operator may say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body. Rows are small; what needs more belongs in several requests.
    pub body_bytes: usize,
    /// Bytes of a path with its query string: a filter on every column fits several times.
    pub url_bytes: usize,
    /// Bytes of all headers together, names and values: room for the tokens and cookies that proxies pass on.
    pub header_bytes: usize,
    /// How long a body may take to arrive: the largest, at the pace of a poor mobile line.
    pub body_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { body_bytes: 1 << 20, url_bytes: 8 << 10, header_bytes: 16 << 10, body_time: Duration::from_secs(30) }
    }
}

impl Limits {
    /// Bytes of a request's head that are parsed at all. What is larger than the limits but not than this is refused with a problem;
    /// beyond, the parser answers 431 by itself.
    pub(super) fn parsed_bytes(&self) -> usize {
        // The parser wants 8 KiB at the least; punctuation takes some of it.
        (2 * (self.url_bytes + self.header_bytes)).max(64 << 10)
    }

    /// Refuses a head that is too large.
    ///
    /// # Errors
    /// 414, 431.
    pub(super) fn check_head(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let url = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
        if url > self.url_bytes {
            return Err(Refusal::url_too_long(self.url_bytes));
        }
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > HEADERS || bytes > self.header_bytes {
            return Err(Refusal::headers_too_large(HEADERS, self.header_bytes));
        }
        Ok(())
    }
}

/// Bytes of a path that is named in an answer or in the log; of a longer one no more is repeated.
pub(super) const NAMED_BYTES: usize = 1 << 10;

/// Headers. Browsers send some twenty, proxies add some.
pub(super) const HEADERS: usize = 100;

/// Headers that are parsed at all.
pub(super) const PARSED_HEADERS: usize = 2 * HEADERS;
