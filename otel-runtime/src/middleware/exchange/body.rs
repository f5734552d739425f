//! [`ResponseBody`]: the body of a response, with whose end an exchange ends.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::Exchange;

pin_project! {
    /// The body of a response that is recorded: frames, trailers and hints are those of the body inside.
    #[derive(Debug)]
    pub struct ResponseBody<B, X> {
        exchange: X,
        #[pin]
        body: B,
    }
}

impl<B, X> ResponseBody<B, X> {
    pub(super) fn new(exchange: X, body: B) -> Self {
        Self { exchange, body }
    }
}

impl<B: Body, X: Exchange> Body for ResponseBody<B, X>
where
    B::Error: Display + 'static,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let polled = this.exchange.run(|| this.body.as_mut().poll_frame(task));
        match &polled {
            Poll::Pending => {}
            Poll::Ready(None) => this.exchange.complete(),
            Poll::Ready(Some(Err(error))) => this.exchange.failed(error),
            Poll::Ready(Some(Ok(frame))) => {
                this.exchange.passed(frame);
                // Trailers come last, and whoever is told that there is no more does not ask for it.
                if frame.is_trailers() || this.body.is_end_stream() {
                    this.exchange.complete();
                }
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
