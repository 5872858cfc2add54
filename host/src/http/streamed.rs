//! A body that is sent while it is made.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use http_body::Frame;

use crate::service::serving::{Broken, Pieces};

/// Pieces as a body of unknown length; when they break off, so does the answer.
pub(super) struct Streamed(pub(super) Pieces);

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.0.poll(context).map(|piece| piece.map(|piece| piece.map(|bytes| Frame::data(bytes.into()))))
    }
}
