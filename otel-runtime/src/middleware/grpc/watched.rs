//! Whether the message of a request was read: by that, a server shows that it has the method.

use std::any::Any;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::Status;

/// Has the body of a request note that somebody reads it. Only of tonic's own can this be known: they have the same type afterwards.
pub(super) fn watch<B: 'static>(body: &mut B, is_read: Arc<AtomicBool>) {
    let any: &mut dyn Any = body;
    if let Some(body) = any.downcast_mut::<tonic::body::Body>() {
        *body = tonic::body::Body::new(Watched { is_read, body: mem::take(body) });
    }
}

pin_project! {
    struct Watched {
        is_read: Arc<AtomicBool>,
        #[pin]
        body: tonic::body::Body,
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = self.project();
        this.is_read.store(true, Ordering::Relaxed);
        this.body.poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
