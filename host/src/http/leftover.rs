//! What a refused request still had to say.
//!
//! A client that is sending does not read the answer, and one that keeps its connection sends the next request on it. Were the rest of a
//! body left lying, the connection would have to be cut, and the client could lose an answer or a request that it believes sent. So what
//! nobody read is read and thrown away before the answer goes out, as far as it is not too much.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::HeaderMap;
use axum::http::header::EXPECT;
use http_body::{Frame, SizeHint};

/// How much is thrown away for the sake of one answer; a client that wants to send more must be cut.
const MOST_BYTES: u64 = 16 << 20;

/// How long nothing may come. A client may also have stopped to wait for the answer.
const SILENCE: Duration = Duration::from_millis(500);

/// How long it may take in all.
const TIME: Duration = Duration::from_secs(10);

/// The body, as long as somebody may read it.
pub(super) struct Leftover(Arc<Mutex<Body>>);

/// The body for who handles the request.
struct Lent(Arc<Mutex<Body>>);

/// Lends the body of a request out; no leftover when there is nothing to read, when nothing will be sent before it is asked for, or when it
/// is announced as more than is thrown away.
pub(super) fn lend(headers: &HeaderMap, body: Body) -> (Body, Option<Leftover>) {
    if body.is_end_stream() || headers.contains_key(EXPECT) || body.size_hint().lower() > MOST_BYTES {
        return (body, None);
    }
    let shared = Arc::new(Mutex::new(body));
    (Body::new(Lent(Arc::clone(&shared))), Some(Leftover(shared)))
}

impl Leftover {
    /// Reads on to the end, or until it was enough. What goes wrong here was answered anyway.
    pub(super) async fn discard(self) {
        let all = async {
            let (mut read, mut body) = (0, Lent(self.0));
            while read <= MOST_BYTES {
                let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
                let Ok(Some(Ok(frame))) = tokio::time::timeout(SILENCE, next).await else { return };
                read += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
        };
        let _ = tokio::time::timeout(TIME, all).await;
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // At its end it stays there.
        if body.is_end_stream() { Poll::Ready(None) } else { Pin::new(&mut *body).poll_frame(context) }
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
