//! [`ResponseFuture`]: what a service of ours gives for a request.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll, ready};

use http::request::Parts;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::ResponseBody;
use super::errors;
use super::exchange::{self, Exchange};

pin_project! {
    /// The future of a response that is recorded: its span is current at every poll, and while what the future holds is dropped.
    #[derive(Debug)]
    #[must_use = "a future does nothing unless it is polled"]
    pub struct ResponseFuture<F> {
        exchange: Exchange,
        // `None` once it was dropped, which happens under the span.
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for ResponseFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            let attached = this.exchange.operation().attach();
            this.future.set(None);
            drop(attached);
        }
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(exchange: Exchange, future: F) -> Self {
        Self { exchange, future: Some(future) }
    }

    /// The future that `call` gives for a request whose exchange was begun.
    pub(super) fn of<B>(request: Request<B>, begin: impl FnOnce(&mut Parts, &B) -> Exchange, call: impl FnOnce(Request<B>) -> F) -> Self {
        let (mut parts, body) = request.into_parts();
        let mut exchange = begin(&mut parts, &body);
        let request = Request::from_parts(parts, body);
        let future = exchange.run(|| call(request));
        Self::new(exchange, future)
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
    E: Display + 'static,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let polled = this.exchange.run(|| {
            let Some(future) = this.future.as_mut().as_pin_mut() else { unreachable!("a future is not polled after it was ready") };
            let polled = future.poll(task);
            if polled.is_ready() {
                this.future.set(None);
            }
            polled
        });
        Poll::Ready(match ready!(polled) {
            Ok(response) => Ok(exchange::take(this.exchange).answered(response)),
            Err(error) => {
                this.exchange.failed(|| errors::outcome(&error));
                Err(error)
            }
        })
    }
}
